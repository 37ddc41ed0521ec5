import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { RollingLog } from '#upstream/rolling-log.ts'

const LIMIT = 4
const SPAN_MS = 100

/** The same, kept the plain way: a list. */
class ListedStarts {
  times: number[] = []
  count = (nowMs: number) => this.times.filter((atMs) => atMs + SPAN_MS > nowMs).length
  freeAt(nowMs: number): number {
    const counting = this.times.filter((atMs) => atMs + SPAN_MS > nowMs)
    return counting.length < LIMIT ? nowMs : (counting[0] ?? 0) + SPAN_MS
  }
  remove(atMs: number, nowMs: number): void {
    const index = this.times.lastIndexOf(atMs)
    if (index >= 0 && atMs + SPAN_MS > nowMs) this.times.splice(index, 1)
  }
}

const step = fc.oneof(
  fc.record({ kind: fc.constant('wait' as const), ms: fc.integer({ min: 0, max: 60 }) }),
  fc.record({ kind: fc.constant('start' as const) }),
  // Of one of the last starts, or of none.
  fc.record({ kind: fc.constant('remove' as const), back: fc.integer({ min: 0, max: 8 }) }),
)

describe('a log of starts', () => {
  it('knows at every moment what a plain list would say, whatever was struck out', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const [log, list] = [new RollingLog(LIMIT, SPAN_MS), new ListedStarts()]
        const started: number[] = []
        let nowMs = 1000
        for (const one of steps) {
          if (one.kind === 'wait') nowMs += one.ms
          else if (one.kind === 'remove') {
            const atMs = started.at(-1 - one.back) ?? -1
            log.count(nowMs)
            log.remove(atMs)
            list.remove(atMs, nowMs)
          } else if (log.freeAt(nowMs) === nowMs) {
            log.add(nowMs)
            list.times.push(nowMs)
            started.push(nowMs)
          } else expect(() => log.add(nowMs)).toThrow('no start is free')
          expect(log.count(nowMs)).toBe(list.count(nowMs))
          expect(log.size).toBe(list.count(nowMs))
          expect(log.freeAt(nowMs)).toBe(list.freeAt(nowMs))
          const counting = list.times.filter((atMs) => atMs + SPAN_MS > nowMs)
          expect(counting.map((_, index) => log.at(index))).toEqual(counting)
        }
      }),
      { numRuns: 500 },
    )
  })

  it('takes room for what stands in it, however far above that its limit is', () => {
    const log = new RollingLog(2 ** 45, 1000)
    const early = Array.from({ length: 500 }, (_, index) => 1000 + index)
    for (const atMs of early) log.add(atMs)
    // Those that left first make room, so that it grows where it does not begin with its oldest.
    expect(log.count(2100)).toBe(399)
    const late = Array.from({ length: 2500 }, (_, index) => 2100 + index / 10_000)
    for (const atMs of late) log.add(atMs)
    expect(Array.from({ length: log.size }, (_, index) => log.at(index))).toEqual([...early.slice(101), ...late])
  })

  it('takes in what was before in any order, and of too much the latest', () => {
    const log = new RollingLog(3, SPAN_MS)
    log.restore([1040, 1010, 1030, 1020])
    expect([log.at(0), log.at(1), log.at(2)]).toEqual([1020, 1030, 1040])
    expect(log.freeAt(1050)).toBe(1120)
    expect(log.count(1120)).toBe(2)
  })
})

describe('a planned log', () => {
  it('counts what happened and what is planned, and tells when each of them leaves', () => {
    const log = new RollingLog(2, SPAN_MS)
    log.add(1000)
    const plan = log.plan()
    expect(plan.freeAt(1000)).toBe(1000)
    plan.add(1010)
    expect(plan.freeAt(1010)).toBe(1100)
    expect([plan.count(1010), plan.count(1100), plan.count(1110)]).toEqual([2, 1, 0])
    expect([plan.nextEnd(1010), plan.nextEnd(1100), plan.nextEnd(1110)]).toEqual([1100, 1110, Number.POSITIVE_INFINITY])
    plan.add(1100)
    expect(plan.freeAt(1100)).toBe(1110)
    expect(log.size).toBe(1)
  })

  it('gives starts as the log itself will give them', () => {
    const gaps = fc.array(fc.integer({ min: 0, max: 60 }), { maxLength: 30 })
    fc.assert(
      fc.property(gaps, gaps, (before, after) => {
        const log = new RollingLog(LIMIT, SPAN_MS)
        let nowMs = 1000
        for (const gap of before) {
          nowMs = log.freeAt(nowMs + gap)
          log.add(nowMs)
        }
        const plan = log.plan()
        let plannedMs = nowMs
        const planned = after.map((gap) => {
          plannedMs = plan.freeAt(plannedMs + gap)
          plan.add(plannedMs)
          return plannedMs
        })
        const started = after.map((gap) => {
          nowMs = log.freeAt(nowMs + gap)
          log.add(nowMs)
          return nowMs
        })
        expect(planned).toEqual(started)
      }),
    )
  })
})
