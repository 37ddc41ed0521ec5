// How much one answer may hold. What is kept costs no provider call, so calls alone do not bound it.
import { QueryTooComplexError } from '#model/errors.ts'

/** Most items of all lists of an answer: some two months of a stream's push samples. */
const MAX_ITEMS = 200_000

/** Counts the items of an answer while it is put together. */
export class AnswerSize {
  private items = 0

  /** Adds a list to the answer; returns it. @throws QueryTooComplexError when the answer would hold too much */
  add<Item>(list: readonly Item[]): readonly Item[] {
    this.count(list.length)
    return list
  }

  /** Adds so many items. @throws QueryTooComplexError when the answer would hold too much */
  count(items: number): void {
    if (this.items + items > MAX_ITEMS)
      throw new QueryTooComplexError(
        `the answer holds more than the allowed ${MAX_ITEMS} items; ask for a shorter range, wider groups or fewer streams`,
      )
    this.items += items
  }

  /** Begins anew: what was added so far is put together once more. */
  reset(): void {
    this.items = 0
  }
}
