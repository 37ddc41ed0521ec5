// Entries read on another clock than the one they were written on.
import type { Instant } from '#model/time-range.ts'
import type { CacheEntry } from './cache.ts'

/** The last instant a Date can hold. As the end of a life it means for ever, on every clock. */
export const LAST_INSTANT: Instant = 8_640_000_000_000_000

/** The end of a life on a clock that is `byMs` ahead. */
export function shiftEnd(end: Instant, byMs: number): Instant {
  return end >= LAST_INSTANT ? LAST_INSTANT : end + byMs
}

/** An entry's instants on a clock that is `byMs` ahead. */
export function shiftEntry<Value>(entry: CacheEntry<Value>, byMs: number): CacheEntry<Value> {
  return Object.freeze({
    value: entry.value,
    fetchedAt: entry.fetchedAt + byMs,
    freshUntil: shiftEnd(entry.freshUntil, byMs),
  })
}
