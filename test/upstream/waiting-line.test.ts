import { Redis } from 'ioredis'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { TestGate } from '#test/contract/quota-rig.ts'
import { openTestRedis, type SharedRedis } from '#test/support/redis-server.ts'
import {
  countBySpan,
  findWorstOvertaking,
  listDelays,
  listErrors,
  listGrants,
  toQuantile,
} from './model/call-figures.ts'
import {
  createRandom,
  type SentCall,
  SPAN_MS,
  STEP_MS,
  TRIP_MS,
  toCapacity,
  WAYS_MS,
  WaitingFleet,
} from './model/waiting-fleet.ts'

const DEADLINE_MS = 3000
/** How long the first in the line has time to come. */
const DOZE_MS = 250
/** How long it takes at most until somebody who waits sees what has become of the line. */
const LOOK_MS = 100

let server: SharedRedis
let redis: Redis

beforeAll(async () => {
  server = await openTestRedis()
  redis = new Redis(server.url)
})

afterAll(async () => {
  redis.disconnect()
  await server.close()
})

describe('three replicas that want twice of what there is', () => {
  const LIMIT = 300
  let fleet: WaitingFleet
  let endMs: number

  beforeAll(async () => {
    fleet = await WaitingFleet.open(redis, LIMIT)
    await fleet.receive(20_000, [40, 40, 40], DEADLINE_MS, createRandom(1))
    endMs = fleet.time.nowMs
    await fleet.run(DEADLINE_MS)
  }, 300_000)

  afterAll(() => fleet.close())

  it('tell whoever comes too late so at once', () => {
    const delays = listDelays(fleet.calls)
    expect(delays.length).toBeGreaterThan(900)
    expect(toQuantile(delays, 0.99)).toBeLessThanOrEqual(20)
  })

  it('say when to come again', () => {
    const errors = listErrors(fleet.calls, endMs - DEADLINE_MS)
    expect(errors.length).toBeGreaterThan(800)
    expect(toQuantile(errors, 0.99)).toBeLessThanOrEqual(1000)
  })

  it('use what there is, and no more', () => {
    const firstRefusal = fleet.calls.find(({ refusedAtMs }) => refusedAtMs !== undefined)
    const counts = countBySpan(fleet.calls, SPAN_MS, firstRefusal?.sentAtMs ?? endMs, endMs)
    expect(counts.length).toBeGreaterThan(150)
    expect(Math.min(...counts)).toBeGreaterThanOrEqual(0.95 * toCapacity(LIMIT))
    expect(Math.max(...countBySpan(fleet.calls, SPAN_MS, 0, endMs))).toBeLessThanOrEqual(toCapacity(LIMIT))
  })

  it('let nobody start before one who came first', () => {
    expect(findWorstOvertaking(fleet.calls, TRIP_MS)).toBeLessThanOrEqual(TRIP_MS)
  })
})

describe('replicas in one line', () => {
  let fleet: WaitingFleet

  afterEach(() => fleet.close())

  it('start in the order in which they came, wherever they came to', async () => {
    fleet = await WaitingFleet.open(redis, 40)
    await fleet.useUp()
    const random = createRandom(2)
    const calls: SentCall[] = []
    for (let index = 0; index < 60; index += 1) {
      calls.push(fleet.send(Math.floor(random() * WAYS_MS.length)))
      await fleet.run(TRIP_MS + 1)
    }
    await fleet.run(3 * SPAN_MS)
    const grants = listGrants(calls)
    expect(grants).toHaveLength(calls.length)
    expect(grants).toEqual([...grants].sort((one, other) => one - other))
  })

  it('let nobody who is near pass one who is on his way', async () => {
    fleet = await WaitingFleet.open(redis, 40)
    const turnMs = await fleet.useUp()
    await fleet.time.runUntil(turnMs - 30)
    const far = fleet.send(2)
    await fleet.time.runUntil(turnMs + 1)
    const near = fleet.send(0)
    await fleet.run(STEP_MS + TRIP_MS)
    expect(near.grantedAtMs).toBeGreaterThan(far.grantedAtMs ?? Number.NaN)
  })

  it.each([1, 5])('wait a moment for one that does not come to its %d places, and lose no start', async (places) => {
    fleet = await WaitingFleet.open(redis, 40)
    const turnMs = await fleet.useUp()
    fleet.sendMany(0, places)
    await fleet.run(TRIP_MS)
    const others = fleet.sendMany(1, 10)
    await fleet.run(TRIP_MS)
    fleet.freeze(0)
    await fleet.run(SPAN_MS)
    const grants = listGrants(others)
    expect(grants).toHaveLength(others.length)
    for (const [index, grant] of grants.entries())
      expect(grant).toBeLessThanOrEqual(turnMs + Math.max(index * STEP_MS, DOZE_MS + 2 * LOOK_MS) + TRIP_MS)
  })

  it('use all there is while one of them has stopped, and let it take its part again when it goes on', async () => {
    fleet = await WaitingFleet.open(redis, 100)
    const random = createRandom(3)
    await fleet.receive(5000, [15, 15, 15], DEADLINE_MS, random)
    const frozenMs = fleet.time.nowMs
    fleet.freeze(0)
    await fleet.receive(5000, [0, 15, 15], DEADLINE_MS, random)
    const others = fleet.calls.filter(({ replica, sentAtMs }) => replica !== 0 && sentAtMs > frozenMs)
    expect(Math.max(...listDelays(others))).toBeLessThanOrEqual(DOZE_MS + 2 * LOOK_MS + TRIP_MS)
    fleet.thaw(0)
    const thawedMs = fleet.time.nowMs
    await fleet.receive(8000, [15, 15, 15], DEADLINE_MS, random)
    expect(Math.min(...countBySpan(fleet.calls, SPAN_MS, frozenMs, fleet.time.nowMs))).toBeGreaterThanOrEqual(
      0.95 * toCapacity(100),
    )
    const isBack = ({ replica, grantedAtMs = 0 }: SentCall) => replica === 0 && grantedAtMs > thawedMs
    expect(fleet.calls.filter(isBack).length).toBeGreaterThan(20)
  })

  it('have places again, though the line is never empty, after they could not use them', async () => {
    fleet = await WaitingFleet.open(redis, 40)
    const turnMs = await fleet.useUp()
    const gate = new TestGate()
    const held = fleet.send(0, { gate })
    await fleet.run(TRIP_MS)
    fleet.sendMany(1, 10)
    await fleet.time.runUntil(turnMs + 500)
    gate.isOpen = true
    gate.watcher?.opened()
    const others: SentCall[] = []
    for (let index = 0; index < 60; index += 1) {
      others.push(fleet.send(1))
      await fleet.run(STEP_MS)
    }
    await fleet.run(SPAN_MS)
    expect(held.grantedAtMs).toBeLessThan(others[20]?.grantedAtMs ?? 0)
  })

  it('do not lose the whole line to the one that floods it', async () => {
    fleet = await WaitingFleet.open(redis, 40)
    await fleet.useUp()
    const random = createRandom(4)
    await fleet.receive(4000, [60], DEADLINE_MS, random)
    const seldom: SentCall[] = []
    for (let turn = 0; turn < 3; turn += 1) {
      seldom.push(fleet.send(1, { withinMs: DEADLINE_MS }))
      await fleet.receive(4000, [60], DEADLINE_MS, random)
    }
    expect(listGrants(seldom)).toHaveLength(3)
  })

  it('refuse a flood in a moment, and say when to come again', async () => {
    fleet = await WaitingFleet.open(redis, 300)
    for (let index = 0; index < 600; index += 1) fleet.send(index % WAYS_MS.length, { withinMs: DEADLINE_MS })
    await fleet.receive(8000, [7, 7, 7], DEADLINE_MS, createRandom(5))
    const flood = fleet.calls.slice(0, 600)
    expect(listGrants(flood)).toHaveLength(toCapacity(300))
    expect(toQuantile(listDelays(flood), 0.99)).toBeLessThanOrEqual(50)
    const errors = listErrors(fleet.calls, fleet.time.nowMs - DEADLINE_MS)
    expect(errors.length).toBeGreaterThan(300)
    expect(toQuantile(errors, 0.99)).toBeLessThanOrEqual(1000)
  })
})
