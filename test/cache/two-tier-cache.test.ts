import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { createMemoryCache } from '#cache/memory-cache.ts'
import { type CacheLink, createRedisCache, type RedisCache } from '#cache/redis-cache.ts'
import { createTwoTierCache } from '#cache/two-tier-cache.ts'
import { createFleetClock } from '#fleet/fleet-clock.ts'
import { systemClock } from '#model/clock.ts'
import {
  FOREVER,
  FRESH_MS,
  firstGenerations,
  MAX_KEEP_MS,
  MINUTE_MS,
  openCacheFleet,
  toKey,
} from '#test/cache/cache-fleet.ts'
import { describeCache } from '#test/contract/cache-kit.ts'
import { FakeClock } from '#test/support/fake-clock.ts'
import { knowFleetTime } from '#test/support/fleet-time.ts'
import { openLink } from '#test/support/open-link.ts'
import { openTestRedis, startRedis } from '#test/support/redis-server.ts'
import { waitUntil } from '#test/support/wait-until.ts'

const key = toKey('key')

let redis: Awaited<ReturnType<typeof openTestRedis>>
let link: Awaited<ReturnType<typeof openLink>>
beforeAll(async () => {
  redis = await openTestRedis()
  link = await openLink(redis.url, redis.prefix)
})
afterAll(async () => {
  await link?.close()
  await redis?.close()
})

const openFleet = (over: CacheLink = link) => openCacheFleet(over, redis.prefix)

describeCache('two tiers', (maxBytes) => {
  const { openReplica, advance } = openFleet()
  const { cache, clock } = openReplica(0, maxBytes)
  return Promise.resolve({ cache, now: () => clock.now(), advance, stepWall: (ms) => clock.stepWall(ms) })
})

describeCache('two tiers, nothing in memory', () => {
  const { openReplica, advance } = openFleet()
  const { cache, clock } = openReplica(0, 0)
  return Promise.resolve({ cache, now: () => clock.now(), advance, stepWall: (ms) => clock.stepWall(ms) })
})

describe('a cache of two tiers', () => {
  it('answers from memory what is fresh there, as the very same object, without a trip', async () => {
    const { openReplica, trips } = openFleet()
    const { cache, set } = openReplica()
    await set(key, 'x')
    const first = await cache.get(key)
    expect(await cache.getMany([key])).toEqual([first])
    expect(await cache.get(key)).toBe(first)
    expect(trips).toEqual([])
  })

  it('finds what another replica has stored, and has it in memory from then on', async () => {
    const { openReplica, trips } = openFleet()
    const [one, other] = [openReplica(MINUTE_MS), openReplica()]
    await one.set(key, 'x')
    expect(await other.cache.get(key)).toEqual({
      value: 'x',
      fetchedAt: other.clock.now(),
      freshUntil: other.clock.now() + FRESH_MS,
    })
    expect(await other.read(key)).toBe('x')
    expect(trips).toEqual([1])
  })

  it('takes the newer one when what is in memory is past its life', async () => {
    const { openReplica, advance } = openFleet()
    const [one, other] = [openReplica(), openReplica(-MINUTE_MS)]
    await one.set(key, 'old')
    await advance(1)
    await other.set(key, 'new')
    expect(await one.read(key)).toBe('old')
    await advance(FRESH_MS - 1)
    expect(await one.read(key)).toBe('new')
  })

  it('gives what is in memory, past its life, when nobody has anything newer', async () => {
    const { openReplica, advance } = openFleet()
    const { cache, set } = openReplica()
    await set(key, 'x')
    const fresh = await cache.get(key)
    await advance(FRESH_MS + 1)
    expect(await cache.get(key)).toBe(fresh)
  })

  it('tells where entries were found, of each that was looked for', async () => {
    const { openReplica, advance } = openFleet()
    const [one, other] = [openReplica(), openReplica()]
    await one.set(key, 'x')
    await one.read(key)
    expect(one.reads).toEqual({ memory: 1, redis: 0, none: 0 })
    // Both look together, and the entry comes over once.
    await Promise.all([other.read(key), other.read(key)])
    expect(other.reads).toEqual({ memory: 0, redis: 2, none: 0 })
    await other.set(toKey('own'), 'y')
    await other.cache.getMany([key, toKey('own'), toKey('nowhere')])
    expect(other.reads).toEqual({ memory: 2, redis: 2, none: 1 })
    await advance(FRESH_MS + 1)
    // Past its life, and nobody has anything newer.
    await other.cache.getMany([key])
    expect(other.reads).toEqual({ memory: 3, redis: 2, none: 1 })
  })

  it('keeps what was stored here while an older one was on its way', async () => {
    const gate = Promise.withResolvers<void>()
    let isHeld = false
    const { openReplica, advance } = openFleet({
      state: () => link.state(),
      set: (...values) => link.set(...values),
      getMany: async (keys) => {
        const found = await link.getMany(keys)
        if (isHeld) await gate.promise
        return found
      },
    })
    const [one, other] = [openReplica(), openReplica()]
    await other.set(key, 'old')
    await advance(1)
    isHeld = true
    const reading = one.read(key)
    await one.set(key, 'new')
    gate.resolve()
    expect(await reading).toBe('new')
    expect(await one.read(key)).toBe('new')
  })

  it('does not have in memory again what was on its way from Redis when the account was cleared', async () => {
    const gate = Promise.withResolvers<void>()
    const { openReplica } = openFleet({
      state: () => link.state(),
      set: (...values) => link.set(...values),
      getMany: async (keys) => {
        const found = await link.getMany(keys)
        await gate.promise
        return found
      },
    })
    const [one, other] = [openReplica(), openReplica()]
    await other.set(key, 'old')
    const reading = one.read(key)
    one.memory.clear(key.scope)
    gate.resolve()
    expect(await reading).toBe('old')
    expect(one.memory.find(key)).toBeUndefined()
  })

  it('keeps what was stored here while an older one was being unpacked', async () => {
    const clock = new FakeClock()
    const prefix = `${redis.prefix}-unpacked`
    const fleetTime = knowFleetTime(clock, clock)
    const generations = firstGenerations
    const redisOptions = { link, fleetTime, generations, clock, prefix, maxKeepMs: MAX_KEEP_MS }
    const shared = createRedisCache(redisOptions)
    const unpacked = Promise.withResolvers<void>()
    const slow: Pick<RedisCache, 'find' | 'findMany' | 'set'> = {
      ...shared,
      find: async <Value>(...asked: Parameters<RedisCache['find']>) => {
        const found = await shared.find<Value>(...asked)
        await unpacked.promise
        return found
      },
      findMany: async <Value>(...asked: Parameters<RedisCache['findMany']>) => {
        const found = await shared.findMany<Value>(...asked)
        await unpacked.promise
        return found
      },
    }
    const cache = createTwoTierCache({ memory: createMemoryCache({ maxBytes: 1_000_000, clock }), shared: slow, clock })
    const toEntry = (value: string) => ({ value, fetchedAt: clock.now(), freshUntil: clock.now() + FRESH_MS })
    const options = { sizeBytes: 1, keepUntil: clock.now() + MINUTE_MS }
    await shared.set(key, toEntry('old'), options)
    const reading = cache.get(key)
    await clock.advance(1)
    await cache.set(key, toEntry('new'), options)
    unpacked.resolve()
    expect(await reading).toMatchObject({ value: 'new' })
    expect(await cache.get(key)).toMatchObject({ value: 'new' })
  })

  it('has settled once all that was kept is where it is shared', async () => {
    const clock = new FakeClock()
    const written = Promise.withResolvers<void>()
    const begun: string[] = []
    const cache = createTwoTierCache({
      memory: createMemoryCache({ maxBytes: 1_000_000, clock }),
      shared: {
        find: async () => undefined,
        findMany: async (keys) => keys.map(() => undefined),
        set: (asked) => {
          begun.push(asked.key)
          return written.promise
        },
      },
      clock,
    })
    const name = toKey('settling')
    const entry = { value: 1, fetchedAt: clock.now(), freshUntil: clock.now() + FRESH_MS }
    const setting = cache.set(name, entry, { sizeBytes: 1, keepUntil: clock.now() + MINUTE_MS })
    expect(begun).toEqual([])
    let isSettled = false
    const settling = cache.settle().then(() => {
      isSettled = true
    })
    await vi.waitFor(() => expect(begun).toEqual([name.key]))
    expect(isSettled).toBe(false)
    written.resolve()
    await Promise.all([setting, settling])
    expect(isSettled).toBe(true)
  })

  it('asks for all that it lacks of one account in one trip', async () => {
    const { openReplica, trips, advance } = openFleet()
    const [one, other] = [openReplica(), openReplica()]
    const keys = ['a', 'b', 'c', 'd'].map((name) => toKey(name))
    const [a, b, c] = keys
    if (!a || !b || !c) throw new Error('four keys')
    await other.set(b, 'old')
    await advance(FRESH_MS)
    await one.set(a, 'a')
    await other.set(b, 'b')
    await other.set(c, 'c')
    const found = await one.cache.getMany(keys)
    expect(found.map((entry) => entry?.value)).toEqual(['a', 'b', 'c', undefined])
    expect(trips).toEqual([3])
  })

  it('has written where others read before it says that it has stored', async () => {
    const { openReplica } = openFleet()
    const [one, other] = [openReplica(), openReplica()]
    for (let round = 0; round < 50; round += 1) {
      const name = toKey(`${round}`)
      await one.set(name, round)
      expect(await other.read(name)).toBe(round)
    }
  })

  it('keeps what is private to itself', async () => {
    const { openReplica } = openFleet()
    const [one, other] = [openReplica(), openReplica()]
    await one.set(key, 'x', { isPrivate: true })
    expect(await one.read(key)).toBe('x')
    expect(await other.read(key)).toBeUndefined()
  })

  it('knows a closed window after a restart, until the cap and no longer', async () => {
    const { openReplica, advance } = openFleet()
    await openReplica().set(key, 'closed', { freshMs: FOREVER, keepMs: 400 * 86_400_000 })
    await advance(MAX_KEEP_MS - 1)
    const restarted = openReplica(5 * MINUTE_MS)
    expect(await restarted.cache.get(key)).toMatchObject({ value: 'closed', freshUntil: FOREVER })
    await advance(1)
    expect(await restarted.read(key)).toBeUndefined()
  })

  it('tells the right age over the real link, whose server is the only clock that replicas share', async () => {
    const openReplica = async (wallLeadMs: number) => {
      const clock = { ...systemClock, now: () => systemClock.now() + wallLeadMs }
      const fleetTime = createFleetClock({ link, clock })
      await waitUntil('the time of Redis is known', async () => fleetTime.toFleet(0) !== undefined)
      const { prefix } = redis
      const generations = firstGenerations
      const shared = createRedisCache({ link, fleetTime, generations, clock, prefix, maxKeepMs: MAX_KEEP_MS })
      const cache = createTwoTierCache({ memory: createMemoryCache({ maxBytes: 1_000_000, clock }), shared, clock })
      return { cache, clock, close: () => fleetTime.close() }
    }
    const replicas = [await openReplica(MINUTE_MS), await openReplica(-9 * MINUTE_MS)] as const
    const [writer, reader] = replicas
    const fetchedAt = writer.clock.now() - 5000
    const options = { sizeBytes: 1, keepUntil: fetchedAt + MINUTE_MS }
    await writer.cache.set(key, { value: 'x', fetchedAt, freshUntil: fetchedAt + FRESH_MS }, options)
    const entry = await reader.cache.get(key)
    const ageMs = reader.clock.now() - (entry?.fetchedAt ?? 0)
    for (const { close } of replicas) close()
    expect(ageMs).toBeGreaterThan(4500)
    expect(ageMs).toBeLessThan(7000)
  })

  it.each(['freeze', 'kill'] as const)(
    'goes on from memory when somebody chooses to %s Redis: one timeout, then nothing',
    async (fault) => {
      const own = await startRedis()
      const over = await openLink(own.url, 'weir')
      try {
        const { openReplica, advance, trips } = openFleet(over)
        const { read, set } = openReplica()
        await set(key, 'x')
        await own[fault]()
        expect(await read(key)).toBe('x')
        expect(trips).toEqual([])
        await advance(FRESH_MS)
        const startedAt = performance.now()
        expect(await read(key)).toBe('x')
        expect(performance.now() - startedAt).toBeLessThan(700)
        for (let round = 0; round < 100; round += 1) {
          await set(toKey(`${round}`), round)
          expect(await read(toKey(`${round}`))).toBe(round)
          expect(await read(key)).toBe('x')
        }
        // Not even one when the link has noticed by itself.
        expect(trips.length).toBeLessThanOrEqual(1)
      } finally {
        await over.close()
        await own.close()
      }
    },
  )
})
