import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createSharedCount, type SharedCounter, type Standing } from '#access/shared-count.ts'
import { FakeClock, settle } from '#test/support/fake-clock.ts'

const WINDOW_MS = 60_000
const WEB = 'web'

/** A counter in this process, as far away as it is told to be. */
function createFakeCounter(clock: FakeClock) {
  const counts = new Map<string, { total: number; endsAtMs: number }>()
  let added = 0
  const adds: number[] = []
  const rig = {
    /** How long an answer takes; undefined: it fails. */
    latencyMs: 0 as number | undefined,
    adds,
    countOf: (key: string) => counts.get(key)?.total ?? 0,
    add: (async (key, points, windowMs) => {
      adds.push(points)
      added += points
      const { latencyMs } = rig
      if (latencyMs === undefined) throw new Error('away')
      if (latencyMs > 0) await clock.delay(latencyMs / 2)
      const nowMs = clock.monotonicMs()
      const known = counts.get(key)
      const count = known && known.endsAtMs > nowMs ? known : { total: 0, endsAtMs: nowMs + windowMs }
      count.total += points
      counts.set(key, count)
      const answer = { total: count.total, msLeft: count.endsAtMs - nowMs }
      if (latencyMs > 0) await clock.delay(latencyMs / 2)
      return answer
    }) satisfies SharedCounter['add'],
    added: () => added,
  }
  return rig
}

function openRig(limit: number, replicas: number, maxReplicas = replicas) {
  const clock = new FakeClock()
  const counter = createFakeCounter(clock)
  const options = { counter, clock, limit, windowMs: WINDOW_MS, maxReplicas }
  const counts = Array.from({ length: replicas }, () => createSharedCount(options))
  const take = (replica = 0, key = WEB): Promise<Standing | undefined> =>
    counts[replica % replicas]?.take(key) ?? Promise.resolve(undefined)
  /** The same, without a wait where there needs to be none. */
  const takeNow = (replica: number, key = WEB): Promise<Standing | undefined> => {
    const prospect = counts[replica % replicas]?.look(key, clock.monotonicMs())
    if (!prospect?.standing || prospect.standing.count > limit) return take(replica, key)
    prospect.count()
    return Promise.resolve(prospect.standing)
  }
  const isIn = (standing: Standing | undefined) => standing !== undefined && standing.count <= limit
  return { clock, counter, counts, take, takeNow, isIn }
}

/** Lets time pass until the promise has settled. */
async function waitFor<Value>(clock: FakeClock, act: Promise<Value>): Promise<Value> {
  let isSettled = false
  const mark = () => {
    isSettled = true
  }
  void act.then(mark, mark)
  while (!isSettled) await clock.advance(1)
  return await act
}

describe('a count that replicas share', () => {
  test('is asked once, then not waited for until half of the limit is used', async () => {
    const { take, counter, clock } = openRig(600, 1, 3)
    counter.latencyMs = 2
    expect(await waitFor(clock, take())).toEqual({ count: 1, msLeft: WINDOW_MS })
    for (let request = 2; request <= 100; request += 1) expect(await take()).toMatchObject({ count: request })
    expect(counter.adds).toEqual([1])
    await clock.advance(102)
    expect(counter.adds).toEqual([1, 99])
    expect(counter.countOf(WEB)).toBe(100)
  })

  test('is waited for when more than a share of the limit is unsettled', async () => {
    const { take, counter } = openRig(60, 1, 3)
    for (let request = 1; request <= 12; request += 1) expect(await take()).toMatchObject({ count: request })
    // The first one, then ten here and the next with them.
    expect(counter.adds).toEqual([1, 11])
  })

  test('is waited for by every request in the second half, and by every one of a small limit', async () => {
    const { take, counter, clock } = openRig(60, 1, 3)
    for (let request = 1; request <= 30; request += 1) {
      await take()
      await clock.advance(100)
    }
    const before = counter.adds.length
    for (let request = 31; request <= 60; request += 1) expect(await take()).toMatchObject({ count: request })
    expect(counter.adds.slice(before)).toEqual(Array(30).fill(1))

    const small = openRig(5, 1, 3)
    for (let request = 1; request <= 5; request += 1) expect(await small.take()).toMatchObject({ count: request })
    expect(small.counter.adds).toEqual([1, 1, 1, 1, 1])
  })

  test('is not asked any more once it is known to be used up, until it begins anew', async () => {
    const { take, isIn, counter, clock } = openRig(5, 1)
    for (let request = 1; request <= 5; request += 1) expect(isIn(await take())).toBe(true)
    await clock.advance(20_000)
    for (let request = 1; request <= 100; request += 1) {
      const standing = await take()
      expect(isIn(standing)).toBe(false)
      expect(standing?.msLeft).toBe(40_000)
    }
    expect(counter.added()).toBe(5)
    await clock.advance(40_000)
    expect(await take()).toEqual({ count: 1, msLeft: WINDOW_MS })
  })

  test('goes on in one settlement at a time, however many wait', async () => {
    const { take, isIn, counter, clock } = openRig(50, 1, 3)
    counter.latencyMs = 10
    const standings = await waitFor(clock, Promise.all(Array.from({ length: 100 }, () => take())))
    expect(counter.adds).toEqual([1, 99])
    expect(standings.filter(isIn)).toHaveLength(50)
    expect(standings.map((standing) => standing?.count)).toEqual(Array.from({ length: 100 }, (_, index) => index + 1))
  })

  test('is told nothing more before it has answered', async () => {
    const { take, counter, clock } = openRig(600, 1)
    await take()
    await take()
    counter.latencyMs = 150
    await clock.advance(110)
    await take()
    await clock.advance(110)
    expect(counter.adds).toEqual([1, 1])
    await clock.advance(140)
    expect(counter.adds).toEqual([1, 1, 1])
  })

  test('is each client’s own', async () => {
    const { take } = openRig(5, 1)
    for (let request = 1; request <= 5; request += 1) await take()
    expect(await take(0, 'team')).toMatchObject({ count: 1 })
  })

  test('is exact over replicas that are asked one after the other', async () => {
    const { take, isIn, clock } = openRig(40, 3)
    let admitted = 0
    for (let request = 0; request < 100; request += 1) {
      if (isIn(await take(request))) admitted += 1
      await clock.advance(100)
    }
    expect(admitted).toBe(40)
  })

  test('leaves it to the process when it is out of reach, and says so at once', async () => {
    const { take, counter, clock } = openRig(600, 1)
    expect(await take()).toMatchObject({ count: 1 })
    expect(await take()).toMatchObject({ count: 2 })
    counter.latencyMs = undefined
    await clock.advance(100)
    for (let request = 0; request < 10; request += 1) expect(await take()).toBeUndefined()
    counter.latencyMs = 0
    expect(await take()).toMatchObject({ count: 2 })
    expect(clock.waiting).toBe(0)
  })

  test('is waited for no longer than a tenth of a second, and by nobody while it is late', async () => {
    const { take, counter, clock } = openRig(5, 1)
    counter.latencyMs = 500
    const first = take()
    await clock.advance(50)
    const second = take()
    let isFirstOver = false
    void first.then(() => {
      isFirstOver = true
    })
    await clock.advance(49)
    expect(isFirstOver).toBe(false)
    await clock.advance(1)
    expect([await first, await second, await take(), await take()]).toEqual(Array(4).fill(undefined))
    counter.latencyMs = 0
    await clock.advance(400)
    // What came meanwhile was counted too, once.
    expect(counter.adds).toEqual([1])
    await clock.advance(100)
    expect(counter.adds).toEqual([1, 3])
    expect(await take()).toMatchObject({ count: 5 })
  })

  test('says without a wait what one more request would find, and counts nothing by that', async () => {
    const { counts, take, counter, clock } = openRig(60, 1, 3)
    const look = () => counts[0]?.look(WEB, clock.monotonicMs())
    expect(look()).toBeUndefined()
    await take()
    for (let time = 0; time < 100; time += 1) expect(look()?.standing).toEqual({ count: 2, msLeft: WINDOW_MS })
    for (let request = 2; request <= 11; request += 1) {
      expect(look()?.standing).toMatchObject({ count: request })
      look()?.count()
    }
    expect(look()).toBeUndefined()
    await clock.advance(100)
    expect(counter.adds).toEqual([1, 10])
    expect(look()?.standing).toMatchObject({ count: 12 })
    await clock.advance(WINDOW_MS)
    expect(look()).toBeUndefined()
  })

  test('does not make who need not wait wait for it for a second after it was out of reach', async () => {
    const { counts, take, counter, clock } = openRig(600, 1)
    const look = () => counts[0]?.look(WEB, clock.monotonicMs())
    counter.latencyMs = undefined
    await take()
    expect(look()).toMatchObject({ standing: undefined })
    await clock.advance(999)
    look()?.count()
    await clock.advance(100)
    // It was tried again.
    expect(counter.adds).toEqual([1, 1])
    expect(look()).toMatchObject({ standing: undefined })
    await clock.advance(1000)
    expect(look()).toBeUndefined()

    await take()
    counter.latencyMs = 0
    look()?.count()
    look()?.count()
    await clock.advance(100)
    expect(look()?.standing).toMatchObject({ count: 3 })
  })

  test('makes nobody who need not wait wait while it answers late', async () => {
    const { counts, take, counter, clock } = openRig(5, 1)
    const look = () => counts[0]?.look(WEB, clock.monotonicMs())
    counter.latencyMs = 500
    const first = take()
    await clock.advance(100)
    expect(await first).toBeUndefined()
    expect(look()).toMatchObject({ standing: undefined })
    look()?.count()
    await clock.advance(500)
    expect(counter.adds).toEqual([1, 1])
  })

  test('leaves no timer behind', async () => {
    const { take, counter, counts, clock } = openRig(600, 1)
    await take()
    await take()
    counter.latencyMs = 60_000
    const waiting = take(0, 'team')
    for (const count of counts) count.close()
    expect(await waiting).toBeUndefined()
    expect(await take(0, 'other')).toBeUndefined()
    await settle()
    // The fake counter's own.
    expect(clock.waiting).toBe(1)
  })

  test('never lets more through than the limit and what all replicas may have unsettled', async () => {
    const request = fc.record({
      replica: fc.nat(3),
      times: fc.integer({ min: 1, max: 30 }),
      pauseMs: fc.constantFrom(0, 0, 1, 7, 60, 120),
      latencyMs: fc.constantFrom(0, 1, 5, 40),
      isNow: fc.boolean(),
    })
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 120 }),
        fc.integer({ min: 1, max: 4 }),
        fc.array(request, { minLength: 1, maxLength: 25 }),
        async (limit, replicas, requests) => {
          const { take, takeNow, isIn, counter, counts, clock } = openRig(limit, replicas)
          const standings: Promise<Standing | undefined>[] = []
          for (const { replica, times, pauseMs, latencyMs, isNow } of requests) {
            counter.latencyMs = latencyMs
            for (let time = 0; time < times; time += 1) standings.push(isNow ? takeNow(replica) : take(replica))
            await clock.advance(pauseMs)
          }
          const all = await waitFor(clock, Promise.all(standings))
          const admitted = all.filter(isIn).length
          const asked = all.length
          expect(all).not.toContain(undefined)
          expect(admitted).toBeGreaterThanOrEqual(Math.min(limit, asked))
          expect(admitted).toBeLessThanOrEqual(limit + replicas * Math.floor(limit / (2 * replicas)))
          if (replicas === 1) expect(admitted).toBe(Math.min(limit, asked))
          // Whatever was let through is in the count once all is settled.
          await clock.advance(200)
          expect(counter.countOf(WEB)).toBeGreaterThanOrEqual(admitted)
          for (const count of counts) count.close()
        },
      ),
      { numRuns: 40 },
    )
  })
})
