// The cache of one process: values by reference, bounded by the bytes their writers say they take.
import { LRUCache } from 'lru-cache'
import type { Clock } from '#model/clock.ts'
import type { Instant } from '#model/time-range.ts'
import type { Cache, CacheEntry, CacheOptions } from './cache.ts'

/** What the cache is made with. */
export interface MemoryCacheOptions {
  /** Bytes over all entries, keys included. An entry that would take more than a quarter of it is not stored. */
  readonly maxBytes: number
  readonly clock: Clock
}

interface Kept {
  readonly entry: CacheEntry<unknown>
  readonly keepUntil: Instant
}

/** Bytes of bookkeeping per entry, roughly. */
const ENTRY_OVERHEAD_BYTES = 200

/** A cache in memory. */
export function createMemoryCache(options: MemoryCacheOptions): Cache {
  const { clock, maxBytes } = options
  const kept = new LRUCache<string, Kept>({
    maxSize: maxBytes,
    maxEntrySize: Math.max(1, Math.floor(maxBytes / 4)),
  })

  function find<Value>(key: string): CacheEntry<Value> | undefined {
    const found = kept.get(key)
    if (found === undefined) return undefined
    if (found.keepUntil <= clock.now()) {
      kept.delete(key)
      return undefined
    }
    // The interface's promise: an entry is read back with the type it was stored with.
    return found.entry as CacheEntry<Value>
  }

  return {
    get: async (key) => find(key),
    getMany: async (keys) => keys.map((key) => find(key)),

    set<Value>(key: string, entry: CacheEntry<Value>, { sizeBytes, keepUntil }: CacheOptions): Promise<void> {
      if (keepUntil <= clock.now()) kept.delete(key)
      else kept.set(key, { entry, keepUntil }, { size: toSize(key, sizeBytes) })
      return Promise.resolve()
    },
  }
}

/** A whole number of bytes ≥ 1; a size that is no number counts as too large to store. */
function toSize(key: string, sizeBytes: number): number {
  if (!(sizeBytes >= 0)) return Number.MAX_SAFE_INTEGER
  return Math.min(Number.MAX_SAFE_INTEGER, Math.ceil(sizeBytes) + key.length * 2 + ENTRY_OVERHEAD_BYTES)
}
