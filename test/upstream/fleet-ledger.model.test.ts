import fc from 'fast-check'
import { Redis } from 'ioredis'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openTestRedis, type SharedRedis } from '#test/support/redis-server.ts'
import { readStartsScript } from '#upstream/starts-script.ts'
import { type ModelEvent, type ModelSchedule, playSchedule } from './model/quota-model.ts'
import { toVirtualScript } from './model/virtual-server.ts'

/** Schedules played in an ordinary run; `WEIR_MODEL_RUNS` asks for more. */
const RUNS = Number(process.env['WEIR_MODEL_RUNS'] ?? 300)

let server: SharedRedis
let redis: Redis
let played = 0

beforeAll(async () => {
  server = await openTestRedis()
  redis = new Redis(server.url)
})

afterAll(async () => {
  redis.disconnect()
  await server.close()
})

const replica = fc.nat(3)
const event: fc.Arbitrary<ModelEvent> = fc.oneof(
  {
    weight: 12,
    arbitrary: fc.record({
      kind: fc.constant('demand' as const),
      replica,
      count: fc.integer({ min: 1, max: 12 }),
      isBackground: fc.boolean(),
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constantFrom('freeze', 'resume', 'kill', 'startEmpty', 'startKept', 'flush', 'copy', 'evict' as const),
    }) as fc.Arbitrary<ModelEvent>,
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constantFrom('failOver' as const, 'stepClock' as const),
      stepMs: fc.constantFrom(-600_000, -700, 0, 150, 900, 5000, 600_000),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constantFrom(
        'cut' as const,
        'heal' as const,
        'restart' as const,
        'replace' as const,
        'stop' as const,
        'leave' as const,
        'crash' as const,
      ),
      replica,
      isOneWay: fc.boolean(),
    }),
  },
)

const schedule: fc.Arbitrary<ModelSchedule> = fc.record({
  replicas: fc.integer({ min: 1, max: 4 }),
  // Longer than anything the protocol waits for, and shorter.
  windowSeconds: fc.constantFrom(1, 1, 1, 12),
  limit: fc.integer({ min: 1, max: 30 }),
  outageReserve: fc.constantFrom(0, 0.05, 0.3),
  skewsMs: fc.array(fc.integer({ min: -600_000, max: 600_000 }), { minLength: 4, maxLength: 4 }),
  events: fc.array(
    fc.record({
      afterMs: fc.oneof(
        fc.integer({ min: 0, max: 60 }),
        fc.integer({ min: 0, max: 1500 }),
        fc.integer({ min: 0, max: 7000 }),
      ),
      event,
    }),
    { minLength: 5, maxLength: 40 },
  ),
  lateness: fc.array(fc.double({ min: 0, max: 0.999, noNaN: true }), { minLength: 7, maxLength: 7 }),
})

/** Faults planted in the script: the model is worth something only if it finds them. */
const planted = [
  {
    name: 'lets one more through',
    from: 'span, capacity = number(), number()',
    to: 'span, capacity = number(), number() + 1',
  },
  { name: 'forgets a start a little early', from: 'integer(now - log.span)', to: 'integer(now - log.span + 260)' },
  { name: 'does not wait for those who owe', from: 'not isOwed and now >= gatherUntil', to: 'now >= gatherUntil' },
  { name: 'does not see that its log was lost', from: 'if newest > now - span and', to: 'if false and' },
  { name: 'believes its clock', from: 'if notAfter and now > notAfter then', to: 'if false then' },
]

describe('the shared log of starts, over random schedules of replicas, outages and clocks', () => {
  it('never lets more than the limit reach the provider in any window', { timeout: 3_600_000 }, async () => {
    const script = toVirtualScript(readStartsScript())
    let calls = 0
    let alone = 0
    await fc.assert(
      fc.asyncProperty(schedule, async (plan) => {
        const outcome = await playSchedule(redis, `${server.prefix}:${played++}`, script, plan)
        calls += outcome.arrivals.length
        alone += outcome.alone
        expect(outcome.worst).toBeLessThanOrEqual(plan.limit)
      }),
      { numRuns: RUNS },
    )
    // What is never asked for is never too much.
    expect(calls).toBeGreaterThan(RUNS * 10)
    expect(alone).toBeGreaterThan(RUNS / 10)
  })

  it.for(planted)('would show a script that $name', { timeout: 120_000 }, async ({ from, to }) => {
    const { name, lua } = readStartsScript()
    expect(lua).toContain(from)
    const script = toVirtualScript({ name, lua: lua.replace(from, to) })
    const found = await fc.check(
      fc.asyncProperty(schedule, async (plan) => {
        const { worst } = await playSchedule(redis, `${server.prefix}:${played++}`, script, plan)
        return worst <= plan.limit
      }),
      { numRuns: 5000, endOnFailure: true },
    )
    expect(found.failed).toBe(true)
  })
})
