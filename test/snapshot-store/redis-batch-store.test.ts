import { randomBytes, randomUUID } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type FleetLink, LinkDownError } from '#fleet/fleet-link.ts'
import { FOREVER } from '#model/time-range.ts'
import type { KeptBatch, QuarantinedBatch, RawBatch } from '#snapshot-store/batch-store.ts'
import { createRedisBatchStore, type RedisBatchStoreOptions } from '#snapshot-store/redis-batch-store.ts'
import { describeBatchStore } from '#test/contract/batch-store-kit.ts'
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

const streamKey = 'weir-test:{main}:snapshots:v1:batches'
const toBatch = (body: string | Buffer, account = 'main'): RawBatch => ({
  account,
  asked: 10,
  status: 200,
  body: Buffer.from(body),
  receivedAt: 1000,
})
const toTexts = (batches: readonly KeptBatch[]) => batches.map(({ body }) => body.toString())

function open(options: Partial<RedisBatchStoreOptions> = {}) {
  return createRedisBatchStore({ link, prefix: 'weir-test', member: 'one', ...options })
}

describeBatchStore('Redis', async () => {
  const prefix = randomUUID()
  let count = 0
  return {
    async open() {
      const store = open({ prefix })
      return {
        store,
        receive: (batch) => {
          count += 1
          return store.receive(`one:${count}`, batch)
        },
        close: async () => undefined,
      }
    },
    dispose: () => redis.flush(),
  }
})

describe('the Redis store of batches', () => {
  beforeEach(() => redis.flush())

  test('takes a batch over once, however often it is handed over', async () => {
    const store = open()
    await Promise.all([1, 2, 3].map(() => store.receive('one:1', toBatch('a'))))
    const [batch] = await store.listUnread('main')
    if (!batch) throw new Error('a batch was received')
    await store.finish(batch, { kind: 'empty' })
    await store.receive('one:1', toBatch('a'))
    await store.receive('two:1', toBatch('b'))
    expect(toTexts(await store.listUnread('main'))).toEqual(['b'])
  })

  test('remembers what was handed over for long, and not for ever', async () => {
    const store = open()
    await store.receive('first', toBatch('a'))
    for (let count = 0; count < 5000; count += 100)
      await Promise.all(Array.from({ length: 100 }, (_, index) => store.receive(`${count + index}`, toBatch('b'))))
    await store.receive('0', toBatch('b'))
    expect(await store.countUnread('main')).toBe(5001)
    expect(await redis.command('ZCARD', `${streamKey}:origins`)).toBe(5000)
  })

  test('gives each batch to one member', async () => {
    const [one, two] = [open(), open({ member: 'two' })]
    for (let count = 0; count < 30; count += 1) await one.receive(`${count}`, toBatch(`${count}`))
    const given = [await one.listUnread('main'), await two.listUnread('main')]
    expect(given.map(({ length }) => length)).toEqual([10, 10])
    expect(new Set(given.flatMap(toTexts)).size).toBe(20)
    expect(await one.countUnread('main')).toBe(30)
  })

  test('gives a member what was its own before it died, first of all', async () => {
    await open().receive('1', toBatch('a'))
    expect(toTexts(await open().listUnread('main'))).toEqual(['a'])
    await open().receive('2', toBatch('b'))
    expect(toTexts(await open().listUnread('main'))).toEqual(['a', 'b'])
  })

  test('lets others take over what a member has left alone for long, not sooner', async () => {
    const one = open()
    for (let count = 0; count < 15; count += 1) await one.receive(`${count}`, toBatch(`${count}`))
    await one.listUnread('main')
    const other = open({ member: 'two' })
    expect(toTexts(await other.listUnread('main'))).toEqual(['10', '11', '12', '13', '14'])
    const heir = open({ member: 'three', takeOverAfterMs: 0 })
    const read: string[] = []
    for (;;) {
      const unread = await heir.listUnread('main')
      if (unread.length === 0) break
      for (const batch of unread) await heir.finish(batch, { kind: 'read' })
      read.push(...toTexts(unread))
    }
    expect(read.map(Number)).toEqual(Array.from({ length: 15 }, (_, index) => index))
    expect(await one.listUnread('main')).toEqual([])
    expect(await one.countUnread('main')).toBe(0)
  })

  test('takes over before it takes anything new, so that the oldest come first', async () => {
    const one = open()
    await one.receive('1', toBatch('a'))
    await one.receive('2', toBatch('b'))
    await one.listUnread('main')
    await one.receive('3', toBatch('c'))
    const heir = open({ member: 'two', takeOverAfterMs: 0 })
    expect(toTexts(await heir.listUnread('main'))).toEqual(['a', 'b', 'c'])
  })

  test('the first member to say what came of a batch need not be the one that has it', async () => {
    const one = open()
    await one.receive('1', toBatch('a'))
    const [batch] = await one.listUnread('main')
    if (!batch) throw new Error('a batch was received')
    await open({ member: 'two' }).finish(batch, { kind: 'read' })
    expect(await one.listUnread('main')).toEqual([])
  })

  test('forgets members that are gone and have nothing', async () => {
    const one = open()
    await one.receive('1', toBatch('a'))
    for (const member of ['two', 'three']) await open({ member }).listUnread('main')
    const listMembers = () => redis.command('XINFO', 'CONSUMERS', streamKey, 'readers')
    expect(await listMembers()).toHaveLength(2)
    await one.prune('main', 0)
    expect(await listMembers()).toHaveLength(2)
    await open({ takeOverAfterMs: 0 }).prune('main', 0)
    expect(await listMembers()).toEqual([expect.arrayContaining(['two'])])
    expect(toTexts(await open({ member: 'two' }).listUnread('main'))).toEqual(['a'])
  })

  test('gives large batches out one at a time', async () => {
    const store = open()
    const bodies = Array.from({ length: 3 }, () => randomBytes(2_000_000))
    for (const [index, body] of bodies.entries()) await store.receive(`${index}`, toBatch(body))
    for (const body of bodies) {
      const unread = await store.listUnread('main')
      expect(unread.map((batch) => batch.body.equals(body))).toEqual([true])
      for (const batch of unread) await store.finish(batch, { kind: 'read' })
    }
    const kept = await store.listKept('main', null, 10)
    expect(Buffer.concat(kept.map((batch) => batch.body)).equals(Buffer.concat(bodies))).toBe(true)
  })

  test('packs bodies of many rows', async () => {
    const rows = Array.from({ length: 100 }, (_, index) => ({ stream_id: '8888_room1', pic_url: `room1_${index}.jpg` }))
    const body = JSON.stringify(rows)
    for (let count = 0; count < 100; count += 1) await open().receive(`${count}`, toBatch(body))
    const bytes = Number(await redis.command('MEMORY', 'USAGE', streamKey, 'SAMPLES', 0))
    expect(bytes / 100).toBeLessThan(body.length / 4)
  })

  test('works on after Redis has lost everything', async () => {
    const store = open()
    await store.receive('1', toBatch('a'))
    const [lost] = await store.listUnread('main')
    if (!lost) throw new Error('a batch was received')
    await redis.flush()
    expect(await store.listUnread('main')).toEqual([])
    for (const kind of ['read', 'empty'] as const) await store.finish(lost, { kind })
    await store.finish(lost, { kind: 'quarantined', reason: 'ROWS', rows: 1 })
    expect(await redis.command('DBSIZE')).toBe(0)
    expect(await store.countUnread('main')).toBe(0)
    expect(await store.prune('main', FOREVER)).toBe(0)
    await store.receive('1', toBatch('a'))
    expect(toTexts(await store.listUnread('main'))).toEqual(['a'])
  })

  test('still has a batch unread when Redis had no room to note what came of it', async () => {
    const store = open()
    await store.receive('1', toBatch('a'))
    const [batch] = await store.listUnread('main')
    if (!batch) throw new Error('a batch was received')
    await redis.command('CONFIG', 'SET', 'maxmemory', 1)
    try {
      for (const outcome of [{ kind: 'read' }, { kind: 'quarantined', reason: 'ROWS', rows: 1 }] as const)
        await expect(store.finish(batch, outcome)).rejects.toMatchObject({ code: 'OOM' })
      await expect(store.receive('2', toBatch('b'))).rejects.toMatchObject({ code: 'OOM' })
      expect(await store.listUnread('main')).toEqual([batch])
    } finally {
      await redis.command('CONFIG', 'SET', 'maxmemory', 0)
    }
    await store.receive('2', toBatch('b'))
    expect(toTexts(await store.listUnread('main'))).toEqual(['a', 'b'])
  })

  test('makes its group anew when it is gone, beside those of others', async () => {
    const store = open()
    await store.receive('1', toBatch('a'))
    await store.listUnread('main')
    await redis.command('XGROUP', 'CREATE', streamKey, 'somebody', '0')
    await redis.command('XGROUP', 'DESTROY', streamKey, 'readers')
    expect(await store.prune('main', FOREVER)).toBe(0)
    expect(toTexts(await store.listUnread('main'))).toEqual(['a'])
  })

  test('passes over batches that somebody has deleted', async () => {
    const store = open()
    await store.receive('1', toBatch('a'))
    await store.receive('2', toBatch('b'))
    const [first] = await store.listUnread('main')
    await redis.command('XDEL', streamKey, first?.id ?? '')
    expect(toTexts(await store.listUnread('main'))).toEqual(['b'])
    await redis.command('DEL', streamKey)
    expect(await store.listUnread('main')).toEqual([])
  })

  test('gives out an entry that is no batch, for it to be put into quarantine', async () => {
    const store = open()
    const id = String(await redis.command('XADD', streamKey, '*', 'note', 'x', 'body', '{"not":"packed"}'))
    const spoilt = String(await redis.command('XADD', streamKey, '*', 'status', '-', 'bytes', '9', 'body', 'AAAA'))
    const unread = await store.listUnread('main')
    const time = Number(id.split('-')[0])
    expect(unread[0]).toEqual({ ...toBatch('{"not":"packed"}'), id, asked: 0, status: 0, receivedAt: time })
    expect(unread[1]).toMatchObject({ id: spoilt, status: 0 })
    for (const batch of unread)
      await store.finish(batch, { kind: 'quarantined', reason: 'UPSTREAM_RESPONSE', rows: null })
    expect(await store.listUnread('main')).toEqual([])
    expect(await store.listQuarantined('main', null, 10)).toMatchObject([
      { id: spoilt },
      { id, receivedAt: time, bytes: 0 },
    ])
  })

  test('what was forgotten is gone from Redis, and does not come back when it is handed over again', async () => {
    const store = open()
    await store.receive('1', toBatch('<html>'))
    const [batch] = await store.listUnread('main')
    if (!batch) throw new Error('a batch was received')
    await store.finish(batch, { kind: 'quarantined', reason: 'UPSTREAM_RESPONSE', rows: null })
    expect(await store.forget('main', batch.id)).toBe(true)
    expect(await redis.command('XLEN', streamKey)).toBe(0)
    expect(await redis.command('XPENDING', streamKey, 'readers')).toEqual([0, null, null, null])
    expect(await redis.command('EXISTS', `${streamKey}:quarantined`)).toBe(0)
    await store.receive('1', toBatch('<html>'))
    expect(await store.listUnread('main')).toEqual([])
  })

  test('forgets a note whose batch somebody has deleted', async () => {
    const store = open()
    await store.receive('1', toBatch('<html>'))
    const [batch] = await store.listUnread('main')
    if (!batch) throw new Error('a batch was received')
    await store.finish(batch, { kind: 'quarantined', reason: 'UPSTREAM_RESPONSE', rows: null })
    await redis.command('XDEL', streamKey, batch.id)
    expect(await store.findKept('main', batch.id)).toBeUndefined()
    expect(await store.forget('main', batch.id)).toBe(true)
    expect(await store.listQuarantined('main', null, 10)).toEqual([])
  })

  test('pages through what is in quarantine in the order of the ids, not of their texts', async () => {
    const store = open()
    const ids = ['9-1', '9-2', '9-10', '10-1', '100-0']
    for (const id of ids) await redis.command('XADD', streamKey, id, 'status', '200')
    for (const batch of await store.listUnread('main'))
      await store.finish(batch, { kind: 'quarantined', reason: 'UPSTREAM_RESPONSE', rows: null })
    const seen: string[] = []
    for (let after: string | null = null; ; ) {
      const [note]: readonly QuarantinedBatch[] = await store.listQuarantined('main', after, 1)
      if (!note) break
      seen.push(note.id)
      after = note.id
    }
    expect(seen).toEqual(ids.toReversed())
  })

  test('says that the link is down', async () => {
    const closed = await openLink(redis.url, 'weir-test')
    await closed.close()
    const store = open({ link: closed })
    await expect(store.receive('1', toBatch('a'))).rejects.toThrow(LinkDownError)
    await expect(store.listUnread('main')).rejects.toThrow(LinkDownError)
  })

  test('keeps what is of one account in one place of a cluster', async () => {
    const cluster = await startCluster()
    const clusterLink = await openLink(cluster.url, 'weir-test', patient)
    try {
      const store = open({ link: clusterLink })
      for (const account of ['a', 'b', 'c', 'd', 'e', 'f']) {
        for (const text of ['1', '2']) await store.receive(text, toBatch(text, account))
        const [first, second] = await store.listUnread(account)
        if (!first || !second) throw new Error('two batches were received')
        await store.finish(first, { kind: 'read' })
        await store.finish(second, { kind: 'quarantined', reason: 'ROWS', rows: 1 })
        expect(toTexts(await store.listKept(account, null, 10))).toEqual(['1', '2'])
        expect(await store.listQuarantined(account, null, 10)).toHaveLength(1)
        expect(await store.countUnread(account)).toBe(0)
        expect(await store.prune(account, FOREVER)).toBe(1)
      }
    } finally {
      await clusterLink.close()
      await cluster.close()
    }
  })
})
