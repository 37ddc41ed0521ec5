import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { compare, toRatios, toSpread, toTable } from '../../bench/comparison.ts'

const pair = { what: 'reads', ours: 'ours', beside: 'bare' }

describe('a comparison', () => {
  it('tells the middle and the ends of what was measured', () => {
    expect(toSpread([5, 1, 9])).toEqual({ median: 5, lowest: 1, highest: 9 })
    expect(() => toSpread([])).toThrow(RangeError)
  })

  it('takes each ratio within its round', () => {
    expect(toRatios([10, 30], [20, 10])).toEqual([0.5, 3])
  })

  it('is the same however slow the machine was in any round', () => {
    const round = fc.record({ slowness: fc.double({ min: 0.01, max: 100, noNaN: true }) })
    fc.assert(
      fc.property(fc.array(round, { minLength: 1 }), (rounds) => {
        const ratios = toRatios(
          rounds.map(({ slowness }) => 300 / slowness),
          rounds.map(({ slowness }) => 100 / slowness),
        )
        for (const ratio of ratios) expect(ratio).toBeCloseTo(3, 9)
      }),
    )
  })

  it('is none of two that did not run in the same rounds, nor with one that did nothing', () => {
    expect(() => toRatios([1], [1, 2])).toThrow(RangeError)
    expect(() => toRatios([1], [0])).toThrow(RangeError)
  })

  it('is none with somebody who did not run', () => {
    expect(() => compare([pair], new Map([['ours', [1]]]))).toThrow('bare')
  })

  it('takes the median of the ratios, not the ratio of the medians', () => {
    const rates = new Map([
      ['ours', [10, 20, 90]],
      ['bare', [10, 40, 30]],
    ])
    const [comparison] = compare([pair], rates)
    expect(comparison?.ratio).toEqual({ median: 1, lowest: 0.5, highest: 3 })
    expect(comparison?.ourRate.median).toBe(20)
    expect(comparison?.otherRate.median).toBe(30)
  })

  it('is shown in three digits', () => {
    const rates = new Map([
      ['ours', [1_234_567]],
      ['bare', [98_765]],
    ])
    const [, , row] = toTable(compare([pair], rates)).split('\n')
    expect(row?.split('|').map((cell) => cell.trim())).toEqual([
      '',
      'reads',
      'ours',
      '1 230 000',
      'bare',
      '98 800',
      '13',
      '13',
      '13',
      '',
    ])
  })
})
