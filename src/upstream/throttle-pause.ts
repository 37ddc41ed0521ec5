// A provider that refuses for frequency is left alone, by all calls of the account and in all replicas: for as long as
// it names, or else for as long as experience says.
import type { Clock } from '#model/clock.ts'
import { QuotaExhaustedError, UpstreamError } from '#model/errors.ts'
import type { Quota } from './quota.ts'

/** Longest pause a provider can impose, in milliseconds; what it says beyond that is not believed. */
const MAX_PAUSE_MS = 300_000
/** Pause after the first refusal without a time. It doubles with each further one, up to the longest. */
const FIRST_LEARNT_MS = 1000
const LONGEST_LEARNT_MS = 30_000

/**
 * The pause of one account. It stands in the quota, so that whoever shares that keeps to it too. Here nothing leaves
 * from the moment it is known. In another replica a call may still leave on a permit that was granted before the
 * pause got there, which is good for 100 ms; one that cannot reach the shared log has to be refused itself to know.
 * What has been learnt of refusals without a time is each process's own.
 */
export class ThrottlePause {
  private readonly quota: Pick<Quota, 'pause' | 'pausedUntilMs'>
  private readonly clock: Clock
  /** Length of the last pause that was not named to us; 0 after a success. */
  private learntMs = 0
  /** When a refusal last led to a pause. */
  private beganAtMs = Number.NEGATIVE_INFINITY

  constructor(quota: Pick<Quota, 'pause' | 'pausedUntilMs'>, clock: Clock) {
    this.quota = quota
    this.clock = clock
  }

  /** Whether nothing may be sent now. */
  get isOn(): boolean {
    return this.restMs > 0
  }

  /** Milliseconds until it is over; 0 while it is not on. */
  get restMs(): number {
    return Math.max(0, this.quota.pausedUntilMs - this.clock.monotonicMs())
  }

  /**
   * Reads an answer, and learns from what it says. Only an attempt that left since the last pause began teaches more
   * than is known: the others belong to the crowd of calls that led to it.
   * @param leftAtMs when the attempt left
   * @throws what `read` throws
   */
  heed<Answer>(read: () => Answer, leftAtMs: number): Answer {
    const isNews = !this.isOn && leftAtMs >= this.beganAtMs
    try {
      const answer = read()
      if (isNews) this.learntMs = 0
      return answer
    } catch (error) {
      if (error instanceof UpstreamError && error.code === 'UPSTREAM_THROTTLED') this.learn(error, isNews)
      throw error
    }
  }

  /**
   * Waits until the pause is over.
   * @throws UpstreamError `UPSTREAM_THROTTLED` at once when that is not before the deadline; the signal's reason
   */
  async wait(deadlineAtMs: number, signal: AbortSignal): Promise<void> {
    for (;;) {
      const { restMs } = this
      if (restMs === 0) return
      if (this.quota.pausedUntilMs >= deadlineAtMs) throw toThrottledError(restMs)
      await this.clock.delay(restMs, signal)
    }
  }

  /**
   * The error to be shown for one of the quota: where a pause alone outlasts the deadline, it is the provider that
   * refuses, not the limit.
   */
  explain(error: unknown, deadlineAtMs: number): unknown {
    if (!(error instanceof QuotaExhaustedError) || !this.isOn || this.quota.pausedUntilMs < deadlineAtMs) return error
    return toThrottledError(Math.max(this.restMs, error.retryAfterMs ?? 0))
  }

  private learn({ retry, retryAfterMs }: UpstreamError, isNews: boolean): void {
    if (retry.isTold) {
      // Also false for NaN.
      if (retryAfterMs !== undefined && retryAfterMs > 0) this.begin(Math.min(retryAfterMs, MAX_PAUSE_MS))
    } else if (isNews) {
      this.learntMs = Math.min(LONGEST_LEARNT_MS, Math.max(FIRST_LEARNT_MS, this.learntMs * 2))
      this.begin(this.learntMs)
    }
  }

  private begin(forMs: number): void {
    this.beganAtMs = this.clock.monotonicMs()
    this.quota.pause(forMs)
  }
}

function toThrottledError(retryAfterMs: number): UpstreamError {
  return new UpstreamError('UPSTREAM_THROTTLED', 'the provider asked to be left alone for a while', {
    retryAfterMs,
    retry: { times: 0 },
  })
}
