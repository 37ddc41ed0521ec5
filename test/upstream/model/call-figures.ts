// What can be said of calls that waited for starts.
import type { SentCall } from './waiting-fleet.ts'

/** How far apart the windows are that are looked at, in milliseconds. */
const STRIDE_MS = 50

/** When starts were granted. */
export function listGrants(calls: readonly SentCall[]): readonly number[] {
  return calls.flatMap(({ grantedAtMs }) => grantedAtMs ?? [])
}

/** How long it took to refuse those that were. */
export function listDelays(calls: readonly SentCall[]): readonly number[] {
  return calls.flatMap(({ sentAtMs, refusedAtMs }) => (refusedAtMs === undefined ? [] : [refusedAtMs - sentAtMs]))
}

/**
 * How far from the truth the refused were told the next start was: from the first one that somebody got who came after
 * them. @param untilMs later refusals are left aside
 */
export function listErrors(calls: readonly SentCall[], untilMs: number): readonly number[] {
  return calls.flatMap(({ refusedAtMs, retryAfterMs }) => {
    if (refusedAtMs === undefined || retryAfterMs === undefined || refusedAtMs >= untilMs) return []
    const next = Math.min(...listGrants(calls.filter(({ sentAtMs }) => sentAtMs > refusedAtMs)))
    return Number.isFinite(next) ? [Math.abs(refusedAtMs + retryAfterMs - next)] : []
  })
}

/** Starts in every span of that width, half open, between two times. */
export function countBySpan(calls: readonly SentCall[], spanMs: number, fromMs: number, toMs: number) {
  const grants = listGrants(calls)
  const counts: number[] = []
  for (let atMs = fromMs; atMs + spanMs <= toMs; atMs += STRIDE_MS)
    counts.push(grants.filter((grant) => grant > atMs && grant <= atMs + spanMs).length)
  return counts
}

/** By how much a call was overtaken at most by one that came more than `wayMs` later, in milliseconds. */
export function findWorstOvertaking(calls: readonly SentCall[], wayMs: number): number {
  let worst = 0
  for (const one of calls)
    for (const other of calls)
      if (one.sentAtMs + wayMs < other.sentAtMs)
        worst = Math.max(worst, (one.grantedAtMs ?? 0) - (other.grantedAtMs ?? Number.POSITIVE_INFINITY))
  return worst
}

/** The least value that so large a share of them does not exceed; NaN of none. */
export function toQuantile(values: readonly number[], share: number): number {
  const ascending = [...values].sort((one, other) => one - other)
  return ascending[Math.ceil(share * ascending.length) - 1] ?? Number.NaN
}
