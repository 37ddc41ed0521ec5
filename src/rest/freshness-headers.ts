// What an answer says of its own age, in the words of HTTP caching.
import { createHash } from 'node:crypto'
import type { Instant } from '#model/time-range.ts'
import type { Freshness } from '#services/views.ts'

/** Longest `max-age`, in seconds: a day. Also what can never change is asked for again now and then. */
const MAX_AGE_SECONDS = 86_400

/** `Cache-Control` of an answer. An incomplete or stale one is never kept: the next may be better. */
export function toCacheControl(freshness: Freshness, complete: boolean, now: Instant): string {
  if (!complete || freshness.stale) return 'no-store'
  const seconds = Math.floor((freshness.freshUntil - now) / 1000)
  return `private, max-age=${Math.min(Math.max(seconds, 0), MAX_AGE_SECONDS)}`
}

/** `Age`: whole seconds since the oldest part was fetched, ≥ 0. */
export function toAgeSeconds(freshness: Freshness, now: Instant): number {
  return Math.max(0, Math.floor((now - freshness.fetchedAt) / 1000))
}

/**
 * An entity tag. It is weak because it covers the data and not its age: two answers with the same tag may differ in
 * `fetchedAt` and `stale`.
 * @param tagged the data as JSON, in any number of parts
 * @param format media type of the answer: JSON and CSV of the same data are different representations
 */
export function toEntityTag(tagged: readonly (string | Uint8Array)[], format: string): string {
  const hash = createHash('sha256').update(format).update('\n')
  for (const part of tagged) hash.update(part)
  return `W/"${hash.digest('base64url').slice(0, 27)}"`
}

/** Whether an `If-None-Match` header names the tag, by weak comparison. */
export function matchesEntityTag(ifNoneMatch: string | undefined, tag: string): boolean {
  if (ifNoneMatch === undefined) return false
  if (ifNoneMatch.trim() === '*') return true
  const opaque = tag.replace(/^W\//, '')
  return [...ifNoneMatch.matchAll(/"[^"]*"/g)].some(([listed]) => listed === opaque)
}
