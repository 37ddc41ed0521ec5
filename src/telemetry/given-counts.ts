// Answers of one account and operation since the start of the process, in plain numbers: a page of a hundred streams is
// a hundred of them.
import { Observations } from './counted-histogram.ts'

/** Where an answer came from. */
type Source = 'kept' | 'shared' | 'asked'

/** Upper ends of the ages that are told apart, in seconds. */
export const AGE_BUCKETS = [0.5, 1, 2, 5, 10, 30, 60, 120, 300, 900, 3600, 86_400] as const

/** How many there were of each sort, and how old they were. */
export class GivenCounts {
  readonly fresh: Record<Source, number> = { kept: 0, shared: 0, asked: 0 }
  readonly stale: Record<Source, number> = { kept: 0, shared: 0, asked: 0 }
  /** In seconds. */
  readonly ages = new Observations(AGE_BUCKETS)

  /** @param ageMs ≥ 0 */
  add(from: Source, isStale: boolean, ageMs: number): void {
    this[isStale ? 'stale' : 'fresh'][from] += 1
    this.ages.add(ageMs / 1000)
  }
}
