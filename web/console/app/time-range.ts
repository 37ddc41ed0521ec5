// The time that a page shows, as it stands in the hash.

/** Stretches that end now. */
export const spans = ['15m', '1h', '6h', '24h', '3d'] as const
/** One of them. */
export type Span = (typeof spans)[number]

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS

/** Their lengths in milliseconds. */
export const spanMs: Readonly<Record<Span, number>> = {
  '15m': 15 * MINUTE_MS,
  '1h': HOUR_MS,
  '6h': 6 * HOUR_MS,
  '24h': 24 * HOUR_MS,
  '3d': 72 * HOUR_MS,
}

/** What is shown: a stretch that moves with the time, or one that stands still, half-open. */
export type ShownRange =
  | { readonly kind: 'last'; readonly span: Span }
  | { readonly kind: 'fixed'; readonly fromMs: number; readonly toMs: number }

/** Reads `last=6h`, or `from=…&to=…` in RFC 3339. @param standard what a hash without either, or with a wrong one, means */
export function readRange(search: URLSearchParams, standard: Span = '1h'): ShownRange {
  const fromMs = Date.parse(search.get('from') ?? '')
  const toMs = Date.parse(search.get('to') ?? '')
  if (fromMs < toMs) return { kind: 'fixed', fromMs, toMs }
  const last = search.get('last')
  return { kind: 'last', span: spans.find((span) => span === last) ?? standard }
}

/** The instants of a range at a time, in milliseconds since the epoch. */
export function resolveRange(range: ShownRange, nowMs: number): { readonly fromMs: number; readonly toMs: number } {
  if (range.kind === 'fixed') return { fromMs: range.fromMs, toMs: range.toMs }
  return { fromMs: nowMs - spanMs[range.span], toMs: nowMs }
}

/** The range as changes of the hash. */
export function toSearch(range: ShownRange): Readonly<Record<'last' | 'from' | 'to', string | null>> {
  if (range.kind === 'last') return { last: range.span, from: null, to: null }
  return { last: null, from: new Date(range.fromMs).toISOString(), to: new Date(range.toMs).toISOString() }
}
