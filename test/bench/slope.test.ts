import fc from 'fast-check'
import { expect, test } from 'vitest'
import { slopePerMinute } from '../../bench/faults/figures/slope.ts'

test('a straight line has its own slope, wherever it begins', () => {
  fc.assert(
    fc.property(fc.integer({ min: -50, max: 50 }), fc.integer({ min: 0, max: 1000 }), (perMinute, first) => {
      const readings = [0, 1, 2, 5].map((minutes) => ({ atMs: minutes * 60_000, value: first + perMinute * minutes }))
      expect(slopePerMinute(readings)).toBeCloseTo(perMinute, 6)
    }),
  )
})

test('what goes up and down about a level does not grow', () => {
  const readings = [5, 9, 5, 9, 5].map((value, index) => ({ atMs: index * 1000, value }))
  expect(slopePerMinute(readings)).toBeCloseTo(0, 9)
})

test('one instant says nothing', () => {
  expect(slopePerMinute([{ atMs: 1, value: 1 }])).toBeNaN()
})
