// What every quota promises, whatever keeps its log.
import { afterEach, describe, expect, it } from 'vitest'
import { QuotaExhaustedError } from '#model/errors.ts'
import type { Gate, GateWatcher, Permit, Quota, QuotaLimits } from '#upstream/quota.ts'

/** A quota and the time it lives in. */
export interface QuotaUnderTest {
  readonly quota: Quota
  /** The clock deadlines are on. */
  monotonicMs(): number
  /** Lets time pass: moves a fake clock, or waits. */
  advance(ms: number): Promise<void>
}

/** How an implementation is put to the test. */
export interface QuotaHarness {
  /** Width of the windows in the tests: as short as its clock allows. */
  readonly windowSeconds: number
  readonly guardMs: number
  /** How far off a time may be. */
  readonly toleranceMs: number
  /** Opens an empty quota. */
  open(limits: QuotaLimits): Promise<QuotaUnderTest>
}

/** A call in the hands of a test. */
interface Taking {
  readonly permit: Promise<Permit>
  readonly controller: AbortController
  state: 'waiting' | 'granted' | 'refused'
  error: unknown
}

/** A gate in the hands of a test. */
class TestGate implements Gate {
  isOpen = false
  watcher: GateWatcher | undefined
  tryEnter(): boolean {
    return this.isOpen
  }
  watch(watcher: GateWatcher): void {
    this.watcher = watcher
  }
  toLateError(): Error {
    return new Error('the gate stayed closed')
  }
}

/** Declares the tests for one implementation. */
export function describeQuota(name: string, harness: QuotaHarness): void {
  const { windowSeconds, guardMs, toleranceMs } = harness
  const spanMs = windowSeconds * 1000 + guardMs

  describe(`quota contract: ${name}`, () => {
    let open: Quota | undefined

    afterEach(() => open?.close())

    async function start(limit: number, interfaces: QuotaLimits['interfaces'] = {}) {
      const under = await harness.open({ limit, windowSeconds, guardMs, interfaces })
      open = under.quota
      return {
        ...under,
        take(withinMs = Number.POSITIVE_INFINITY, operation = 'Get_LiveStat', gate?: Gate): Taking {
          const controller = new AbortController()
          const deadlineAtMs = under.monotonicMs() + withinMs
          const permit = under.quota.take(
            operation,
            { lane: 'interactive', signal: controller.signal, deadlineAtMs },
            gate,
          )
          const taking: Taking = { permit, controller, state: 'waiting', error: undefined }
          permit.then(
            () => {
              taking.state = 'granted'
            },
            (error) => {
              taking.state = 'refused'
              taking.error = error
            },
          )
          return taking
        },
      }
    }

    it('grants as many starts as the limit at once, and the next when the first has left window and guard', async () => {
      const { take, advance } = await start(3)
      const first = [take(), take(), take()]
      const next = take()
      await advance(spanMs - toleranceMs - 1)
      expect(first.map(({ state }) => state)).toEqual(['granted', 'granted', 'granted'])
      expect(next.state).toBe('waiting')
      await advance(2 * toleranceMs + 1)
      expect(next.state).toBe('granted')
    })

    it('refuses at once, with the time until a start is free for it', async () => {
      const { take, advance } = await start(1)
      take()
      take()
      await advance(0)
      const refused = take(spanMs)
      await advance(0)
      expect(refused.error).toBeInstanceOf(QuotaExhaustedError)
      const error = refused.error instanceof QuotaExhaustedError ? refused.error : undefined
      expect(error?.retryAfterMs).toBeGreaterThan(2 * spanMs - toleranceMs - 1)
      expect(error?.retryAfterMs).toBeLessThan(2 * spanMs + toleranceMs + 1)
    })

    it('lets a call wait whose turn comes before its deadline', async () => {
      const { take, advance } = await start(1)
      take()
      const second = take(spanMs + toleranceMs)
      await advance(spanMs + toleranceMs)
      expect(second.state).toBe('granted')
    })

    it('serves in order of arrival', async () => {
      const { take, advance } = await start(1)
      const order: number[] = []
      const takings = [1, 2, 3].map((number) => take().permit.then(() => order.push(number)))
      await advance(2 * spanMs + 2 * toleranceMs)
      await Promise.all(takings)
      expect(order).toEqual([1, 2, 3])
    })

    it('gives the place of one who left to the next', async () => {
      const { take, advance } = await start(1)
      take()
      const leaver = take()
      const next = take(spanMs * 2 + toleranceMs)
      leaver.controller.abort(new Error('left'))
      await advance(spanMs + toleranceMs)
      expect(leaver.error).toEqual(new Error('left'))
      expect(next.state).toBe('granted')
    })

    it('refuses one who has already left with its reason, and spends nothing', async () => {
      const { quota, monotonicMs } = await start(1)
      const signal = AbortSignal.abort(new Error('left'))
      const ask = { lane: 'interactive', signal, deadlineAtMs: monotonicMs() + 1000 } as const
      await expect(quota.take('Get_LiveStat', ask)).rejects.toThrow('left')
      expect((await quota.read()).used).toBe(0)
    })

    it('says where it stands, and counts a start for the guard too', async () => {
      const { quota, take, advance } = await start(2)
      expect(await quota.read()).toEqual({ limit: 2, windowSeconds, used: 0, remaining: 2, nextFreeAt: null })
      take()
      take()
      await advance(windowSeconds * 1000 + Math.max(0, guardMs - toleranceMs - 1))
      expect(await quota.read()).toMatchObject({ used: 2, remaining: 0, nextFreeAt: expect.any(Number) })
      await advance(2 * toleranceMs + 1)
      expect(await quota.read()).toMatchObject({ used: 0, remaining: 2, nextFreeAt: null })
    })

    it("holds an operation's own limit too, and holds back no other operation for it", async () => {
      const { take, advance } = await start(3, { Live_Tape_GetFilelist: { limit: 1, windowSeconds } })
      const tape = [take(undefined, 'Live_Tape_GetFilelist'), take(undefined, 'Live_Tape_GetFilelist')]
      const others = [take(), take()]
      await advance(toleranceMs)
      expect(tape.map(({ state }) => state)).toEqual(['granted', 'waiting'])
      expect(others.map(({ state }) => state)).toEqual(['granted', 'granted'])
      await advance(spanMs + 2 * toleranceMs)
      expect(tape.map(({ state }) => state)).toEqual(['granted', 'granted'])
    })

    it('spends no start before the gate is open', async () => {
      const { quota, take, advance } = await start(1)
      const gate = new TestGate()
      const taking = take(undefined, 'Get_LiveStat', gate)
      await advance(toleranceMs)
      expect(taking.state).toBe('waiting')
      expect((await quota.read()).used).toBe(0)
      gate.isOpen = true
      gate.watcher?.opened()
      await advance(toleranceMs)
      expect(taking.state).toBe('granted')
    })

    it('lets others pass while a gate is closed', async () => {
      const { take, advance } = await start(1)
      const blocked = take(undefined, 'Get_LiveStat', new TestGate())
      const other = take(undefined, 'Live_Channel_GetStatus')
      await advance(toleranceMs)
      expect([blocked.state, other.state]).toEqual(['waiting', 'granted'])
    })

    it("ends a wait with the gate's own error", async () => {
      const { take, advance } = await start(1)
      const broken = new TestGate()
      const failing = take(undefined, 'Get_LiveStat', broken)
      const late = take(spanMs, 'Get_LiveStat', new TestGate())
      await advance(0)
      broken.watcher?.failed(new Error('no way'))
      await advance(spanMs + toleranceMs)
      expect(failing.error).toEqual(new Error('no way'))
      expect(late.error).toEqual(new Error('the gate stayed closed'))
    })

    it('refuses everybody when it is closed', async () => {
      const { quota, take, advance } = await start(1)
      take()
      const waiting = take()
      await advance(0)
      quota.close()
      const late = take()
      await advance(toleranceMs)
      expect([waiting.error, late.error]).toEqual([expect.any(QuotaExhaustedError), expect.any(QuotaExhaustedError)])
    })
  })
}
