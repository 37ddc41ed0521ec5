// How much of something there was lately, in a fixed piece of memory: counted in cells of time, of which the oldest is
// forgotten when a new one begins.

/** Cells of a window: it is known to a fiftieth, like the guard by which a quota counts starts a little longer. */
const CELLS = 50

/** Counts of several kinds in one window. */
export class RollingCounts {
  private readonly cellMs: number
  private readonly kinds: number
  /** Whole cells of the window and the one that has begun, each with its kinds side by side. */
  private readonly cells: Uint32Array
  /** Number of the newest cell since the clock began. */
  private newest = 0

  /** @param kinds 1 or more; they are named by numbers from 0 */
  constructor(windowMs: number, kinds: number) {
    this.cellMs = windowMs / CELLS
    this.kinds = kinds
    this.cells = new Uint32Array((CELLS + 1) * kinds)
  }

  /** @param nowMs on a clock that never steps */
  add(kind: number, count: number, nowMs: number): void {
    this.moveTo(nowMs)
    const index = (this.newest % (CELLS + 1)) * this.kinds + kind
    this.cells[index] = (this.cells[index] ?? 0) + count
  }

  /** What was counted in the last part of the window, and since the beginning of the cell in which that begins. */
  sum(kind: number, nowMs: number, share = 1): number {
    const now = Math.floor(nowMs / this.cellMs)
    const oldest = Math.max(0, now - Math.round(CELLS * share), this.newest - CELLS)
    let sum = 0
    for (let cell = oldest; cell <= this.newest; cell += 1)
      sum += this.cells[(cell % (CELLS + 1)) * this.kinds + kind] ?? 0
    return sum
  }

  /** How long the time is that `sum` counts: the part of the window, and up to a fiftieth of the whole more. */
  spanMs(nowMs: number, share = 1): number {
    return Math.round(CELLS * share) * this.cellMs + (nowMs % this.cellMs)
  }

  /** Whether nothing at all was counted in the window. */
  isIdle(nowMs: number): boolean {
    return Math.floor(nowMs / this.cellMs) - this.newest > CELLS
  }

  private moveTo(nowMs: number): void {
    const now = Math.floor(nowMs / this.cellMs)
    const begun = Math.min(now - this.newest, CELLS + 1)
    for (let ahead = 0; ahead < begun; ahead += 1) {
      const from = ((now - ahead) % (CELLS + 1)) * this.kinds
      this.cells.fill(0, from, from + this.kinds)
    }
    if (now > this.newest) this.newest = now
  }
}
