// Who has spent an account's quota, and what the gateway saved them.
import type { Spender } from '../data/overview-operations.ts'
import { formatCount, formatDuration } from '../i18n/formats.ts'
import { t } from '../i18n/translate.ts'
import { TableScroll } from '../parts/table-scroll.tsx'

/** Rows that are shown. */
const SPENDERS = 6

/** What is shown. */
interface SpendersProps {
  account: string
  spenders: readonly Spender[]
  windowSeconds: number
}

/** The table. */
export function Spenders({ account, spenders, windowSeconds }: SpendersProps) {
  const title = `${t('overview.spenders')}: ${account}`
  if (spenders.length === 0) return <p class="muted">{t('overview.noSpenders')}</p>
  const more = spenders.length - SPENDERS
  return (
    <TableScroll label={title}>
      <table class="table">
        <caption class="visually-hidden">{title}</caption>
        <thead>
          <tr>
            <th scope="col">{t('overview.client')}</th>
            <th scope="col">{t('overview.capability')}</th>
            <th scope="col" class="number">
              {t('overview.calls')}
            </th>
            <th scope="col" class="number">
              {t('overview.savedByCache')}
            </th>
            <th scope="col" class="number">
              {t('overview.savedBySharing')}
            </th>
          </tr>
        </thead>
        <tbody>
          {spenders.slice(0, SPENDERS).map(({ client, operation, calls, savedByCache, savedBySharing }) => (
            <tr key={`${client} ${operation}`}>
              <th scope="row">{client}</th>
              <td>{t(`capability.${operation}`)}</td>
              <td class="number">{formatCount(calls)}</td>
              <td class="number">{formatCount(savedByCache)}</td>
              <td class="number">{formatCount(savedBySharing)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <p class="muted small">
        {more > 0 && `${t('overview.moreSpenders', { count: more })} · `}
        {t('overview.spendersNote', { window: formatDuration(windowSeconds * 1_000) })}
      </p>
    </TableScroll>
  )
}
