// What every lease promises to one who wants it, and what one over a shared store promises to several.
import { describe, expect, it } from 'vitest'
import { LEASE_BEAT_MS, LEASE_MS, type Lease, type LeaseTerms } from '#fleet/lease.ts'
import type { FakeClock } from '#test/support/fake-clock.ts'

/** A contender and its clock. */
export interface LeaseMember {
  readonly lease: Lease
  readonly clock: FakeClock
  /** Left out: the usual ones. */
  readonly terms?: LeaseTerms
}

const usualTerms: LeaseTerms = { leaseMs: LEASE_MS, beatMs: LEASE_BEAT_MS }
const toTerms = (members: readonly LeaseMember[]) => members[0]?.terms ?? usualTerms
/** Within which a lease that nobody holds is somebody's, in milliseconds. */
const toTakenWithinMs = ({ leaseMs, beatMs }: LeaseTerms) => leaseMs + 2 * beatMs

/** Whether that one may do now what only the holder may. */
export function believes({ lease, clock }: LeaseMember): boolean {
  return clock.monotonicMs() < lease.heldUntilMs
}

/** All who are there ask every beat until one has it. @returns who, and how long it took in milliseconds */
export async function contend<Member extends LeaseMember>(
  members: readonly Member[],
  others: readonly LeaseMember[] = [],
): Promise<{ readonly holder: Member; readonly tookMs: number }> {
  const terms = toTerms(members)
  for (let tookMs = 0; tookMs <= toTakenWithinMs(terms); tookMs += terms.beatMs) {
    for (const member of members) {
      const isHeld = await member.lease.hold()
      expect(isHeld).toBe(believes(member))
      expect([...members, ...others].filter(believes).length).toBeLessThanOrEqual(1)
      if (isHeld) return { holder: member, tookMs }
    }
    for (const { clock } of [...members, ...others]) await clock.advance(terms.beatMs)
  }
  throw new Error('nobody has taken the lease')
}

/** Declares the tests of one contender. @param open makes one for a lease that nobody else wants */
export function describeLease(name: string, open: () => Promise<LeaseMember>): void {
  describe(`lease contract: ${name}`, () => {
    it('is not held before it was asked for', async () => {
      const member = await open()
      expect(believes(member)).toBe(false)
      expect(member.lease.fence).toBe(0)
    })

    it('is given to the only one who asks, and stays with him under the same fence', async () => {
      const member = await open()
      const { leaseMs, beatMs } = toTerms([member])
      await contend([member])
      const { fence } = member.lease
      expect(fence).toBeGreaterThan(0)
      for (let beat = 0; beat < 10; beat += 1) {
        await member.clock.advance(beatMs)
        expect(believes(member)).toBe(true)
        expect(await member.lease.hold()).toBe(true)
        expect(member.lease.heldUntilMs - member.clock.monotonicMs()).toBeGreaterThan(leaseMs / 2)
      }
      expect(member.lease.fence).toBe(fence)
    })

    it('answers calls that overlap alike', async () => {
      const member = await open()
      await contend([member])
      expect(await Promise.all([1, 2, 3].map(() => member.lease.hold()))).toEqual([true, true, true])
    })

    it('is held no more once it is given up, and comes back under a higher fence', async () => {
      const member = await open()
      await contend([member])
      const { fence } = member.lease
      const released = member.lease.release()
      expect(believes(member)).toBe(false)
      await released
      expect(member.lease.fence).toBe(fence)
      await contend([member])
      expect(member.lease.fence).toBeGreaterThan(fence)
    })

    it('may be given up by one who does not have it', async () => {
      const member = await open()
      await member.lease.release()
      await member.lease.release()
      await contend([member])
    })
  })
}

/** Declares the tests of several contenders. @param open makes that many for one lease */
export function describeFleetLease(name: string, open: (members: number) => Promise<readonly LeaseMember[]>): void {
  describe(`lease of a fleet: ${name}`, () => {
    it('is one contender’s, and nobody else’s as long as he asks', async () => {
      const members = await open(3)
      const { holder } = await contend(members)
      for (let beat = 0; beat < 10; beat += 1) {
        for (const { clock } of members) await clock.advance(toTerms(members).beatMs)
        for (const member of members) expect(await member.lease.hold()).toBe(member === holder)
        expect(members.filter(believes)).toEqual([holder])
      }
    })

    it('is the next one’s at once when it is given up', async () => {
      const members = await open(3)
      const { holder } = await contend(members)
      for (const { clock } of members) await clock.advance(toTerms(members).beatMs)
      for (const { lease } of members) await lease.hold()
      for (const { clock } of members) await clock.advance(toTerms(members).beatMs)
      await holder.lease.release()
      const others = members.filter((member) => member !== holder)
      const next = await contend(others, [holder])
      expect(next.tookMs).toBe(0)
      expect(next.holder.lease.fence).toBeGreaterThan(holder.lease.fence)
    })

    it('is another’s within the lease and two beats when its holder falls silent, and never both’s', async () => {
      const members = await open(3)
      const { holder } = await contend(members)
      const { holder: next } = await contend(
        members.filter((member) => member !== holder),
        [holder],
      )
      expect(next.lease.fence).toBeGreaterThan(holder.lease.fence)
      // He wakes up.
      expect(await holder.lease.hold()).toBe(false)
      await holder.lease.release()
      expect(await next.lease.hold()).toBe(true)
    })
  })
}
