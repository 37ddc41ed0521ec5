// What stands in the place of something that is not there: not yet, not at all, or not any more.
import type { ComponentChildren } from 'preact'
import { type Capability, refreshAccounts } from '../data/fleet.ts'
import { now } from '../data/now.ts'
import type { Trouble } from '../data/trouble.ts'
import { formatAge, formatDateTime, formatDuration } from '../i18n/formats.ts'
import { t } from '../i18n/translate.ts'
import { Icon } from './icon.tsx'
import './parts.css'

/** Holds the place of lines that are on their way. @param className gives it the height of what will be there */
export function Loading({ lines, label, class: className = '' }: { lines: number; label?: string; class?: string }) {
  return (
    <div class={`loading ${className}`} aria-busy="true">
      <span class="visually-hidden">{label ?? t('common.loading')}</span>
      {Array.from({ length: lines }, (_, index) => (
        // The lines are all alike.
        <div key={index} class="loading-line" aria-hidden="true" />
      ))}
    </div>
  )
}

/** Nothing is there, and that is no fault. */
export function Empty({ title, body }: { title: string; body?: ComponentChildren }) {
  return (
    <div class="empty">
      <strong>{title}</strong>
      {body !== undefined && <span>{body}</span>}
    </div>
  )
}

/** Why something is not there, what can be done about it, and a way to try it again. */
export function TroubleNote({ trouble, onRetry }: { trouble: Trouble; onRetry?: () => void }) {
  const { code, message, retryAfterMs, requestId } = trouble
  return (
    <div class={`trouble ${trouble.isRetryable ? 'is-mild' : ''}`}>
      <strong>{t(`code.${code}`)}</strong>
      <span>{t(`todo.${code}`)}</span>
      {retryAfterMs !== undefined && <span>{t('common.retryAfter', { time: formatDuration(retryAfterMs) })}</span>}
      <span class="trouble-message muted small">
        <code>{code}</code>
        {message !== '' && <span lang="en"> · {message}</span>}
        {requestId !== undefined && (
          <span>
            {' · '}
            {t('common.request')} <code>{requestId}</code>
          </span>
        )}
      </span>
      {onRetry && (
        <button type="button" class="button" onClick={onRetry}>
          <Icon name="refresh" />
          {t('common.retry')}
        </button>
      )}
    </div>
  )
}

/** The account's provider cannot tell this. @param reason as the gateway says it; null when it says nothing */
export function Unsupported({ capability, reason }: { capability: Capability; reason: string | null }) {
  return (
    <div class="empty">
      <strong>{t('common.unsupported', { capability: t(`capability.${capability}`) })}</strong>
      {reason !== null && <span lang="en">{reason}</span>}
    </div>
  )
}

/** Says of a value that it is past its life, shown because nothing newer could be had. */
export function StaleMark({ isStale }: { isStale: boolean }) {
  return isStale ? (
    <span class="stale-mark" title={t('common.staleWhy')}>
      {t('common.stale')}
    </span>
  ) : null
}

/** How long ago something was: "3 s ago". */
export function Age({ at }: { at: number | string | null | undefined }) {
  const ms = typeof at === 'string' ? Date.parse(at) : at
  if (ms === null || ms === undefined || Number.isNaN(ms)) return <span>–</span>
  return (
    <time dateTime={new Date(ms).toISOString()} title={formatDateTime(ms)}>
      {t('common.ago', { age: formatAge(now.value - ms) })}
    </time>
  )
}

/** That the accounts are not known yet, or why not. */
export function AccountsPending({ trouble, lines }: { trouble: Trouble | undefined; lines: number }) {
  return trouble ? <TroubleNote trouble={trouble} onRetry={refreshAccounts} /> : <Loading lines={lines} />
}
