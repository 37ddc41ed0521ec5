// The lease in virtual time: whatever happens to the members and to the server, who believes to hold it is counted.
import fc from 'fast-check'
import { Redis } from 'ioredis'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { LEASE_BEAT_MS, LEASE_MS, type Lease, type LeaseTerms, SAMPLER_LEASE } from '#fleet/lease.ts'
import { createRedisLease, type RedisLeaseOptions } from '#fleet/redis-lease.ts'
import { openTestRedis, type SharedRedis } from '#test/support/redis-server.ts'
import { type LeaseEvent, type LeaseOutcome, type LeaseSchedule, playLease } from './model/lease-model.ts'

const usual = { leaseMs: LEASE_MS, beatMs: LEASE_BEAT_MS }
const RUNS = Number(process.env['WEIR_MODEL_RUNS'] ?? 25)

let redis: SharedRedis
let client: Redis
beforeAll(async () => {
  redis = await openTestRedis()
  client = new Redis(redis.url)
})
afterAll(async () => {
  client?.disconnect()
  await redis?.close()
})

describe('a lease over whatever happens', () => {
  const copy: LeaseEvent = { kind: 'copy' }
  const member = fc.nat({ max: 2 })
  const stepMs = fc.integer({ min: -20_000, max: 20_000 })
  const event = <Kind extends LeaseEvent['kind']>(...kinds: readonly Kind[]) => fc.constantFrom(...kinds)
  const memberFaults = fc.record({ kind: event('cut', 'cutBack', 'halt', 'mend', 'mend', 'mend'), member })
  const changes = fc.record({ kind: event('crash', 'restart', 'restart', 'giveUp'), member })
  const outages = fc.record({ kind: event('freeze', 'kill', 'serve', 'serve', 'serve') })
  const steps = fc.record({ kind: event('stepClock'), stepMs })
  const losses = fc.record({ kind: event('flush', 'kill', 'startEmpty', 'copy') })
  const failOvers = (by: fc.Arbitrary<number>) => fc.record({ kind: event('failOver'), stepMs: by })

  function schedules(terms: LeaseTerms, ...events: readonly fc.Arbitrary<LeaseEvent>[]): fc.Arbitrary<LeaseSchedule> {
    const afterMs = fc.oneof(fc.nat({ max: 3000 }), fc.nat({ max: 9000 }), fc.integer({ min: 9000, max: 21_000 }))
    const later = fc.record({ afterMs, event: fc.oneof(...events) })
    return fc.record({
      terms: fc.constant(terms),
      members: fc.integer({ min: 2, max: 3 }),
      // Somebody has it, and that is known elsewhere.
      events: fc.array(later, { minLength: 4, maxLength: 16 }).map((all) => [{ afterMs: 7000, event: copy }, ...all]),
      lateness: fc.array(fc.double({ min: 0, max: 0.999, noNaN: true }), { minLength: 1, maxLength: 7 }),
      networkMs: fc.constant(80),
    })
  }

  let plays = 0
  function play(schedule: LeaseSchedule, openLease = createRedisLease, distort?: (lua: string) => string) {
    plays += 1
    return playLease(client, `${redis.prefix}-${plays}`, schedule, openLease, distort)
  }

  async function check(schedule: fc.Arbitrary<LeaseSchedule>, judge: (outcome: LeaseOutcome) => void) {
    let quietTimes = 0
    const property = fc.asyncProperty(schedule, async (played) => {
      const outcome = await play(played)
      judge(outcome)
      expect(outcome.quietTimesUnheld).toBe(0)
      quietTimes += outcome.quietTimes
    })
    await fc.assert(property, { numRuns: RUNS })
    expect(quietTimes).toBeGreaterThan(0)
  }

  /** Whether all of them ended before the lease could have, had it been held to the last moment before a loss. */
  const areRightAfter = (
    { leaseMs }: LeaseTerms,
    lossesMs: LeaseOutcome['lossesMs'],
    overlaps: LeaseOutcome['overlaps'],
  ) => overlaps.every(({ fromMs, untilMs }) => untilMs - Math.max(...lossesMs.filter((at) => at <= fromMs)) <= leaseMs)

  describe.each([
    { of: 'usual terms', terms: usual },
    { of: 'the terms of a sampler', terms: SAMPLER_LEASE },
  ])('by $of', ({ terms }) => {
    it('is never two members’ while the server keeps what it was told, and soon somebody’s', () =>
      check(schedules(terms, memberFaults, changes, outages, steps), ({ overlaps }) => expect(overlaps).toEqual([])))

    it('is never two members’ when the server loses it while the members are well', () =>
      check(schedules(terms, losses, changes, outages, steps, failOvers(stepMs)), ({ overlaps }) =>
        expect(overlaps).toEqual([]),
      ))

    it('is two members’ only right after a loss, when both happens', () => {
      const ahead = fc.nat({ max: 20_000 })
      const schedule = schedules(terms, memberFaults, losses, changes, outages, failOvers(ahead))
      return check(schedule, ({ overlaps, lossesMs }) => {
        expect(areRightAfter(terms, lossesMs, overlaps)).toBe(true)
      })
    })
  })

  it('is two members’ for a while when it is lost while its holder is cut off', async () => {
    const events = [0, 1].flatMap((index) => [
      { afterMs: 20_000, event: { kind: 'cut', member: index } as const },
      { afterMs: 100, event: { kind: 'flush' } as const },
      { afterMs: 20_000, event: { kind: 'mend', member: index } as const },
    ])
    const { overlaps, lossesMs } = await play({ terms: usual, members: 2, events, lateness: [0.5], networkMs: 80 })
    expect(overlaps).not.toEqual([])
    expect(areRightAfter(usual, lossesMs, overlaps)).toBe(true)
  })

  /** Each of two members sleeps again and again, at another moment of its beat each time. */
  function toNaps(forMs: number, everyMs: number, count: number): LeaseSchedule['events'] {
    return Array.from({ length: 2 * count }, (_, index) => [
      { afterMs: everyMs + ((index * index * 619) % 3089), event: { kind: 'halt', member: index % 2 } as const },
      { afterMs: forMs, event: { kind: 'mend', member: index % 2 } as const },
    ]).flat()
  }

  it('would be two members’ if a contender did not compare what it takes with what it has watched', async () => {
    const schedule = {
      terms: usual,
      members: 2,
      events: toNaps(6700, 4990, 12),
      lateness: [0.5, 0.1, 0.9],
      networkMs: 80,
    }
    const forget = (lua: string) => lua.replace('seen ~= ARGV[3]', "ARGV[3] == ''")
    expect((await play(schedule)).overlaps).toEqual([])
    expect((await play(schedule, createRedisLease, forget)).overlaps).not.toEqual([])
  })

  it('would be two members’ if a holder counted from the answer', async () => {
    const schedule = { terms: usual, members: 2, events: toNaps(9000, 15_300, 12), lateness: [0.99], networkMs: 500 }
    expect((await play(schedule)).overlaps).toEqual([])
    expect((await play(schedule, createLateLease)).overlaps).not.toEqual([])
  })
})

/** Counts from when it has heard that it has the lease. */
function createLateLease(options: RedisLeaseOptions): Lease {
  const lease = createRedisLease(options)
  let toldMs = lease.heldUntilMs
  let heldUntilMs = toldMs
  return {
    hold: async () => {
      await lease.hold()
      if (lease.heldUntilMs > toldMs) heldUntilMs = options.clock.monotonicMs() + LEASE_MS * 0.99
      else if (lease.heldUntilMs < toldMs) heldUntilMs = lease.heldUntilMs
      toldMs = lease.heldUntilMs
      return options.clock.monotonicMs() < heldUntilMs
    },
    get heldUntilMs() {
      return heldUntilMs
    },
    get fence() {
      return lease.fence
    },
    release: () => lease.release(),
  }
}
