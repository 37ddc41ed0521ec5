import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Session, Viewing } from '../../../bench/live/audience.ts'
import { compareSequences } from '../../../bench/live/sequences.ts'

const toSession = (observed: readonly number[], isResumed = false): Session => ({
  isResumed,
  // On its way for 7 ms.
  sightings: observed.map((observedAtMs) => ({ observedAtMs, arrivedAtMs: observedAtMs + 7 })),
})
const toViewing = (...sessions: readonly Session[]): Viewing => ({ key: 'a', sessions })

describe('subscribers of one stream', () => {
  test('that heard the same from their coming on have nothing against each other', () => {
    const viewings = [toViewing(toSession([5, 10, 15, 20])), toViewing(toSession([10, 15, 20]))]
    expect(compareSequences(viewings)).toEqual({
      heard: 7,
      repeated: 0,
      disordered: 0,
      missing: 0,
      interrupted: 0,
      mostMissedAway: 0,
      longestPauseMs: 5,
      longestAwayMs: 0,
    })
  })

  test('need not have heard what another was told as known before', () => {
    const viewings = [toViewing(toSession([5, 10, 20])), toViewing(toSession([15, 20]))]
    expect(compareSequences(viewings).missing).toBe(0)
  })

  test('are told apart by what one heard twice, behind a later one, or not at all', () => {
    const all = toViewing(toSession([5, 10, 15, 20]))
    expect(compareSequences([all, toViewing(toSession([5, 10, 10, 15, 20]))])).toMatchObject({
      repeated: 1,
      missing: 0,
    })
    expect(compareSequences([all, toViewing(toSession([5, 15, 10, 20]))])).toMatchObject({ disordered: 1, missing: 0 })
    expect(compareSequences([all, toViewing(toSession([5, 10, 20]))])).toMatchObject({ missing: 1, disordered: 0 })
    expect(compareSequences([all, toViewing(toSession([5, 10]))])).toMatchObject({ missing: 2 })
  })

  test('who lost their replica have missed what came while they were away, unless they could say where they were', () => {
    const all = toViewing(toSession([5, 10, 15, 20, 25, 30]))
    const [before, after] = [toSession([5, 10]), toSession([25, 30])]
    expect(compareSequences([all, toViewing(before, after)])).toMatchObject({
      interrupted: 1,
      missing: 0,
      mostMissedAway: 2,
      longestPauseMs: 5,
      longestAwayMs: 15,
    })
    const resumed = { ...after, isResumed: true }
    expect(compareSequences([all, toViewing(before, resumed)])).toMatchObject({ missing: 2, mostMissedAway: 0 })
    expect(compareSequences([all, toViewing(before, toSession([15, 20, 25, 30], true))]).missing).toBe(0)
    expect(compareSequences([all, toViewing(before, toSession([10, 15, 20, 25, 30], true))]).repeated).toBe(1)
  })

  test('of other streams are compared with their own', () => {
    const other = { ...toViewing(toSession([6, 11])), key: 'b' }
    expect(compareSequences([toViewing(toSession([5, 10])), other]).missing).toBe(0)
  })
})

test('whatever is taken away from one of several is missing, and nothing else is', () => {
  const samples = fc.uniqueArray(fc.nat(10_000), { minLength: 3, maxLength: 40 })
  fc.assert(
    fc.property(samples, fc.nat(), (some, at) => {
      const sorted = some.toSorted((one, other) => one - other)
      const lost = 1 + (at % (sorted.length - 1))
      const less = sorted.filter((_, index) => index !== lost)
      const viewings = [sorted, sorted, less].map((observed) => toViewing(toSession(observed)))
      const { missing, repeated, disordered, heard } = compareSequences(viewings)
      expect({ missing, repeated, disordered, heard }).toEqual({
        missing: 1,
        repeated: 0,
        disordered: 0,
        heard: 3 * sorted.length - 1,
      })
    }),
  )
})
