import { Redis } from 'ioredis'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { Lane } from '#contract/ask.ts'
import { openTestRedis, type SharedRedis } from '#test/support/redis-server.ts'
import { SLACK_MS } from '#upstream/expiry-plan.ts'
import { toBackgroundShare, toHeadroom } from '#upstream/lane-share.ts'
import { countBySpan, listDelays, listErrors, listGrants, toQuantile } from './model/call-figures.ts'
import {
  createRandom,
  OPERATION,
  type SentCall,
  SPAN_MS,
  STEP_MS,
  TRIP_MS,
  toCapacity,
  WaitingFleet,
} from './model/waiting-fleet.ts'

const DEADLINE_MS = 3000
const LIMIT = 300
/** How often a replica looks where nobody waits. */
const BEAT_MS = 500

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

describe.each([
  { spanMs: SPAN_MS, forMs: 25_000, perSecond: 40, backgroundPerSecond: 12 },
  { spanMs: SPAN_MS, forMs: 25_000, perSecond: 40, backgroundPerSecond: 5 },
  { spanMs: 60_250, forMs: 240_000, perSecond: 3, backgroundPerSecond: 0.1 },
])('three replicas that want twice of what there is, and $backgroundPerSecond background calls a second', (demand) => {
  const { spanMs, forMs, perSecond, backgroundPerSecond } = demand
  const share = toBackgroundShare(toCapacity(LIMIT))
  let fleet: WaitingFleet
  let interactive: readonly SentCall[]
  let background: readonly SentCall[]
  /** From when there is nothing left. */
  let fullMs: number
  let endMs: number

  beforeAll(async () => {
    fleet = await WaitingFleet.open(redis, LIMIT, {}, spanMs)
    await fleet.receive(forMs, [perSecond, perSecond, perSecond], DEADLINE_MS, createRandom(6), backgroundPerSecond)
    endMs = fleet.time.nowMs
    await fleet.run(DEADLINE_MS)
    interactive = fleet.calls.filter(({ lane }) => lane === 'interactive')
    background = fleet.calls.filter(({ lane }) => lane === 'background')
    fullMs = interactive.find(({ refusedAtMs }) => refusedAtMs !== undefined)?.sentAtMs ?? endMs
  }, 300_000)

  afterAll(() => fleet.close())

  it('tell whoever comes too late so at once', () => {
    expect(listDelays(interactive).length).toBeGreaterThan(900)
    expect(toQuantile(listDelays(interactive), 0.99)).toBeLessThanOrEqual(20)
    expect(Math.max(0, ...listDelays(background))).toBeLessThanOrEqual(20)
  })

  it('say when to come again', () => {
    const errors = listErrors(interactive, endMs - DEADLINE_MS)
    expect(errors.length).toBeGreaterThan(800)
    expect(toQuantile(errors, 0.99)).toBeLessThanOrEqual(1000)
    expect(Math.max(0, ...listErrors(background, endMs - DEADLINE_MS))).toBeLessThanOrEqual(1000)
  })

  it('give the background what it asks for, up to its share', () => {
    const grants = listGrants(background)
    for (const { refusedAtMs } of background) {
      if (refusedAtMs === undefined) continue
      const held = grants.filter((atMs) => atMs > refusedAtMs - spanMs && atMs <= refusedAtMs)
      expect(held.length).toBeGreaterThanOrEqual(0.95 * share)
    }
    expect(grants.length).toBeGreaterThan(20)
    expect(Math.max(...countBySpan(background, spanMs, fullMs, endMs))).toBeLessThanOrEqual(share)
  })

  it('use what there is, and no more', () => {
    const counts = countBySpan(interactive, spanMs, fullMs, endMs)
    expect(Math.min(...counts)).toBeGreaterThanOrEqual(0.95 * (toCapacity(LIMIT) - share))
    expect(Math.max(...countBySpan(fleet.calls, spanMs, 0, endMs))).toBeLessThanOrEqual(toCapacity(LIMIT))
  })
})

describe('two lanes of one log', () => {
  const SMALL = 40
  const share = toBackgroundShare(toCapacity(SMALL))
  const headroom = toHeadroom(toCapacity(SMALL))
  let fleet: WaitingFleet

  afterEach(() => fleet.close())

  /** When a replica that has no place is told that its turn would come. */
  async function expectNextAt(turnMs: number, lane: Lane) {
    await fleet.run(BEAT_MS + TRIP_MS)
    const toldMs = fleet.at(1).ledger.plan().freeAt({ operation: OPERATION, lane }, fleet.time.nowMs)
    expect(Math.abs(toldMs - SLACK_MS - turnMs)).toBeLessThanOrEqual(TRIP_MS)
  }

  it('know of each other when the background begins to work while all is used', async () => {
    fleet = await WaitingFleet.open(redis, SMALL)
    const turnMs = await fleet.useUp()
    const others = fleet.sendMany(1, 5)
    await fleet.run(TRIP_MS)
    const first = fleet.send(0, { lane: 'background' })
    // Its share is kept from now on, and filled by one.
    const next = fleet.send(2, { withinMs: turnMs + (share + others.length) * STEP_MS - fleet.time.nowMs })
    await fleet.run(2 * TRIP_MS)
    expect(next.refusedAtMs).toBeDefined()
    await fleet.run(SPAN_MS)
    expect(first.grantedAtMs).toBeLessThanOrEqual(turnMs + TRIP_MS)
    expect(listGrants(others)).toHaveLength(others.length)
    for (const [index, grantedAtMs] of listGrants(others).entries())
      expect(Math.abs(grantedAtMs - (turnMs + (share + index) * STEP_MS))).toBeLessThanOrEqual(TRIP_MS)
  })

  it('have the background wait beyond its share until others have room enough', async () => {
    fleet = await WaitingFleet.open(redis, SMALL)
    const turnMs = await fleet.useUp()
    const calls = Array.from({ length: share + 2 }, () => fleet.send(0, { lane: 'background' }))
    await expectNextAt(turnMs + (share + headroom + 2) * STEP_MS, 'background')
    await fleet.run(2 * SPAN_MS)
    expect(listGrants(calls).map((atMs) => Math.round((atMs - turnMs) / STEP_MS))).toEqual([
      ...Array.from({ length: share }, (_, index) => index),
      share + headroom,
      share + headroom + 1,
    ])
  })

  it('leave what comes free beyond the share to those who wait for it', async () => {
    fleet = await WaitingFleet.open(redis, SMALL)
    const turnMs = await fleet.useUp()
    Array.from({ length: share }, () => fleet.send(0, { lane: 'background' }))
    await fleet.time.runUntil(turnMs + share * STEP_MS)
    fleet.sendMany(1, 20)
    await fleet.run(5 * STEP_MS)
    // There would be time enough for all of those, and the room that the background leaves to others.
    const late = fleet.send(0, { lane: 'background', withinMs: 42 * STEP_MS })
    await fleet.run(TRIP_MS)
    expect(late.refusedAtMs).toBeDefined()
  })

  it('have for everybody what the background had started beyond its share', async () => {
    fleet = await WaitingFleet.open(redis, SMALL)
    const beyond = 4
    const early: SentCall[] = []
    while (early.length < beyond + share) {
      early.push(fleet.send(0, { lane: 'background' }))
      await fleet.run(STEP_MS)
    }
    const turnMs = (await fleet.useUp(early.length)) - early.length * STEP_MS
    // It is still at work.
    void fleet.at(0).ledger.take([{ operation: OPERATION, lane: 'background' }])
    await expectNextAt(turnMs, 'interactive')
    fleet.sendMany(2, beyond)
    await expectNextAt(turnMs + (beyond + share) * STEP_MS, 'interactive')
  })
})
