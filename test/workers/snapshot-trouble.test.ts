import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { answerWith, CollectorRig, give, toBody } from '#test/support/collector-rig.ts'
import { settle } from '#test/support/fake-clock.ts'

let rig: CollectorRig
beforeEach(() => {
  rig = new CollectorRig()
})
afterEach(() => rig.dispose())

const toBatch = (body: string) => ({
  account: 'main',
  asked: 10,
  status: 200,
  body: Buffer.from(body),
  receivedAt: 5,
})

describe('a collector whose stores fail', () => {
  test('goes on soon after a store is back, however long it was away', async () => {
    const { snapshots } = rig.stores
    let isBroken = false
    rig.turns = [give(3)]
    rig.start({
      snapshots: {
        ...snapshots,
        add: (...received) => (isBroken ? Promise.reject(new Error('away')) : snapshots.add(...received)),
      },
    })
    isBroken = true
    await rig.clock.advance(300_000)
    const { length } = rig.pops
    isBroken = false
    await rig.clock.advance(2000)
    expect(await rig.countStored()).toBe(3)
    expect(rig.pops.length).toBe(length + 1)
  })

  test('counts an answer that cannot be read once, however often it cannot be put away', async () => {
    const { batches } = rig.stores
    let isBroken = true
    rig.turns = [answerWith('<html>')]
    rig.start({
      batches: {
        ...batches,
        finish: (...batch) => (isBroken ? Promise.reject(new Error('full')) : batches.finish(...batch)),
      },
    })
    await rig.clock.advance(60_000)
    expect(await rig.stores.journal.readTally('main')).toMatchObject({ batchesUnknown: 1, messagesUnknown: 10 })
    isBroken = false
    await rig.clock.advance(10_000)
    expect(await batches.listQuarantined('main', null, 10)).toHaveLength(1)
    expect(await rig.stores.journal.readTally('main')).toMatchObject({
      batchesUnknown: 1,
      messagesUnknown: 10,
      quarantined: 1,
    })
  })

  test('stores an answer with many more messages than it asked for', async () => {
    rig.turns = [answerWith(toBody(1050, 'many'))]
    rig.start()
    // Slices give way to others in real time.
    await expect.poll(() => rig.countStored()).toBe(1050)
  })
})

describe('a collector that is stopped', () => {
  test('sends no pop after a stop that came while it was reading', async () => {
    const { batches } = rig.stores
    const first = Promise.withResolvers<readonly []>()
    let reads = 0
    const collector = rig.start({
      batches: {
        ...batches,
        listUnread: (account) => {
          reads += 1
          return reads === 1 ? first.promise : batches.listUnread(account)
        },
      },
    })
    await settle()
    expect(reads).toBe(1)
    const stopping = collector.stop()
    first.resolve([])
    await stopping
    expect(rig.pops).toEqual([])
  })

  test('sends no pop after a stop that came while the pop was announced', async () => {
    const { journal } = rig.stores
    const announced = Promise.withResolvers<void>()
    const collector = rig.start({
      journal: {
        ...journal,
        announce: async (...pop) => {
          await announced.promise
          return journal.announce(...pop)
        },
      },
    })
    await settle()
    const stopping = collector.stop()
    announced.resolve()
    await stopping
    expect(rig.pops).toEqual([])
    expect(await journal.findAnnounced('main')).toBeNull()
    expect(await rig.readUnknown()).toBe(0)
  })

  test('does not wait for a long backlog to be read', async () => {
    for (let index = 0; index < 300; index += 1) await rig.stores.journal.keep(toBatch(`["${index}"]`))
    const { snapshots } = rig.stores
    const collector = rig.start({
      snapshots: {
        ...snapshots,
        add: async (...received) => {
          await rig.clock.delay(100)
          return snapshots.add(...received)
        },
      },
    })
    await settle()
    let stopped = false
    const stopping = collector.stop().then(() => {
      stopped = true
    })
    await rig.clock.advance(6000)
    await stopping
    expect(stopped).toBe(true)
    expect(await rig.stores.batches.countUnread('main')).toBeGreaterThan(200)
  })

  test('tries again to keep the last answer when the disk has room again', async () => {
    const { journal } = rig.stores
    let isFull = true
    rig.turns = [give(4)]
    const collector = rig.start({
      journal: {
        ...journal,
        keep: (batch) => (isFull ? Promise.reject(new Error('disk full')) : journal.keep(batch)),
      },
    })
    await settle()
    const stopping = collector.stop()
    await rig.clock.advance(1000)
    isFull = false
    await rig.clock.advance(1000)
    await stopping
    expect(await rig.countStored()).toBe(4)
  })
})

describe('an account that is not collected any more', () => {
  test('has brought in what was left behind, and pops nothing', async () => {
    await rig.stores.journal.keep(toBatch('["a","b"]'))
    await rig.stores.journal.announce('main', 20)
    const collector = rig.start({}, { collects: false })
    await rig.clock.advance(60_000)
    expect(await rig.countStored()).toBe(2)
    expect(await rig.readUnknown()).toBe(20)
    expect(rig.pops).toEqual([])
    expect(collector.isHolder()).toBe(false)
    await collector.stop()
  })
})

describe('how far behind a collector is', () => {
  test('is counted from the last pop that came back short, and from when it began at most', async () => {
    rig.turns = [give('full'), give(1)]
    const collector = rig.start()
    await settle()
    const startedAt = rig.clock.now()
    expect(collector.behindSince).toBe(startedAt)
    await rig.clock.advance(900)
    expect(collector.behindSince).toBe(startedAt + 900)
  })
})
