import { describe, expect, it } from 'vitest'
import { replaceFigures } from '../../bench/performance-page.ts'
import { readSelection } from '../../bench/selection.ts'

describe('the words of npm run bench', () => {
  it('name rows and topics; without any all rows are meant, and written down', () => {
    expect(readSelection(['cache'])).toMatchObject({ topics: ['cache'], rows: [], isWholeRun: false })
    expect(readSelection(['p4', 'P1'])).toMatchObject({ topics: [], rows: ['P1', 'P4'], isWholeRun: false })
    expect(readSelection([])).toMatchObject({ topics: [], snapshots: null, isWholeRun: true })
    expect(readSelection([]).rows).toHaveLength(14)
    expect(readSelection(['quick'])).toMatchObject({ isQuick: true, rows: [], topics: [], snapshots: null })
  })

  it('say for how long, but not too short to mean anything', () => {
    expect(readSelection(['--rounds=5', '--turn=50']).rounds).toEqual({ count: 5, turnMs: 50 })
    expect(() => readSelection(['--rounds=4'])).toThrow(RangeError)
    expect(readSelection(['--rounds=1', '--trial'])).toMatchObject({ pace: { rounds: 1 }, isWholeRun: false })
    expect(readSelection(['P1', '--turn=2000']).pace).toEqual({ rounds: 5, warmUpSeconds: 8, seconds: 2 })
    expect(readSelection(['cache']).rounds).toEqual({ count: 21, turnMs: 100 })
    expect(() => readSelection(['--turn=fast'])).toThrow(RangeError)
  })

  it('write nothing unless they say so, and then all that is compared', () => {
    expect(readSelection(['quota']).isWriting).toBe(false)
    expect(readSelection(['quota', '--write'])).toMatchObject({
      isWriting: true,
      topics: ['quota', 'cache'],
      snapshots: null,
    })
  })

  it('have the snapshot stores measured by themselves, with a million when it is written down', () => {
    expect(readSelection(['snapshots'])).toMatchObject({ topics: [], snapshots: 100_000 })
    expect(readSelection(['snapshots', '--write'])).toMatchObject({ topics: [], snapshots: 1_000_000 })
    expect(readSelection(['snapshots', '--snapshots=10000'])).toMatchObject({ snapshots: 10_000 })
    expect(() => readSelection(['--snapshots=9999'])).toThrow(RangeError)
  })

  it('have the live bench run whole or in parts, and written down whole', () => {
    expect(readSelection(['live'])).toMatchObject({ live: ['fan-out', 'latency', 'memory'], rows: [], minutes: 2 })
    expect(readSelection(['memory', '--minutes=10'])).toMatchObject({
      live: ['memory'],
      minutes: 10,
      isWholeRun: false,
    })
    expect(readSelection(['latency', '--write']).live).toEqual(['fan-out', 'latency', 'memory'])
    expect(readSelection([]).live).toEqual([])
    expect(() => readSelection(['live', '--minutes=0'])).toThrow(RangeError)
  })

  it('are refused where they are not understood', () => {
    expect(() => readSelection(['quotas'])).toThrow('quotas')
  })
})

describe('the page of figures', () => {
  const page = (figures: string) =>
    `before\n<!-- figures: npm run bench -- --write -->\n\n${figures}\n\n<!-- end of figures -->\nafter\n`

  it('has its figures replaced and nothing else', () => {
    expect(replaceFigures(page('old'), 'new')).toBe(page('new'))
  })

  it('has a place of its own for the snapshot stores', () => {
    const both = `${page('shared')}<!-- figures: npm run bench -- snapshots --write -->\n\nold\n\n<!-- end of figures -->\n`
    expect(replaceFigures(both, 'new', 'snapshots')).toBe(both.replace('old', 'new'))
    expect(replaceFigures(both, 'new')).toBe(both.replace('shared', 'new'))
  })

  it('is left alone when it has no place for them', () => {
    expect(() => replaceFigures('before', 'new')).toThrow(RangeError)
  })
})
