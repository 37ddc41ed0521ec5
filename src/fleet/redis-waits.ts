// Commands whose answers are waited for, and when the wait for them has been long enough. One timer serves them all:
// one for each would cost as much as the rest of a command.

/** A command that has not been answered. */
export interface Wait {
  /** When it left, on `performance.now`; undefined while it has not. What leaves together shares it. */
  readonly departure: Departure
  /** Told that nothing comes any more. */
  readonly giveUp: () => void
}

/** The moment in which some commands leave. */
export interface Departure {
  /** On `performance.now`; undefined before. */
  leftAtMs: number | undefined
}

/**
 * Calls back when a command was not answered for so long after it left. A busy process may come late to everything:
 * what has arrived in the meantime is read before anybody is said not to have answered.
 */
export class RedisWaits {
  private readonly patienceMs: number
  private readonly onSilence: () => void
  /** In the order in which they began. */
  private readonly waiting = new Set<Wait>()
  private timer: NodeJS.Timeout | undefined
  private immediate: NodeJS.Immediate | undefined

  /** @param patienceMs milliseconds that an answer may take  @param onSilence is to call `giveUp` */
  constructor(patienceMs: number, onSilence: () => void) {
    this.patienceMs = patienceMs
    this.onSilence = onSilence
  }

  /** How many there are. */
  count(): number {
    return this.waiting.size
  }

  /** Begins one. */
  begin(wait: Wait): void {
    this.waiting.add(wait)
    if (this.timer === undefined && this.immediate === undefined) this.arm(this.patienceMs)
  }

  /** Ends one. @returns whether it was still there; otherwise the answer comes too late */
  end(wait: Wait): boolean {
    return this.waiting.delete(wait)
  }

  /** Ends them all, and the timer. */
  giveUp(): void {
    clearTimeout(this.timer)
    clearImmediate(this.immediate)
    this.timer = undefined
    this.immediate = undefined
    const given = [...this.waiting]
    this.waiting.clear()
    for (const wait of given) wait.giveUp()
  }

  private arm(inMs: number): void {
    this.timer = setTimeout(() => {
      this.timer = undefined
      const leftMs = this.findLeft()
      if (leftMs === undefined) return
      if (leftMs > 0) return this.arm(leftMs)
      // Timers run before the sockets of a turn are read, immediates after them.
      this.immediate = setImmediate(() => this.look())
    }, Math.ceil(inMs))
  }

  /** Whether the one that waits longest has waited too long, now that everything has been read. */
  private look(): void {
    this.immediate = undefined
    const leftMs = this.findLeft()
    if (leftMs === undefined) return
    if (leftMs > 0) this.arm(leftMs)
    else this.onSilence()
  }

  /** For how long the one that waits longest may go on, in milliseconds; undefined when nobody waits. */
  private findLeft(): number | undefined {
    const [oldest] = this.waiting
    if (oldest === undefined) return undefined
    const now = performance.now()
    return (oldest.departure.leftAtMs ?? now) + this.patienceMs - now
  }
}
