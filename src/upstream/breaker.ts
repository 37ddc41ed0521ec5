// Stops asking an endpoint that keeps failing, and finds out with one call at a time whether it is back.
import type { Clock } from '#model/clock.ts'
import { type ErrorCode, UpstreamError } from '#model/errors.ts'
import { RecentTimes } from './recent-times.ts'

/** What is looked at. */
const SPAN_MS = 30_000
/** Fewer calls than this never open it. */
const MIN_CALLS = 20
/**
 * Opens when more than this share of them failed or was slow. As many as `MIN_CALLS` in a row open it too: what went
 * well for long would otherwise hide for half as long that nothing does any more.
 */
const THRESHOLD = 0.5
/** Milliseconds until an open one lets a call through to try, and between two trials of all replicas together. */
export const BREAK_MS = 5000
/** Milliseconds until it is asked again whether it may try, when another replica has just tried. */
const TURN_CHECK_MS = 1000

/**
 * Share of a call's time after which one that is not answered is slow. With half of it a provider that hangs has the
 * breaker open before those who ask first get their error, and an answer that takes longer has cost its caller more
 * than what the cache still holds.
 */
const SLOW_SHARE = 0.5
/** Milliseconds after which every call is slow, however much time it has: these are answered in well under a second. */
const MAX_SLOW_MS = 5000

/** Failures of the way or the endpoint. An answer that cannot be understood came in time, and may be one stream's own. */
const failures: ReadonlySet<ErrorCode> = new Set(['UPSTREAM_UNAVAILABLE', 'UPSTREAM_TIMEOUT'])

/** What a breaker is made with. */
export interface BreakerOptions {
  readonly clock: Clock
  /**
   * Whether an open breaker may let a call through to try now, as far as the other replicas are concerned. Never
   * rejects.
   */
  readonly mayTry: () => Promise<boolean>
  /** Told whenever it opens or closes. */
  readonly onChange: (isOpen: boolean) => void
}

/** How a call tells its breaker where its time goes. Time that it spends waiting for us is none of the provider's. */
export interface CallWatch {
  /** An attempt has left for the provider. */
  left(): void
  /** It is over, whatever came of it. */
  ended(): void
}

/**
 * Breaker of one endpoint. Counts calls when they end, and slow ones when they become slow; what has been counted is
 * not counted again when it ends. Ready-made breakers read the wall clock, which may step, and let callers wait for
 * the outcome of the trial call, where ours are better served at once with what is in the cache.
 */
export class Breaker {
  private readonly options: BreakerOptions
  private readonly calls = new RecentTimes(SPAN_MS)
  private readonly bad = new RecentTimes(SPAN_MS)
  /** Bad ones since the last good one. */
  private badInRow = 0
  /** When an open one may try; undefined while closed. */
  private nextTrialAtMs: number | undefined
  private trying = false
  /** Counts openings: how a call from before the last one ends says nothing about now. */
  private openings = 0

  constructor(options: BreakerOptions) {
    this.options = options
  }

  /** Whether calls are being refused, a trial call under way included. */
  get isOpen(): boolean {
    return this.nextTrialAtMs !== undefined
  }

  /**
   * Runs a call and learns from how it ends, and from how long it takes.
   * @param timeMs how much time the call has, ≥ 0
   * @throws UpstreamError `UPSTREAM_UNAVAILABLE` at once while open
   */
  async run<Answer>(call: (watch: CallWatch) => Promise<Answer>, timeMs: number): Promise<Answer> {
    const isTrial = this.isOpen
    if (isTrial) await this.admitTrial()
    const { openings } = this
    let isLearnt = false
    const learn = (isGood: boolean) => {
      if (isLearnt) return
      isLearnt = true
      if (isTrial) this.endTrial(isGood)
      else if (openings === this.openings) this.count(isGood)
    }
    const watch = watchFor(this.options.clock, Math.min(MAX_SLOW_MS, timeMs * SLOW_SHARE), () => learn(false))
    try {
      const answer = await call(watch)
      learn(true)
      return answer
    } catch (error) {
      if (error instanceof UpstreamError && failures.has(error.code)) learn(false)
      else if (error instanceof UpstreamError && error.code !== 'UPSTREAM_THROTTLED') learn(true)
      // Throttled, our own limiter, or a caller that left: nothing was learnt, and the next trial has to wait.
      else if (isTrial) this.openUntilNextTrial()
      throw error
    } finally {
      watch.ended()
      if (isTrial) this.trying = false
    }
  }

  private async admitTrial(): Promise<void> {
    const restMs = (this.nextTrialAtMs ?? 0) - this.options.clock.monotonicMs()
    if (this.trying || restMs > 0) throw toOpenError(restMs > 0 ? restMs : BREAK_MS)
    this.trying = true
    if (await this.options.mayTry()) return
    this.trying = false
    this.nextTrialAtMs = this.options.clock.monotonicMs() + TURN_CHECK_MS
    throw toOpenError(TURN_CHECK_MS)
  }

  private endTrial(isGood: boolean): void {
    if (!isGood) {
      this.openUntilNextTrial()
      return
    }
    this.calls.clear()
    this.bad.clear()
    this.badInRow = 0
    this.nextTrialAtMs = undefined
    this.options.onChange(false)
  }

  private count(isGood: boolean): void {
    const nowMs = this.options.clock.monotonicMs()
    this.calls.add(nowMs)
    this.badInRow = isGood ? 0 : this.badInRow + 1
    if (isGood) return
    this.bad.add(nowMs)
    const calls = this.calls.count(nowMs)
    const bad = this.bad.count(nowMs)
    if (calls < MIN_CALLS || (bad <= calls * THRESHOLD && Math.min(bad, this.badInRow) < MIN_CALLS)) return
    this.openings += 1
    this.openUntilNextTrial()
    this.options.onChange(true)
  }

  private openUntilNextTrial(): void {
    this.nextTrialAtMs = this.options.clock.monotonicMs() + BREAK_MS
  }
}

/** Calls back when an attempt has been out for so long. */
function watchFor(clock: Clock, slowAfterMs: number, onSlow: () => void): CallWatch {
  let stop: AbortController | undefined
  return {
    left() {
      stop?.abort()
      stop = new AbortController()
      clock.delay(slowAfterMs, stop.signal).then(onSlow, () => undefined)
    },
    ended() {
      stop?.abort()
      stop = undefined
    },
  }
}

function toOpenError(retryAfterMs: number): UpstreamError {
  return new UpstreamError('UPSTREAM_UNAVAILABLE', 'the provider keeps failing and is left alone for a moment', {
    retryAfterMs,
    retry: { times: 0 },
  })
}
