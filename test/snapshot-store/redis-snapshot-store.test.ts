import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type FleetLink, LinkDownError } from '#fleet/fleet-link.ts'
import { FOREVER } from '#model/time-range.ts'
import { createRedisSnapshotStore } from '#snapshot-store/redis-snapshot-store.ts'
import { describeSnapshotStore } from '#test/contract/snapshot-store-kit.ts'
import { openLink, patient } from '#test/support/open-link.ts'
import { startCluster } from '#test/support/redis-cluster.ts'
import { startRedis, type TestRedis } from '#test/support/redis-server.ts'

let redis: TestRedis
let link: FleetLink
beforeAll(async () => {
  redis = await startRedis()
  link = await openLink(redis.url, 'weir-test', patient)
})
afterAll(async () => {
  await link.close()
  await redis.close()
})

const everything = { key: null, range: { from: -FOREVER, to: FOREVER }, after: null, limit: 1000 }
const toMessage = (file: string, key = 'room1') => ({ key, file, takenAt: null, width: null, height: null, url: null })

describeSnapshotStore('Redis', async () => {
  const prefix = randomUUID()
  return { open: async () => createRedisSnapshotStore({ link, prefix }), dispose: () => redis.flush() }
})

describe('the Redis snapshot store', () => {
  test('leaves no key behind when everything is forgotten', async () => {
    await redis.flush()
    const store = createRedisSnapshotStore({ link, prefix: 'weir-test' })
    const messages = Array.from({ length: 600 }, (_, index) => toMessage(`${index}`, `room${index % 200}`))
    await store.add({ account: 'main', receivedAt: 1, messages })
    expect(await redis.command('DBSIZE')).toBe(201)
    while ((await store.prune('main', { before: FOREVER, keepCount: 0 })) > 0);
    expect(await redis.command('KEYS', '*')).toEqual([])
  })

  test('two who forget at the same time forget everything once', async () => {
    await redis.flush()
    const stores = [1, 2].map(() => createRedisSnapshotStore({ link, prefix: 'weir-test' }))
    const messages = Array.from({ length: 1200 }, (_, index) => toMessage(`${index}`))
    await stores[0]?.add({ account: 'main', receivedAt: 1, messages })
    const counts = await Promise.all(
      stores.map(async (store) => {
        let total = 0
        for (let count = -1; count !== 0; total += count)
          count = await store.prune('main', { before: FOREVER, keepCount: 0 })
        return total
      }),
    )
    expect(counts.reduce((sum, count) => sum + count)).toBe(1200)
    expect(await redis.command('DBSIZE')).toBe(0)
  })

  test('tells streams apart whose names are no well-formed text', async () => {
    const store = createRedisSnapshotStore({ link, prefix: randomUUID() })
    const keys = ['\ud800', '\udfff', '\ufffd']
    const added = await store.add({ account: 'main', receivedAt: 1, messages: keys.map((key) => toMessage('a', key)) })
    expect(added.map(({ key }) => key)).toEqual(keys)
    for (const [index, key] of keys.entries())
      expect((await store.list({ ...everything, account: 'main', key })).map(({ snapshot }) => snapshot)).toEqual([
        added[index],
      ])
  })

  test('is empty and takes snapshots after Redis has lost everything', async () => {
    const store = createRedisSnapshotStore({ link, prefix: randomUUID() })
    const received = { account: 'main', receivedAt: 1, messages: [toMessage('a')] }
    await store.add(received)
    await redis.flush()
    expect(await store.list({ ...everything, account: 'main' })).toEqual([])
    expect(await store.add(received)).toHaveLength(1)
  })

  test('adds nothing at all when Redis has no room', async () => {
    const store = createRedisSnapshotStore({ link, prefix: randomUUID() })
    await redis.command('CONFIG', 'SET', 'maxmemory', 1)
    try {
      const messages = Array.from({ length: 10 }, (_, index) => toMessage(`${index}`))
      await expect(store.add({ account: 'main', receivedAt: 1, messages })).rejects.toMatchObject({ code: 'OOM' })
    } finally {
      await redis.command('CONFIG', 'SET', 'maxmemory', 0)
    }
    expect(await store.list({ ...everything, account: 'main' })).toEqual([])
    expect(await store.list({ ...everything, account: 'main', key: 'room1' })).toEqual([])
  })

  test('fails after it was closed, and leaves the link open', async () => {
    const store = createRedisSnapshotStore({ link, prefix: randomUUID() })
    await store.close()
    await expect(store.add({ account: 'main', receivedAt: 1, messages: [toMessage('a')] })).rejects.toThrow('closed')
    await expect(store.list({ ...everything, account: 'main' })).rejects.toThrow('closed')
    await expect(store.prune('main', { before: 0, keepCount: 0 })).rejects.toThrow('closed')
    expect(await link.readTimeMs()).toBeGreaterThan(0)
  })

  test('says that the link is down', async () => {
    const closed = await openLink(redis.url, 'weir-test', patient)
    await closed.close()
    const store = createRedisSnapshotStore({ link: closed, prefix: randomUUID() })
    await expect(store.list({ ...everything, account: 'main' })).rejects.toThrow(LinkDownError)
  })

  test('keeps what is of one account in one place of a cluster', async () => {
    const cluster = await startCluster()
    const clusterLink = await openLink(cluster.url, 'weir-test', patient)
    try {
      const store = createRedisSnapshotStore({ link: clusterLink, prefix: 'weir-test' })
      for (const account of ['a', 'b', 'c', 'd', 'e', 'f']) {
        const messages = ['1', '2', '3'].map((key) => toMessage('a', key))
        expect(await store.add({ account, receivedAt: 1, messages })).toHaveLength(3)
        expect(await store.list({ ...everything, account })).toHaveLength(3)
        expect(await store.list({ ...everything, account, key: '2' })).toHaveLength(1)
        expect(await store.prune(account, { before: 0, keepCount: 1 })).toBe(2)
      }
    } finally {
      await clusterLink.close()
      await cluster.close()
    }
  })
})
