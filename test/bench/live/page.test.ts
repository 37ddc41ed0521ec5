import { expect, test } from 'vitest'
import { writeLiveResults } from '../../../bench/live/page.ts'

const count = (who: string, subscribers: number, calls: number, seconds = 60) => ({
  who,
  subscribers,
  streams: 100,
  seconds,
  calls,
  joiningCalls: 5,
})
const fanOut = {
  counts: [count('one', 1, 12), count('one on each', 100, 12), count('1000', 1000, 9, 40)],
  withKills: { calls: 24, seconds: 125 },
  kills: [{ replica: 2, silentMs: 6900 }],
  comparison: {
    heard: 24_000,
    repeated: 0,
    disordered: 1,
    missing: 0,
    interrupted: 333,
    mostMissedAway: 1,
    longestPauseMs: 10_400,
    longestAwayMs: 9000,
  },
  idleCalls: 0,
  idleSeconds: 20,
  complaints: ['gap:\n{}'],
}
const lineOf = (page: string, words: string) => page.split('\n').find((line) => line.includes(words)) ?? ''

test('the page of the live bench says of each figure whether it is what was wanted', () => {
  const page = writeLiveResults({ surroundings: ['a machine'], fanOut })
  expect(lineOf(page, 'calls of the crowd')).toMatch(/≤ 1 \| +1 \| met/)
  expect(lineOf(page, 'again who had them')).toMatch(/0 \| met/)
  expect(lineOf(page, 'behind later ones')).toMatch(/1 \| missed/)
  expect(lineOf(page, 'replica not killed')).toMatch(/≤ 10 s \| +10.4 s \| missed/)
  expect(lineOf(page, 'whose replica was killed')).not.toMatch(/met|missed \|$/)
  expect(page).toContain('- gap: {}')
})

test('memory is told for one more subscriber, from step to step of one manner', () => {
  const memory = [
    { manner: 'websocket', subscribers: 0, heapBytes: 40e6, rssBytes: 140e6 },
    { manner: 'websocket', subscribers: 1000, heapBytes: 60e6, rssBytes: 170e6 },
    { manner: 'rest-sse', subscribers: 0, heapBytes: 41e6, rssBytes: 141e6 },
  ] as const
  const [first = '', second = '', third = ''] = writeLiveResults({ surroundings: [], memory })
    .split('\n')
    .filter((line) => /websocket|rest-sse/.test(line))
  expect(first).toMatch(/133.5 \| +\| +\|$/)
  expect(second).toMatch(/20 000 \| +30 000 \|$/)
  expect(third).toMatch(/134.5 \| +\| +\|$/)
})
