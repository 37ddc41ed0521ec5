// Counts what happened lately, exactly: buckets would forget a second's worth of events at once.

/** Forgotten entries that are kept before the list is cut. */
const SLACK = 1000

/** Times of the events of the last `spanMs`. */
export class RecentTimes {
  private readonly spanMs: number
  private times: number[] = []
  /** Entries before this one are over. */
  private first = 0

  /** @param spanMs an event counts until so many milliseconds have passed */
  constructor(spanMs: number) {
    this.spanMs = spanMs
  }

  /** Something happened. @param nowMs on `Clock.monotonicMs`, never before the last one */
  add(nowMs: number): void {
    this.count(nowMs)
    this.times.push(nowMs)
  }

  /** Events of the span that ends now: one exactly `spanMs` old is over. */
  count(nowMs: number): number {
    for (;;) {
      const atMs = this.times[this.first]
      if (atMs === undefined || atMs > nowMs - this.spanMs) break
      this.first += 1
    }
    if (this.first > SLACK) {
      this.times = this.times.slice(this.first)
      this.first = 0
    }
    return this.times.length - this.first
  }

  /** Forgets everything. */
  clear(): void {
    this.times = []
    this.first = 0
  }
}
