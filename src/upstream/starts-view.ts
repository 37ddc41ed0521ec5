// The shared log of starts, as one member last saw it.

/** How a log stands: what counts in it, and when that will end. */
export interface LogView {
  readonly used: number
  /** When the oldest starts stop counting, on `Clock.monotonicMs`, ascending; not all of them in a long log. */
  readonly expiries: readonly number[]
}

/** How the shared log stands. */
export interface StartsView {
  /** When this was so, on `Clock.monotonicMs`. */
  readonly atMs: number
  readonly isOpen: boolean
  /** Not before this does it open; only while it is not. */
  readonly opensAtMs: number
  readonly pausedUntilMs: number
  /** Until then others go first. */
  readonly yieldsUntilMs: number
  /** The account's own, then those of the interfaces. */
  readonly logs: readonly LogView[]
  readonly backgroundUsed: number
  readonly isBackgroundActive: boolean
  /** Calls that wait at each of the other members. */
  readonly others: readonly number[]
  /** The other members that are alive; undefined where that was not told. */
  readonly roster: readonly string[] | undefined
}
