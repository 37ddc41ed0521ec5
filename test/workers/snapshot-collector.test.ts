import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Ask } from '#contract/ask.ts'
import { GatewayError } from '#model/errors.ts'
import { CollectorRig, give, giveNothing, toBody } from '#test/support/collector-rig.ts'
import { settle } from '#test/support/fake-clock.ts'

let rig: CollectorRig
beforeEach(() => {
  rig = new CollectorRig()
})
afterEach(() => rig.dispose())

describe('pace', () => {
  test('asks for 10 every pollSeconds while batches come back short', async () => {
    rig.turns = [give(3), give(9)]
    rig.start()
    await rig.clock.advance(25_000)
    expect(rig.pops).toEqual([
      { atMs: 0, count: 10 },
      { atMs: 10_000, count: 10 },
      { atMs: 20_000, count: 10 },
    ])
    expect(rig.found).toHaveLength(12)
    expect(await rig.countStored()).toBe(12)
  })

  test('doubles up to 100 under a backlog, at most 1 s apart, and goes back to 10', async () => {
    rig.turns = Array.from({ length: 6 }, () => give('full'))
    rig.start()
    await rig.clock.advance(20_000)
    expect(rig.pops.map(({ count }) => count)).toEqual([10, 20, 40, 80, 100, 100, 100, 10])
    const pauses = rig.pops.slice(1, 7).map(({ atMs }, index) => atMs - (rig.pops[index]?.atMs ?? 0))
    expect(Math.max(...pauses)).toBeLessThanOrEqual(1000)
    expect(Math.min(...pauses)).toBeGreaterThan(500)
    expect(await rig.countStored()).toBe(350)
  })

  test('follows a full batch at once when the pop itself took long', async () => {
    rig.turns = [
      async (pop) => {
        pop.sent()
        await rig.clock.delay(5000)
        return pop.answer(toBody(pop.count, 'slow'))
      },
    ]
    rig.start()
    await rig.clock.advance(5000)
    expect(rig.pops.map(({ atMs }) => atMs)).toEqual([0, 5000])
  })

  test('asks in the background lane, with a minute to answer', async () => {
    const asks: Ask[] = []
    rig.turns = [
      (pop) => {
        asks.push(pop.ask)
        return giveNothing(pop)
      },
    ]
    rig.start()
    await settle()
    expect(asks).toMatchObject([{ lane: 'background', deadlineAtMs: 60_000 }])
  })
})

describe('start', () => {
  test('reads what an earlier process kept and did not read, of its own account only', async () => {
    const toBatch = (account: string, body: string) => ({
      account,
      asked: 100,
      status: 200,
      body: Buffer.from(body),
      receivedAt: 5,
    })
    await rig.stores.journal.keep(toBatch('main', '["a","b"]'))
    await rig.stores.journal.keep(toBatch('main', 'broken'))
    await rig.stores.journal.keep(toBatch('main', 'throttled'))
    await rig.stores.journal.keep(toBatch('other', '["c"]'))
    rig.reopen()
    rig.start()
    await settle()
    expect(rig.found.map(({ receivedAt }) => receivedAt)).toEqual([5, 5])
    expect(await rig.stores.batches.countUnread('main')).toBe(0)
    expect(await rig.stores.batches.countUnread('other')).toBe(1)
    expect(await rig.readUnknown()).toBe(100)
  })

  test('counts a pop that its process did not live to see answered', async () => {
    await rig.stores.journal.announce('main', 40)
    await rig.stores.journal.announce('other', 10)
    rig.start()
    await settle()
    expect(await rig.readUnknown()).toBe(40)
    expect(rig.pops).toHaveLength(1)
    expect(await rig.stores.journal.findAnnounced('other')).not.toBeNull()
  })

  test('starts once, and not again after it was stopped', async () => {
    const started = rig.start()
    started.start()
    await settle()
    expect(rig.pops).toHaveLength(1)
    await started.stop()
    expect(() => started.start()).toThrow(GatewayError)
  })
})

describe('stop', () => {
  test('waits for the pop in flight and stores what it brings', async () => {
    const arrival = Promise.withResolvers<void>()
    rig.turns = [
      async ({ sent, answer }) => {
        sent()
        await arrival.promise
        return answer(toBody(5, 'late'))
      },
    ]
    const started = rig.start()
    await settle()
    let stopped = false
    const stopping = started.stop().then(() => {
      stopped = true
    })
    await settle()
    expect(stopped).toBe(false)
    arrival.resolve()
    await stopping
    expect(await rig.countStored()).toBe(5)
    expect(rig.found).toHaveLength(5)
    expect(rig.clock.waiting).toBe(0)
    expect(rig.pops).toHaveLength(1)
  })

  test('gives up a pop that waits for its start, and counts nothing for it', async () => {
    rig.turns = [
      ({ ask }) => new Promise((_, reject) => ask.signal.addEventListener('abort', () => reject(ask.signal.reason))),
    ]
    const started = rig.start()
    await settle()
    await started.stop()
    expect(await rig.readUnknown()).toBe(0)
    expect(await rig.stores.journal.findAnnounced('main')).toBeNull()
  })

  test('never gives up a pop that has left', async () => {
    let aborted = false
    const arrival = Promise.withResolvers<void>()
    rig.turns = [
      async ({ ask, sent, answer }) => {
        sent()
        ask.signal.addEventListener('abort', () => {
          aborted = true
        })
        await arrival.promise
        return answer('[]')
      },
    ]
    const started = rig.start()
    await settle()
    const stopping = started.stop()
    await settle()
    arrival.resolve()
    await stopping
    expect(aborted).toBe(false)
  })

  test('ends at once between pops', async () => {
    const started = rig.start()
    await settle()
    await started.stop()
    await rig.clock.advance(60_000)
    expect(rig.pops).toHaveLength(1)
  })
})
