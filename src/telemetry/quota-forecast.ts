// When a quota is used up if its calls go on as they have of late. Arithmetic alone.
//
// The pace is that of the last fifth of the window. That of a whole window would foresee nothing: what was spent in it is
// what is used now, and it only ever says that things stay as they are. Over much less than a fifth one dashboard that
// is opened looks like a flood.

import type { QuotaReading } from '#contract/readings.ts'

/** Share of the window whose calls are the pace. */
export const PACE_SHARE = 0.2

/** Where a quota stands, of all replicas. */
export type StandingQuota = Pick<QuotaReading, 'windowSeconds' | 'used' | 'remaining'>

/** What this process has spent of it. */
export interface OwnPace {
  /** Calls in the window. */
  readonly windowCalls: number
  /** Calls of late, and in how many milliseconds (> 0) they were made. */
  readonly lateCalls: number
  readonly lateMs: number
  /** How many replicas may spend it together, this one included. */
  readonly replicas: number
}

/**
 * Milliseconds until no start is free, at most a window; null when it does not come to that, or has already.
 *
 * Starts leave the log as they came: of `used`, spread over a window, the same share is free again each moment. At a
 * pace p they therefore become more by p - used / window, and the log is full before the window is over exactly if
 * p × window is more than there is. Of the pace of other replicas nothing is known; what they have spent is, and they
 * are taken to be as busy now as this one, in proportion.
 */
export function findExhaustionMs(quota: StandingQuota, own: OwnPace): number | null {
  if (quota.remaining <= 0 || own.lateCalls === 0) return null
  const windowMs = quota.windowSeconds * 1000
  // What was started before this process was is no other replica's, and others are no more than there can be.
  const fleet = Math.min(Math.max(quota.used / Math.max(1, own.windowCalls), 1), own.replicas)
  const growth = (own.lateCalls / own.lateMs) * fleet - quota.used / windowMs
  if (growth <= 0) return null
  const leftMs = quota.remaining / growth
  return leftMs <= windowMs ? leftMs : null
}
