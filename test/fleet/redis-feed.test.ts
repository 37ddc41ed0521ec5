import { Redis } from 'ioredis'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { type Bell, createProcessBell } from '#fleet/bell.ts'
import type { Feed, FeedKeep } from '#fleet/feed.ts'
import { KEPT_EVENTS, KEPT_MS } from '#fleet/feed-script.ts'
import type { FleetLink } from '#fleet/fleet-link.ts'
import { createRedisFeed } from '#fleet/redis-feed.ts'
import { describeFeed } from '#test/contract/feed-kit.ts'
import { FakeClock } from '#test/support/fake-clock.ts'
import { openLink as openRawLink } from '#test/support/link-rig.ts'
import { openLink } from '#test/support/open-link.ts'
import { openTestRedis, type SharedRedis, startRedis } from '#test/support/redis-server.ts'
import { waitUntil } from '#test/support/wait-until.ts'

let redis: SharedRedis
let link: FleetLink
let client: Redis
let fleets = 0
const feeds: Feed<string>[] = []
beforeAll(async () => {
  redis = await openTestRedis()
  link = await openLink(redis.url, redis.prefix)
  client = new Redis(redis.url)
})
afterEach(() => {
  for (const feed of feeds.splice(0)) feed.close()
})
afterAll(async () => {
  client?.disconnect()
  await link?.close()
  await redis?.close()
})

const makePrefix = () => {
  fleets += 1
  return `${redis.prefix}-${fleets}`
}

/** What else a feed is made with. */
interface Extras {
  readonly keep?: FeedKeep | undefined
  readonly bell?: Bell
}

/** A replica: what it has asked Redis, and what it was told. */
function openReplica(prefix = makePrefix(), over = link, { keep, bell }: Extras = {}) {
  const clock = new FakeClock()
  const asked: string[] = []
  const warnings: object[] = []
  let underWay = 0
  const feed = createRedisFeed({
    link: {
      evaluate: (script, keys, values) => {
        asked.push(script.name)
        underWay += 1
        return over.evaluate(script, keys, values).finally(() => {
          underWay -= 1
        })
      },
    },
    clock,
    prefix,
    name: 'words',
    item: z.string(),
    ...(keep && { keep }),
    ...(bell && { bell }),
    log: { warn: (fields) => warnings.push(fields) },
  })
  feeds.push(feed)
  const countReads = () => asked.filter((name) => name === 'feed_read').length
  /** Lets a second pass, and everything come that was there to be read. */
  const settle = async () => {
    await clock.advance(1000)
    await waitUntil('it rests', async () => {
      await clock.advance(0)
      return underWay === 0
    })
  }
  const watch = (scope = 'main') => {
    const got: string[] = []
    const places: (string | null)[] = []
    const stop = feed.watch(scope, (item, place) => {
      got.push(item)
      places.push(place)
    })
    return { got, places, stop }
  }
  return { prefix, key: `${prefix}:{main}:feed:words`, clock, feed, asked, warnings, countReads, settle, watch }
}

const until = (got: readonly string[], count: number) =>
  waitUntil(`${count} events came`, async () => got.length >= count)

/** The same, with time passing: a reading that was under way when an event was published brings it only the next time. */
const untilIn = ({ clock }: { readonly clock: FakeClock }, got: readonly string[], count: number) =>
  waitUntil(`${count} events came`, async () => {
    await clock.advance(1000)
    return got.length >= count
  })

describeFeed('Redis', (keep) => openReplica(makePrefix(), link, { keep }))

describe('a feed over Redis', () => {
  it('brings what another replica publishes within a second, once and in order', async () => {
    const one = openReplica()
    const other = openReplica(one.prefix)
    const { got } = one.watch()
    await one.settle()
    await other.feed.publish('main', ['a', 'b'])
    await other.feed.publish('main', ['c'])
    await untilIn(one, got, 3)
    await one.settle()
    expect(got).toEqual(['a', 'b', 'c'])
  })

  it('misses nothing that comes after the watch has begun, though Redis was not asked yet', async () => {
    const one = openReplica()
    const other = openReplica(one.prefix)
    await other.feed.publish('main', ['long before'])
    const publishedAtMs = await link.readTimeMs()
    await waitUntil('time has passed', async () => (await link.readTimeMs()) > publishedAtMs + 2)
    const { got } = one.watch()
    await other.feed.publish('main', ['a'])
    await untilIn(one, got, 1)
    await one.settle()
    expect(got).toEqual(['a'])
  })

  it('asks nothing while nobody watches', async () => {
    const { feed, asked, clock, countReads, watch, settle } = openReplica()
    await feed.publish('main', ['a'])
    await clock.advance(5000)
    expect(asked).toEqual(['feed_append'])
    const { stop } = watch()
    await settle()
    expect(countReads()).toBeGreaterThan(0)
    stop()
    await settle()
    const before = asked.length
    await clock.advance(5000)
    expect(asked.length).toBe(before)
    expect(clock.waiting).toBe(0)
  })

  it('asks once a second for all who watch a scope', async () => {
    const { clock, countReads, watch, settle } = openReplica()
    watch()
    watch()
    await settle()
    const before = countReads()
    for (let second = 1; second <= 3; second += 1) {
      await settle()
      expect(countReads()).toBe(before + second)
    }
    await clock.advance(900)
    expect(countReads()).toBe(before + 3)
  })

  it('keeps about a thousand events, and none for long', async () => {
    const { feed, key } = openReplica()
    for (let round = 0; round < 15; round += 1)
      await feed.publish(
        'main',
        Array.from({ length: 100 }, (_, index) => `item ${round} ${index}`),
      )
    expect(await client.xlen(key)).toBeGreaterThanOrEqual(KEPT_EVENTS)
    expect(await client.xlen(key)).toBeLessThan(KEPT_EVENTS + 200)
    const ttlMs = await client.pttl(key)
    expect(ttlMs).toBeGreaterThan(KEPT_MS - 10_000)
    expect(ttlMs).toBeLessThanOrEqual(KEPT_MS)
  })

  it('leaves out what it cannot read, and says so once', async () => {
    const one = openReplica()
    const other = openReplica(one.prefix)
    const { got } = one.watch()
    await one.settle()
    await client.xadd(one.key, '*', 'event', 'x:1', 'item', '{"no":"word"}')
    await client.xadd(one.key, '*', 'event', 'x:2', 'item', 'no JSON')
    await client.xadd(one.key, '*', 'something', 'else')
    await other.feed.publish('main', ['a'])
    await untilIn(one, got, 1)
    expect(got).toEqual(['a'])
    expect(one.warnings).toEqual([{ feed: 'words', scope: 'main' }])
  })

  it('tells its own news when something else stands at its key', async () => {
    const { feed, key, watch, settle } = openReplica()
    await client.set(key, 'something else')
    const { got } = watch()
    await feed.publish('main', ['a', 'b'])
    await until(got, 2)
    await settle()
    expect(got).toEqual(['a', 'b'])
  })

  it('goes on when the clock of Redis went back', async () => {
    const one = openReplica()
    const other = openReplica(one.prefix)
    const { got } = one.watch()
    await one.settle()
    await client.xadd(one.key, '99999999999999-0', 'event', 'x:1', 'item', '"of the future"')
    await untilIn(one, got, 1)
    await client.del(one.key)
    await client.xadd(one.key, '5-0', 'event', 'x:2', 'item', '"unseen"')
    await one.settle()
    await other.feed.publish('main', ['a'])
    await untilIn(one, got, 2)
    expect(got).toEqual(['of the future', 'a'])
  })
})

describe('what a feed over Redis has told', () => {
  /** Publishes, and waits for it to be told. @returns where it stands */
  async function tell(replica: ReturnType<typeof openReplica>, items: readonly string[]) {
    const { got, places } = replica.watch()
    await replica.feed.publish('main', items)
    await until(got, items.length)
    return places.map((place) => place ?? 'none')
  }

  it('is told by every replica from the same places on', async () => {
    const one = openReplica()
    const other = openReplica(one.prefix)
    const [first = '', second = ''] = await tell(one, ['a', 'b'])
    expect(await other.feed.readSince('main', first)).toEqual({ items: [{ item: 'b', place: second }], isWhole: true })
  })

  it('is read in pieces where it is long, the last one too', async () => {
    const long = 'x'.repeat(100_000)
    const one = openReplica()
    const [first = ''] = await tell(one, [long, ...Array.from({ length: 10 }, () => long), 'end'])
    expect(one.asked.filter((name) => name === 'feed_append').length).toBeGreaterThan(3)
    const before = one.countReads()
    const past = await one.feed.readSince('main', first)
    expect(past.isWhole).toBe(true)
    expect(past.items.map(({ item }) => item)).toEqual([...Array.from({ length: 10 }, () => long), 'end'])
    expect(one.countReads() - before).toBeGreaterThan(3)
  })

  it('lacks what cannot be read', async () => {
    const one = openReplica()
    const [first = ''] = await tell(one, ['a'])
    await client.xadd(one.key, '*', 'event', 'x:1', 'item', 'no JSON')
    await one.feed.publish('main', ['b'])
    expect(await one.feed.readSince('main', first)).toMatchObject({ items: [{ item: 'b' }], isWhole: true })
  })

  it('is whole, though nothing of it is kept, for whoever has heard the last of it where it was heard', async () => {
    const one = openReplica()
    const other = openReplica(one.prefix)
    const [first = '', second = ''] = await tell(one, ['a', 'b'])
    await client.del(one.key)
    expect(await one.feed.readSince('main', second)).toEqual({ items: [], isWhole: true })
    expect(await one.feed.readSince('main', first)).toEqual({ items: [], isWhole: false })
    expect(await other.feed.readSince('main', second)).toEqual({ items: [], isWhole: false })
  })

  it('may be gone where Redis cannot be asked', async () => {
    const one = openReplica()
    const [first = ''] = await tell(one, ['a'])
    await client.set(one.key, 'something else')
    expect(await one.feed.readSince('main', first)).toEqual({ items: [], isWhole: false })
    const { got, places } = one.watch()
    await one.feed.publish('main', ['b'])
    await until(got, 1)
    expect(places).toEqual([null])
  })

  it('is not whole across what was told while Redis could not be asked, for nobody', async () => {
    const one = openReplica()
    const other = openReplica(one.prefix)
    const [first = ''] = await tell(one, ['a'])
    await client.rename(one.key, `${one.key}:aside`)
    await client.set(one.key, 'something else')
    const { got } = one.watch()
    await one.feed.publish('main', ['told here alone'])
    await until(got, 1)
    await client.rename(`${one.key}:aside`, one.key)
    await one.feed.publish('main', ['b'])
    const past = await other.feed.readSince('main', first)
    expect(past).toMatchObject({ items: [{ item: 'b' }], isWhole: false })
    const [{ place: last = '' } = {}] = past.items
    await one.feed.publish('main', ['c'])
    expect(await other.feed.readSince('main', last)).toMatchObject({ items: [{ item: 'c' }], isWhole: true })
  })

  it('is kept as it was asked for', async () => {
    const one = openReplica(makePrefix(), link, { keep: { events: 20, ms: 5000 } })
    for (let round = 0; round < 4; round += 1)
      await one.feed.publish(
        'main',
        Array.from({ length: 100 }, (_, index) => `item ${index}`),
      )
    expect(await client.xlen(one.key)).toBeLessThanOrEqual(120)
    expect(await client.pttl(one.key)).toBeLessThanOrEqual(5000)
  })
})

describe('a feed over Redis with a bell', () => {
  it('brings what another replica publishes without time passing', async () => {
    const bell = createProcessBell()
    const one = openReplica(makePrefix(), link, { bell })
    const other = openReplica(one.prefix, link, { bell })
    const { got, places } = one.watch()
    const { places: own } = other.watch()
    await other.feed.publish('main', ['a', 'b'])
    await until(got, 2)
    await waitUntil('the other has heard it too', async () => own.length >= 2)
    expect(got).toEqual(['a', 'b'])
    expect(places).toEqual(own)
    expect([one.clock.monotonicMs(), other.clock.monotonicMs()]).toEqual([0, 0])
  })

  it('asks every second though it is not rung, and not when others are', async () => {
    const bell = createProcessBell()
    const one = openReplica(makePrefix(), link, { bell })
    const deaf = openReplica(one.prefix)
    const { got, stop } = one.watch()
    await one.settle()
    await deaf.feed.publish('main', ['a'])
    await untilIn(one, got, 1)
    await one.settle()
    const before = one.countReads()
    bell.ring('feed:words:other')
    bell.ring('feed:others:main')
    await one.clock.advance(0)
    expect(one.countReads()).toBe(before)
    stop()
    bell.ring('feed:words:main')
    await one.clock.advance(0)
    expect(one.countReads()).toBe(before)
  })
})

describe('a feed whose Redis is gone', () => {
  it('tells its own news itself, and catches up with that of others afterwards', async () => {
    const own = await startRedis({ persistent: true })
    const { link: ownLink, waitFor } = openRawLink(own.url)
    const { link: otherLink, waitFor: waitForOther } = openRawLink(own.url)
    try {
      await Promise.all([waitFor('up', 10_000), waitForOther('up', 10_000)])
      const one = openReplica('weir-test', ownLink)
      const other = openReplica('weir-test', otherLink)
      const { got } = one.watch()
      const { got: gotByOther } = other.watch()
      await Promise.all([one.settle(), other.settle()])
      await one.feed.publish('main', ['a'])
      await until(got, 1)
      await untilIn(other, gotByOther, 1)
      await own.kill()
      await one.feed.publish('main', ['b', 'c'])
      expect(got).toEqual(['a', 'b', 'c'])
      await own.start()
      await Promise.all([waitFor('up', 10_000), waitForOther('up', 10_000)])
      await other.feed.publish('main', ['d'])
      await untilIn(one, got, 4)
      await Promise.all([one.settle(), other.settle()])
      expect(got).toEqual(['a', 'b', 'c', 'd'])
      expect(gotByOther).toEqual(['a', 'd'])
    } finally {
      for (const feed of feeds.splice(0)) feed.close()
      await Promise.all([ownLink.close(), otherLink.close()])
      await own.close()
    }
  })

  it('tells an event once whose writing was not answered and took place', async () => {
    const own = await startRedis()
    const { link: ownLink, waitFor } = openRawLink(own.url)
    try {
      await waitFor('up', 10_000)
      const { feed, clock, watch, settle, key } = openReplica('weir-test', ownLink)
      const { got } = watch()
      await feed.publish('main', ['a'])
      await until(got, 1)
      await own.freeze()
      await feed.publish('main', ['b'])
      expect(got).toEqual(['a', 'b'])
      await own.resume()
      await waitFor('up', 10_000)
      await waitUntil('it was written', async () => (await own.command('xlen', key)) === 2)
      await feed.publish('main', ['c'])
      await until(got, 3)
      await clock.advance(1000)
      await settle()
      expect(got).toEqual(['a', 'b', 'c'])
    } finally {
      for (const feed of feeds.splice(0)) feed.close()
      await ownLink.close()
      await own.close()
    }
  })
})
