import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { RecentTimes } from '#upstream/recent-times.ts'

describe('recent times', () => {
  it('count what lies in the span that ends now, its beginning left out', () => {
    const steps = fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 3000 })
    fc.assert(
      fc.property(steps, fc.integer({ min: 1, max: 50 }), (waits, spanMs) => {
        const times = new RecentTimes(spanMs)
        const all: number[] = []
        let nowMs = 0
        for (const waitMs of waits) {
          nowMs += waitMs
          times.add(nowMs)
          all.push(nowMs)
        }
        nowMs += spanMs / 2
        expect(times.count(nowMs)).toBe(all.filter((atMs) => atMs > nowMs - spanMs).length)
        times.clear()
        expect(times.count(nowMs)).toBe(0)
      }),
      { numRuns: 50 },
    )
  })
})
