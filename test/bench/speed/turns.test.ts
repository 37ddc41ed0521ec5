import { describe, expect, it } from 'vitest'
import { findRowId, judge, toFinding } from '../../../bench/speed/row.ts'
import { Turns } from '../../../bench/speed/turns.ts'

const ours = { contender: 'weir', load: 'q1' } as const
const bare = { contender: 'http', load: 'q1' } as const
const toTurn = (requestsPerSecond: number) => ({ requestsPerSecond, cpuMicros: 1, p50Ms: 1, p99Ms: 1 })

function run(pairs: readonly (readonly [number, number])[]): Turns {
  const turns = new Turns()
  for (const [one, other] of pairs) {
    turns.add(ours, toTurn(one))
    turns.add(bare, toTurn(other))
  }
  return turns
}

describe('turns', () => {
  it('are compared within their round', () => {
    expect(
      run([
        [90, 100],
        [40, 50],
        [700, 1000],
      ]).ratio(ours, bare, 'requestsPerSecond'),
    ).toEqual({
      median: 0.8,
      lowest: 0.7,
      highest: 0.9,
    })
  })

  it('of one that failed are none at all', () => {
    const turns = run([[90, 100]])
    turns.fail(bare, 'it fell over')
    expect(turns.reasonOf(bare)).toBe('it fell over')
    expect(turns.reasonOf(ours)).toBeUndefined()
  })

  it('that were never run have a reason too', () => {
    expect(new Turns().reasonOf(ours)).toBe('it was not run')
  })
})

describe('a finding', () => {
  const words = { what: 'Q1', one: ours, other: bare }

  it('is judged by its median', () => {
    const turns = run([
      [90, 100],
      [40, 50],
      [700, 1000],
    ])
    expect(judge(toFinding(turns, { ...words, goal: { least: 0.8 } }))).toBe('met')
    expect(judge(toFinding(turns, { ...words, goal: { least: 0.85 } }))).toBe('missed')
    expect(judge(toFinding(turns, { ...words, goal: { most: 0.5 } }))).toBe('missed')
    expect(judge(toFinding(turns, words))).toBe('')
  })

  it('without figures says who has none, and is not met', () => {
    const turns = run([[90, 100]])
    turns.fail(bare, 'it fell over')
    const finding = toFinding(turns, { ...words, goal: { least: 0.8 } })
    expect(finding.measured).toBe('http q1: it fell over')
    expect(judge(finding)).toBe('not measured')
  })
})

it('a row is named in either case', () => {
  expect(findRowId('p10')).toBe('P10')
  expect(findRowId('P15')).toBeUndefined()
})
