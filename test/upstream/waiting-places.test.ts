import { Redis } from 'ioredis'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { openTestRedis, type SharedRedis } from '#test/support/redis-server.ts'
import { SLACK_MS } from '#upstream/expiry-plan.ts'
import { listGrants } from './model/call-figures.ts'
import { NEVER_MS, OPERATION, SPAN_MS, STEP_MS, TRIP_MS, WaitingFleet } from './model/waiting-fleet.ts'

const TAPE = 'Live_Tape_GetFilelist'
/** How long it takes at most until somebody who waits sees what has become of the line. */
const LOOK_MS = 100

let server: SharedRedis
let redis: Redis
let fleet: WaitingFleet

beforeAll(async () => {
  server = await openTestRedis()
  redis = new Redis(server.url)
})

afterEach(() => fleet.close())

afterAll(async () => {
  redis.disconnect()
  await server.close()
})

describe('replicas that wait for starts', () => {
  it.each([1000, LOOK_MS / 2])('give up the places of calls that are cancelled %d ms before', async (beforeMs) => {
    fleet = await WaitingFleet.open(redis, 40)
    const turnMs = await fleet.useUp()
    const leaving = fleet.sendMany(0, 20)
    await fleet.run(TRIP_MS)
    const [next] = fleet.sendMany(1, 1)
    await fleet.time.runUntil(turnMs - beforeMs)
    for (const call of leaving) call.leave()
    await fleet.time.runUntil(turnMs + LOOK_MS + TRIP_MS)
    expect(next?.grantedAtMs).toBeLessThanOrEqual(turnMs - Math.min(0, beforeMs - LOOK_MS) + TRIP_MS)
    expect(listGrants(leaving)).toEqual([])
  })

  it('tell newcomers of places that were given up', async () => {
    fleet = await WaitingFleet.open(redis, 40)
    const turnMs = await fleet.useUp()
    const leaving = fleet.sendMany(0, 20)
    await fleet.run(STEP_MS)
    const hasTime = () => ({ withinMs: turnMs + STEP_MS + SLACK_MS - fleet.time.nowMs })
    const early = fleet.send(1, hasTime())
    await fleet.run(TRIP_MS)
    expect(early.refusedAtMs).toBeDefined()
    for (const call of leaving) call.leave()
    // As long as nobody waits there, it looks twice a second.
    await fleet.run(500)
    const late = fleet.send(1, hasTime())
    await fleet.time.runUntil(turnMs + TRIP_MS)
    expect(late.grantedAtMs).toBeDefined()
  })

  it('give up the places of one that leaves', async () => {
    fleet = await WaitingFleet.open(redis, 40)
    const turnMs = await fleet.useUp()
    fleet.sendMany(0, 20)
    await fleet.run(TRIP_MS)
    const [next] = fleet.sendMany(1, 1)
    await fleet.time.runUntil(turnMs - 1000)
    await fleet.stop(0)
    await fleet.time.runUntil(turnMs + TRIP_MS)
    expect(next?.grantedAtMs).toBeDefined()
  })

  it("wait for no call that waits for an interface's own limit", async () => {
    fleet = await WaitingFleet.open(redis, 40, { [TAPE]: { limit: 1, windowSeconds: 10 } })
    const tape = () => fleet.send(0, { operation: TAPE })
    const tapes = [tape(), tape()]
    // The first counts no more for the account, but for its interface until after the turn of the next one.
    await fleet.run(SPAN_MS)
    const turnMs = await fleet.useUp()
    const [next] = fleet.sendMany(1, 1)
    await fleet.time.runUntil(turnMs + TRIP_MS)
    expect(next?.grantedAtMs).toBeDefined()
    await fleet.run(SPAN_MS)
    expect(listGrants(tapes)).toHaveLength(2)
  })

  it('have a place for a call whose turn comes in time, and none for one that would be late', async () => {
    fleet = await WaitingFleet.open(redis, 40)
    const turnMs = await fleet.useUp()
    const wish = { operation: OPERATION, lane: 'interactive' } as const
    const taking = fleet.at(0).ledger.take([
      { ...wish, waitsUntilMs: turnMs + STEP_MS },
      { ...wish, waitsUntilMs: turnMs + STEP_MS },
      { ...wish, waitsUntilMs: turnMs + STEP_MS },
    ])
    await fleet.run(500)
    expect(await taking).toEqual([undefined, undefined, undefined])
    // Whoever comes now is the second.
    const turnOfNext = fleet.at(1).ledger.plan().freeAt(wish, fleet.time.nowMs)
    expect(Math.abs(turnOfNext - (turnMs + STEP_MS + SLACK_MS))).toBeLessThanOrEqual(TRIP_MS)
  })

  it('have none for a call that was refused, and one at once for the next', async () => {
    fleet = await WaitingFleet.open(redis, 40)
    const turnMs = await fleet.useUp()
    await fleet.time.runUntil(turnMs - 30)
    fleet.sendMany(2, 1)
    await fleet.time.runUntil(turnMs + 1)
    const late = fleet.send(1, { withinMs: 10 })
    await fleet.run(20)
    expect(late.refusedAtMs).toBeDefined()
    const [one] = fleet.sendMany(1, 1)
    await fleet.run(TRIP_MS)
    const [other] = fleet.sendMany(0, 1)
    await fleet.run(SPAN_MS)
    expect(one?.grantedAtMs).toBeLessThan(other?.grantedAtMs ?? 0)
  })

  it('have none for a call that would have to wait for its interface all the same', async () => {
    fleet = await WaitingFleet.open(redis, 40, { [TAPE]: { limit: 1, windowSeconds: 10 } })
    const wish = { operation: TAPE, lane: 'interactive', waitsUntilMs: NEVER_MS } as const
    const first = fleet.at(0).ledger.take([wish])
    await fleet.run(SPAN_MS)
    const turnMs = await fleet.useUp()
    const second = fleet.at(0).ledger.take([wish])
    await fleet.run(TRIP_MS)
    const reading = fleet.at(1).ledger.read()
    await fleet.run(TRIP_MS)
    expect(await reading).toMatchObject({ remaining: 0 })
    expect([await first, await second]).toEqual([[expect.anything()], [undefined]])
    const turnOfNext = fleet
      .at(1)
      .ledger.plan()
      .freeAt({ ...wish, operation: OPERATION }, fleet.time.nowMs)
    expect(Math.abs(turnOfNext - (turnMs + SLACK_MS))).toBeLessThanOrEqual(TRIP_MS)
  })
})
