// When a call is worth sending again. Advice comes with the error, limits from here.
import type { Clock } from '#model/clock.ts'
import { UpstreamError } from '#model/errors.ts'
import type { RetryBudget } from './retry-budget.ts'

/** Most attempts of one call, the first included. */
const MAX_ATTEMPTS = 3
/** Back-off without advice: a random part of this, doubled with each attempt. */
const BACK_OFF_MS = 200

/** The circumstances of a call that may take several attempts. */
export interface RetryTerms {
  readonly clock: Clock
  /** In [0, 1). */
  readonly random: () => number
  readonly budget: RetryBudget
  /** On `Clock.monotonicMs`. No wait goes beyond it. */
  readonly deadlineAtMs: number
  /** Ends a wait with its reason. */
  readonly signal: AbortSignal
  /** Whether another attempt would do no harm. Asked after each failure. */
  readonly mayRepeat: () => boolean
  /** Milliseconds for which nothing may be sent at all, ≥ 0. Asked after each failure. */
  readonly pausedForMs: () => number
}

/** Runs `attempt` until it succeeds or another try is not allowed or not worth it; throws the last error then. */
export async function withRetries<Answer>(attempt: () => Promise<Answer>, terms: RetryTerms): Promise<Answer> {
  terms.budget.earn()
  for (let attempts = 1; ; attempts += 1) {
    try {
      return await attempt()
    } catch (error) {
      if (!(error instanceof UpstreamError) || attempts >= MAX_ATTEMPTS || attempts > error.retry.times) throw error
      const backOffMs = terms.random() * BACK_OFF_MS * 2 ** (attempts - 1)
      const waitMs = Math.max(error.retry.afterMs ?? 0, terms.pausedForMs(), backOffMs)
      if (terms.clock.monotonicMs() + waitMs >= terms.deadlineAtMs) throw error
      if (!terms.mayRepeat() || !terms.budget.spend()) throw error
      await terms.clock.delay(waitMs, terms.signal)
    }
  }
}
