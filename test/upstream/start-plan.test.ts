import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { FakeClock } from '#test/support/fake-clock.ts'
import { toLimits } from '#test/support/test-quota.ts'
import { createMemoryLedger } from '#upstream/memory-ledger.ts'
import type { StartWish } from '#upstream/start-ledger.ts'

const limits = toLimits({
  limit: 20,
  windowSeconds: 1,
  interfaces: { own: { limit: 2, windowSeconds: 1 }, slow: { limit: 3, windowSeconds: 3 } },
})
const wish: fc.Arbitrary<StartWish> = fc.record({
  operation: fc.constantFrom('a', 'own', 'slow'),
  lane: fc.constantFrom('interactive', 'background'),
})

describe('a plan of starts', () => {
  it('says of each start when the ledger will grant it, those before it granted', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(wish, { maxLength: 12 }),
        fc.array(wish, { minLength: 1, maxLength: 25 }),
        async (before, wishes) => {
          const clock = new FakeClock()
          const ledger = createMemoryLedger(limits, clock)
          for (const one of before) {
            await ledger.take([one])
            await clock.advance(30)
          }
          const plan = ledger.plan()
          let plannedMs = clock.monotonicMs()
          const planned = wishes.map((one) => {
            plannedMs = plan.freeAt(one, plannedMs)
            plan.add(one, plannedMs)
            return { one, atMs: plannedMs }
          })
          for (const { one, atMs } of planned) {
            // A background call that is only wished for has its share kept from then on.
            if (one.lane === 'interactive' && atMs > clock.monotonicMs()) {
              await clock.advance(atMs - clock.monotonicMs() - 1)
              expect(await ledger.take([one])).toEqual([undefined])
            }
            await clock.advance(atMs - clock.monotonicMs())
            const [start] = await ledger.take([one])
            expect(start).toBeDefined()
          }
        },
      ),
      { numRuns: 200 },
    )
  })

  it('plans nothing before a pause is over', () => {
    const clock = new FakeClock()
    const ledger = createMemoryLedger(limits, clock)
    ledger.pause(500)
    expect(ledger.plan().freeAt({ operation: 'own', lane: 'interactive' }, 0)).toBe(500)
  })
})
