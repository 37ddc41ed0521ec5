// What an account's provider can tell, and why not the rest.
import type { AccountInfo } from '../data/fleet.ts'
import { t } from '../i18n/translate.ts'
import { Dot } from '../parts/dot.tsx'

/** In short, and with the reasons when it is opened. */
export function Capabilities({ info }: { info: AccountInfo }) {
  const { capabilities } = info
  const supported = capabilities.filter((row) => row.supported).length
  return (
    <details class="capabilities">
      <summary>
        <span>
          {t('overview.capabilities')}: {t('overview.supported', { supported, all: capabilities.length })}
        </span>
        <span class="capability-tags" aria-hidden="true">
          {capabilities.map((row) => (
            <span key={row.capability} class={`tag ${row.supported ? '' : 'is-unsupported'}`}>
              {row.supported ? '✓' : '✕'} {t(`capability.${row.capability}`)}
            </span>
          ))}
        </span>
      </summary>
      <ul>
        {capabilities.map(({ capability, supported: isSupported, reason }) => (
          <li key={capability}>
            <Dot
              tone={isSupported ? 'good' : 'idle'}
              label={`${t(`capability.${capability}`)}: ${t(isSupported ? 'overview.isSupported' : 'overview.isUnsupported')}`}
            />
            {reason !== null && (
              <span class="muted" lang="en">
                {reason}
              </span>
            )}
          </li>
        ))}
      </ul>
    </details>
  )
}
