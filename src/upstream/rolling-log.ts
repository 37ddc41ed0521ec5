// The times of the last starts. Only a log of every start keeps every rolling window under its limit: fixed windows
// and token buckets let up to twice as many through around an edge.

/** Starts there is room for at first. A limit may be far above what is ever used of it. */
const FIRST_PLACES = 512

/** Start times of one limit: at most `limit` of them count at any moment. */
export class RollingLog {
  /** Starts in any span of `spanMs`. */
  readonly limit: number
  /** How long a start counts, in milliseconds. */
  readonly spanMs: number
  /** A ring that grows with what stands in it. */
  private times: Float64Array
  private first = 0
  private length = 0

  /** @param limit ≥ 1 */
  constructor(limit: number, spanMs: number) {
    this.limit = limit
    this.spanMs = spanMs
    this.times = new Float64Array(Math.min(limit, FIRST_PLACES))
  }

  /** Starts that still count at `nowMs`, which must never step back. */
  count(nowMs: number): number {
    while (this.length > 0 && this.at(0) + this.spanMs <= nowMs) {
      this.first = (this.first + 1) % this.times.length
      this.length -= 1
    }
    return this.length
  }

  /** When the next start is free: `nowMs` or later. */
  freeAt(nowMs: number): number {
    return this.count(nowMs) < this.limit ? nowMs : this.at(0) + this.spanMs
  }

  /** Writes a start down. Only when one is free. */
  add(nowMs: number): void {
    if (this.count(nowMs) === this.limit) throw new RangeError('no start is free')
    if (this.length === this.times.length) this.grow()
    this.times[this.placeOf(this.length)] = nowMs
    this.length += 1
  }

  /** Strikes out a start of that time, as if it had never been; nothing where there is none any more. */
  remove(atMs: number): void {
    let index = this.length - 1
    while (index >= 0 && this.at(index) !== atMs) index -= 1
    if (index < 0) return
    for (; index < this.length - 1; index += 1) this.times[this.placeOf(index)] = this.at(index + 1)
    this.length -= 1
  }

  /** Takes in starts of before, in any order. Of more than the limit the latest count: they decide what is free. */
  restore(times: readonly number[]): void {
    const latest = [...times].sort((one, other) => one - other).slice(-this.limit)
    for (const atMs of latest) this.add(atMs)
  }

  /** The log as it will be, for working out when somebody's turn comes. Adding to it changes nothing here. */
  plan(): PlannedLog {
    return new PlannedLog(this)
  }

  /** Entries kept, the oldest first. */
  get size(): number {
    return this.length
  }

  /** The entry at `index`, 0 being the oldest. */
  at(index: number): number {
    return this.times[this.placeOf(index)] ?? 0
  }

  private placeOf(index: number): number {
    return (this.first + index) % this.times.length
  }

  private grow(): void {
    const grown = new Float64Array(Math.min(this.limit, 2 * this.times.length))
    grown.set(this.times.subarray(this.first))
    grown.set(this.times.subarray(0, this.first), this.times.length - this.first)
    this.times = grown
    this.first = 0
  }
}

/** A log with starts that have not happened yet behind it. Every time asked about is not before the last planned one. */
export class PlannedLog {
  private readonly log: RollingLog
  private readonly planned: number[] = []
  /** Entries before this one have left by the time of the last planned start. */
  private first = 0

  /** @param log the starts that have happened */
  constructor(log: RollingLog) {
    this.log = log
  }

  /** Starts that count at that time. */
  count(atMs: number): number {
    return this.length - this.firstAt(atMs)
  }

  /** When the next of the starts that count at that time leaves; infinity when none does. */
  nextEnd(atMs: number): number {
    const index = this.firstAt(atMs)
    return index < this.length ? this.at(index) + this.log.spanMs : Number.POSITIVE_INFINITY
  }

  /** When the next start is free: `fromMs` or later. */
  freeAt(fromMs: number): number {
    // The start `limit` places back must have left the window.
    const index = this.length - this.log.limit
    return index < 0 ? fromMs : Math.max(fromMs, this.at(index) + this.log.spanMs)
  }

  /** Plans a start. In order of time. */
  add(atMs: number): void {
    this.planned.push(atMs)
    this.first = this.firstAt(atMs)
  }

  private get length(): number {
    return this.log.size + this.planned.length
  }

  private at(index: number): number {
    return index < this.log.size ? this.log.at(index) : (this.planned[index - this.log.size] ?? 0)
  }

  private firstAt(atMs: number): number {
    let index = this.first
    while (index < this.length && this.at(index) + this.log.spanMs <= atMs) index += 1
    return index
  }
}
