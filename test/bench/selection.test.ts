import { describe, expect, it } from 'vitest'
import { replaceFigures } from '../../bench/performance-page.ts'
import { readSelection } from '../../bench/selection.ts'

describe('the words of npm run bench', () => {
  it('name topics; without any all are meant', () => {
    expect(readSelection(['cache']).topics).toEqual(['cache'])
    expect(readSelection([]).topics).toEqual(['quota', 'cache'])
  })

  it('say for how long, but not too short to mean anything', () => {
    expect(readSelection(['--rounds=5', '--turn=50']).rounds).toEqual({ count: 5, turnMs: 50 })
    expect(() => readSelection(['--rounds=4'])).toThrow(RangeError)
    expect(() => readSelection(['--turn=fast'])).toThrow(RangeError)
  })

  it('write nothing unless they say so, and then all topics', () => {
    expect(readSelection(['quota']).isWriting).toBe(false)
    expect(readSelection(['quota', '--write'])).toMatchObject({ isWriting: true, topics: ['quota', 'cache'] })
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

  it('is left alone when it has no place for them', () => {
    expect(() => replaceFigures('before', 'new')).toThrow(RangeError)
  })
})
