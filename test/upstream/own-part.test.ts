import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { LinkHealth, LinkState } from '#fleet/fleet-link.ts'
import { toLimitParts, toOwnLog, toWholePartAtMs } from '#upstream/own-part.ts'
import type { OwnStart } from '#upstream/own-starts.ts'

const spanMs = 302_000

function toLink(health: LinkHealth, sinceMs = 0, confirmedAtMs = sinceMs): LinkState {
  return { health, connection: 1, sinceMs, confirmedAtMs }
}

function toStart(atMs: number, isShared: boolean): OwnStart {
  return { id: String(atMs), operation: 'Get_LiveStat', lane: 'interactive', atMs, isShared, isReported: false }
}

describe('the parts of a limit', () => {
  it('are those of the documentation', () => {
    expect(toLimitParts(300, 0.05, 3)).toEqual({ capacity: 285, reservePart: 5, wholePart: 95 })
    expect(toLimitParts(30, 0.05, 3)).toEqual({ capacity: 29, reservePart: 0, wholePart: 9 })
    expect(toLimitParts(1, 0.05, 1)).toEqual({ capacity: 1, reservePart: 0, wholePart: 1 })
  })

  it('are not a start short because of the way computers multiply', () => {
    expect(toLimitParts(100, 0.29, 1).reservePart).toBe(29)
  })

  it('never add up to more than the limit', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 1_000_000 }),
        fc.double({ min: 0, max: 0.9, noNaN: true }),
        fc.integer({ min: 1, max: 100 }),
        (limit, reserve, replicas) => {
          const { capacity, reservePart, wholePart } = toLimitParts(limit, reserve, replicas)
          expect(capacity).toBeGreaterThan(0)
          expect(capacity + replicas * reservePart).toBeLessThanOrEqual(limit)
          expect(replicas * (wholePart + reservePart)).toBeLessThanOrEqual(limit)
        },
      ),
    )
  })
})

describe('the log a process keeps for itself', () => {
  const parts = toLimitParts(300, 0.05, 3)

  it('is the reserve part while nobody can tell whether others still have the shared log', () => {
    const starts = [toStart(900_000, true), toStart(900_001, false)]
    const log = toOwnLog(parts, spanMs, starts, toLink('silent', 0), 1_000_000)
    expect(log).toMatchObject({ capacity: 5, used: 1, expiries: [900_001 + spanMs] })
  })

  it('is the whole part after refusals for a span and a second, all starts counted', () => {
    const starts = [toStart(900_000, true), toStart(900_001, false), toStart(1, false)]
    const atMs = toWholePartAtMs(toLink('refused', 500_000), spanMs)
    expect(atMs).toBe(500_000 + spanMs + 1000)
    expect(toOwnLog(parts, spanMs, starts, toLink('refused', 500_000, atMs - 1), atMs - 1).capacity).toBe(5)
    expect(toOwnLog(parts, spanMs, starts, toLink('refused', 500_000, atMs), atMs)).toMatchObject({
      capacity: 95,
      used: 2,
    })
  })

  it('is the reserve part again when the last refusal is long ago: the process itself may have stood still', () => {
    const atMs = 500_000 + spanMs + 10_000
    const link = toLink('refused', 500_000, atMs - 1001)
    expect(toOwnLog(parts, spanMs, [], link, atMs).capacity).toBe(5)
  })
})
