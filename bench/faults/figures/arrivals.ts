// What the provider saw, counted the way a provider counts. Times are epoch milliseconds of one clock, in any order.

/**
 * The most arrivals in any rolling window of `windowMs` milliseconds: half-open, so that two arrivals exactly one
 * window apart are never in the same one.
 */
export function worstWindow(arrivedAtMs: readonly number[], windowMs: number): number {
  const sorted = arrivedAtMs.toSorted((one, other) => one - other)
  let first = 0
  let worst = 0
  for (const [index, atMs] of sorted.entries()) {
    while ((sorted[first] ?? atMs) <= atMs - windowMs) first += 1
    worst = Math.max(worst, index - first + 1)
  }
  return worst
}

/** A piece of time, half-open, epoch milliseconds. */
export interface Period {
  readonly fromMs: number
  readonly toMs: number
}

/** Arrivals inside a period. */
export function countWithin(arrivedAtMs: readonly number[], { fromMs, toMs }: Period): number {
  return arrivedAtMs.filter((atMs) => atMs >= fromMs && atMs < toMs).length
}

/**
 * How much of what may be used was used: the arrivals of each whole span of the period against `capacity`.
 * @param spanMs how long one start counts
 * @param capacity starts that may be used in a span, ≥ 1
 * @returns the mean over the spans and the worst of them, 1 for all of it; NaN when the period holds no whole span
 */
export function useOfSpans(
  arrivedAtMs: readonly number[],
  period: Period,
  { spanMs, capacity }: { readonly spanMs: number; readonly capacity: number },
): { readonly mean: number; readonly worst: number } {
  const uses: number[] = []
  for (let fromMs = period.fromMs; fromMs + spanMs <= period.toMs; fromMs += spanMs)
    uses.push(countWithin(arrivedAtMs, { fromMs, toMs: fromMs + spanMs }) / capacity)
  if (uses.length === 0) return { mean: Number.NaN, worst: Number.NaN }
  return { mean: uses.reduce((sum, use) => sum + use, 0) / uses.length, worst: Math.min(...uses) }
}

/** Attempts of calls that were each meant to be made once. */
export interface Attempts {
  /** Different calls. */
  readonly calls: number
  /** Arrivals beyond the first of each call. */
  readonly retries: number
  /** Most arrivals of one call. */
  readonly most: number
}

/** Counts attempts. @param calls what each arrival asked, equal for attempts of the same call */
export function countAttempts(calls: readonly string[]): Attempts {
  const counts = new Map<string, number>()
  for (const call of calls) counts.set(call, (counts.get(call) ?? 0) + 1)
  return { calls: counts.size, retries: calls.length - counts.size, most: Math.max(0, ...counts.values()) }
}
