import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { findExhaustionMs } from '#telemetry/quota-forecast.ts'

const windowSeconds = 300
const alone = { windowCalls: 0, lateMs: 60_000, replicas: 1 }

const standing = fc
  .record({ limit: fc.integer({ min: 1, max: 10_000 }), share: fc.double({ min: 0, max: 1, noNaN: true }) })
  .map(({ limit, share }) => {
    const used = Math.floor(limit * share)
    return { windowSeconds, used, remaining: limit - used }
  })
const pace = fc.record({
  windowCalls: fc.integer({ min: 0, max: 10_000 }),
  lateCalls: fc.integer({ min: 0, max: 10_000 }),
  lateMs: fc.double({ min: 60_000, max: 66_000, noNaN: true }),
  replicas: fc.integer({ min: 1, max: 10 }),
})

describe('the forecast of a quota', () => {
  it('is when a fresh quota is used up at a steady pace', () => {
    // 2 a second of 300: after 150 s.
    const quota = { windowSeconds, used: 0, remaining: 300 }
    expect(findExhaustionMs(quota, { ...alone, lateCalls: 120 })).toBeCloseTo(150_000)
    // 1 a second is what is granted for ever.
    expect(findExhaustionMs(quota, { ...alone, lateCalls: 59 })).toBeNull()
  })

  it('reckons with starts that leave the window', () => {
    // 2 a second come, 150 / 300 a second go: 150 more take 100 s.
    const quota = { windowSeconds, used: 150, remaining: 150 }
    expect(findExhaustionMs(quota, { ...alone, windowCalls: 150, lateCalls: 120 })).toBeCloseTo(100_000)
  })

  it('says nothing of a quota that is used up already, nor where nothing is spent', () => {
    const full = { windowSeconds, used: 300, remaining: 0 }
    expect(findExhaustionMs(full, { ...alone, windowCalls: 300, lateCalls: 300 })).toBeNull()
    expect(findExhaustionMs({ windowSeconds, used: 299, remaining: 1 }, { ...alone, lateCalls: 0 })).toBeNull()
  })

  it('takes other replicas to be as busy as this one, and no more of them than there can be', () => {
    const quota = { windowSeconds, used: 90, remaining: 210 }
    const own = { windowCalls: 30, lateCalls: 30, lateMs: 60_000 }
    // A third of 1.5 a second is its own; 0.3 a second go.
    expect(findExhaustionMs(quota, { ...own, replicas: 3 })).toBeCloseTo(175_000)
    expect(findExhaustionMs(quota, { ...own, replicas: 9 })).toBeCloseTo(175_000)
    // What was started before a process that is alone was not started by another.
    expect(findExhaustionMs(quota, { ...own, replicas: 1 })).toBeNull()
  })

  it('lies within a window, and only where the pace is more than is granted', () => {
    fc.assert(
      fc.property(standing, pace, (quota, own) => {
        const leftMs = findExhaustionMs(quota, own)
        if (leftMs === null) return
        const windowMs = windowSeconds * 1000
        expect(leftMs).toBeGreaterThan(0)
        expect(leftMs).toBeLessThanOrEqual(windowMs)
        const mostPace = (own.lateCalls / own.lateMs) * own.replicas
        expect(mostPace * windowMs).toBeGreaterThanOrEqual((quota.used + quota.remaining) * 0.999_999)
      }),
    )
  })

  it('comes no later when more is spent of late', () => {
    fc.assert(
      fc.property(standing, pace, fc.integer({ min: 1, max: 1000 }), (quota, own, more) => {
        const leftMs = findExhaustionMs(quota, own)
        if (leftMs === null) return
        const busier = findExhaustionMs(quota, { ...own, lateCalls: own.lateCalls + more })
        expect(busier).not.toBeNull()
        expect(busier ?? Number.POSITIVE_INFINITY).toBeLessThanOrEqual(leftMs)
      }),
    )
  })
})
