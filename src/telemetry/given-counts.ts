// Answers of one account and operation since the start of the process, in plain numbers: a page of a hundred streams is
// a hundred of them.

/** Where an answer came from. */
type Source = 'kept' | 'shared' | 'asked'

/** Upper ends of the ages that are told apart, in seconds. */
export const AGE_BUCKETS = [0.5, 1, 2, 5, 10, 30, 60, 120, 300, 900, 3600, 86_400] as const

/** How many there were of each sort, and how old they were. */
export class GivenCounts {
  readonly fresh: Record<Source, number> = { kept: 0, shared: 0, asked: 0 }
  readonly stale: Record<Source, number> = { kept: 0, shared: 0, asked: 0 }
  /** Answers of each age: as `AGE_BUCKETS`, and last those that were older. */
  readonly ages: number[] = new Array<number>(AGE_BUCKETS.length + 1).fill(0)
  /** All ages added up, in seconds. */
  ageSum = 0

  /** @param ageMs ≥ 0 */
  add(from: Source, isStale: boolean, ageMs: number): void {
    this[isStale ? 'stale' : 'fresh'][from] += 1
    const seconds = ageMs / 1000
    let index = 0
    while (seconds > (AGE_BUCKETS[index] ?? Number.POSITIVE_INFINITY)) index += 1
    this.ages[index] = (this.ages[index] ?? 0) + 1
    this.ageSum += seconds
  }
}
