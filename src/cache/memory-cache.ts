// The cache of one process: values by reference, bounded by the bytes their writers say they take.
import { LRUCache } from 'lru-cache'
import type { Clock } from '#model/clock.ts'
import type { Instant } from '#model/time-range.ts'
import type { Cache, CacheEntry, CacheKey, CacheOptions } from './cache.ts'
import type { CacheObserver } from './cache-observer.ts'
import { deepFreeze } from './deep-freeze.ts'
import { shiftEntry } from './shift-entry.ts'

/** What the cache is made with. */
export interface MemoryCacheOptions {
  /** Bytes over all entries, keys included. An entry that would take more than a quarter of it is not stored. */
  readonly maxBytes: number
  /** Longest time from its fetching that an entry is kept, in milliseconds. Left out: as long as its writer says. */
  readonly maxKeepMs?: number
  readonly clock: Clock
  /** Told of `get` and `getMany`: not of the looks of a cache that is built upon this one. Left out: nobody is. */
  readonly observer?: CacheObserver | undefined
}

/** A cache in memory, which need not be waited for. */
export interface MemoryCache extends Cache {
  /** `get`, at once. Until the wall clock steps, the same entry is the same object every time. */
  find<Value>(key: CacheKey): CacheEntry<Value> | undefined
  /** The same, only if it is fresh now. */
  findFresh<Value>(key: CacheKey): CacheEntry<Value> | undefined
  /** `set`, at once. */
  keep<Value>(key: CacheKey, entry: CacheEntry<Value>, options: CacheOptions): void
  /** Forgets all entries of a scope. */
  clear(scope: string): void
  /** Whether a scope has been cleared since that moment, on `Clock.monotonicMs`, or in it. */
  wasClearedSince(scope: string, sinceMs: number): boolean
}

interface Kept {
  readonly scope: string
  entry: CacheEntry<unknown>
  /** The wall clock's lead over the steady one for which the entry's instants are right. */
  wallLeadMs: number
  /** On the steady clock. */
  readonly keepUntilMs: number
}

/** Bytes of bookkeeping per entry, roughly. */
const ENTRY_OVERHEAD_BYTES = 200
/** Less than this is drift between the two clocks, which is not worth a new object. */
const SMALLEST_STEP_MS = 1000

/** A cache in memory. */
export function createMemoryCache(options: MemoryCacheOptions): MemoryCache {
  const { clock, maxKeepMs = Number.POSITIVE_INFINITY, observer } = options
  // The library takes 0 for no bound at all; into one byte no entry fits either.
  const maxSize = Math.max(1, options.maxBytes)
  const kept = new LRUCache<string, Kept>({ maxSize, maxEntrySize: Math.max(1, Math.floor(maxSize / 4)) })
  /** When scopes were last cleared, on the steady clock. */
  const clearedAtMs = new Map<string, number>()

  /** What is under a key, at this moment by the wall clock. */
  function findAt({ key }: CacheKey, found: Kept, now: Instant): CacheEntry<unknown> | undefined {
    const steadyMs = clock.monotonicMs()
    if (found.keepUntilMs <= steadyMs) {
      kept.delete(key)
      return undefined
    }
    const stepMs = Math.round(now - steadyMs - found.wallLeadMs)
    if (Math.abs(stepMs) > SMALLEST_STEP_MS) {
      found.entry = shiftEntry(found.entry, stepMs)
      found.wallLeadMs += stepMs
    }
    return found.entry
  }

  function find<Value>(key: CacheKey): CacheEntry<Value> | undefined {
    const found = kept.get(key.key)
    // The interface's promise: an entry is read back with the type it was stored with.
    return found && (findAt(key, found, clock.now()) as CacheEntry<Value> | undefined)
  }

  function findFresh<Value>(key: CacheKey): CacheEntry<Value> | undefined {
    const found = kept.get(key.key)
    if (found === undefined) return undefined
    // Looking at a clock takes longer than finding the entry.
    const now = clock.now()
    const entry = findAt(key, found, now) as CacheEntry<Value> | undefined
    return entry !== undefined && now < entry.freshUntil ? entry : undefined
  }

  const wasClearedSince: MemoryCache['wasClearedSince'] = (scope, sinceMs) =>
    sinceMs <= (clearedAtMs.get(scope) ?? Number.NEGATIVE_INFINITY)

  function keep<Value>({ scope, key }: CacheKey, entry: CacheEntry<Value>, keepOptions: CacheOptions): void {
    const { sizeBytes, keepUntil, begunAtMs } = keepOptions
    if (begunAtMs !== undefined && wasClearedSince(scope, begunAtMs)) return
    const steadyMs = clock.monotonicMs()
    const wallLeadMs = clock.now() - steadyMs
    const keepUntilMs = Math.min(keepUntil, entry.fetchedAt + maxKeepMs) - wallLeadMs
    if (!(keepUntilMs > steadyMs)) {
      kept.delete(key)
      return
    }
    deepFreeze(entry.value)
    Object.freeze(entry)
    kept.set(key, { scope, entry, wallLeadMs, keepUntilMs }, { size: toSize(key, sizeBytes) })
  }

  function clear(scope: string): void {
    clearedAtMs.set(scope, clock.monotonicMs())
    for (const [key, entry] of [...kept.entries()]) if (entry.scope === scope) kept.delete(key)
  }

  function get<Value>(key: CacheKey): CacheEntry<Value> | undefined {
    const entry = find<Value>(key)
    observer?.read(entry === undefined ? 'none' : 'memory', 1)
    return entry
  }

  return {
    find,
    findFresh,
    keep,
    clear,
    wasClearedSince,
    get: async (key) => get(key),
    getMany: async (keys) => keys.map((key) => get(key)),
    set: async (key, entry, entryOptions) => keep(key, entry, entryOptions),
  }
}

/** A whole number of bytes ≥ 1; a size that is no number counts as too large to store. */
function toSize(key: string, sizeBytes: number): number {
  if (!(sizeBytes >= 0)) return Number.MAX_SAFE_INTEGER
  return Math.min(Number.MAX_SAFE_INTEGER, Math.ceil(sizeBytes) + key.length * 2 + ENTRY_OVERHEAD_BYTES)
}
