import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { CutOffError } from '#contract/upstream-call.ts'
import { LEASE_MS, type Lease } from '#fleet/lease.ts'
import { CollectorRig, give, toBody } from '#test/support/collector-rig.ts'
import { settle } from '#test/support/fake-clock.ts'

let rig: CollectorRig
beforeEach(() => {
  rig = new CollectorRig()
})
afterEach(() => rig.dispose())

/** A lease that is this process's while a test says so. */
class TestLease implements Lease {
  readonly fence = 1
  heldUntilMs = Number.NEGATIVE_INFINITY
  isFree = true
  released = 0
  async hold(): Promise<boolean> {
    if (this.isFree) this.heldUntilMs = rig.clock.monotonicMs() + LEASE_MS
    return this.isFree
  }
  async release(): Promise<void> {
    this.heldUntilMs = Number.NEGATIVE_INFINITY
    this.released += 1
  }
}

describe('a collector and its lease', () => {
  test('pops nothing while another process holds it, and soon after that one is gone', async () => {
    const lease = new TestLease()
    lease.isFree = false
    rig.lease = lease
    const collector = rig.start()
    await rig.clock.advance(60_000)
    expect(rig.pops).toEqual([])
    expect(collector.isHolder()).toBe(false)
    lease.isFree = true
    await rig.clock.advance(4000)
    expect(rig.pops.length).toBeGreaterThan(0)
    expect(collector.isHolder()).toBe(true)
  })

  test('holds on to it during a pop that takes long, and between pops', async () => {
    const lease = new TestLease()
    rig.lease = lease
    const arrival = Promise.withResolvers<void>()
    rig.turns = [
      async ({ sent, answer }) => {
        sent()
        await arrival.promise
        return answer(toBody(3, 'late'))
      },
    ]
    const collector = rig.start()
    await rig.clock.advance(30_000)
    expect(collector.isHolder()).toBe(true)
    arrival.resolve()
    await rig.clock.advance(30_000)
    expect(collector.isHolder()).toBe(true)
    expect(await rig.countStored()).toBe(3)
  })

  test('starts no pop after the time until which it surely holds it', async () => {
    const lease = new TestLease()
    rig.lease = lease
    const deadlines: number[] = []
    rig.turns = [
      async ({ ask, sent, answer }) => {
        deadlines.push(ask.deadlineAtMs)
        sent()
        return answer('[]')
      },
    ]
    rig.start()
    await settle()
    expect(deadlines).toEqual([LEASE_MS])
    lease.isFree = false
    await rig.clock.advance(LEASE_MS)
    const { length } = rig.pops
    await rig.clock.advance(60_000)
    expect(rig.pops).toHaveLength(length)
  })

  test('stores what arrives after it was lost, and ends the wait when it is lost for as long again', async () => {
    const lease = new TestLease()
    rig.lease = lease
    let cutAtMs: number | undefined
    rig.turns = [
      ({ ask, clock, sent, answer }) => {
        sent()
        return new Promise((_, reject) =>
          ask.signal.addEventListener('abort', async () => {
            cutAtMs = clock.monotonicMs()
            expect(ask.signal.reason).toBeInstanceOf(CutOffError)
            await answer('["half of an ans').catch(() => {})
            reject(ask.signal.reason)
          }),
        )
      },
    ]
    rig.start()
    await settle()
    lease.isFree = false
    await rig.clock.advance(4 * LEASE_MS)
    expect(cutAtMs).toBeGreaterThan(2 * LEASE_MS)
    expect(cutAtMs).toBeLessThanOrEqual(2 * LEASE_MS + 2500)
    expect(await rig.stores.batches.listQuarantined('main', null, 10)).toHaveLength(1)
    expect(await rig.readUnknown()).toBe(10)
    expect(rig.pops).toHaveLength(1)
  })

  test('leaves it to others for a while when it could not keep what a pop brings', async () => {
    const lease = new TestLease()
    rig.lease = lease
    const { journal } = rig.stores
    let isFull = true
    const collector = rig.start({
      journal: {
        ...journal,
        announce: (...pop) => (isFull ? Promise.reject(new Error('disk full')) : journal.announce(...pop)),
      },
    })
    await settle()
    expect(lease.released).toBe(1)
    await rig.clock.advance(12_000)
    expect([collector.isHolder(), collector.isWell()]).toEqual([false, false])
    await rig.clock.advance(10_000)
    expect([collector.isHolder(), collector.isWell(), lease.released]).toEqual([false, false, 2])
    expect(rig.pops).toEqual([])
    isFull = false
    await rig.clock.advance(40_000)
    expect([collector.isHolder(), collector.isWell()]).toEqual([true, true])
    expect(rig.pops.length).toBeGreaterThan(0)
  })

  test('hands it over when it ends', async () => {
    const lease = new TestLease()
    rig.lease = lease
    const collector = rig.start()
    await settle()
    await collector.stop()
    expect(lease.released).toBe(1)
    expect(collector.isHolder()).toBe(false)
    expect(rig.clock.waiting).toBe(0)
  })

  test('forgets what is too much', async () => {
    rig.turns = Array.from({ length: 25 }, () => give('full'))
    rig.start()
    await rig.clock.advance(30_000)
    expect(await rig.countStored()).toBeGreaterThan(1000)
    await rig.clock.advance(1_200_000)
    expect(await rig.countStored()).toBe(1000)
  })
})
