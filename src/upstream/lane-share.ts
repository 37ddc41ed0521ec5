// How the two lanes share the starts of an account. Every ledger goes by these numbers, the script of the shared log
// too: with `used` starts in the window, a call may start while `used < capacity - toKept(…)`.
import type { Lane } from '#contract/ask.ts'

/** What the background is doing. */
export interface BackgroundUsage {
  /** Whether a background call has wished for a start within the last window. */
  readonly isActive: boolean
  /** Its starts in the window. */
  readonly used: number
}

/** One start in so many belongs to the background while it is at work. */
const SHARE_DIVISOR = 10
/** One start in so many stays free of background calls beyond that. */
const HEADROOM_DIVISOR = 5

/**
 * Starts of a window that the background always gets: a tenth, at least one, so that it never starves; none where
 * there is no second start to give.
 */
export function toBackgroundShare(capacity: number): number {
  return Math.max(0, Math.min(capacity - 1, Math.max(1, Math.floor(capacity / SHARE_DIVISOR))))
}

/** Starts of a window that the background leaves to interactive calls once it has had its share: a fifth, rounded up. */
export function toHeadroom(capacity: number): number {
  return Math.max(0, Math.min(capacity - 1, Math.ceil(capacity / HEADROOM_DIVISOR)))
}

/** Starts of a window that a call of the lane may not touch. */
export function toKept(lane: Lane, capacity: number, background: BackgroundUsage): number {
  const share = toBackgroundShare(capacity)
  if (lane === 'background') return background.used < share ? 0 : toHeadroom(capacity)
  return background.isActive ? Math.max(0, share - background.used) : 0
}
