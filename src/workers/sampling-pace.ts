// How often the watched streams of an account are read: as often as the provider measures, as long as that leaves the
// better part of the quota to those who ask.
import type { QuotaReading } from '#contract/readings.ts'
import { PLAY_PACE_MS, PUSH_PACE_MS } from '#services/freshness.ts'

/** Parts of a quota that watching may take: what changes every 5 s, and playback. */
const PUSH_SHARE = 0.4
const PLAY_SHARE = 0.1
/** The part for what is read beside the pace: streams that somebody begins to watch, and states of those not live. */
const ASIDE_SHARE = 0.1
/** Below this part of a quota watching takes half of what it would. */
const SCARCE_SHARE = 0.1

/** A pace. */
export interface SamplingPace {
  readonly pushEveryMs: number
  readonly playEveryMs: number
  /** Why it is slower than the provider measures; null when it is not. */
  readonly slowedBecause: string | null
}

/**
 * @param calls provider calls that a round of each takes
 * @param quota where the account's stands
 */
export function findPace(
  calls: { readonly push: number; readonly play: number },
  { limit, windowSeconds, remaining }: Pick<QuotaReading, 'limit' | 'windowSeconds' | 'remaining'>,
): SamplingPace {
  const windowMs = windowSeconds * 1000
  const isScarce = remaining < limit * SCARCE_SHARE
  const factor = isScarce ? 2 : 1
  const toEveryMs = (measuredMs: number, count: number, share: number) =>
    Math.max(measuredMs * factor, Math.ceil((count * factor * windowMs) / (limit * share)))
  const pushEveryMs = toEveryMs(PUSH_PACE_MS, calls.push, PUSH_SHARE)
  const playEveryMs = toEveryMs(PLAY_PACE_MS, calls.play, PLAY_SHARE)
  const isSlow = pushEveryMs > PUSH_PACE_MS || playEveryMs > PLAY_PACE_MS
  const reason = isScarce
    ? `only ${remaining} of ${limit} provider calls are free`
    : `what is watched takes ${Math.ceil(calls.push)} provider calls every 5 s and ${Math.ceil(calls.play)} every 60 s, of ${limit} in ${windowSeconds} s`
  return { pushEveryMs, playEveryMs, slowedBecause: isSlow ? reason : null }
}

/** Provider calls beside the pace: so many in a window, and not all of them at once. */
export class AsideBudget {
  private readonly nowMs: () => number
  private tokens = Number.POSITIVE_INFINITY
  private filledAtMs: number

  /** @param nowMs on a clock that never steps */
  constructor(nowMs: () => number) {
    this.nowMs = nowMs
    this.filledAtMs = nowMs()
  }

  /** Fills it up to this moment. @param limit provider calls in a window, of which it is a part */
  fill({ limit, windowSeconds }: Pick<QuotaReading, 'limit' | 'windowSeconds'>): void {
    const nowMs = this.nowMs()
    const perWindow = limit * ASIDE_SHARE
    const added = (perWindow * (nowMs - this.filledAtMs)) / (windowSeconds * 1000)
    this.tokens = Math.min(this.tokens + added, Math.max(1, perWindow / 2))
    this.filledAtMs = nowMs
  }

  /** Takes so many calls, or none. @returns whether they may be made */
  take(calls: number): boolean {
    if (calls > this.tokens) return false
    this.tokens -= calls
    return true
  }
}
