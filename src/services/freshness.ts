// How long answers of each kind stay good, and how freshness adds up.
import type { Instant } from '#model/time-range.ts'
import type { Answer, Freshness } from './views.ts'

/** Push data, lists, states and live readings change every 5 s at the providers. */
export const PUSH_PACE_MS = 5_000
/** Play data, recordings and the open day's sessions change every 60 s. */
export const PLAY_PACE_MS = 60_000

/** The freshness of a whole: as old as its oldest part, good as long as its shortest-lived. */
export function combineFreshness(parts: readonly Freshness[], now: Instant): Freshness {
  let fetchedAt = Number.POSITIVE_INFINITY
  let freshUntil = Number.POSITIVE_INFINITY
  let stale = false
  for (const part of parts) {
    fetchedAt = Math.min(fetchedAt, part.fetchedAt)
    freshUntil = Math.min(freshUntil, part.freshUntil)
    stale ||= part.stale
  }
  // Nothing was needed of anybody: the answer is as good as this moment.
  return parts.length === 0 ? { fetchedAt: now, freshUntil: now, stale: false } : { fetchedAt, freshUntil, stale }
}

/** The same answer with another value. */
export function mapAnswer<From, To>(answer: Answer<From>, map: (value: From) => To): Answer<To> {
  return { ...answer, value: map(answer.value) }
}
