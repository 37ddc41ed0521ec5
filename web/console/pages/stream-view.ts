// What a stream's page is asked to show, as it stands in the hash.
import { changeSearch, route } from '../app/router.ts'
import { readRange, resolveRange, type ShownRange, spans, toSearch } from '../app/time-range.ts'

/** A view of a stream. */
export interface StreamView {
  readonly range: ShownRange
  /** Whether new samples are added as they come; only of a range that ends now. */
  readonly isFollowing: boolean
  /** Whether every sample is drawn, and no averages. */
  readonly isEverySample: boolean
  /** What was shown before somebody zoomed in; undefined where nobody has. */
  readonly unzoomed: ShownRange | undefined
  /** Whether push sessions of the last days are shown, and not those of the range. */
  readonly isWeek: boolean
}

/** Nobody needs to see less. */
const SHORTEST_MS = 60_000
/** Longer than any provider keeps what is measured. */
const LONGEST_MS = 200 * 86_400_000

/** Reads the hash's query. */
export function readView(search: URLSearchParams): StreamView {
  const range = readRange(search)
  return {
    range,
    isFollowing: range.kind === 'last' && search.get('follow') === '1',
    isEverySample: search.get('samples') === 'all',
    unzoomed: readUnzoomed(search.get('unzoomed')),
    isWeek: search.get('sessions') === 'week',
  }
}

/** Shows another range. What was zoomed into is left with it. */
export function showRange(range: ShownRange): void {
  changeSearch({ ...toSearch(range), unzoomed: null, ...(range.kind === 'fixed' && { follow: null }) }, 'push')
}

/** Shows the part that somebody has drawn, no shorter than a minute and not beyond now. */
export function zoomTo(fromMs: number, toMs: number): void {
  const view = readView(route.value.search)
  const range = toZoomed(fromMs, toMs, Date.now())
  if (range === undefined) return
  const unzoomed = view.unzoomed ?? view.range
  changeSearch({ ...toSearch(range), follow: null, unzoomed: toUnzoomedText(unzoomed) }, 'push')
}

/** Shows what was shown before somebody zoomed in. */
export function resetZoom(): void {
  const { unzoomed } = readView(route.value.search)
  if (unzoomed) showRange(unzoomed)
}

/** The range that somebody means who draws one: whole seconds; undefined where nothing of it has been yet. */
export function toZoomed(fromMs: number, toMs: number, nowMs: number): ShownRange | undefined {
  const middle = (fromMs + toMs) / 2
  const half = Math.min(LONGEST_MS, Math.max(SHORTEST_MS, toMs - fromMs)) / 2
  const end = Math.min(nowMs, middle + half)
  const start = Math.min(middle - half, end - SHORTEST_MS)
  if (!(start < end)) return undefined
  return { kind: 'fixed', fromMs: Math.floor(start / 1000) * 1000, toMs: Math.ceil(end / 1000) * 1000 }
}

/** `6h`, or two instants with a comma between. */
export function toUnzoomedText(range: ShownRange): string {
  if (range.kind === 'last') return range.span
  const { fromMs, toMs } = resolveRange(range, 0)
  return `${new Date(fromMs).toISOString()},${new Date(toMs).toISOString()}`
}

function readUnzoomed(text: string | null): ShownRange | undefined {
  if (text === null) return undefined
  const span = spans.find((one) => one === text)
  if (span) return { kind: 'last', span }
  const [from = '', to = ''] = text.split(',')
  const range = readRange(new URLSearchParams({ from, to }))
  return range.kind === 'fixed' ? range : undefined
}
