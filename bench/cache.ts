// The cache of two tiers beside async-cache-dedupe, which has either of them: in memory, or in Redis over ioredis.
// Both do the same plain work, one read or one write under a known key; joining callers is left out of both.
import { randomUUID } from 'node:crypto'
import { createCache } from 'async-cache-dedupe'
import { Redis } from 'ioredis'
import type { Cache, CacheKey } from '#cache/cache.ts'
import { createMemoryCache } from '#cache/memory-cache.ts'
import { createRedisCache } from '#cache/redis-cache.ts'
import { createTwoTierCache } from '#cache/two-tier-cache.ts'
import { createFleetClock } from '#fleet/fleet-clock.ts'
import { createGenerationWatch } from '#fleet/generations.ts'
import { systemClock } from '#model/clock.ts'
import { openLink } from '#test/support/open-link.ts'
import { waitUntil } from '#test/support/wait-until.ts'
import { toDay, toSmallValue } from './cache-values.ts'
import type { Pair } from './comparison.ts'
import { type Contender, inLanes, type Stage } from './rounds.ts'

const DAY_MS = 86_400_000
const DAY_SECONDS = 86_400
const MAX_BYTES = 256 * 1024 ** 2
/** Keys of each size. A fresh memory begins whenever all of them have been read. */
const KEYS = 64
/** Reads from memory between two looks at the time, which would cost as much as they. */
const PIECE = 500
const LANES = [1, 16]
/** Name that the other cache keeps its values under. */
const STORE = 'answers'
/** An account. */
const SCOPE = 'main'

/** A cache as the comparison sees it. */
interface Tier {
  readonly read: (key: string) => Promise<unknown>
  readonly write: (key: string, value: unknown, sizeBytes: number) => Promise<void>
}

/** Sets it up. @param url of the server */
export async function openCacheStage(url: string): Promise<Stage> {
  const { openReplica, close } = await openFleet(url)
  const client = new Redis(url, { keyPrefix: 'bench-other:' })
  const memory = toOtherTier(createCache({ ttl: DAY_SECONDS, storage: { type: 'memory', options: { size: 4096 } } }))
  const redis = toOtherTier(createCache({ ttl: DAY_SECONDS, storage: { type: 'redis', options: { client } } }))
  const contenders: Contender[] = []
  const pairs: Pair[] = []
  const enter = (what: string, lanes: number, beside: string, ours: Work, other: Work, piece = 1) => {
    const name = `${what}${lanes > 1 ? `, ${lanes} at once` : ''}`
    const [one, two] = [`two tiers: ${name}`, `${beside}: ${name}`]
    contenders.push({ name: one, run: inLanes(lanes, ours, piece) }, { name: two, run: inLanes(lanes, other, piece) })
    pairs.push({ what: name, ours: one, beside: two })
  }

  for (const [size, value] of [
    ['small', toSmallValue()],
    ['day', toDay()],
  ] as const) {
    const json = JSON.stringify(value)
    const title = size === 'small' ? `${json.length} B` : `1 440 rows (${Math.round(json.length / 1000)} KB)`
    const keys = Array.from({ length: KEYS }, (_, index) => `${size} ${index}`)
    const key = `${size} 0`
    const warm = toTier(openReplica())
    for (const each of keys) {
      await warm.write(each, value, json.length)
      await redis.write(each, value, json.length)
    }
    await memory.write(key, value, json.length)

    enter(`in memory, ${title}`, 1, 'memory', repeat(warm, key), repeat(memory, key), PIECE)
    for (const lanes of LANES) {
      const cold = cycle(keys, () => toTier(openReplica()))
      enter(
        `in Redis, ${title}`,
        lanes,
        'redis',
        cold,
        cycle(keys, () => redis),
      )
    }
    for (const lanes of LANES)
      enter(
        `stored, ${title}`,
        lanes,
        'redis',
        storeParsed(toTier(openReplica()), keys, json),
        storeParsed(redis, keys, json),
      )
  }
  for (const lanes of LANES) {
    const cold = toTier(openReplica())
    enter('nowhere', lanes, 'redis', miss(cold), miss(redis))
  }

  return {
    contenders,
    pairs,
    close: async () => {
      await close()
      await client.quit()
    },
  }
}

type Work = () => Promise<void>

function repeat({ read }: Tier, key: string): Work {
  return async () => {
    for (let times = 0; times < PIECE; times += 1) expectSome(await read(key))
  }
}

/** Reads one key after the other, all of them from each cache that is opened. */
function cycle(keys: readonly string[], open: () => Tier): Work {
  let tier = open()
  let next = 0
  return async () => {
    if (next === keys.length) {
      tier = open()
      next = 0
    }
    expectSome(await tier.read(keys[next++] ?? ''))
  }
}

/** Stores values that have just come from somewhere, as all that are stored have: one that is frozen already is cheaper. */
function storeParsed({ write }: Tier, keys: readonly string[], json: string): Work {
  let next = 0
  return () => write(keys[next++ % keys.length] ?? '', JSON.parse(json), json.length)
}

function miss({ read }: Tier): Work {
  let next = 0
  return async () => {
    if ((await read(`none ${next++}`)) !== undefined) throw new Error('something was found')
  }
}

function expectSome(value: unknown): void {
  if (value === undefined) throw new Error('nothing was found')
}

/** Replicas that share one Redis. */
async function openFleet(url: string) {
  const prefix = `bench-${randomUUID()}`
  const link = await openLink(url, prefix)
  const fleetTime = createFleetClock({ link, clock: systemClock })
  const generations = createGenerationWatch({
    link,
    clock: systemClock,
    prefix,
    scopes: [SCOPE],
    onChange: () => undefined,
  })
  const isKnown = () => fleetTime.toFleet(systemClock.now()) !== undefined && generations.find(SCOPE) !== undefined
  await waitUntil('time and generation are known', () => Promise.resolve(isKnown()))
  const shared = createRedisCache({ link, fleetTime, generations, clock: systemClock, prefix, maxKeepMs: DAY_MS })
  return {
    openReplica: () => {
      const memory = createMemoryCache({ maxBytes: MAX_BYTES, maxKeepMs: DAY_MS, clock: systemClock })
      return createTwoTierCache({ memory, shared, clock: systemClock })
    },
    close: async () => {
      generations.close()
      fleetTime.close()
      await link.close()
    },
  }
}

function toTier(cache: Cache): Tier {
  const toKey = (key: string): CacheKey => ({ scope: SCOPE, key })
  return {
    read: (key) => cache.get(toKey(key)),
    write: (key, value, sizeBytes) => {
      const now = systemClock.now()
      const until = now + DAY_MS
      return cache.set(toKey(key), { value, fetchedAt: now, freshUntil: until }, { sizeBytes, keepUntil: until })
    },
  }
}

function toOtherTier(cache: ReturnType<typeof createCache>): Tier {
  cache.define(STORE, () => undefined)
  return {
    read: (key) => cache.get(STORE, key),
    write: (key, value) => cache.set(STORE, key, value, DAY_SECONDS),
  }
}
