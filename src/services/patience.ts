// How long somebody who could be given an older answer waits for a newer one. Long enough for a provider that is well;
// hardly at all for one that has just failed, or that has no start left.
import type { Clock } from '#model/clock.ts'

/** Longest wait for an account that answers, in milliseconds: few providers that are well take longer. */
const USUAL_MS = 2000
/** Longest wait for one that last failed: enough to notice that it is back. */
const STRAINED_MS = 150

/** What is known of accounts for this. */
export class Patience {
  private readonly clock: Clock
  private readonly strained = new Set<string>()

  constructor(clock: Clock) {
    this.clock = clock
  }

  /** Work for an account has ended well, or in a way that an older answer makes up for. */
  learn(account: string, isGood: boolean): void {
    if (isGood) this.strained.delete(account)
    else this.strained.add(account)
  }

  /** Until when to wait, on `Clock.monotonicMs`; no longer than the deadline. */
  toLimitMs(account: string, deadlineAtMs: number): number {
    return Math.min(deadlineAtMs, this.clock.monotonicMs() + (this.strained.has(account) ? STRAINED_MS : USUAL_MS))
  }
}
