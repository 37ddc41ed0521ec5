// What time it is at the provider, for signatures. A machine whose clock is wrong is refused like one with a wrong key,
// but the refusal says what time it is there.
import type { RawAnswer } from '#contract/upstream-call.ts'
import type { Clock } from '#model/clock.ts'
import type { Instant } from '#model/time-range.ts'

/** Differences below this are no reason to be refused. */
const LEAST_SKEW_MS = 30_000
/**
 * A provider further away is not believed: over plain http somebody else may speak in its place, and signatures that
 * are good for long are what they would want.
 */
const MOST_SKEW_MS = 15 * 60_000

/** Reckons one account's provider's time from this machine's. */
export class ProviderClock {
  private readonly clock: Pick<Clock, 'now'>
  private skewMs = 0

  constructor(clock: Pick<Clock, 'now'>) {
    this.clock = clock
  }

  /** The wall-clock time that signatures are to bear. */
  now(): Instant {
    return this.clock.now() + this.skewMs
  }

  /**
   * Learns from an answer that refused a signature.
   * @returns how far the provider is ahead, milliseconds, when that is not what has been reckoned with; undefined when
   * nothing was learnt, so that the same call would be refused again
   */
  learn({ headers, receivedAt }: Pick<RawAnswer, 'headers' | 'receivedAt'>): number | undefined {
    const there = Date.parse(headers['date'] ?? '')
    const skewMs = there - receivedAt
    // Also for NaN: nothing can be read.
    if (!(Math.abs(skewMs) <= MOST_SKEW_MS)) return undefined
    if (Math.abs(skewMs - this.skewMs) < LEAST_SKEW_MS) return undefined
    this.skewMs = Math.abs(skewMs) < LEAST_SKEW_MS ? 0 : skewMs
    return this.skewMs
  }
}
