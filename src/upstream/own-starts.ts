// What this process has started itself in the last span. It outlives the shared log: when that is lost, this is what
// it is made anew from, and when it is out of reach, this is what is counted.
import type { ReportedStart } from './starts-terms.ts'

/** A start of this process. */
export interface OwnStart extends ReportedStart {
  /** Granted by the shared log; otherwise taken from this process's own part, while the log could not be used. */
  readonly isShared: boolean
  /** Whether the shared log knows of it. */
  isReported: boolean
}

/** The starts of this process that may still count, the oldest first. */
export class OwnStarts {
  private readonly keepMs: number
  private starts: OwnStart[] = []

  /** @param keepMs how long a start counts at most, in the widest window */
  constructor(keepMs: number) {
    this.keepMs = keepMs
  }

  /** Writes a start down. */
  add(start: OwnStart): void {
    this.starts.push(start)
  }

  /** Takes in starts of an earlier process, in any order. */
  restore(starts: readonly OwnStart[]): void {
    this.starts = [...starts, ...this.starts].sort((one, other) => one.atMs - other.atMs)
  }

  /** Forgets one that never left. @returns it, if it was here */
  remove(id: string): OwnStart | undefined {
    const removed = this.starts.find((start) => start.id === id)
    this.starts = this.starts.filter((start) => start !== removed)
    return removed
  }

  /** All that still count. */
  list(nowMs: number): readonly OwnStart[] {
    const oldestMs = nowMs - this.keepMs
    let expired = 0
    while (expired < this.starts.length && (this.starts[expired]?.atMs ?? 0) <= oldestMs) expired += 1
    if (expired > 0) this.starts = this.starts.slice(expired)
    return this.starts
  }

  /** Those the shared log has not been told of. */
  listUnreported(nowMs: number): readonly OwnStart[] {
    return this.list(nowMs).filter((start) => !start.isReported)
  }
}
