// A history, as an answer.
import { Buffer } from 'node:buffer'
import type { RowForm } from '#rows/row-form.ts'
import type { RowWriter } from '#rows/row-writer.ts'
import { writeSeriesRows } from '#rows/series-rows.ts'
import type { Series } from '#services/views.ts'
import type { RestAnswer } from './answer.ts'

const [OPEN, CLOSE] = [Buffer.from('{"items":['), Buffer.from('],')]

/** The answer of a history that is shown as `body`. */
export function toSeriesAnswer<Body>(body: Body, series: Series<unknown>): RestAnswer<Body> {
  const { fetchedAt, freshUntil, stale, slices: _slices, ...data } = series
  return {
    body,
    tagged: data,
    freshness: { fetchedAt, freshUntil, stale },
    missingCount: series.missing.length,
  }
}

/** How samples are shown. */
export interface SampleForm<Sample, Shown> {
  readonly rows: RowWriter
  /** The fields of `toShown`, in its order. */
  readonly form: RowForm<Sample>
  /** A sample that is not written as a row. */
  readonly toShown: (sample: Sample) => Shown
}

/** What a body of samples has beside its `items`. */
interface BesideItems {
  readonly nextCursor: null
  readonly fetchedAt: string
  readonly stale: boolean
}

/** The answer of a history of samples: its rows come as they have been written before. */
export function toSampleAnswer<Sample extends object, Shown, Beside extends BesideItems>(
  series: Series<Sample>,
  beside: Beside,
  { rows, form, toShown }: SampleForm<Sample, Shown>,
): RestAnswer<{ readonly items: Shown[] } & Beside> {
  const { fetchedAt, freshUntil, stale, missing } = series
  const { fetchedAt: _fetchedAt, stale: _stale, ...data } = beside
  const pieces = writeSeriesRows(rows, series, form)
  return {
    body: {
      // Read for CSV, and where the rows cannot be written as such.
      get items() {
        return series.items.map(toShown)
      },
      ...beside,
    },
    tagged: pieces ? data : { ...data, items: series.items },
    ...(pieces && {
      written: {
        // No line break stands in JSON that is written in one line.
        tagged: [...pieces, '\n', JSON.stringify(data)],
        toJson: () => Buffer.concat([OPEN, ...pieces, CLOSE, Buffer.from(JSON.stringify(beside).slice(1))]),
      },
    }),
    freshness: { fetchedAt, freshUntil, stale },
    missingCount: missing.length,
  }
}
