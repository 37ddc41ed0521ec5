// Replicas over one Redis, each with a wall clock and a memory of its own.
import { randomUUID } from 'node:crypto'
import type { CacheKey } from '#cache/cache.ts'
import type { CacheObserver } from '#cache/cache-observer.ts'
import { createMemoryCache } from '#cache/memory-cache.ts'
import { type CacheLink, createRedisCache, type EntryGenerations } from '#cache/redis-cache.ts'
import { createTwoTierCache } from '#cache/two-tier-cache.ts'
import { FakeClock } from '#test/support/fake-clock.ts'
import { knowFleetTime } from '#test/support/fleet-time.ts'

export const MINUTE_MS = 60_000
/** How long an entry of a replica is fresh unless told otherwise. */
export const FRESH_MS = 10_000
/** The operator's cap on how long anything is kept. */
export const MAX_KEEP_MS = 10 * MINUTE_MS
/** The last instant a Date can hold. */
export const FOREVER = 8_640_000_000_000_000

/** Generations of a fleet in which nobody has cleared anything. */
export const firstGenerations: EntryGenerations = { find: () => '0' }

export const toKey = (key: string, scope = 'account'): CacheKey => ({ scope, key })

/** Opens a fleet whose keys begin so, and the time its replicas live in. `trips` are the keys per command of reading. */
export function openCacheFleet(over: CacheLink, redisPrefix: string) {
  const prefix = `${redisPrefix}-${randomUUID()}`
  const fleet = new FakeClock()
  const clocks = [fleet]
  const trips: number[] = []
  const watched: CacheLink = {
    state: () => over.state(),
    getMany: (keys) => {
      trips.push(keys.length)
      return over.getMany(keys)
    },
    set: (...values) => over.set(...values),
  }

  function openReplica(wallLeadMs = 0, maxBytes = 1_000_000) {
    const clock = new FakeClock(fleet.now() + wallLeadMs)
    clocks.push(clock)
    const memory = createMemoryCache({ maxBytes, maxKeepMs: MAX_KEEP_MS, clock })
    const fleetTime = knowFleetTime(clock, fleet)
    const shared = createRedisCache({
      link: watched,
      fleetTime,
      generations: firstGenerations,
      clock,
      prefix,
      maxKeepMs: MAX_KEEP_MS,
    })
    const reads = { memory: 0, redis: 0, none: 0 }
    const observer: CacheObserver = {
      read: (tier, count) => {
        reads[tier] += count
      },
    }
    const cache = createTwoTierCache({ memory, shared, clock, observer })
    const set = (
      name: CacheKey,
      value: unknown,
      { freshMs = FRESH_MS, keepMs = MINUTE_MS, isPrivate = false } = {},
    ) => {
      const now = clock.now()
      const freshUntil = freshMs === FOREVER ? FOREVER : now + freshMs
      return cache.set(
        name,
        { value, fetchedAt: now, freshUntil },
        { sizeBytes: 100, keepUntil: now + keepMs, isPrivate },
      )
    }
    const read = async (name: CacheKey) => (await cache.get(name))?.value
    return { cache, clock, memory, reads, set, read }
  }

  return {
    fleet,
    trips,
    openReplica,
    advance: async (ms: number) => {
      for (const clock of clocks) await clock.advance(ms)
    },
  }
}
