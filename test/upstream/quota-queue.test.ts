import { describe, expect, it } from 'vitest'
import { describeQuota } from '#test/contract/quota-kit.ts'
import { TestGate, toTaker } from '#test/contract/quota-rig.ts'
import { FakeClock, settle } from '#test/support/fake-clock.ts'
import { createSlowLedger } from '#test/support/slow-ledger.ts'
import { createMemoryLedger } from '#upstream/memory-ledger.ts'
import { createQuota } from '#upstream/quota-queue.ts'
import type { GrantedStart, StartLedger, StartPlan, StartWish, WaitingCalls } from '#upstream/start-ledger.ts'

for (const [name, oneWayMs] of [
  ['here', 0],
  ['far away', 8],
] as const)
  describeQuota(`a queue in front of a ledger that is ${name}`, {
    windowSeconds: 300,
    guardMs: 2000,
    // At most 40 starts are wanted at once, in batches of 16.
    toleranceMs: 2 * oneWayMs * 3,
    capacityOf: (limit) => limit,
    open: (limits) => {
      const clock = new FakeClock()
      const ledger = createMemoryLedger(limits, clock)
      return Promise.resolve({
        quota: createQuota({ ledger: oneWayMs > 0 ? createSlowLedger(ledger, clock, oneWayMs) : ledger, clock }),
        monotonicMs: () => clock.monotonicMs(),
        advance: (ms) => clock.advance(ms),
      })
    },
  })

/** A ledger whose answers are the test's. */
class ScriptedLedger implements StartLedger {
  readonly asked: (readonly StartWish[])[] = []
  readonly givenBack: string[] = []
  readonly told: number[] = []
  readonly pausedUntilMs = Number.NEGATIVE_INFINITY
  isClosed = false
  freeAtMs = 0
  change = () => {}
  private answer: ((starts: readonly (GrantedStart | undefined)[]) => void) | undefined

  take(wishes: readonly StartWish[]): Promise<readonly (GrantedStart | undefined)[]> {
    this.asked.push(wishes)
    return new Promise((resolve) => {
      this.answer = resolve
    })
  }

  /** Answers what it was asked last. */
  async grant(...ids: readonly (string | undefined)[]): Promise<void> {
    this.answer?.(ids.map((id) => (id === undefined ? undefined : { id, goodUntilMs: Number.POSITIVE_INFINITY })))
    await settle()
  }

  /** Answers with a start that is good until then. */
  async grantUntil(goodUntilMs: number): Promise<void> {
    this.answer?.([{ id: 'short', goodUntilMs }])
    await settle()
  }

  giveBack({ id }: GrantedStart): void {
    this.givenBack.push(id)
  }

  plan(): StartPlan {
    return { freeAt: (_wish, fromMs) => Math.max(fromMs, this.freeAtMs), add: () => undefined }
  }

  setWaiting(calls: readonly WaitingCalls[]): void {
    this.told.push(calls.reduce((sum, { count }) => sum + count, 0))
  }

  onChange(listener: () => void): void {
    this.change = listener
  }

  read(): Promise<never> {
    return Promise.reject(new Error('not asked'))
  }

  pause(): void {}

  close(): Promise<void> {
    this.isClosed = true
    return Promise.resolve()
  }
}

/** A gate that counts who went through it. */
class CountingGate extends TestGate {
  entered = 0
  left = 0
  override tryEnter(): boolean {
    this.entered += 1
    return true
  }
  override leave(): void {
    this.left += 1
  }
}

function open() {
  const clock = new FakeClock()
  const ledger = new ScriptedLedger()
  const quota = createQuota({ ledger, clock })
  return {
    clock,
    ledger,
    quota,
    ...toTaker({ quota, monotonicMs: () => clock.monotonicMs(), advance: () => settle() }),
  }
}

describe('a queue and its ledger', () => {
  it('asks once at a time, for many starts at once', async () => {
    const { ledger, take, takeMany } = open()
    takeMany(20)
    take({ operation: 'b' })
    expect(ledger.asked.map(({ length }) => length)).toEqual([1])
    await ledger.grant('first')
    expect(ledger.asked.map(({ length }) => length)).toEqual([1, 16])
    await ledger.grant(...Array.from({ length: 16 }, (_, index) => `start ${index}`))
    expect(ledger.asked[2]?.map(({ operation }) => operation)).toEqual([...Array(3).fill('Get_LiveStat'), 'b'])
  })

  it('does not ask while the plan says that nothing is free, and does in the moment something is', async () => {
    const { clock, ledger, take } = open()
    ledger.freeAtMs = 1000
    take()
    await clock.advance(999)
    expect(ledger.asked).toEqual([])
    expect(clock.waiting).toBe(1)
    await clock.advance(1)
    expect(ledger.asked).toHaveLength(1)
  })

  it('lets those whose wish was refused out of their gates and wait in their place', async () => {
    const { clock, ledger, take } = open()
    const gate = new CountingGate()
    const [refused, behind] = [take({ gate }), take()]
    ledger.freeAtMs = 500
    await ledger.grant(undefined)
    expect([gate.entered, gate.left]).toEqual([1, 1])
    await clock.advance(500)
    await ledger.grant('one')
    expect([refused.state, behind.state]).toEqual(['granted', 'waiting'])
    expect([gate.entered, gate.left]).toEqual([2, 1])
  })

  it('refuses those at once who come too late after a refusal of the ledger', async () => {
    const { ledger, take } = open()
    const taking = take({ withinMs: 400 })
    ledger.freeAtMs = 500
    await ledger.grant(undefined)
    expect(taking.error).toMatchObject({ code: 'QUOTA_EXHAUSTED', retryAfterMs: 500 })
  })

  it('lets one leave while its start is being taken, and gives the start back', async () => {
    const { ledger, take } = open()
    const gate = new CountingGate()
    const leaver = take({ gate })
    leaver.controller.abort(new Error('left'))
    await settle()
    expect(leaver.error).toEqual(new Error('left'))
    expect(gate.left).toBe(1)
    await ledger.grant('unwanted')
    expect(ledger.givenBack).toEqual(['unwanted'])
    expect(gate.left).toBe(1)
  })

  it('keeps nobody beyond its deadline for a ledger that does not answer', async () => {
    const { clock, ledger, take } = open()
    const taking = take({ withinMs: 100 })
    await clock.advance(102)
    expect(taking.state).toBe('refused')
    await ledger.grant('late')
    expect(ledger.givenBack).toEqual(['late'])
  })

  it('has no use for a start that was too long on its way', async () => {
    const { clock, ledger, take } = open()
    const taking = take()
    await clock.advance(150)
    await ledger.grantUntil(100)
    expect(ledger.givenBack).toEqual(['short'])
    expect(taking.state).toBe('waiting')
    await clock.advance(5)
    await ledger.grantUntil(255)
    expect(await taking.permit).toEqual({ goodUntilMs: 255 })
  })

  it('never asks in a tight loop, even if the ledger refuses what it says is free', async () => {
    const { clock, ledger, take } = open()
    take()
    for (let count = 0; count < 50; count += 1) {
      await ledger.grant(undefined)
      await clock.advance(1)
    }
    expect(ledger.asked.length).toBeLessThanOrEqual(11)
  })

  it('looks anew when the ledger says that something has changed', async () => {
    const { ledger, take } = open()
    ledger.freeAtMs = 1000
    const [patient, impatient] = [take(), take({ withinMs: 1500 })]
    ledger.freeAtMs = 2000
    ledger.change()
    await settle()
    expect([patient.state, impatient.state]).toEqual(['waiting', 'refused'])
    ledger.freeAtMs = 0
    ledger.change()
    await ledger.grant('one')
    expect(patient.state).toBe('granted')
  })

  it('refuses at once, to ask again soon, when nobody knows when a start comes free', async () => {
    const { ledger, take } = open()
    ledger.freeAtMs = Number.POSITIVE_INFINITY
    const taking = take({ withinMs: 10_000 })
    await settle()
    expect(taking.error).toMatchObject({ code: 'QUOTA_EXHAUSTED', retryAfterMs: 5000 })
  })

  it('says how many wait', async () => {
    const { ledger, take, quota } = open()
    ledger.freeAtMs = 1000
    const leaver = take()
    take()
    leaver.controller.abort(new Error('left'))
    expect(ledger.told).toEqual([1, 2, 1])
    await quota.close()
  })

  it('says that nobody waits once the ledger has refused the last one and it cannot wait', async () => {
    const { ledger, take } = open()
    const taking = take({ withinMs: 100 })
    ledger.freeAtMs = 1000
    await ledger.grant(undefined)
    expect(taking.state).toBe('refused')
    // The ledger has taken it for waiting.
    expect(ledger.told.at(-1)).toBe(0)
  })

  it('gives back what is granted after it was closed, before it closes the ledger', async () => {
    const { ledger, quota, take } = open()
    const taking = take()
    const closing = quota.close()
    await settle()
    expect([taking.state, ledger.isClosed]).toEqual(['refused', false])
    await ledger.grant('late')
    await closing
    expect(ledger.givenBack).toEqual(['late'])
    expect(ledger.isClosed).toBe(true)
  })
})
