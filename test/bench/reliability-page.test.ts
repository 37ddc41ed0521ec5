import { readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import type { FaultCase } from '../../bench/faults/fault-case.ts'
import { replaceRun, toMarkdown } from '../../bench/faults/reliability-page.ts'
import type { Verdict } from '../../bench/faults/scorecard.ts'

const one: FaultCase = {
  name: 'R1',
  title: 'one | other',
  part: 'quota',
  isQuick: true,
  needsRedis: false,
  tells: ['worst', 'use'],
  run: async () => {},
}
const verdict: Verdict = {
  case: 'R1',
  passed: true,
  figures: { other: 1, worst: 299, use: 0.98765 },
  limits: { other: '= 1', worst: '<= 300' },
  missed: [],
  seconds: 12.4,
}

test('a case is told by the figures that it names, with their limits', () => {
  expect(toMarkdown([one], [verdict])).toContain('| R1 | one \\| other | yes | worst 299 (≤ 300); use 0.99 | 12 |')
})

test('what was missed is told first, and what went wrong with the case itself in one line', () => {
  const failed = { ...verdict, passed: false, missed: ['other', 'no such port\n at line 1'] }
  expect(toMarkdown([one], [failed])).toContain('**no** | other 1 (= 1); worst 299 (≤ 300); use 0.99; no such port |')
  expect(toMarkdown([one], [failed])).toContain('0 of 1 cases held.')
})

test('the page has a place for a run, and a page without one is refused', async () => {
  const page = await readFile('docs/reliability.md', 'utf8')
  const replaced = replaceRun(page, 'another run')
  expect(replaced).toContain('<!-- last full run: npm run faults -->\n\nanother run\n\n<!-- end of run -->')
  expect(replaceRun(replaced, 'another run')).toBe(replaced)
  expect(() => replaceRun('# Something else', 'a run')).toThrow(RangeError)
})
