import fc from 'fast-check'
import { Redis } from 'ioredis'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { CacheKey } from '#cache/cache.ts'
import { type CacheKeyParts, toCacheKey } from '#cache/cache-keys.ts'
import { type CacheLink, createRedisCache, toRedisKey } from '#cache/redis-cache.ts'
import { firstGenerations } from '#test/cache/cache-fleet.ts'
import { describeCache } from '#test/contract/cache-kit.ts'
import { FakeClock } from '#test/support/fake-clock.ts'
import { knowFleetTime } from '#test/support/fleet-time.ts'
import { openLink } from '#test/support/open-link.ts'
import { openTestRedis, startRedis } from '#test/support/redis-server.ts'

const MINUTE_MS = 60_000
const toKey = (key: string, scope = 'account'): CacheKey => ({ scope, key })

let redis: Awaited<ReturnType<typeof openTestRedis>>
let link: Awaited<ReturnType<typeof openLink>>
let client: Redis
beforeAll(async () => {
  redis = await openTestRedis()
  link = await openLink(redis.url, redis.prefix)
  client = new Redis(redis.url)
})
afterAll(async () => {
  client?.disconnect()
  await link?.close()
  await redis?.close()
})

/** Counts what goes over a link. */
function watch(watched: CacheLink): CacheLink & { readonly asked: (readonly string[])[] } {
  const asked: (readonly string[])[] = []
  return {
    asked,
    state: () => watched.state(),
    getMany: (keys) => {
      asked.push(keys)
      return watched.getMany(keys)
    },
    set: (...values) => watched.set(...values),
  }
}

let prefixes = 0
const makePrefix = () => {
  prefixes += 1
  return `${redis.prefix}-${prefixes}`
}

/** A replica's view of one Redis: its own wall clock, the fleet's time. */
function openReplica({
  fleet = new FakeClock(),
  prefix = makePrefix(),
  over = link as CacheLink,
  wallLeadMs = 0,
  generations = firstGenerations,
} = {}) {
  const clock = new FakeClock(fleet.now() + wallLeadMs)
  const cache = createRedisCache({
    link: over,
    fleetTime: knowFleetTime(clock, fleet),
    generations,
    clock,
    prefix,
    maxKeepMs: 10 * MINUTE_MS,
  })
  const advance = async (ms: number) => {
    await fleet.advance(ms)
    await clock.advance(ms)
  }
  const set = (key: CacheKey, value: unknown, keepForMs = MINUTE_MS) => {
    const now = clock.now()
    const entry = { value, fetchedAt: now, freshUntil: now + 10_000 }
    return cache.set(key, entry, { sizeBytes: 100, keepUntil: now + keepForMs })
  }
  return { cache, clock, fleet, prefix, advance, set }
}

describeCache('redis', async () => {
  const { cache, clock, advance } = openReplica()
  return { cache, now: () => clock.now(), advance, stepWall: (ms) => clock.stepWall(ms) }
})

describe('a key in Redis', () => {
  it.each([
    [
      'weir',
      'tencent-main',
      ['listPushSamples', '8888_test123', 1_795_000_000_000],
      'weir:{tencent-main}:cache:v1:0:tEOXfFTimllQ9bQk8AREHQ20-I7AsybroThCkf3soLk',
    ],
    [
      'a:b',
      'cnc',
      ['listPushSessions', 'push.example.com/live/ü', null],
      'a:b:{cnc}:cache:v1:0:i8OHmfH8zHPt5L6dn36wSnNPDvOu6_AgCQASSQOl7HI',
    ],
  ])('of %s and %s stays the same from release to release', (prefix, account, parts, expected) => {
    const key = toKey(toCacheKey([account, ...parts]), account)
    expect(toRedisKey(prefix, '0', key)).toBe(expected)
  })

  it('is never that of other parts', () => {
    const parts: fc.Arbitrary<CacheKeyParts> = fc.array(
      fc.oneof(
        fc.string({ unit: fc.constantFrom('"', ',', '[', '\\', ':', '{', '}', '\0', 'a', 'null', '\ud800') }),
        fc.integer(),
        fc.constant(null),
      ),
      { maxLength: 4 },
    )
    const account = fc.string({ unit: fc.constantFrom('a', 'B', '-', '_', '.', '1'), minLength: 1, maxLength: 4 })
    fc.assert(
      fc.property(account, parts, account, parts, (one, oneParts, other, otherParts) => {
        const toName = (name: string, list: CacheKeyParts) =>
          toRedisKey('weir', '0', toKey(toCacheKey([name, ...list]), name))
        const isSame = JSON.stringify([one, oneParts]) === JSON.stringify([other, otherParts])
        expect(toName(one, oneParts) === toName(other, otherParts)).toBe(isSame)
      }),
      { numRuns: 2000 },
    )
  })
})

describe('a cache in Redis', () => {
  it.each([10, -10])('tells the right age to a replica whose wall clock is %i minutes off', async (minutes) => {
    const fleet = new FakeClock()
    const writer = openReplica({ fleet, wallLeadMs: minutes * MINUTE_MS })
    const reader = openReplica({ fleet, prefix: writer.prefix })
    await writer.set(toKey('key'), 'x')
    await fleet.advance(5000)
    await reader.clock.advance(5000)
    const now = reader.clock.now()
    expect(await reader.cache.get(toKey('key'))).toEqual({ value: 'x', fetchedAt: now - 5000, freshUntil: now + 5000 })
  })

  it('asks for the keys of each account in one command of their own, all at once', async () => {
    const over = watch(link)
    const { cache, prefix } = openReplica({ over })
    await cache.getMany([toKey('1', 'a'), toKey('2', 'b'), toKey('3', 'a')])
    expect(over.asked).toEqual([
      [toRedisKey(prefix, '0', toKey('1', 'a')), toRedisKey(prefix, '0', toKey('3', 'a'))],
      [toRedisKey(prefix, '0', toKey('2', 'b'))],
    ])
  })

  it('cuts a long list of keys into commands that hold nobody up', async () => {
    const over = watch(link)
    const { cache, set } = openReplica({ over })
    const keys = Array.from({ length: 1001 }, (_, index) => toKey(`${index}`))
    await Promise.all(keys.map((key) => set(key, key.key)))
    expect((await cache.getMany(keys)).map((entry) => entry?.value)).toEqual(keys.map(({ key }) => key))
    expect(over.asked.map(({ length }) => length)).toEqual([...Array.from({ length: 15 }, () => 64), 41])
  })

  it('lets Redis forget an entry when its time is over, at the cap at the latest', async () => {
    const { set, prefix } = openReplica()
    await set(toKey('short'), 1, 5000.5)
    await set(toKey('long'), 1, 100 * MINUTE_MS)
    const [short, long] = await Promise.all(
      ['short', 'long'].map((key) => client.pttl(toRedisKey(prefix, '0', toKey(key)))),
    )
    expect(short).toBeGreaterThan(3000)
    expect(short).toBeLessThanOrEqual(5001)
    expect(long).toBeGreaterThan(10 * MINUTE_MS - 3000)
    expect(long).toBeLessThanOrEqual(10 * MINUTE_MS)
  })

  it('does not give what somebody with a longer cap has kept beyond its own', async () => {
    const { cache, clock, fleet, prefix, set, advance } = openReplica()
    const fleetTime = knowFleetTime(clock, fleet)
    const generations = firstGenerations
    const strict = createRedisCache({ link, fleetTime, generations, clock, prefix, maxKeepMs: 1000 })
    await set(toKey('key'), 1)
    await advance(1000)
    expect(await strict.get(toKey('key'))).toBeUndefined()
    expect(await cache.get(toKey('key'))).toBeDefined()
  })

  it('does not write what is private, nor what JSON cannot tell', async () => {
    const { cache, clock, prefix, set } = openReplica()
    const now = clock.now()
    const options = { sizeBytes: 1, keepUntil: now + MINUTE_MS, isPrivate: true }
    await cache.set(toKey('private'), { value: 1, fetchedAt: now, freshUntil: now }, options)
    await set(toKey('error'), { failure: new Error('x') })
    expect(await client.exists(['private', 'error'].map((key) => toRedisKey(prefix, '0', toKey(key))))).toBe(0)
  })

  it.each([
    ['junk', Buffer.from('junk')],
    ['nothing', Buffer.alloc(0)],
    ['an object', Buffer.from('{"value":1}')],
  ])('takes %s in Redis for no entry, and goes on with the others', async (_name, junk) => {
    const { cache, prefix, set } = openReplica()
    await set(toKey('good'), 'x')
    await client.set(toRedisKey(prefix, '0', toKey('bad')), junk)
    expect(await cache.getMany([toKey('bad'), toKey('good')])).toMatchObject([undefined, { value: 'x' }])
  })

  it('takes a list in Redis for no entry', async () => {
    const { cache, prefix } = openReplica()
    await client.rpush(toRedisKey(prefix, '0', toKey('bad')), 'x')
    expect(await cache.get(toKey('bad'))).toBeUndefined()
  })

  it('reads the value only of entries that are wanted', async () => {
    const { cache, clock, set } = openReplica()
    for (const key of ['a', 'b']) await set(toKey(key), key)
    const seen: unknown[] = []
    const found = await cache.findMany([toKey('a'), toKey('none'), toKey('b')], (index, instants) => {
      seen.push([index, instants])
      return index === 2
    })
    const instants = { fetchedAt: clock.now(), freshUntil: clock.now() + 10_000 }
    expect(seen).toEqual([
      [0, instants],
      [2, instants],
    ])
    expect(found).toMatchObject([undefined, undefined, { entry: { value: 'b' }, sizeBytes: 100 }])
  })

  it('reads a single entry only when it is wanted', async () => {
    const { cache, clock, set } = openReplica()
    await set(toKey('a'), 'a')
    const instants = { fetchedAt: clock.now(), freshUntil: clock.now() + 10_000 }
    const seen: unknown[] = []
    const find = (isWanted: boolean) =>
      cache.find(toKey('a'), (found) => {
        seen.push(found)
        return isWanted
      })
    expect(await find(false)).toBeUndefined()
    expect(await find(true)).toMatchObject({ entry: { value: 'a', ...instants }, sizeBytes: 100 })
    expect(await cache.find(toKey('none'), () => true)).toBeUndefined()
    expect(seen).toEqual([instants, instants])
  })

  it('reads a value once for all who find it at the same time', async () => {
    const { cache, set } = openReplica()
    await set(
      toKey('key'),
      Array.from({ length: 1000 }, (_, index) => ({ index })),
    )
    const found = await Promise.all(Array.from({ length: 20 }, () => cache.get(toKey('key'))))
    expect(new Set(found.map((entry) => entry?.value)).size).toBe(1)
  })

  it('is empty and asks nobody while the time of the fleet is not known', async () => {
    const over = watch(link)
    const { clock, prefix } = openReplica()
    const fleetTime = { toFleet: () => undefined }
    const generations = firstGenerations
    const cache = createRedisCache({ link: over, fleetTime, generations, clock, prefix, maxKeepMs: MINUTE_MS })
    const now = clock.now()
    await cache.set(
      toKey('key'),
      { value: 1, fetchedAt: now, freshUntil: now },
      { sizeBytes: 1, keepUntil: now + 1000 },
    )
    expect(await cache.get(toKey('key'))).toBeUndefined()
    expect(over.asked).toEqual([])
    expect(await client.exists(toRedisKey(prefix, '0', toKey('key')))).toBe(0)
  })

  it('finds what was kept in a generation in that one alone, and nothing while the generation is not known', async () => {
    const known = new Map([
      ['a', 'one'],
      ['b', 'one'],
    ])
    const over = watch(link)
    const { cache, prefix, set } = openReplica({ over, generations: { find: (scope) => known.get(scope) } })
    const keys = ['a', 'b', 'c'].map((scope) => toKey(scope, scope))
    for (const key of keys) await set(key, key.scope)
    const read = async () => (await cache.getMany(keys)).map((entry) => entry?.value)
    expect(await read()).toEqual(['a', 'b', undefined])
    known.set('a', 'two')
    known.set('c', 'one')
    expect(await read()).toEqual([undefined, 'b', undefined])
    known.delete('b')
    over.asked.length = 0
    expect(await read()).toEqual([undefined, undefined, undefined])
    expect(over.asked).toEqual([
      [toRedisKey(prefix, 'two', toKey('a', 'a'))],
      [toRedisKey(prefix, 'one', toKey('c', 'c'))],
    ])
  })

  it('writes under the generation in which it was told to, however long it packs', async () => {
    let generation = 'one'
    const { cache, set } = openReplica({ generations: { find: () => generation } })
    const writing = set(toKey('key'), 'x'.repeat(100_000))
    generation = 'two'
    await writing
    expect(await cache.get(toKey('key'))).toBeUndefined()
    generation = 'one'
    expect(await cache.get(toKey('key'))).toBeDefined()
  })

  it("gives up ages that nobody can tell when the fleet's clock has gone back, but not what is true for ever", async () => {
    const { cache, clock, fleet, set } = openReplica()
    await set(toKey('list'), 1)
    const now = clock.now()
    const closed = { value: 2, fetchedAt: now, freshUntil: 8_640_000_000_000_000 }
    await cache.set(toKey('closed'), closed, { sizeBytes: 1, keepUntil: now + MINUTE_MS })
    fleet.stepWall(-5000)
    expect(await cache.getMany([toKey('list'), toKey('closed')])).toEqual([undefined, closed])
    fleet.stepWall(4500)
    expect(await cache.get(toKey('list'))).toMatchObject({ value: 1, fetchedAt: now })
  })
})

describe('a cache in a Redis that', () => {
  it.each(['freeze', 'kill'] as const)(
    'somebody chose to %s costs one timeout and then nothing, and never throws',
    async (fault) => {
      const own = await startRedis()
      const over = await openLink(own.url, 'weir')
      try {
        const watched = watch(over)
        const { cache, set } = openReplica({ over: watched, prefix: 'weir' })
        await set(toKey('key'), 'x')
        await own[fault]()
        const startedAt = performance.now()
        const first = await Promise.all(Array.from({ length: 50 }, () => cache.get(toKey('key'))))
        expect(first.every((entry) => entry === undefined)).toBe(true)
        expect(performance.now() - startedAt).toBeLessThan(700)
        const trips = watched.asked.length
        await set(toKey('key'), 'y')
        await cache.getMany([toKey('key'), toKey('other')])
        expect(watched.asked.length).toBe(trips)
      } finally {
        await over.close()
        await own.close()
      }
    },
  )
})
