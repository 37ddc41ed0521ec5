// The cache of a replica: its own memory in front of what all replicas share. What is fresh in memory is answered from
// there; for anything else the others may have something newer.
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Clock } from '#model/clock.ts'
import type { Instant } from '#model/time-range.ts'
import type { Cache, CacheEntry, CacheKey } from './cache.ts'
import type { CacheObserver, CacheTier } from './cache-observer.ts'
import type { MemoryCache } from './memory-cache.ts'
import type { RedisCache, StoredEntry } from './redis-cache.ts'

/** What the cache is made with. */
export interface TwoTierCacheOptions {
  readonly memory: MemoryCache
  readonly shared: Pick<RedisCache, 'find' | 'findMany' | 'set'>
  readonly clock: Clock
  /** Told of reads; nobody is when left out. */
  readonly observer?: CacheObserver | undefined
}

/** What came of a look at both. */
interface Found<Value> {
  readonly entry: CacheEntry<Value> | undefined
  readonly tier: CacheTier
}

/** It, and its end. */
export interface TwoTierCache extends Cache {
  /** Resolves when all that was kept so far is where it is shared, or will never be. */
  settle(): Promise<void>
}

/** A cache in memory over a shared one. */
export function createTwoTierCache({ memory, shared, clock, observer }: TwoTierCacheOptions): TwoTierCache {
  /** Looks for single entries that are under way, by their keys. */
  const looking = new Map<string, Promise<Found<unknown>>>()
  const sharing = new Set<Promise<void>>()

  /** Whether something is newer than what is in memory. */
  function isNewer(key: CacheKey, fetchedAt: Instant): boolean {
    const own = memory.find(key)
    return own === undefined || fetchedAt > own.fetchedAt
  }

  /** What was found where it is shared is in memory from now on, unless there is something newer. */
  function take<Value>(key: CacheKey, stored: StoredEntry<Value> | undefined, begunAtMs: number): Found<Value> {
    // Asked again: while the value was on its way, somebody may have stored a newer one.
    if (!stored || !isNewer(key, stored.entry.fetchedAt)) {
      const own = memory.find<Value>(key)
      return { entry: own, tier: own === undefined ? 'none' : 'memory' }
    }
    const { entry, sizeBytes, keepUntil } = stored
    memory.keep(key, entry, { sizeBytes, keepUntil, begunAtMs })
    return { entry, tier: 'redis' }
  }

  /** The newer of what is in memory and what is shared. */
  async function look(key: CacheKey): Promise<Found<unknown>> {
    const begunAtMs = clock.monotonicMs()
    try {
      const stored = await shared.find(key, ({ fetchedAt }) => isNewer(key, fetchedAt))
      return take(key, stored, begunAtMs)
    } finally {
      looking.delete(key.key)
    }
  }

  /** The same of many. */
  async function lookForMany<Value>(keys: readonly CacheKey[]): Promise<readonly Found<Value>[]> {
    const begunAtMs = clock.monotonicMs()
    const found = await shared.findMany<Value>(keys, (index, { fetchedAt }) => {
      const key = keys[index]
      return key !== undefined && isNewer(key, fetchedAt)
    })
    return keys.map((key, index) => take(key, found[index], begunAtMs))
  }

  return {
    async get<Value>(key: CacheKey) {
      const own = memory.findFresh<Value>(key)
      if (own !== undefined) {
        observer?.read('memory', 1)
        return own
      }
      // A list that a thousand ask for in the moment it is too old comes over once.
      let running = looking.get(key.key)
      if (running === undefined) {
        running = look(key)
        looking.set(key.key, running)
      }
      const { entry, tier } = await running
      observer?.read(tier, 1)
      // The interface's promise: an entry is read back with the type it was stored with.
      return entry as CacheEntry<Value> | undefined
    },

    async getMany<Value>(keys: readonly CacheKey[]) {
      const found = keys.map((key) => memory.findFresh<Value>(key))
      const lacking = [...keys.keys()].filter((index) => found[index] === undefined)
      if (keys.length > lacking.length) observer?.read('memory', keys.length - lacking.length)
      if (lacking.length === 0) return found
      const newest = await lookForMany<Value>(lacking.flatMap((index) => keys[index] ?? []))
      for (const [order, { entry, tier }] of newest.entries()) {
        observer?.read(tier, 1)
        const index = lacking[order]
        if (index !== undefined) found[index] = entry
      }
      return found
    },

    async set(key, entry, options) {
      const sinceMs = options.begunAtMs ?? clock.monotonicMs()
      if (memory.wasClearedSince(key.scope, sinceMs)) return
      memory.keep(key, entry, options)
      // Whoever asked is answered first: to pack a long value takes longer than all else that is done about it here.
      const share = async () => {
        await nextTurn()
        if (!memory.wasClearedSince(key.scope, sinceMs)) await shared.set(key, entry, options)
      }
      const ended = share().finally(() => sharing.delete(ended))
      sharing.add(ended)
      await ended
    },

    async settle() {
      while (sharing.size > 0) await Promise.allSettled(sharing)
    },
  }
}
