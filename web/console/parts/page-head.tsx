import { formatTime, formatZone } from '../i18n/formats.ts'
import { t } from '../i18n/translate.ts'

interface PageHeadProps {
  readonly title: string
  /** When what the page shows came; undefined before the first. */
  readonly receivedAtMs: number | undefined
  /** Whether it could not be had since. */
  readonly isOutdated: boolean
}

/** The title of a page that is one answer, and of when it is. */
export function PageHead({ title, receivedAtMs, isOutdated }: PageHeadProps) {
  return (
    <div class="page-head">
      <h1 tabIndex={-1}>{title}</h1>
      <p class="muted small row">
        {isOutdated && <span class="stale-mark">{t('common.outdated')}</span>}
        {receivedAtMs !== undefined && (
          <span>
            {t('common.asOf')} {formatTime(receivedAtMs)} {formatZone(receivedAtMs)}
          </span>
        )}
      </p>
    </div>
  )
}
