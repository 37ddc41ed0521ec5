// The cache that all replicas share. Its entries tell their instants on the fleet's clock, so that replicas whose wall
// clocks disagree still agree on ages. While the link is down it is empty and costs nothing.
import { hash } from 'node:crypto'
import type { Clock } from '#model/clock.ts'
import { FOREVER, type Instant } from '#model/time-range.ts'
import type { Cache, CacheEntry, CacheKey, CacheOptions } from './cache.ts'
import { type DecodedValue, decodeHead, type EntryHead, encodeEntry } from './entry-codec.ts'
import { SharedReadings } from './shared-readings.ts'
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

/** What an entry that was found says of itself, on the wall clock of its reader. */
export type FoundInstants = Pick<EntryHead, 'fetchedAt' | 'freshUntil'>

/** A cache in Redis. */
export interface RedisCache extends Cache {
  /** Looks for one entry. What is not `isWanted` by its instants is not read, and counts as not found. Never throws. */
  find<Value>(key: CacheKey, isWanted: (instants: FoundInstants) => boolean): Promise<StoredEntry<Value> | undefined>
  /**
   * Looks for many entries at once, in their order. Of what is there only that is read which `isWanted` by its place
   * in `keys` and its instants; the rest counts as not found. Never throws.
   */
  findMany<Value>(
    keys: readonly CacheKey[],
    isWanted: (index: number, instants: FoundInstants) => boolean,
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
  const readings = new SharedReadings()

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

  /** Bytes that were found, as an entry of this moment. */
  function read<Value>(
    { key }: CacheKey,
    bytes: Buffer,
    leadMs: number,
    isWanted: (instants: FoundInstants) => boolean,
  ): StoredEntry<Value> | undefined | Promise<StoredEntry<Value> | undefined> {
    const head = decodeHead(bytes)
    if (!head) return undefined
    const now = clock.now()
    // Whoever wrote it may have had another cap.
    const keepUntil = Math.min(head.keepUntil, head.fetchedAt + maxKeepMs) - leadMs
    if (keepUntil <= now) return undefined
    const fetchedAt = head.fetchedAt - leadMs
    const freshUntil = shiftEnd(head.freshUntil, -leadMs)
    // The fleet's clock went back since. How old this is nobody can tell any more, and only for what lives for ever
    // does it not matter.
    if (fetchedAt > now + CLOCK_SPREAD_MS && freshUntil < FOREVER) return undefined
    const instants = { fetchedAt: Math.min(fetchedAt, now), freshUntil }
    if (!isWanted(instants)) return undefined
    const toStored = (had: DecodedValue): StoredEntry<Value> | undefined => {
      if (!had) return undefined
      // The interface's promise: an entry is read back with the type it was stored with.
      const entry = Object.freeze({ value: had.value as Value, ...instants })
      return { entry, keepUntil, sizeBytes: head.sizeBytes }
    }
    const had = readings.read(key, bytes, head)
    return had instanceof Promise ? had.then(toStored) : toStored(had)
  }

  const find: RedisCache['find'] = async <Value>(key: CacheKey, isWanted: (instants: FoundInstants) => boolean) => {
    if (link.state().health !== 'up' || findLead() === undefined) return undefined
    const place = findPlace(key)
    if (place === undefined) return undefined
    readings.enter(key.key)
    try {
      const [bytes] = await link.getMany([place])
      const leadMs = findLead()
      return bytes && leadMs !== undefined ? await read<Value>(key, bytes, leadMs, isWanted) : undefined
    } catch {
      // Not found, then. The link itself tells whom it concerns that it is down.
      return undefined
    } finally {
      readings.leave(key.key)
    }
  }

  const findMany: RedisCache['findMany'] = async <Value>(
    keys: readonly CacheKey[],
    isWanted: (index: number, instants: FoundInstants) => boolean,
  ) => {
    const none: readonly undefined[] = keys.map(() => undefined)
    if (keys.length === 0 || link.state().health !== 'up' || findLead() === undefined) return none
    for (const { key } of keys) readings.enter(key)
    try {
      const found = await fetchBytes(keys)
      const leadMs = findLead()
      if (leadMs === undefined) return none
      return await Promise.all(
        keys.map((key, index) => {
          const bytes = found[index]
          return bytes ? read<Value>(key, bytes, leadMs, (instants) => isWanted(index, instants)) : undefined
        }),
      )
    } finally {
      for (const { key } of keys) readings.leave(key)
    }
  }

  const getMany: Cache['getMany'] = async <Value>(keys: readonly CacheKey[]) =>
    (await findMany<Value>(keys, () => true)).map((found) => found?.entry)

  return {
    find,
    findMany,
    getMany,
    get: async <Value>(key: CacheKey) => (await find<Value>(key, () => true))?.entry,

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
