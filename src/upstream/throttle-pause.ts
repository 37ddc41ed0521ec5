// A time that a provider names when it is asked too often is law: nothing more is sent to it before. A refusal without
// a time says nothing of other calls, and may only mean that this one was bad.
import type { Clock } from '#model/clock.ts'
import { UpstreamError } from '#model/errors.ts'

/** Longest pause a provider can impose, in milliseconds; what it says beyond that is not believed. */
const MAX_PAUSE_MS = 300_000

/** The pause of one account. */
export class ThrottlePause {
  private readonly clock: Clock
  private untilMs = Number.NEGATIVE_INFINITY

  constructor(clock: Clock) {
    this.clock = clock
  }

  /** Whether nothing may be sent now. */
  get isOn(): boolean {
    return this.untilMs > this.clock.monotonicMs()
  }

  /** Learns from a failed call. */
  learn(error: unknown): void {
    if (!(error instanceof UpstreamError) || error.code !== 'UPSTREAM_THROTTLED') return
    const { retryAfterMs, retry } = error
    if (!retry.isTold) return
    // Also false for NaN.
    if (retryAfterMs === undefined || !(retryAfterMs > 0)) return
    this.untilMs = Math.max(this.untilMs, this.clock.monotonicMs() + Math.min(retryAfterMs, MAX_PAUSE_MS))
  }

  /**
   * Waits until the pause is over.
   * @throws UpstreamError `UPSTREAM_THROTTLED` at once when that is not before the deadline; the signal's reason
   */
  async wait(deadlineAtMs: number, signal: AbortSignal): Promise<void> {
    for (;;) {
      const restMs = this.untilMs - this.clock.monotonicMs()
      if (restMs <= 0) return
      if (this.untilMs >= deadlineAtMs)
        throw new UpstreamError('UPSTREAM_THROTTLED', 'the provider asked to be left alone for a while', {
          retryAfterMs: restMs,
          retry: { times: 0 },
        })
      await this.clock.delay(restMs, signal)
    }
  }
}
