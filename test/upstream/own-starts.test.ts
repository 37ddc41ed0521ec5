import { describe, expect, it } from 'vitest'
import { type OwnStart, OwnStarts } from '#upstream/own-starts.ts'

function toStart(id: string, atMs: number, isReported = false): OwnStart {
  return { id, operation: 'Get_LiveStat', lane: 'interactive', atMs, isShared: false, isReported }
}

describe('the starts of a process', () => {
  it('are there until they count no more', () => {
    const starts = new OwnStarts(1000)
    starts.add(toStart('a', 0))
    starts.add(toStart('b', 500))
    expect(starts.list(999).map(({ id }) => id)).toEqual(['a', 'b'])
    expect(starts.list(1000).map(({ id }) => id)).toEqual(['b'])
  })

  it('take in those of an earlier process, in order of time', () => {
    const starts = new OwnStarts(1000)
    starts.add(toStart('new', 600))
    starts.restore([toStart('late', 300), toStart('early', 100)])
    expect(starts.list(600).map(({ id }) => id)).toEqual(['early', 'late', 'new'])
  })

  it('tell which of them the shared log has not heard of', () => {
    const starts = new OwnStarts(1000)
    starts.add(toStart('told', 0, true))
    starts.add(toStart('untold', 0))
    expect(starts.listUnreported(10).map(({ id }) => id)).toEqual(['untold'])
  })

  it('forget one that never left', () => {
    const starts = new OwnStarts(1000)
    starts.add(toStart('a', 0))
    expect(starts.remove('a')?.id).toBe('a')
    expect(starts.remove('a')).toBeUndefined()
    expect(starts.list(0)).toEqual([])
  })
})
