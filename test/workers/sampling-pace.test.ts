import fc from 'fast-check'
import { expect, test } from 'vitest'
import { AsideBudget, findPace } from '../../src/workers/sampling-pace.ts'

const quota = { limit: 300, windowSeconds: 300, remaining: 300 }

test('what is cheap is read as often as the provider measures', () => {
  expect(findPace({ push: 2, play: 1 }, quota)).toEqual({ pushEveryMs: 5000, playEveryMs: 60_000, slowedBecause: null })
})

test('what is dear is read more slowly, and it is said why', () => {
  const { pushEveryMs, slowedBecause } = findPace({ push: 6, play: 0 }, quota)
  expect(pushEveryMs).toBe(15_000)
  expect(slowedBecause).toContain('6 provider calls every 5 s')
})

test('a quota that is nearly used up slows what is cheap as well', () => {
  const { pushEveryMs, playEveryMs, slowedBecause } = findPace({ push: 1, play: 1 }, { ...quota, remaining: 29 })
  expect([pushEveryMs, playEveryMs]).toEqual([10_000, 120_000])
  expect(slowedBecause).toBe('only 29 of 300 provider calls are free')
})

test('whatever is watched, rounds leave half of a quota to others', () => {
  fc.assert(
    fc.property(
      fc.record({ push: fc.nat(5000), play: fc.nat(5000) }),
      fc.record({ limit: fc.integer({ min: 1, max: 3000 }), windowSeconds: fc.integer({ min: 10, max: 3600 }) }),
      (calls, { limit, windowSeconds }) => {
        const pace = findPace(calls, { limit, windowSeconds, remaining: limit })
        const perWindow =
          (calls.push * windowSeconds * 1000) / pace.pushEveryMs +
          (calls.play * windowSeconds * 1000) / pace.playEveryMs
        expect(perWindow).toBeLessThanOrEqual(0.5 * limit + 1e-6)
      },
    ),
  )
})

test('calls beside the pace are a tenth of the quota, whoever asks for them and whenever', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(30_000), fc.integer({ min: 1, max: 4 })), { maxLength: 200 }), (asks) => {
      let nowMs = 0
      const budget = new AsideBudget(() => nowMs)
      let taken = 0
      for (const [pauseMs, calls] of asks) {
        nowMs += pauseMs
        budget.fill(quota)
        if (budget.take(calls)) taken += calls
      }
      // Half a window's worth may have gathered at the beginning.
      expect(taken).toBeLessThanOrEqual((30 * nowMs) / 300_000 + 15)
    }),
  )
})
