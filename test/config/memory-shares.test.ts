import fc from 'fast-check'
import { expect, test } from 'vitest'
import { toMemoryShares } from '../../src/config/memory-shares.ts'

test('nobody gets nothing, and all together no more than was granted', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 2 ** 40 }), (maxBytes) => {
      const shares = Object.values(toMemoryShares(maxBytes))
      expect(Math.min(...shares)).toBeGreaterThan(0)
      expect(shares.reduce((sum, share) => sum + share, 0)).toBeLessThanOrEqual(maxBytes)
    }),
  )
})
