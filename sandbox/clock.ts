/**
 * The sandbox has two clocks. Arrivals and quotas go by `elapsedMs`, which nobody sets; dates, signatures and data go by
 * `nowMs`, the provider's wall clock, which may be wrong on purpose.
 */
export class SandboxClock {
  readonly #wall: () => number
  readonly #elapsed: () => number
  #offsetMs = 0

  /**
   * @param wall - the true time, epoch milliseconds
   * @param elapsed - epoch milliseconds that never run backwards; left out: `wall`
   */
  constructor(wall: () => number, elapsed: () => number = wall) {
    this.#wall = wall
    this.#elapsed = elapsed
  }

  /** Epoch milliseconds by which arrivals are stamped; fractions are meaningful. */
  elapsedMs(): number {
    return this.#elapsed()
  }

  /** Epoch milliseconds on the provider's wall clock. */
  nowMs(): number {
    return this.#wall() + this.#offsetMs
  }

  /** Whole UNIX seconds on the provider's wall clock. */
  nowSeconds(): number {
    return Math.floor(this.nowMs() / 1000)
  }

  /** How far the provider's wall clock is ahead of the true time, in milliseconds; negative when behind. */
  get offsetMs(): number {
    return this.#offsetMs
  }

  /** Sets the provider's wall clock ahead (positive) or behind (negative) of the true time. */
  setOffset(offsetMs: number): void {
    this.#offsetMs = offsetMs
  }
}

/** Epoch milliseconds that follow the system's time of start and then only ever grow. */
export function steadyNow(): number {
  return performance.timeOrigin + performance.now()
}
