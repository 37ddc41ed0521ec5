// What replicas share of their caches, without a store: whoever reads an entry gets a copy, as from afar.
import type { Cache, CacheEntry, CacheKey } from '#cache/cache.ts'

/** A store that several caches share. */
export interface CopyingStore {
  /** The cache of one more replica. */
  open(): Cache
  /** Keys of what all replicas find. */
  listShared(): readonly string[]
}

/** An empty store. Nothing in it ends. */
export function createCopyingStore(): CopyingStore {
  const shared = new Map<string, string>()
  return {
    listShared: () => [...shared.keys()],
    open: () => {
      const own = new Map<string, string>()
      const find = <Value>({ key }: CacheKey) => {
        const texts = [own.get(key), shared.get(key)].filter((text) => text !== undefined)
        const entries = texts.map((text) => JSON.parse(text) as CacheEntry<Value>)
        return entries.sort((one, other) => other.fetchedAt - one.fetchedAt)[0]
      }
      return {
        get: async (key) => find(key),
        getMany: async (keys) => keys.map((key) => find(key)),
        set: async ({ key }, entry, { isPrivate }) => {
          ;(isPrivate ? own : shared).set(key, JSON.stringify(entry))
        },
      }
    },
  }
}
