// How long one caller waits for work that it shares with others.
import type { Ask } from '#contract/ask.ts'
import type { Clock } from '#model/clock.ts'
import { UpstreamError } from '#model/errors.ts'

/** Left to shared work beyond a waiter's deadline, so that it can say itself what went wrong. */
const LAST_WORD_MS = 50
/** Why nobody watches the time any more. Named, or an error with its stack would be made for every wait. */
const OVER = 'the wait is over'

/** One caller's wait. */
export interface WaitLimit {
  /** Aborts when the caller leaves, with its reason, and at its own deadline (UPSTREAM_TIMEOUT), whoever does the work. */
  readonly signal: AbortSignal
  /** Gives back the timer and the listener. */
  end(): void
}

/** Limits a wait that begins now. */
export function limitWait(ask: Pick<Ask, 'signal' | 'deadlineAtMs'>, clock: Clock): WaitLimit {
  const waiting = new AbortController()
  const waited = new AbortController()
  const leave = () => waiting.abort(ask.signal.reason)
  if (ask.signal.aborted) leave()
  ask.signal.addEventListener('abort', leave, { once: true })
  clock.delay(ask.deadlineAtMs - clock.monotonicMs() + LAST_WORD_MS, waited.signal).then(
    () => waiting.abort(new UpstreamError('UPSTREAM_TIMEOUT', 'no answer came in time')),
    () => {},
  )
  return {
    signal: waiting.signal,
    end: () => {
      waited.abort(OVER)
      ask.signal.removeEventListener('abort', leave)
    },
  }
}
