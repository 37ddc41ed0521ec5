// What every quota promises, whatever keeps its log.
import { afterEach, describe, expect, it } from 'vitest'
import { QuotaExhaustedError } from '#model/errors.ts'
import { toBackgroundShare, toHeadroom } from '#upstream/lane-share.ts'
import type { QuotaLimits } from '#upstream/quota.ts'
import { countGranted, type QuotaHarness, type QuotaUnderTest, TestGate, toTaker } from './quota-rig.ts'

/** Declares the tests for one implementation. */
export function describeQuota(name: string, harness: QuotaHarness): void {
  const { windowSeconds, guardMs, toleranceMs } = harness
  const spanMs = windowSeconds * 1000 + guardMs

  describe(`quota contract: ${name}`, () => {
    let open: QuotaUnderTest | undefined

    afterEach(async () => {
      const closing = open?.quota.close()
      // The last answer of the ledger is waited for.
      await open?.advance(toleranceMs)
      await closing
    })

    async function start(limit: number, interfaces: QuotaLimits['interfaces'] = {}) {
      const under = await harness.open({ limit, windowSeconds, guardMs, outageReserve: 0.05, interfaces })
      open = under
      return { ...under, ...toTaker(under) }
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
      await advance(toleranceMs)
      const refused = take({ withinMs: spanMs })
      await advance(0)
      expect(refused.error).toBeInstanceOf(QuotaExhaustedError)
      const error = refused.error instanceof QuotaExhaustedError ? refused.error : undefined
      expect(error?.retryAfterMs).toBeGreaterThan(2 * spanMs - 2 * toleranceMs - 1)
      expect(error?.retryAfterMs).toBeLessThan(2 * spanMs + toleranceMs + 1)
    })

    it('lets a call wait whose turn comes before its deadline', async () => {
      const { take, advance } = await start(1)
      take()
      const second = take({ withinMs: spanMs + 2 * toleranceMs })
      await advance(spanMs + 2 * toleranceMs)
      expect(second.state).toBe('granted')
    })

    it('serves in order of arrival', async () => {
      const { take, advance } = await start(1)
      const order: number[] = []
      const takings = [1, 2, 3].map((number) => take().permit.then(() => order.push(number)))
      await advance(2 * spanMs + 3 * toleranceMs)
      await Promise.all(takings)
      expect(order).toEqual([1, 2, 3])
    })

    it('gives the place of one who left to the next', async () => {
      const { take, advance } = await start(1)
      take()
      const leaver = take()
      const next = take({ withinMs: spanMs * 2 + toleranceMs })
      leaver.controller.abort(new Error('left'))
      await advance(spanMs + 2 * toleranceMs)
      expect(leaver.error).toEqual(new Error('left'))
      expect(next.state).toBe('granted')
    })

    it('refuses one who has already left with its reason, and spends nothing', async () => {
      const { quota, monotonicMs } = await start(1)
      const signal = AbortSignal.abort(new Error('left'))
      const ask = { lane: 'interactive', signal, deadlineAtMs: monotonicMs() + 1000, caller: { name: 'web' } } as const
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
      const tape = [take({ operation: 'Live_Tape_GetFilelist' }), take({ operation: 'Live_Tape_GetFilelist' })]
      const others = [take(), take()]
      await advance(toleranceMs)
      expect(tape.map(({ state }) => state)).toEqual(['granted', 'waiting'])
      expect(others.map(({ state }) => state)).toEqual(['granted', 'granted'])
      await advance(spanMs + 3 * toleranceMs)
      expect(tape.map(({ state }) => state)).toEqual(['granted', 'granted'])
    })

    it('spends no start before the gate is open', async () => {
      const { quota, take, advance } = await start(1)
      const gate = new TestGate()
      const taking = take({ gate })
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
      const blocked = take({ gate: new TestGate() })
      const other = take({ operation: 'Live_Channel_GetStatus' })
      await advance(toleranceMs)
      expect([blocked.state, other.state]).toEqual(['waiting', 'granted'])
    })

    it("ends a wait with the gate's own error", async () => {
      const { take, advance } = await start(1)
      const broken = new TestGate()
      const failing = take({ gate: broken })
      const late = take({ withinMs: spanMs + toleranceMs, gate: new TestGate() })
      await advance(0)
      broken.watcher?.failed(new Error('no way'))
      await advance(spanMs + 2 * toleranceMs)
      expect(failing.error).toEqual(new Error('no way'))
      expect(late.error).toEqual(new Error('the gate stayed closed'))
    })

    it('gives back the start of one who leaves while it is being taken', async () => {
      const { quota, take, advance } = await start(1)
      const leaver = take()
      leaver.controller.abort(new Error('left'))
      await advance(2 * toleranceMs)
      expect(leaver.error).toEqual(new Error('left'))
      expect((await quota.read()).used).toBe(0)
      const next = take()
      await advance(toleranceMs)
      expect(next.state).toBe('granted')
    })

    it('lets interactive calls go before background ones', async () => {
      const { take, advance } = await start(1)
      take()
      const background = take({ lane: 'background', client: 'collector' })
      const interactive = take()
      await advance(spanMs + 2 * toleranceMs)
      expect([interactive.state, background.state]).toEqual(['granted', 'waiting'])
      await advance(spanMs + toleranceMs)
      expect(background.state).toBe('granted')
    })

    it('keeps a share for the background, however many interactive calls wait', async () => {
      const capacity = harness.capacityOf(20)
      const { takeMany, advance } = await start(20)
      takeMany(capacity)
      await advance(toleranceMs)
      const interactive = takeMany(3 * capacity)
      const background = takeMany(toBackgroundShare(capacity), { lane: 'background', client: 'collector' })
      await advance(spanMs + 3 * toleranceMs)
      expect(countGranted(background)).toBe(toBackgroundShare(capacity))
      expect(countGranted(interactive)).toBe(capacity - toBackgroundShare(capacity))
    })

    it('leaves room for interactive calls, however much the background wants', async () => {
      const capacity = harness.capacityOf(20)
      const { takeMany, advance } = await start(20)
      const background = takeMany(2 * capacity, { lane: 'background', client: 'collector' })
      await advance(3 * toleranceMs)
      expect(countGranted(background)).toBe(capacity - toHeadroom(capacity))
      const interactive = takeMany(toHeadroom(capacity))
      await advance(2 * toleranceMs)
      expect(countGranted(interactive)).toBe(toHeadroom(capacity))
    })

    it('gives a modest client its half beside one that wants ten times as much', async () => {
      const capacity = harness.capacityOf(20)
      const half = Math.floor(capacity / 2)
      const { takeMany, advance } = await start(20)
      takeMany(capacity)
      await advance(toleranceMs)
      const greedy = takeMany(10 * half, { client: 'greedy' })
      const modest = takeMany(half, { client: 'modest' })
      await advance(spanMs + 3 * toleranceMs)
      expect(countGranted(modest)).toBeGreaterThanOrEqual(0.9 * half)
      expect(countGranted([...modest, ...greedy])).toBe(capacity)
    })

    it('refuses at once whom others have pushed beyond the deadline', async () => {
      const { take, advance } = await start(1)
      take()
      await advance(toleranceMs)
      const patient = take({ client: 'greedy', withinMs: 2 * spanMs })
      const last = take({ client: 'greedy', withinMs: 2 * spanMs + 3 * toleranceMs })
      const modest = take({ client: 'modest', withinMs: 2 * spanMs + 3 * toleranceMs })
      await advance(0)
      expect([patient, last, modest].map(({ state }) => state)).toEqual(['waiting', 'refused', 'waiting'])
    })

    it('lets nothing start during a pause, and refuses those at once who cannot wait for its end', async () => {
      const { quota, take, advance } = await start(2)
      take()
      await advance(toleranceMs)
      quota.pause(spanMs / 2)
      const patient = take()
      const impatient = take({ withinMs: spanMs / 4 })
      await advance(0)
      expect(impatient.error).toMatchObject({ code: 'QUOTA_EXHAUSTED', retryAfterMs: expect.any(Number) })
      await advance(spanMs / 2 - toleranceMs - 1)
      expect(patient.state).toBe('waiting')
      await advance(3 * toleranceMs + 1)
      expect(patient.state).toBe('granted')
    })

    it('refuses those who wait and whom a pause makes too late', async () => {
      const { quota, take, advance } = await start(1)
      take()
      const waiting = take({ withinMs: 1.5 * spanMs })
      await advance(toleranceMs)
      quota.pause(3 * spanMs)
      await advance(0)
      expect(waiting.error).toBeInstanceOf(QuotaExhaustedError)
    })

    it('refuses everybody when it is closed', async () => {
      const { quota, take, advance } = await start(1)
      take()
      const waiting = take()
      await advance(0)
      await advance(toleranceMs)
      await quota.close()
      const late = take()
      await advance(toleranceMs)
      expect([waiting.error, late.error]).toEqual([expect.any(QuotaExhaustedError), expect.any(QuotaExhaustedError)])
    })
  })
}
