import fc from 'fast-check'
import { expect, test } from 'vitest'
import { percentile, rounded } from '../../bench/faults/figures/percentiles.ts'

test('of a hundred values the p99 is the ninety-ninth smallest, whatever their order', () => {
  const values = Array.from({ length: 100 }, (_, index) => index + 1)
  expect(percentile(values.toReversed(), 0.99)).toBe(99)
  expect(percentile(values, 1)).toBe(100)
  expect(percentile(values, 0.5)).toBe(50)
})

test('of few values a high percentile is the largest', () => {
  expect(percentile([5, 9, 7], 0.99)).toBe(9)
  expect(percentile([4], 0.5)).toBe(4)
})

test('of no values it is no number', () => {
  expect(percentile([], 0.99)).toBeNaN()
})

test('is a measured value that at least that share does not exceed', () => {
  const values = fc.array(fc.double({ noNaN: true, noDefaultInfinity: true }), { minLength: 1 })
  fc.assert(
    fc.property(values, fc.double({ min: 0.01, max: 1, noNaN: true }), (measured, share) => {
      const found = percentile(measured, share)
      expect(measured).toContain(found)
      const covered = measured.filter((value) => value <= found).length
      expect(covered).toBeGreaterThanOrEqual(Math.ceil(measured.length * share))
      expect(measured.filter((value) => value < found).length).toBeLessThan(measured.length * share)
    }),
  )
})

test('rounds for people', () => {
  expect(rounded(1.2345)).toBe(1.2)
  expect(rounded(1.2345, 3)).toBe(1.235)
})
