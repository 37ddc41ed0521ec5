// A history, as an answer.
import type { Series } from '#services/services.ts'
import type { RestAnswer } from './answer.ts'

/** The answer of a history that is shown as `body`. */
export function toSeriesAnswer<Body>(body: Body, series: Series<unknown>): RestAnswer<Body> {
  const { fetchedAt, freshUntil, stale, ...data } = series
  return {
    body,
    tagged: data,
    freshness: { fetchedAt, freshUntil, stale },
    missingCount: series.missing.length,
  }
}
