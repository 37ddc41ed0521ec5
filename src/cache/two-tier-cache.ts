// The cache of a replica: its own memory in front of what all replicas share. What is fresh in memory is answered from
// there; for anything else the others may have something newer.
import type { Clock } from '#model/clock.ts'
import type { Cache, CacheEntry, CacheKey } from './cache.ts'
import type { MemoryCache } from './memory-cache.ts'
import type { RedisCache } from './redis-cache.ts'

/** What the cache is made with. */
export interface TwoTierCacheOptions {
  readonly memory: MemoryCache
  readonly shared: Pick<RedisCache, 'findMany' | 'set'>
  readonly clock: Clock
}

/** A cache in memory over a shared one. */
export function createTwoTierCache({ memory, shared, clock }: TwoTierCacheOptions): Cache {
  /** Looks for single entries that are under way. */
  const looking = new Map<string, Promise<readonly (CacheEntry<unknown> | undefined)[]>>()
  const isFresh = (entry: CacheEntry<unknown> | undefined) => entry !== undefined && clock.now() < entry.freshUntil

  /** The newer of what is in memory and what is shared. What was found there is in memory from then on. */
  async function findNewest<Value>(keys: readonly CacheKey[]): Promise<readonly (CacheEntry<Value> | undefined)[]> {
    const isNewer = (key: CacheKey | undefined, fetchedAt: number) => {
      const own = key && memory.find(key)
      return own === undefined || fetchedAt > own.fetchedAt
    }
    const begunAtMs = clock.monotonicMs()
    const found = await shared.findMany<Value>(keys, (index, { fetchedAt }) => isNewer(keys[index], fetchedAt))
    return keys.map((key, index) => {
      const stored = found[index]
      // Asked again: while the value was on its way, somebody may have stored a newer one.
      if (!stored || !isNewer(key, stored.entry.fetchedAt)) return memory.find<Value>(key)
      memory.keep(key, stored.entry, { ...stored, begunAtMs })
      return stored.entry
    })
  }

  return {
    async get<Value>(key: CacheKey) {
      const own = memory.find<Value>(key)
      if (isFresh(own)) return own
      // A list that a thousand ask for in the moment it is too old comes over once.
      const name = `${key.scope}\n${key.key}`
      const running = looking.get(name) ?? findNewest([key]).finally(() => looking.delete(name))
      looking.set(name, running)
      const [newest] = await running
      // The interface's promise: an entry is read back with the type it was stored with.
      return newest as CacheEntry<Value> | undefined
    },

    async getMany<Value>(keys: readonly CacheKey[]) {
      const found = keys.map((key) => memory.find<Value>(key))
      const lacking = [...keys.keys()].filter((index) => !isFresh(found[index]))
      if (lacking.length === 0) return found
      const newest = await findNewest<Value>(lacking.flatMap((index) => keys[index] ?? []))
      for (const [order, index] of lacking.entries()) found[index] = newest[order]
      return found
    },

    async set(key, entry, options) {
      if (options.begunAtMs !== undefined && memory.wasClearedSince(key.scope, options.begunAtMs)) return
      memory.keep(key, entry, options)
      await shared.set(key, entry, options)
    },
  }
}
