// Histories as their readers see them: pieces of what is kept, and one list of all of it for whoever wants that.
import type { TimeRange } from '#model/time-range.ts'
import { findIndex, type Timed } from './history-kept.ts'
import type { Freshness, Gap, SampleSlice, Series } from './views.ts'

/** What was read of a range. */
export interface HistoryAnswer<Sample> extends Freshness {
  /** One behind the other in order of time; none is empty. */
  readonly slices: readonly SampleSlice<Sample>[]
  readonly missing: readonly Gap[]
}

/** The samples of a kept window that lie in a range; none when there are none. */
export function toSlices<Sample extends Timed>(
  samples: readonly Sample[],
  range: TimeRange,
): readonly SampleSlice<Sample>[] {
  const begin = findIndex(samples, range.from)
  const end = findIndex(samples, range.to)
  return begin < end ? [{ samples, begin, end }] : []
}

/** All of some slices as one list; what is a whole already is not copied. */
export function joinSlices<Item>(slices: readonly SampleSlice<Item>[]): readonly Item[] {
  const parts = slices.map(({ samples, begin, end }) =>
    begin === 0 && end === samples.length ? samples : samples.slice(begin, end),
  )
  return parts.length === 1 && parts[0] ? parts[0] : parts.flat()
}

/** A history over slices. Its `items` are put together when they are first read: copy it field by field, or they are. */
export function toSeries<Item>(
  { from, to }: TimeRange,
  slices: readonly SampleSlice<Item>[],
  { missing, fetchedAt, freshUntil, stale }: Omit<HistoryAnswer<unknown>, 'slices'>,
): Series<Item> {
  let items: readonly Item[] | undefined
  return {
    from,
    to,
    slices,
    get items() {
      items ??= joinSlices(slices)
      return items
    },
    missing,
    fetchedAt,
    freshUntil,
    stale,
  }
}
