// Keeps retries from multiplying the load on a provider that is already failing.
import type { Clock } from '#model/clock.ts'
import { RecentTimes } from './recent-times.ts'

/** What is looked at. */
const SPAN_MS = 10_000
/** Most retries for each call of the span. */
const SHARE = 0.1
/** Retries that a span always has room for: of a few calls a tenth is none. */
const ALWAYS = 3

/**
 * Retries that an account may make: whenever one is granted, the retries of the 10 s that end with it are at most 3,
 * or at most a tenth of the calls of these 10 s. Each process has a budget of its own.
 */
export class RetryBudget {
  private readonly clock: Pick<Clock, 'monotonicMs'>
  private readonly calls = new RecentTimes(SPAN_MS)
  private readonly retries = new RecentTimes(SPAN_MS)

  constructor(clock: Pick<Clock, 'monotonicMs'>) {
    this.clock = clock
  }

  /** A call was made; retries of it are none. */
  earn(): void {
    this.calls.add(this.clock.monotonicMs())
  }

  /** Pays for a retry. @returns false when there is nothing left to pay with */
  spend(): boolean {
    const nowMs = this.clock.monotonicMs()
    const allowed = Math.max(ALWAYS, Math.floor(this.calls.count(nowMs) * SHARE))
    if (this.retries.count(nowMs) >= allowed) return false
    this.retries.add(nowMs)
    return true
  }
}
