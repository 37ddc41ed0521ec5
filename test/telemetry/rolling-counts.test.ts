import fc from 'fast-check'
import { expect, test } from 'vitest'
import { RollingCounts } from '#telemetry/rolling-counts.ts'

const WINDOW_MS = 5000
const CELL_MS = WINDOW_MS / 50

const events = fc.array(
  fc.record({ afterMs: fc.integer({ min: 0, max: 2 * WINDOW_MS }), count: fc.integer({ min: 1, max: 1000 }) }),
  { maxLength: 60 },
)

test('counts what a plain list of all events counts in the same time', () => {
  fc.assert(
    fc.property(events, fc.integer({ min: 0, max: 3 * WINDOW_MS }), fc.constantFrom(0.2, 1), (list, later, share) => {
      const counts = new RollingCounts(WINDOW_MS, 2)
      const known: { atMs: number; count: number }[] = []
      let nowMs = 1_000_003
      for (const { afterMs, count } of list) {
        nowMs += afterMs
        counts.add(1, count, nowMs)
        known.push({ atMs: nowMs, count })
        const sinceMs = nowMs - counts.spanMs(nowMs, share)
        const naive = known.filter(({ atMs }) => atMs >= sinceMs).reduce((sum, event) => sum + event.count, 0)
        expect(counts.sum(1, nowMs, share)).toBe(naive)
      }
      nowMs += later
      const naive = known
        .filter(({ atMs }) => atMs >= nowMs - counts.spanMs(nowMs, share))
        .reduce((sum, event) => sum + event.count, 0)
      expect(counts.sum(1, nowMs, share)).toBe(naive)
      expect(counts.sum(0, nowMs, share)).toBe(0)
      expect(counts.isIdle(nowMs)).toBe(counts.sum(1, nowMs) === 0)
    }),
  )
})

test('counts the window and at most a fiftieth more', () => {
  fc.assert(
    fc.property(fc.double({ min: 0, max: 1e9, noNaN: true }), fc.constantFrom(0.2, 1), (nowMs, share) => {
      const spanMs = new RollingCounts(WINDOW_MS, 1).spanMs(nowMs, share)
      expect(spanMs).toBeGreaterThanOrEqual(WINDOW_MS * share)
      expect(spanMs).toBeLessThan(WINDOW_MS * share + CELL_MS)
    }),
  )
})

test('being looked at keeps nobody from being idle', () => {
  const counts = new RollingCounts(WINDOW_MS, 1)
  counts.add(0, 1, 0)
  for (let nowMs = 0; nowMs < 2 * WINDOW_MS; nowMs += 100) counts.sum(0, nowMs)
  expect(counts.isIdle(WINDOW_MS)).toBe(false)
  expect(counts.isIdle(WINDOW_MS + CELL_MS)).toBe(true)
})
