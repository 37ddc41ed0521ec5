// The shared log of starts, as one member last saw it.
import type { Lane } from '#contract/ask.ts'

/** How a log stands: what counts in it, and when that will end. */
export interface LogView {
  readonly used: number
  /** When the oldest starts stop counting, on `Clock.monotonicMs`, ascending; not all of them in a long log. */
  readonly expiries: readonly number[]
}

/** When the turns of a process come in the line of those who wait for starts. Times are on `Clock.monotonicMs`. */
export interface LineTurns {
  /** Those of its own places, ascending. */
  readonly own: readonly number[]
  /** That of its next one, if it had one more: that is behind all others; in the past where a start may be free. */
  readonly next: number
}

/** How the shared log stands. */
export interface StartsView {
  /** When this was so, on `Clock.monotonicMs`. */
  readonly atMs: number
  readonly isOpen: boolean
  /** Not before this does it open; only while it is not. */
  readonly opensAtMs: number
  readonly pausedUntilMs: number
  /** Others who come first have not come; what was theirs may be free from then on. Infinity when nobody is waited for. */
  readonly changesAtMs: number
  /** The account's own, then those of the interfaces. */
  readonly logs: readonly LogView[]
  /** In the line of each lane. */
  readonly lines: Readonly<Record<Lane, LineTurns>>
  /** The other members that are alive; undefined where that was not told. */
  readonly roster: readonly string[] | undefined
}
