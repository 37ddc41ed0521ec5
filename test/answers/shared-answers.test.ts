import { hash } from 'node:crypto'
import { Redis } from 'ioredis'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createSharedAnswers } from '#answers/shared-answers.ts'
import { type Link, MINUTE_MS, openAnswerReplica, type ReplicaOptions, watch } from '#test/answers/answer-fleet.ts'
import { describeAnswers, toRows } from '#test/contract/answers-kit.ts'
import { FakeClock } from '#test/support/fake-clock.ts'
import { knowFleetTime } from '#test/support/fleet-time.ts'
import { openLink, patient } from '#test/support/open-link.ts'
import { openTestRedis, startRedis } from '#test/support/redis-server.ts'

let redis: Awaited<ReturnType<typeof openTestRedis>>
let link: Awaited<ReturnType<typeof openLink>>
let client: Redis
beforeAll(async () => {
  redis = await openTestRedis()
  link = await openLink(redis.url, redis.prefix, patient)
  client = new Redis(redis.url)
})
afterAll(async () => {
  client?.disconnect()
  await link?.close()
  await redis?.close()
})

let prefixes = 0
const makePrefix = () => {
  prefixes += 1
  return `${redis.prefix}-${prefixes}`
}
const toRedisKey = (prefix: string, place: string, stamp = 'stamp') =>
  `${prefix}:answer:${hash('sha256', `${stamp}\n${place}`, 'base64url')}`

const openReplica = (options: ReplicaOptions = {}) =>
  openAnswerReplica({ over: link, prefix: makePrefix(), ...options })

describeAnswers('memory over redis', async (maxBytes) => {
  const { answers, clock, advance } = openReplica({ maxBytes })
  return { answers, clock, advance, stepWall: (ms) => clock.stepWall(ms) }
})

describe('answers in Redis', () => {
  it.each([10, 0, -10])(
    'are found by a replica whose wall clock is %i minutes off, with their life and age',
    async (minutes) => {
      const writer = openReplica({ wallLeadMs: minutes * MINUTE_MS })
      const reader = openReplica({ fleet: writer.fleet, prefix: writer.prefix })
      await reader.clock.advance(123_456)
      const body = toRows(200)
      const { headers } = await writer.keep('place', { body })
      await writer.advance(5000)
      await reader.clock.advance(5000)
      const nowMs = reader.clock.monotonicMs()
      const found = await reader.answers.fetch('place')
      expect(found).toMatchObject({
        headers,
        endsAtMs: nowMs + MINUTE_MS - 5000,
        age: { fetchedAtMs: nowMs - 7000, freshUntilMs: nowMs - 2000 },
      })
      expect(found?.body.equals(body)).toBe(true)
      expect(reader.answers.find('place')).toBe(found)
      await reader.clock.advance(MINUTE_MS - 5000)
      expect(reader.answers.find('place')).toBeUndefined()
    },
  )

  it('stand under keys that stay the same from release to release', async () => {
    const { prefix, keep } = openReplica()
    await keep('GET /v1/accounts')
    expect(await client.keys(`${prefix}:*`)).toEqual([`${prefix}:answer:_vao18YTh5cXCjm9XHOSdFP28rhf_OqCkyPA9ZWWIvA`])
  })

  it('are forgotten by Redis when their time is over', async () => {
    const { prefix, keep } = openReplica()
    await keep('short', { lifeMs: 5000.5 })
    await keep('long', { lifeMs: 60 * MINUTE_MS })
    const [short, long] = await Promise.all(['short', 'long'].map((place) => client.pttl(toRedisKey(prefix, place))))
    expect(short).toBeGreaterThan(3000)
    expect(short).toBeLessThanOrEqual(5001)
    expect(long).toBeGreaterThan(5 * MINUTE_MS - 3000)
    expect(long).toBeLessThanOrEqual(5 * MINUTE_MS)
  })

  it.each([
    ['junk', () => Buffer.from('junk')],
    ['nothing', () => Buffer.alloc(0)],
    ['half an answer', (bytes: Buffer) => bytes.subarray(0, bytes.length / 2)],
    [
      'an answer with another body',
      (bytes: Buffer) => Buffer.concat([bytes.subarray(0, bytes.length - 1), Buffer.from('x')]),
    ],
    ['an answer of another version', (bytes: Buffer) => Buffer.concat([Buffer.from([1]), bytes.subarray(1)])],
  ])('are not found where %s stands in their place', async (_name, spoil) => {
    const { fleet, prefix, keep } = openReplica()
    await keep('place')
    const reader = openReplica({ fleet, prefix })
    const key = toRedisKey(prefix, 'place')
    const bytes = await client.getBuffer(key)
    if (!bytes) throw new Error('was not written')
    await client.set(key, spoil(bytes))
    expect(await reader.read('place')).toBeUndefined()
    await client.set(key, bytes)
    expect(await reader.read('place')).toBe('place')
  })

  it('are not found where a list stands in their place', async () => {
    const { prefix, read } = openReplica()
    await client.rpush(toRedisKey(prefix, 'place'), 'x')
    expect(await read('place')).toBeUndefined()
  })

  it('are not shared when they are longer than 4 MiB, nor beyond 16 MiB at a time', async () => {
    const sent: number[] = []
    const over: Link = {
      state: () => link.state(),
      get: (key) => link.get(key),
      set: (_key, value) => {
        sent.push(value.length)
        return new Promise(() => undefined)
      },
    }
    const { answers, clock } = openReplica({ over })
    const keep = (place: string, bytes: number) =>
      answers.keep(
        place,
        { headers: [], body: Buffer.alloc(bytes), endsAtMs: clock.monotonicMs() + 5000, age: undefined },
        0,
      )
    keep('too long', 4 * 1024 ** 2 + 1)
    expect(answers.find('too long')).toBeDefined()
    expect(sent).toEqual([])
    for (const place of ['1', '2', '3', '4', '5']) keep(place, 4 * 1024 ** 2)
    expect(sent).toHaveLength(3)
    keep('short', 10)
    expect(sent).toHaveLength(4)
  })

  it('are shared again when what was on its way has arrived', async () => {
    const { keep, writing } = openReplica()
    for (const place of ['1', '2', '3', '4', '5', '6']) await keep(place, { body: Buffer.alloc(4 * 1024 ** 2) })
    expect(writing).toHaveLength(6)
  })

  it('stand there with 128 MiB of one process at most, until their time is over', async () => {
    let sent = 0
    const over: Link = {
      state: () => link.state(),
      get: (key) => link.get(key),
      set: async () => {
        sent += 1
      },
    }
    const { answers, clock } = openReplica({ over })
    const body = Buffer.alloc(4 * 1024 ** 2 - 200)
    const keep = async (lifeMs: number) => {
      const nowMs = clock.monotonicMs()
      answers.keep(`place ${sent}`, { headers: [], body, endsAtMs: nowMs + lifeMs, age: undefined }, nowMs)
      await Promise.resolve()
    }
    await keep(5000)
    for (let count = 0; count < 40; count += 1) await keep(MINUTE_MS)
    expect(sent).toBe(32)
    await clock.advance(5000)
    for (let count = 0; count < 5; count += 1) await keep(MINUTE_MS)
    expect(sent).toBe(33)
    await clock.advance(MINUTE_MS)
    await keep(MINUTE_MS)
    expect(sent).toBe(34)
  })

  it('are found until their end, wherever they are still to be had, and never from the future', async () => {
    const clock = new FakeClock()
    const fleet = new FakeClock()
    const fleetTime = knowFleetTime(clock, fleet)
    const { over, written } = watch(link)
    const shared = createSharedAnswers({ link: over, fleetTime, clock, prefix: makePrefix(), stamp: () => 'stamp' })
    shared.keep('place', {
      headers: [],
      body: Buffer.from('x'),
      endsAtMs: 5000,
      age: { fetchedAtMs: 0, freshUntilMs: 9 },
    })
    await written()
    fleet.stepWall(-400)
    expect(await shared.find('place')).toMatchObject({ endsAtMs: 5400, age: { fetchedAtMs: 0, freshUntilMs: 409 } })
    fleet.stepWall(400 + 4999)
    expect(await shared.find('place')).toBeDefined()
    fleet.stepWall(1)
    expect(await shared.find('place')).toBeUndefined()
  })

  it('are found under their own stamp alone, and not looked for while it is not known', async () => {
    let stamp: string | undefined = 'one'
    const writer = openReplica({ stamp: () => stamp })
    const reader = openReplica({ fleet: writer.fleet, prefix: writer.prefix, stamp: () => stamp })
    await writer.keep('place')
    stamp = 'two'
    expect(await reader.read('place')).toBeUndefined()
    stamp = undefined
    const asked = reader.asked.length
    expect(reader.answers.fetch('place')).toBeUndefined()
    expect(reader.asked).toHaveLength(asked)
    await writer.keep('unknown')
    expect(writer.writing).toHaveLength(1)
    stamp = 'one'
    expect(await reader.read('place')).toBe('place')
  })

  it('are not taken when the stamp changes while they are on their way', async () => {
    let stamp = 'one'
    const writer = openReplica({ stamp: () => stamp })
    const reader = openReplica({ fleet: writer.fleet, prefix: writer.prefix, stamp: () => stamp })
    await writer.keep('place')
    const reading = reader.read('place')
    stamp = 'two'
    expect(await reading).toBeUndefined()
    expect(reader.answers.find('place')).toBeUndefined()
  })

  it('come over once for all who ask at the same time', async () => {
    const writer = openReplica()
    const reader = openReplica({ fleet: writer.fleet, prefix: writer.prefix })
    await writer.keep('place')
    const found = await Promise.all(Array.from({ length: 50 }, () => reader.answers.fetch('place')))
    expect(new Set(found).size).toBe(1)
    expect(reader.asked).toEqual([toRedisKey(writer.prefix, 'place')])
  })

  it('are not shared when UTF-8 cannot tell their place from others', async () => {
    const { answers, prefix, keep } = openReplica()
    await keep('caller \ud800')
    expect(await client.keys(`${prefix}:*`)).toEqual([])
    expect(answers.fetch('caller \ud801')).toBeUndefined()
    expect(answers.find('caller \ud800')).toBeDefined()
  })

  it("are not found when the fleet's clock has gone back behind the moment they were kept", async () => {
    const { fleet, prefix, keep } = openReplica()
    await keep('place')
    fleet.stepWall(-1001)
    expect(await openReplica({ fleet, prefix }).read('place')).toBeUndefined()
    fleet.stepWall(1)
    expect(await openReplica({ fleet, prefix }).read('place')).toBe('place')
  })

  it('are nowhere while the time of the fleet is not known', async () => {
    const { over, asked, writing } = watch(link)
    const clock = new FakeClock()
    const fleetTime = { toFleet: () => undefined }
    const shared = createSharedAnswers({ link: over, fleetTime, clock, prefix: makePrefix(), stamp: () => 'stamp' })
    shared.keep('place', { headers: [], body: Buffer.from('x'), endsAtMs: 5000, age: undefined })
    expect(shared.find('place')).toBeUndefined()
    expect([asked, writing]).toEqual([[], []])
  })
})

describe('answers in a Redis that', () => {
  it.each(['freeze', 'kill'] as const)(
    'somebody chose to %s cost one timeout and then nothing, and never throw',
    async (fault) => {
      const own = await startRedis()
      const over = await openLink(own.url, 'weir')
      try {
        const { answers, asked, writing, keep, fleet } = openReplica({ over, prefix: 'weir' })
        await keep('place')
        const reader = openReplica({ over, prefix: 'weir', fleet })
        await own[fault]()
        const startedAt = performance.now()
        expect(await reader.answers.fetch('place')).toBeUndefined()
        expect(performance.now() - startedAt).toBeLessThan(700)
        expect(reader.answers.fetch('place')).toBeUndefined()
        await keep('other')
        expect(answers.fetch('third')).toBeUndefined()
        expect([reader.asked.length <= 1, asked.length, writing.length]).toEqual([true, 0, 1])
        expect(answers.find('other')).toBeDefined()
      } finally {
        await over.close()
        await own.close()
      }
    },
  )
})
