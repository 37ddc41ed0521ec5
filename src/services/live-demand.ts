// How many different streams of an account are watched one by one. It tells whether reading the account's whole list
// would be cheaper than one call for each of them.
import type { Clock } from '#model/clock.ts'
import { PUSH_PACE_MS } from './freshness.ts'

/** Most streams told apart per account and tick: far more than the longest list has pages, so more decide nothing. */
const MAX_COUNTED = 1000

/** The streams of one account in one tick. */
interface Tick {
  /** Ticks since the steady clock's zero: the same instant is in the same tick for every stream. */
  readonly number: number
  readonly keys: Set<string>
  /** How many there were in the tick before. */
  readonly before: number
}

/** Counts the streams asked for in this tick and the one before, by account. Of this process alone. */
export class LiveDemand {
  private readonly clock: Clock
  private readonly ticks = new Map<string, Tick>()

  constructor(clock: Clock) {
    this.clock = clock
  }

  /** Counts a stream: once per tick, however often it is asked for. */
  note(account: string, key: string): void {
    const tick = this.enter(account)
    if (tick.keys.size < MAX_COUNTED) tick.keys.add(key)
  }

  /**
   * Different streams of this tick or of the one before, whichever were more, 0..1000. The tick before speaks for
   * those who have not come round yet.
   */
  count(account: string): number {
    const tick = this.enter(account)
    return Math.max(tick.keys.size, tick.before)
  }

  private enter(account: string): Tick {
    const number = Math.floor(this.clock.monotonicMs() / PUSH_PACE_MS)
    const known = this.ticks.get(account)
    if (known?.number === number) return known
    const before = known?.number === number - 1 ? known.keys.size : 0
    const tick = { number, keys: new Set<string>(), before }
    this.ticks.set(account, tick)
    return tick
  }
}
