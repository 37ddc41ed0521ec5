import fc from 'fast-check'
import { expect, test } from 'vitest'
import { findFirstIndex } from '#services/first-index.ts'

test('finds where something begins in what is in order, wherever that is', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: -50, max: 50 })), fc.integer({ min: -60, max: 60 }), (numbers, edge) => {
      const sorted = numbers.toSorted((one, other) => one - other)
      const index = findFirstIndex(sorted, (number) => number < edge)
      expect(sorted.slice(0, index).every((number) => number < edge)).toBe(true)
      expect(sorted.slice(index).every((number) => number >= edge)).toBe(true)
    }),
  )
})
