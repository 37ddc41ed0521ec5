import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Lane } from '#contract/ask.ts'
import { FakeClock } from '#test/support/fake-clock.ts'
import { toLimits } from '#test/support/test-quota.ts'
import { createMemoryLedger } from '#upstream/memory-ledger.ts'
import type { GrantedStart, StartWish } from '#upstream/start-ledger.ts'

const interactive: StartWish = { operation: 'a', lane: 'interactive' }
const background: StartWish = { operation: 'a', lane: 'background' }

function open(limits: Parameters<typeof toLimits>[0]) {
  const clock = new FakeClock()
  const ledger = createMemoryLedger(toLimits(limits), clock)
  return {
    clock,
    ledger,
    /** Which of the wishes were granted. */
    take: async (...wishes: readonly StartWish[]) => (await ledger.take(wishes)).map((start) => start !== undefined),
    freeAt: (wish: StartWish) => ledger.plan().freeAt(wish, clock.monotonicMs()),
  }
}

describe('a ledger in memory', () => {
  it('gives out the whole limit: a process alone has nobody to keep a reserve for', async () => {
    const { take } = open({ limit: 2, windowSeconds: 1, outageReserve: 0.5 })
    expect(await take(interactive, interactive, interactive)).toEqual([true, true, false])
  })

  it('grants each start under a name of its own, for a tenth of a second', async () => {
    const { clock, ledger } = open({ limit: 2, windowSeconds: 1 })
    await clock.advance(10)
    const starts = await ledger.take([interactive, interactive])
    expect(new Set(starts.map((start) => start?.id)).size).toBe(2)
    expect(starts.map((start) => start?.goodUntilMs)).toEqual([110, 110])
  })

  it('makes a start free again that is given back, says so, and only once', async () => {
    const { clock, ledger, take } = open({
      limit: 2,
      windowSeconds: 1,
      interfaces: { a: { limit: 2, windowSeconds: 1 } },
    })
    let changes = 0
    ledger.onChange(() => {
      changes += 1
    })
    const [start] = await ledger.take([background, interactive])
    await clock.advance(400)
    if (start !== undefined) ledger.giveBack(start)
    if (start !== undefined) ledger.giveBack(start)
    expect(changes).toBe(1)
    expect(await take(background, background)).toEqual([true, false])
    expect(await ledger.read()).toMatchObject({ used: 2, remaining: 0, nextFreeAt: clock.now() + 600 })
  })

  it('takes nothing back that does not count any more', async () => {
    const { clock, ledger, take } = open({ limit: 1, windowSeconds: 1 })
    const [old] = await ledger.take([interactive])
    await clock.advance(1000)
    await take(interactive)
    if (old !== undefined) ledger.giveBack(old)
    expect(await take(interactive)).toEqual([false])
  })

  it('grants nothing during a pause; a longer one stays', async () => {
    const { clock, ledger, take, freeAt } = open({ limit: 5, windowSeconds: 1 })
    ledger.pause(3000)
    ledger.pause(1000)
    expect(ledger.pausedUntilMs).toBe(3000)
    expect(await take(interactive)).toEqual([false])
    expect(freeAt(interactive)).toBe(3000)
    expect(await ledger.read()).toMatchObject({ used: 0, nextFreeAt: clock.now() + 3000 })
    await clock.advance(3000)
    expect(await take(interactive)).toEqual([true])
  })

  it("keeps the background's share from interactive calls while the background is at work, and no longer", async () => {
    const { clock, take, freeAt } = open({ limit: 20, windowSeconds: 1 })
    expect(await take(background)).toEqual([true])
    await clock.advance(500)
    // One more of the two starts of the background is kept.
    expect((await take(...Array(20).fill(interactive))).filter(Boolean)).toHaveLength(18)
    expect(freeAt(background)).toBe(500)
    // A second start leaves the log, but is the background's again, until it has not been seen for a second.
    expect(freeAt(interactive)).toBe(1000)
    await clock.advance(500)
    expect(await take(interactive, interactive, interactive)).toEqual([true, true, false])
  })

  it('plans for the background as if it were at work as soon as it is asked for it', async () => {
    const { clock, ledger, take } = open({ limit: 10, windowSeconds: 1 })
    await take(...Array(9).fill(interactive))
    const plan = ledger.plan()
    expect(plan.freeAt(interactive, clock.monotonicMs())).toBe(0)
    expect(plan.freeAt(background, clock.monotonicMs())).toBe(0)
    expect(plan.freeAt(interactive, clock.monotonicMs())).toBe(1000)
  })
})

type Command =
  | { readonly kind: 'take'; readonly wishes: readonly StartWish[] }
  | { readonly kind: 'advance'; readonly ms: number }
  | { readonly kind: 'giveBack'; readonly index: number }
  | { readonly kind: 'pause'; readonly ms: number }

const wish = fc.record({
  operation: fc.constantFrom('a', 'b'),
  lane: fc.constantFrom<Lane>('interactive', 'interactive', 'background'),
})
const command: fc.Arbitrary<Command> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('take'), wishes: fc.array(wish, { maxLength: 4 }) }) },
  { weight: 5, arbitrary: fc.record({ kind: fc.constant('advance'), ms: fc.integer({ min: 0, max: 900 }) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('giveBack'), index: fc.nat({ max: 20 }) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('pause'), ms: fc.integer({ min: 0, max: 900 }) }) },
)

describe('the plan of a ledger in memory', () => {
  it('says what a wish would get: later than now when it is refused, and never later than when it is granted', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 12 }),
        fc.array(command, { maxLength: 40 }),
        wish,
        async (limit, commands, last) => {
          const { clock, ledger } = open({
            limit,
            windowSeconds: 1,
            guardMs: 250,
            interfaces: { a: { limit: 2, windowSeconds: 2 } },
          })
          const starts: GrantedStart[] = []
          for (const each of commands) {
            if (each.kind === 'advance') await clock.advance(each.ms)
            else if (each.kind === 'pause') ledger.pause(each.ms)
            else if (each.kind === 'giveBack') {
              const start = starts[each.index]
              if (start !== undefined) ledger.giveBack(start)
            } else {
              const granted = await ledger.take(each.wishes)
              starts.push(...granted.filter((start) => start !== undefined))
              for (const [index, refused] of each.wishes.entries())
                if (granted[index] === undefined)
                  expect(ledger.plan().freeAt(refused, clock.monotonicMs())).toBeGreaterThan(clock.monotonicMs())
            }
          }
          const freeAtMs = ledger.plan().freeAt(last, clock.monotonicMs())
          await clock.advance(freeAtMs - clock.monotonicMs())
          expect((await ledger.take([last]))[0]).toBeDefined()
        },
      ),
      { numRuns: 200 },
    )
  })
})
