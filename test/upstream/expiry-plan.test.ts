import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Lane } from '#contract/ask.ts'
import { type ExpiringLog, ExpiryPlan, type ExpiryPlanOptions, SLACK_MS } from '#upstream/expiry-plan.ts'
import { type BackgroundUsage, toBackgroundShare, toHeadroom } from '#upstream/lane-share.ts'
import type { StartWish } from '#upstream/start-ledger.ts'
import type { LineTurns } from '#upstream/starts-view.ts'

const SPAN_MS = 1000
const interactive: StartWish = { operation: 'a', lane: 'interactive' }
const background: StartWish = { operation: 'a', lane: 'background' }
const tape: StartWish = { operation: 'tape', lane: 'interactive' }
const nobody: LineTurns = { own: [], next: 0 }
const idle: BackgroundUsage = { isActive: false, used: 0 }

function toLog(capacity: number, expiries: readonly number[], more: Partial<ExpiringLog> = {}): ExpiringLog {
  return { capacity, spanMs: SPAN_MS, used: expiries.length, expiries, allExpiredAtMs: SPAN_MS, ...more }
}

function toPlan(log: ExpiringLog, more: Partial<ExpiryPlanOptions> = {}, usage = idle): ExpiryPlan {
  return new ExpiryPlan({
    account: { ...log, background: usage },
    interfaces: new Map(),
    notBeforeMs: Number.NEGATIVE_INFINITY,
    changesAtMs: Number.POSITIVE_INFINITY,
    ...more,
  })
}

/** When so many starts are made, each as soon as it is free. */
function spend(plan: ExpiryPlan, count: number, wish = interactive, fromMs = 0): readonly number[] {
  const starts: number[] = []
  for (let nowMs = fromMs; starts.length < count; ) {
    nowMs = plan.freeAt(wish, nowMs)
    starts.push(nowMs)
    plan.add(wish, nowMs)
  }
  return starts
}

function toPlanInLine(turns: LineTurns, lane: Lane = 'interactive', more: Partial<ExpiryPlanOptions> = {}): ExpiryPlan {
  const account = { interactive: nobody, background: nobody, [lane]: turns }
  return toPlan(toLog(1, []), { account, ...more })
}

describe('a plan over starts that expire', () => {
  it('has a start at once while there is room, and then one for each that expires', () => {
    expect(spend(toPlan(toLog(4, [100, 200])), 5)).toEqual([0, 0, 100, 200, 1000])
  })

  it('takes starts of which it is not told when they expire for the youngest there can be', () => {
    const log = toLog(3, [100], { used: 3, allExpiredAtMs: 900 })
    expect(spend(toPlan(log), 3)).toEqual([100, 900, 900])
  })

  it('has none before more have expired than are too many', () => {
    expect(spend(toPlan(toLog(2, [100, 200, 300])), 1)).toEqual([200])
  })

  it('has none before a pause is over', () => {
    const plan = toPlan(toLog(2, [100, 200]), { notBeforeMs: 150 })
    expect(spend(plan, 2)).toEqual([150, 200])
  })

  it('has none at all where nothing may be started', () => {
    expect(toPlan(toLog(0, [])).freeAt(interactive, 0)).toBe(Number.POSITIVE_INFINITY)
  })

  it('is worth another look when something may have changed', () => {
    const plan = toPlan(toLog(1, [500]), { changesAtMs: 200 })
    expect(plan.freeAt(interactive, 0)).toBe(200)
    expect(plan.freeAt(interactive, 300)).toBe(300)
  })

  it('holds the limit of an interface too', () => {
    const plan = toPlan(toLog(3, [100]), { interfaces: new Map([['tape', toLog(1, [400])]]) })
    expect(plan.freeAt(tape, 0)).toBe(400)
    expect(plan.freeAt(interactive, 0)).toBe(0)
    expect(spend(plan, 2, tape)).toEqual([400, 1400])
  })

  it('keeps the share of the background from others, and no more', () => {
    const expiries = Array.from({ length: 20 }, (_, index) => (index + 1) * 10)
    const share = toBackgroundShare(20)
    const plan = toPlan(toLog(20, expiries), {}, { isActive: true, used: 0 })
    expect(plan.freeAt(interactive, 0)).toBe((share + 1) * 10)
    expect(plan.freeAt(background, 0)).toBe(10)
  })

  it('leaves others room once the background has its share', () => {
    const expiries = Array.from({ length: 20 }, (_, index) => (index + 1) * 10)
    const plan = toPlan(toLog(20, expiries), {}, { isActive: true, used: toBackgroundShare(20) })
    expect(plan.freeAt(background, 0)).toBe((toHeadroom(20) + 1) * 10)
    expect(plan.freeAt(interactive, 0)).toBe(10)
  })
})

describe('a plan of one of several that stand in line', () => {
  it('has its starts when their turns come', () => {
    expect(spend(toPlanInLine({ own: [200, 400], next: 500 }), 2)).toEqual([200, 400])
  })

  it('has a start at once whose turn has come', () => {
    expect(toPlanInLine({ own: [0], next: 100 }).freeAt(interactive, 50)).toBe(50)
  })

  it('wants a little more time for those that have no place yet, behind all others', () => {
    expect(spend(toPlanInLine({ own: [200], next: 400 }), 2)).toEqual([200, 400 + SLACK_MS])
  })

  it('wants none where a start may be free already', () => {
    expect(spend(toPlanInLine({ own: [], next: 0 }), 2, interactive, 7)).toEqual([7, 7])
  })

  it('has turns of its own in the line of each lane', () => {
    const account = { interactive: { own: [400], next: 500 }, background: { own: [100], next: 900 } }
    const plan = toPlan(toLog(1, []), { account })
    expect(spend(plan, 2, background)).toEqual([100, 900 + SLACK_MS])
    expect(plan.freeAt(interactive, 100)).toBe(400)
  })

  it('has none before a pause is over, and another look when something may have changed', () => {
    const turns = { own: [100], next: 500 }
    expect(toPlanInLine(turns, 'interactive', { notBeforeMs: 150 }).freeAt(interactive, 0)).toBe(150)
    expect(toPlanInLine(turns, 'interactive', { changesAtMs: 60 }).freeAt(interactive, 0)).toBe(60)
  })

  it('has nobody in line for the limit of an interface', () => {
    const interfaces = new Map([['tape', toLog(1, [700])]])
    const plan = toPlanInLine({ own: [400, 500], next: 600 }, 'interactive', { interfaces })
    expect(spend(plan, 2, tape)).toEqual([700, 700 + SPAN_MS])
  })
})

const expiring = fc
  .record({
    capacity: fc.integer({ min: 1, max: 8 }),
    expiries: fc.array(fc.integer({ min: 1, max: SPAN_MS }), { maxLength: 10 }),
  })
  .map(({ capacity, expiries }) => ({ capacity, expiries: expiries.sort((one, other) => one - other) }))
const steps = fc.array(fc.record({ waitsMs: fc.integer({ min: 0, max: 400 }), isTape: fc.boolean() }), {
  minLength: 1,
  maxLength: 30,
})

describe('a plan of one that is alone', () => {
  /** The first moment at which a log that holds so many has room. */
  function findRoom(starts: readonly number[], capacity: number, fromMs: number): number {
    const count = (atMs: number) => starts.filter((start) => start + SPAN_MS > atMs).length
    const moments = [fromMs, ...starts.map((start) => start + SPAN_MS).filter((atMs) => atMs > fromMs)]
    return Math.min(...moments.filter((atMs) => count(atMs) < capacity))
  }

  const toStarts = ({ expiries }: { readonly expiries: readonly number[] }) => expiries.map((atMs) => atMs - SPAN_MS)

  it('is what going through every moment gives, also within the limit of an interface', () => {
    fc.assert(
      fc.property(expiring, expiring, steps, (whole, narrow, calls) => {
        const plan = toPlan(toLog(whole.capacity, whole.expiries), {
          interfaces: new Map([['tape', toLog(narrow.capacity, narrow.expiries)]]),
        })
        const starts = toStarts(whole)
        const tapes = toStarts(narrow)
        let nowMs = 0
        for (const { waitsMs, isTape } of calls) {
          const room = findRoom(starts, whole.capacity, nowMs)
          const expected = isTape ? Math.max(room, findRoom(tapes, narrow.capacity, nowMs)) : room
          const wish = isTape ? tape : interactive
          expect(plan.freeAt(wish, nowMs)).toBe(expected)
          plan.add(wish, expected)
          starts.push(expected)
          if (isTape) tapes.push(expected)
          nowMs = expected + waitsMs
        }
      }),
    )
  })

  it('never has more starts in a span than the log may hold', () => {
    fc.assert(
      fc.property(expiring, fc.integer({ min: 1, max: 40 }), (log, count) => {
        const planned = spend(toPlan(toLog(log.capacity, log.expiries)), count)
        const starts = [...toStarts(log), ...planned]
        for (const atMs of planned) {
          const inSpan = starts.filter((start) => start > atMs - SPAN_MS && start <= atMs)
          expect(inSpan.length).toBeLessThanOrEqual(log.capacity)
        }
      }),
    )
  })
})
