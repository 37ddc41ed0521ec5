import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { countAttempts, countWithin, useOfSpans, worstWindow } from '../../bench/faults/figures/arrivals.ts'

describe('the worst window (R1)', () => {
  test('is empty when nothing arrived', () => {
    expect(worstWindow([], 1000)).toBe(0)
  })

  test('is half-open: arrivals exactly one window apart are never together', () => {
    expect(worstWindow([0, 1000], 1000)).toBe(1)
    expect(worstWindow([0, 999.9], 1000)).toBe(2)
  })

  test('is found astride the edges that a fixed window would have', () => {
    const before = Array.from({ length: 300 }, () => 4990)
    const after = Array.from({ length: 300 }, () => 5010)
    expect(worstWindow([...before, ...after], 5000)).toBe(600)
  })

  test('is the most that a window which ends at an arrival holds, whatever the order', () => {
    const times = fc.array(fc.integer({ min: 0, max: 200 }), { maxLength: 60 })
    fc.assert(
      fc.property(times, fc.integer({ min: 1, max: 80 }), (arrivedAtMs, windowMs) => {
        const counts = arrivedAtMs.map(
          (end) => arrivedAtMs.filter((atMs) => atMs > end - windowMs && atMs <= end).length,
        )
        expect(worstWindow(arrivedAtMs, windowMs)).toBe(Math.max(0, ...counts))
      }),
    )
  })
})

test('counts what arrived inside a half-open period', () => {
  expect(countWithin([10, 20, 30], { fromMs: 10, toMs: 30 })).toBe(2)
})

describe('the use of spans (R1)', () => {
  const oneIn100 = Array.from({ length: 30 }, (_, index) => index * 100)

  test('is the share of the capacity that arrived in each whole span', () => {
    const use = useOfSpans(oneIn100, { fromMs: 0, toMs: 2500 }, { spanMs: 1000, capacity: 20 })
    expect(use).toEqual({ mean: 0.5, worst: 0.5 })
  })

  test('tells the worst span beside the mean', () => {
    const use = useOfSpans([0, 1, 2, 1000], { fromMs: 0, toMs: 2000 }, { spanMs: 1000, capacity: 4 })
    expect(use).toEqual({ mean: 0.5, worst: 0.25 })
  })

  test('is no number when the period is shorter than a span, so that it meets no limit', () => {
    expect(useOfSpans(oneIn100, { fromMs: 0, toMs: 999 }, { spanMs: 1000, capacity: 20 }).mean).toBeNaN()
  })
})

test('counts the attempts beyond the first of each call (R13)', () => {
  expect(countAttempts(['a', 'b', 'a', 'a', 'c'])).toEqual({ calls: 3, retries: 2, most: 3 })
  expect(countAttempts([])).toEqual({ calls: 0, retries: 0, most: 0 })
})
