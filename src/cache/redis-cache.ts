// The cache that all replicas share. Its entries tell their instants on the fleet's clock, so that replicas whose wall
// clocks disagree still agree on ages. While the link is down it is empty and costs nothing.
import { hash } from 'node:crypto'
import type { Clock } from '#model/clock.ts'
import { FOREVER, type Instant } from '#model/time-range.ts'
import type { Cache, CacheEntry, CacheKey, CacheOptions } from './cache.ts'
import { deepFreeze } from './deep-freeze.ts'
import { decodeHead, decodeValue, type EntryHead, encodeEntry } from './entry-codec.ts'
import { shiftEnd, shiftEntry } from './shift-entry.ts'

/** What the cache needs of the connection: every command ends soon, with an answer or an error. */
export interface CacheLink {
  /** `health` is `up` while commands are answered. */
  state(): { readonly health: string }
  /** Values of keys that share a hash tag, in their order; null for one that is not there. */
  getMany(keys: readonly string[]): Promise<readonly (Buffer | null)[]>
  /** Stores a value for so many milliseconds, ≥ 1. */
  set(key: string, value: Buffer, ttlMs: number): Promise<void>
}

/** The clock that all replicas share. */
export interface FleetTime {
  /** An instant of this process' wall clock on the fleet's; undefined while that is not known. */
  toFleet(instant: Instant): number | undefined
}

/** Which entries count. */
export interface EntryGenerations {
  /** What the entries of a scope belong to now, fit to be a part of a key; undefined while that is not known. */
  find(scope: string): string | undefined
}

/** What the cache is made with. */
export interface RedisCacheOptions {
  readonly link: CacheLink
  readonly fleetTime: FleetTime
  /** Entries of other generations are not found. What is of a scope whose generation is not known is not kept here. */
  readonly generations: EntryGenerations
  readonly clock: Clock
  /** What every key begins with. */
  readonly prefix: string
  /** Longest time from its fetching that an entry is kept, in milliseconds. */
  readonly maxKeepMs: number
}

/** An entry with all that is needed to keep it elsewhere. */
export interface StoredEntry<Value> extends Pick<CacheOptions, 'sizeBytes' | 'keepUntil'> {
  readonly entry: CacheEntry<Value>
}

/** A cache in Redis. */
export interface RedisCache extends Cache {
  /**
   * Looks for many entries at once, in their order. Of what is there only that is read which `isWanted` by its place
   * in `keys` and its instants; the rest counts as not found. Never throws.
   */
  findMany<Value>(
    keys: readonly CacheKey[],
    isWanted: (index: number, instants: Pick<EntryHead, 'fetchedAt' | 'freshUntil'>) => boolean,
  ): Promise<readonly (StoredEntry<Value> | undefined)[]>
}

/** Most keys of one command: Redis serves nobody else while it answers one. They all leave together. */
const KEYS_PER_COMMAND = 64
/** How far ahead of now an entry may have been fetched: replicas know the fleet's clock a little differently. */
const CLOCK_SPREAD_MS = 1000

/** Where an entry stands in Redis. Keys of one scope share a hash tag. */
export function toRedisKey(prefix: string, generation: string, { scope, key }: CacheKey): string {
  return `${prefix}:{${scope}}:cache:v1:${generation}:${hash('sha256', key, 'base64url')}`
}

/** A cache over a link to Redis. */
export function createRedisCache(options: RedisCacheOptions): RedisCache {
  const { link, fleetTime, generations, clock, prefix, maxKeepMs } = options
  const reading = new Map<string, { readonly bytes: Buffer; readonly value: ReturnType<typeof decodeValue> }>()

  /** How far the fleet's clock is ahead of the wall clock, in whole milliseconds. */
  function findLead(): number | undefined {
    const now = clock.now()
    const fleetNow = fleetTime.toFleet(now)
    return fleetNow === undefined ? undefined : Math.round(fleetNow - now)
  }

  /** Where an entry stands now; undefined while that is not known. */
  function findPlace(key: CacheKey): string | undefined {
    const generation = generations.find(key.scope)
    return generation === undefined ? undefined : toRedisKey(prefix, generation, key)
  }

  /** The bytes under many keys, in their order. */
  async function fetchBytes(keys: readonly CacheKey[]): Promise<readonly (Buffer | null | undefined)[]> {
    const found: (Buffer | null | undefined)[] = keys.map(() => undefined)
    const places = keys.map(findPlace)
    const known = [...keys.keys()].filter((index) => places[index] !== undefined)
    const trips = [...Map.groupBy(known, (index) => keys[index]?.scope).values()].flatMap((indexes) =>
      Array.from({ length: Math.ceil(indexes.length / KEYS_PER_COMMAND) }, (_, trip) =>
        indexes.slice(trip * KEYS_PER_COMMAND, (trip + 1) * KEYS_PER_COMMAND),
      ),
    )
    await Promise.all(
      trips.map(async (indexes) => {
        const names = indexes.flatMap((index) => places[index] ?? [])
        try {
          const values = await link.getMany(names)
          for (const [order, index] of indexes.entries()) found[index] = values[order]
        } catch {
          // Not found, then. The link itself tells whom it concerns that it is down.
        }
      }),
    )
    return found
  }

  /** The value in some bytes. Many who find the same bytes at the same time read them once. */
  function readValue(key: string, bytes: Buffer): ReturnType<typeof decodeValue> {
    const running = reading.get(key)
    if (running?.bytes.equals(bytes)) return running.value
    const value = decodeValue(bytes).then((read) => {
      if (read) deepFreeze(read.value)
      return read
    })
    const mine = { bytes, value }
    reading.set(key, mine)
    const forget = () => {
      if (reading.get(key) === mine) reading.delete(key)
    }
    value.then(forget, forget)
    return value
  }

  /** Bytes that were found, as an entry of this moment. */
  async function read<Value>(
    key: CacheKey,
    bytes: Buffer,
    leadMs: number,
    isWanted: (instants: Pick<EntryHead, 'fetchedAt' | 'freshUntil'>) => boolean,
  ): Promise<StoredEntry<Value> | undefined> {
    const head = decodeHead(bytes)
    if (!head) return undefined
    const now = clock.now()
    // Whoever wrote it may have had another cap.
    const keepUntil = Math.min(head.keepUntil, head.fetchedAt + maxKeepMs) - leadMs
    if (keepUntil <= now) return undefined
    const { fetchedAt, freshUntil } = shiftEntry({ ...head, value: undefined }, -leadMs)
    // The fleet's clock went back since. How old this is nobody can tell any more, and only for what lives for ever
    // does it not matter.
    if (fetchedAt > now + CLOCK_SPREAD_MS && freshUntil < FOREVER) return undefined
    const instants = { fetchedAt: Math.min(fetchedAt, now), freshUntil }
    if (!isWanted(instants)) return undefined
    const had = await readValue(key.key, bytes)
    if (!had) return undefined
    // The interface's promise: an entry is read back with the type it was stored with.
    const entry = Object.freeze({ value: had.value as Value, ...instants })
    return { entry, keepUntil, sizeBytes: head.sizeBytes }
  }

  const findMany: RedisCache['findMany'] = async <Value>(
    keys: readonly CacheKey[],
    isWanted: (index: number, instants: Pick<EntryHead, 'fetchedAt' | 'freshUntil'>) => boolean,
  ) => {
    const none: readonly undefined[] = keys.map(() => undefined)
    if (keys.length === 0 || link.state().health !== 'up' || findLead() === undefined) return none
    const found = await fetchBytes(keys)
    const leadMs = findLead()
    if (leadMs === undefined) return none
    return Promise.all(
      keys.map((key, index) => {
        const bytes = found[index]
        return bytes ? read<Value>(key, bytes, leadMs, (instants) => isWanted(index, instants)) : undefined
      }),
    )
  }

  const getMany: Cache['getMany'] = async <Value>(keys: readonly CacheKey[]) =>
    (await findMany<Value>(keys, () => true)).map((found) => found?.entry)

  return {
    findMany,
    getMany,
    get: async <Value>(key: CacheKey) => (await getMany<Value>([key]))[0],

    async set(key, entry, { sizeBytes, keepUntil: wished, isPrivate = false }) {
      const leadMs = findLead()
      // Of this moment: it may change while the entry is packed.
      const place = findPlace(key)
      if (isPrivate || leadMs === undefined || place === undefined || link.state().health !== 'up') return
      const keepUntil = Math.min(wished, entry.fetchedAt + maxKeepMs)
      const ttlMs = Math.ceil(keepUntil - clock.now())
      if (!(ttlMs >= 1)) return
      const { fetchedAt, freshUntil } = shiftEntry(entry, leadMs)
      const head = { fetchedAt, freshUntil, keepUntil: shiftEnd(keepUntil, leadMs), sizeBytes }
      try {
        const bytes = await encodeEntry(head, entry.value)
        if (bytes) await link.set(place, bytes, ttlMs)
      } catch {
        // Losing an entry is always allowed.
      }
    },
  }
}
