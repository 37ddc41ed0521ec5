// What a provider's pages of live streams say of the list that they are pieces of.
import type { LiveStreamPage } from '#contract/capability.ts'
import type { LiveStream, LiveTotals } from '#model/stream.ts'
import type { Answer } from './views.ts'

/** Most provider pages of one list: at 300 streams a page, 30 000 streams. */
export const MAX_PROVIDER_PAGES = 100

/** Pages of a list of that length, as far as it is read; 1 when the length is not told. */
export function toPageCount({ streamCount }: Pick<LiveTotals, 'streamCount'>, size: number): number {
  return Math.min(Math.max(1, Math.ceil((streamCount ?? 0) / size)), MAX_PROVIDER_PAGES)
}

/**
 * Whether a stream may have slipped between pages: one that ended while they were read moves those behind it forward,
 * past the page being read, and the count shrinks. A repeated row is no sign of it: one that began moves them back.
 */
export function isTorn(pages: readonly Answer<LiveStreamPage>[]): boolean {
  const counts = pages.map((page) => page.value.totals.streamCount).filter((count) => count !== null)
  return counts.some((count, index) => count < (counts[index - 1] ?? 0))
}

/** Streams of all pages by key; the later mention wins. */
export function collect(pages: readonly Answer<LiveStreamPage>[]): ReadonlyMap<string, LiveStream> {
  return new Map(pages.flatMap((page) => page.value.streams).map((stream) => [stream.key, stream]))
}

/** Order of code units: the same on every machine. */
export function byKey(one: LiveStream, other: LiveStream): number {
  return one.key < other.key ? -1 : 1
}
