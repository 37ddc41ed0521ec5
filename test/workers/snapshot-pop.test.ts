import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { QuotaExhaustedError, UpstreamError } from '#model/errors.ts'
import { answerWith, CollectorRig, give, giveNothing, type Turn } from '#test/support/collector-rig.ts'
import { settle } from '#test/support/fake-clock.ts'

let rig: CollectorRig
beforeEach(() => {
  rig = new CollectorRig()
})
afterEach(() => rig.dispose())

describe('a collector after a failed pop', () => {
  const fail =
    (error: unknown, leaves = true): Turn =>
    async ({ sent }) => {
      if (leaves) sent()
      throw error
    }

  test('never repeats a pop before pollSeconds, and backs off to a minute', async () => {
    rig.turns = Array.from({ length: 6 }, () => fail(new UpstreamError('UPSTREAM_TIMEOUT', 'no answer')))
    rig.start()
    await rig.clock.advance(220_000)
    expect(rig.pops.map(({ atMs }) => atMs / 1000)).toEqual([0, 10, 30, 70, 130, 190])
  })

  test('counts what a pop without an answer may have taken', async () => {
    rig.turns = [give('full'), fail(new UpstreamError('UPSTREAM_TIMEOUT', 'no answer'))]
    rig.start()
    await rig.clock.advance(5000)
    expect(await rig.readUnknown()).toBe(20)
    expect(await rig.stores.journal.findAnnounced('main')).toBeNull()
  })

  test.each([
    ['that never left', fail(new UpstreamError('UPSTREAM_UNAVAILABLE', 'no connection'), false)],
    ['that found no quota', fail(new QuotaExhaustedError('none', { retryAfterMs: 1 }), false)],
    ['that was refused', fail(new UpstreamError('UPSTREAM_CREDENTIAL', 'refused'))],
  ])('counts nothing for a pop %s', async (_, turn) => {
    rig.turns = [turn]
    rig.start()
    await rig.clock.advance(5000)
    expect(await rig.readUnknown()).toBe(0)
    expect(await rig.stores.journal.findAnnounced('main')).toBeNull()
    expect(rig.pops).toHaveLength(1)
  })

  test('waits as long as the provider asks for', async () => {
    rig.turns = [answerWith('throttled'), giveNothing]
    rig.start()
    await rig.clock.advance(24_999)
    expect(rig.pops).toHaveLength(1)
    await rig.clock.advance(1)
    expect(rig.pops).toHaveLength(2)
    expect(await rig.readUnknown()).toBe(0)
    expect(await rig.stores.batches.listUnread('main')).toEqual([])
  })

  test('quarantines an answer that cannot be read, counts it, and goes on', async () => {
    rig.turns = [answerWith('<html>'), give(2)]
    rig.start()
    await rig.clock.advance(10_000)
    expect(await rig.readUnknown()).toBe(10)
    expect(await rig.stores.batches.listUnread('main')).toEqual([])
    expect(rig.found).toHaveLength(2)
    expect(JSON.stringify(rig.logged)).not.toContain('<html>')
  })

  test('pops nothing while the store says that it could not keep an answer', async () => {
    let isFull = true
    const { journal } = rig.stores
    rig.start({
      journal: {
        ...journal,
        announce: (...pop) => (isFull ? Promise.reject(new Error('disk full')) : journal.announce(...pop)),
      },
    })
    await rig.clock.advance(120_000)
    expect(rig.pops).toEqual([])
    isFull = false
    await rig.clock.advance(60_000)
    expect(rig.pops.length).toBeGreaterThan(0)
  })

  test('holds an answer that the store could not keep, and pops nothing until it is kept', async () => {
    let isBroken = true
    rig.turns = [give(4)]
    const { journal } = rig.stores
    rig.start({
      journal: {
        ...journal,
        keep: (batch) => (isBroken ? Promise.reject(new Error('I/O error')) : journal.keep(batch)),
      },
    })
    await rig.clock.advance(60_000)
    expect(rig.pops).toHaveLength(1)
    expect(await rig.countStored()).toBe(0)
    isBroken = false
    await rig.clock.advance(60_000)
    expect(await rig.countStored()).toBe(4)
    expect(rig.found).toHaveLength(4)
    expect(await rig.readUnknown()).toBe(0)
    expect(rig.pops.length).toBeGreaterThan(1)
  })

  test('reads a kept batch again when storing its messages failed', async () => {
    let isBroken = true
    rig.turns = [give(4)]
    const { snapshots } = rig.stores
    rig.start({
      snapshots: {
        ...snapshots,
        add: (...batch) => (isBroken ? Promise.reject(new Error('I/O error')) : snapshots.add(...batch)),
      },
    })
    await settle()
    expect(await rig.stores.batches.listUnread('main')).toHaveLength(1)
    isBroken = false
    await rig.clock.advance(10_000)
    expect(await rig.countStored()).toBe(4)
    expect(await rig.readUnknown()).toBe(0)
  })
})
