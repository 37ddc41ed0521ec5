// How something is, as a mark with words: the shape says it to those who do not see the colour.
import { t } from '../i18n/translate.ts'

/** How something is. */
export type Tone = 'good' | 'warn' | 'bad' | 'idle'

const shapes: Readonly<Record<Tone, string>> = {
  good: 'M5 1a4 4 0 1 0 0 8a4 4 0 0 0 0-8Z',
  warn: 'M5 .8 9.6 9H.4Z',
  bad: 'M1.2 1.2h7.6v7.6H1.2Z',
  idle: 'M5 1a4 4 0 1 0 0 8a4 4 0 0 0 0-8Zm0 1.6a2.4 2.4 0 1 1 0 4.8a2.4 2.4 0 0 1 0-4.8Z',
}

/** A mark and what it means. */
export function Dot({ tone, label }: { tone: Tone; label: string }) {
  return (
    <span class={`dot tone-${tone}`}>
      <svg class="dot-mark" viewBox="0 0 10 10" fill="currentColor" aria-hidden="true">
        <path d={shapes[tone]} />
      </svg>
      {label}
    </span>
  )
}

/** What a stream is doing. */
export type StreamState = 'LIVE' | 'OFFLINE' | 'FORBIDDEN' | 'NEVER_SEEN' | 'UNKNOWN'

const stateTones: Readonly<Record<StreamState, Tone>> = {
  LIVE: 'good',
  OFFLINE: 'idle',
  FORBIDDEN: 'bad',
  NEVER_SEEN: 'idle',
  UNKNOWN: 'warn',
}

/** What a stream is doing, in words; null for what could not be had. */
export function StreamStateMark({ state }: { state: StreamState | null }) {
  return state === null ? (
    <Dot tone="warn" label={t('state.UNKNOWN')} />
  ) : (
    <Dot tone={stateTones[state]} label={t(`state.${state}`)} />
  )
}
