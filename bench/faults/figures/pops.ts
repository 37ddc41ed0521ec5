// Figures of pops, from the provider's ledger of what it handed out.
import type { Pop } from '../rig/upstream-protocol.ts'

/** A process that was killed. */
export interface Kill {
  /** Right before the signal, epoch milliseconds on the rig's steady clock. */
  readonly fromMs: number
  /** When it was gone. */
  readonly toMs: number
}

/** A pop some of whose messages are nowhere. */
export interface LostPop {
  readonly files: readonly string[]
  /** Place in the list of kills of the first one after the pop; null when there is none. */
  readonly kill: number | null
  /** How long before that kill the provider was done with the pop, milliseconds; 0 when it was not. */
  readonly doneBeforeMs: number
  /** Whether it is the last one before that kill: whatever came before it had been over. */
  readonly isLast: boolean
}

/** What a dead process had sent may still arrive, and long before a new one is up. */
const STRAY_MS = 200

/** Pops whose messages are not all listed, each with the kill that may have been the reason. */
export function findLostPops(
  pops: readonly Pop[],
  listed: ReadonlySet<string>,
  kills: readonly Kill[],
): readonly LostPop[] {
  return pops.flatMap(({ files, atMs, doneAtMs }, place): readonly LostPop[] => {
    const lost = files.filter((file) => !listed.has(file))
    if (lost.length === 0) return []
    const index = kills.findIndex(({ toMs }) => atMs <= toMs + STRAY_MS)
    const kill = kills[index]
    if (kill === undefined) return [{ files: lost, kill: null, doneBeforeMs: Number.POSITIVE_INFINITY, isLast: false }]
    const doneBeforeMs = doneAtMs === null ? 0 : Math.max(0, kill.fromMs - doneAtMs)
    const next = pops[place + 1]
    const isLast = next === undefined || next.atMs > kill.toMs + STRAY_MS
    return [{ files: lost, kill: index, doneBeforeMs, isLast }]
  })
}

/**
 * Pops that came sooner after one that had failed, of the same account, than a collector asks again: the failed ones,
 * sent again.
 */
export function countRepeats(pops: readonly Pop[], isFailure: (pop: Pop) => boolean, leastGapMs: number): number {
  const last = new Map<string, Pop>()
  let repeats = 0
  for (const pop of pops) {
    const before = last.get(pop.account)
    last.set(pop.account, pop)
    if (before === undefined || !isFailure(before)) continue
    if (before.doneAtMs === null || pop.atMs - before.doneAtMs < leastGapMs) repeats += 1
  }
  return repeats
}

/** How pops of one account overlapped. */
export interface Overlap {
  /** Most in flight at once. */
  readonly most: number
  /** Longest time without a break that more than one was in flight, milliseconds. */
  readonly longestMs: number
}

/** Most calls that were open at one instant. @param untilMs when the ledger was read: one that is not done lasts until then */
export function countOpenAtMost(calls: readonly Pick<Pop, 'atMs' | 'doneAtMs'>[], untilMs: number): number {
  return measureOverlap(calls, untilMs).most
}

/** @param untilMs when the ledger was read: a pop that is not done lasts until then */
export function measureOverlap(pops: readonly Pick<Pop, 'atMs' | 'doneAtMs'>[], untilMs: number): Overlap {
  const edges = pops.flatMap(({ atMs, doneAtMs }) => [
    { atMs, change: 1 },
    { atMs: Math.max(atMs, doneAtMs ?? untilMs), change: -1 },
  ])
  // Of one instant, the end comes first: those two never met.
  edges.sort((one, other) => one.atMs - other.atMs || one.change - other.change)
  let [open, most, longestMs, sinceMs] = [0, 0, 0, 0]
  for (const { atMs, change } of edges) {
    if (change === 1 && open === 1) sinceMs = atMs
    if (change === -1 && open === 2) longestMs = Math.max(longestMs, atMs - sinceMs)
    open += change
    most = Math.max(most, open)
  }
  return { most, longestMs }
}
