// Stops asking an endpoint that keeps failing, and finds out with one call at a time whether it is back.
import { CircuitState, CountBreaker } from 'cockatiel'
import type { Clock } from '#model/clock.ts'
import { type ErrorCode, UpstreamError } from '#model/errors.ts'

/** Calls that are looked at. */
const WINDOW_CALLS = 20
/** Fewer calls than this never open it. */
const MIN_CALLS = 10
/** Opens when more than this share of them failed: 12 of 20, 6 of 10. */
const THRESHOLD = 0.59
/** Milliseconds until an open one lets a call through to try. */
export const BREAK_MS = 5000

/** Failures of the way or the endpoint. An answer that cannot be understood came in time, and may be one stream's own. */
const failures: ReadonlySet<ErrorCode> = new Set(['UPSTREAM_UNAVAILABLE', 'UPSTREAM_TIMEOUT'])

/**
 * Breaker of one endpoint. The counting is cockatiel's. Its policy is not used: it reads the wall clock, which may
 * step, and lets callers wait for the outcome of the trial call, where ours are better served at once with what is
 * in the cache.
 */
export class Breaker {
  private readonly clock: Clock
  private readonly onChange: (isOpen: boolean) => void
  private readonly counter = new CountBreaker({
    threshold: THRESHOLD,
    size: WINDOW_CALLS,
    minimumNumberOfCalls: MIN_CALLS,
  })
  private openedAtMs: number | undefined
  private trying = false

  /** @param onChange told whenever it opens or closes */
  constructor(clock: Clock, onChange: (isOpen: boolean) => void) {
    this.clock = clock
    this.onChange = onChange
  }

  /** Whether calls are being refused, a trial call under way included. */
  get isOpen(): boolean {
    return this.openedAtMs !== undefined
  }

  /**
   * Runs a call and learns from how it ends.
   * @throws UpstreamError `UPSTREAM_UNAVAILABLE` at once while open
   */
  async run<Answer>(call: () => Promise<Answer>): Promise<Answer> {
    const isTrial = this.openedAtMs !== undefined
    if (this.openedAtMs !== undefined) this.admitTrial(this.openedAtMs)
    try {
      const answer = await call()
      this.succeed(isTrial)
      return answer
    } catch (error) {
      if (error instanceof UpstreamError && failures.has(error.code)) this.fail(isTrial)
      else if (error instanceof UpstreamError && error.code !== 'UPSTREAM_THROTTLED') this.succeed(isTrial)
      // Throttled, our own limiter, or a caller that left: nothing was learnt, and the next trial has to wait.
      else if (isTrial) this.openedAtMs = this.clock.monotonicMs()
      throw error
    } finally {
      if (isTrial) this.trying = false
    }
  }

  private admitTrial(openedAtMs: number): void {
    const restMs = openedAtMs + BREAK_MS - this.clock.monotonicMs()
    if (this.trying || restMs > 0)
      throw new UpstreamError('UPSTREAM_UNAVAILABLE', 'the provider keeps failing and is left alone for a moment', {
        retryAfterMs: restMs > 0 ? restMs : BREAK_MS,
        retry: { times: 0 },
      })
    this.trying = true
  }

  private succeed(isTrial: boolean): void {
    // A call from before it opened says nothing about now.
    if (this.isOpen && !isTrial) return
    this.counter.success(isTrial ? CircuitState.HalfOpen : CircuitState.Closed)
    this.openedAtMs = undefined
    if (isTrial) this.onChange(false)
  }

  private fail(isTrial: boolean): void {
    if (this.isOpen && !isTrial) return
    const opens = this.counter.failure(isTrial ? CircuitState.HalfOpen : CircuitState.Closed)
    if (opens) this.openedAtMs = this.clock.monotonicMs()
    if (opens && !isTrial) this.onChange(true)
  }
}
