// Entries read on another clock than the one they were written on.
import { FOREVER, type Instant } from '#model/time-range.ts'
import type { CacheEntry } from './cache.ts'

/** The end of a life on a clock that is `byMs` ahead. */
export function shiftEnd(end: Instant, byMs: number): Instant {
  return end >= FOREVER ? FOREVER : end + byMs
}

/** An entry's instants on a clock that is `byMs` ahead. */
export function shiftEntry<Value>(entry: CacheEntry<Value>, byMs: number): CacheEntry<Value> {
  return Object.freeze({
    value: entry.value,
    fetchedAt: entry.fetchedAt + byMs,
    freshUntil: shiftEnd(entry.freshUntil, byMs),
  })
}
