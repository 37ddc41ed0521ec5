import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { countRepeats, findLostPops, measureOverlap } from '../../bench/faults/figures/pops.ts'
import type { Pop } from '../../bench/faults/rig/upstream-protocol.ts'

const toPop = (atMs: number, doneAtMs: number | null, files: readonly string[] = [], replica = 0): Pop => ({
  atMs,
  doneAtMs,
  replica,
  account: 'shots',
  files: [...files],
  fault: null,
})

describe('lost pops (R7)', () => {
  const kills = [
    { fromMs: 1000, toMs: 1010 },
    { fromMs: 3000, toMs: 3010 },
  ]

  test('are those with a message that is not listed, with the first kill after them', () => {
    const pops = [toPop(990, 1000, ['a', 'b']), toPop(2000, 2010, ['c']), toPop(2990, null, ['d', 'e'])]
    expect(findLostPops(pops, new Set(['a', 'b', 'c', 'e']), kills)).toEqual([
      { files: ['d'], kill: 1, doneBeforeMs: 0, isLast: true },
    ])
  })

  test('tell how long the provider had been done before the kill', () => {
    expect(findLostPops([toPop(700, 800, ['a'])], new Set(), kills)).toEqual([
      { files: ['a'], kill: 0, doneBeforeMs: 200, isLast: true },
    ])
  })

  test('are told apart from those that were not the last before a kill', () => {
    const pops = [toPop(700, 800, ['a']), toPop(900, 910, ['b']), toPop(2000, 2010, ['c'])]
    expect(findLostPops(pops, new Set(['c']), kills).map(({ isLast }) => isLast)).toEqual([false, true])
  })

  test('may arrive a little after their process was dead', () => {
    expect(findLostPops([toPop(1100, 1110, ['a'])], new Set(), kills)).toMatchObject([{ kill: 0, doneBeforeMs: 0 }])
  })

  test('of which no kill can be the reason have none', () => {
    expect(findLostPops([toPop(5000, 5010, ['a'])], new Set(), kills)).toMatchObject([{ kill: null }])
  })
})

describe('repeats (R8)', () => {
  const failed = (atMs: number, doneAtMs: number | null): Pop => ({ ...toPop(atMs, doneAtMs), fault: 'reset' })
  const count = (...pops: readonly Pop[]) => countRepeats(pops, ({ fault }) => fault === 'reset', 900)

  test('come sooner after the end of a failed one than a collector asks again', () => {
    expect(count(failed(0, 400), toPop(1200, 1201))).toBe(1)
    expect(count(failed(0, 400), toPop(1300, 1301))).toBe(0)
    expect(count(failed(0, null), toPop(1300, 1301))).toBe(1)
  })

  test('are neither pops after a good one nor those of another account', () => {
    expect(count(toPop(0, 1), toPop(100, 101))).toBe(0)
    expect(count(failed(0, 1), { ...toPop(100, 101), account: 'other' })).toBe(0)
  })
})

describe('the overlap (R9)', () => {
  test('is the longest time without a break in which more than one was in flight', () => {
    const pops = [toPop(0, 100), toPop(60, 200), toPop(190, 300), toPop(400, null)]
    expect(measureOverlap(pops, 500)).toEqual({ most: 2, longestMs: 40 })
  })

  test('goes on while a third takes over from the first', () => {
    expect(measureOverlap([toPop(0, 100), toPop(50, 200), toPop(80, 300)], 300)).toEqual({ most: 3, longestMs: 150 })
  })

  test('is none when one begins as the other ends', () => {
    expect(measureOverlap([toPop(0, 100), toPop(100, 200)], 200)).toEqual({ most: 1, longestMs: 0 })
  })

  test('is never longer than what a clock that looks each millisecond would see', () => {
    const spans = fc.array(fc.tuple(fc.nat(60), fc.integer({ min: 1, max: 30 })), { maxLength: 12 })
    fc.assert(
      fc.property(spans, (drawn) => {
        const pops = drawn.map(([from, length]) => toPop(from, from + length))
        let [most, longest, run] = [0, 0, 0]
        for (let atMs = 0; atMs <= 100; atMs += 1) {
          const open = pops.filter((pop) => pop.atMs <= atMs && atMs < (pop.doneAtMs ?? 0)).length
          most = Math.max(most, open)
          run = open > 1 ? run + 1 : 0
          longest = Math.max(longest, run)
        }
        const overlap = measureOverlap(pops, 100)
        expect(overlap.most).toBe(most)
        expect(overlap.longestMs).toBeLessThanOrEqual(longest)
      }),
    )
  })
})
