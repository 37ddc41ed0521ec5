import { expect, it } from 'vitest'
import { createLoads } from '../../../bench/speed/questions.ts'
import { writeResults } from '../../../bench/speed/results.ts'
import { Turns } from '../../../bench/speed/turns.ts'

const loads = createLoads(Date.UTC(2026, 10, 21, 12, 34))
const spread = { median: 0.91234, lowest: 0.9, highest: 1 }

it('the page tells goals, figures, verdicts, and why figures are missing', () => {
  const cells = [
    { contender: 'weir', load: 'q1' },
    { contender: 'hive', load: 'q1' },
  ] as const
  const turns = new Turns()
  turns.add(cells[0], { requestsPerSecond: 12_345, cpuMicros: 40.4, p50Ms: 1, p99Ms: 3 })
  turns.fail(cells[1], 'it did not\nstart')
  const goal = { least: 0.85 }
  const findings = [
    { what: 'Q1 beside http', goal, unit: ' ×', measured: spread },
    { what: 'Q1 beside Hive', goal, unit: ' ×', measured: 'hive q1: it did not start' },
  ]
  const row = { id: 'P1', title: 'one stream', method: 'By wrk.' }
  const page = writeResults({
    surroundings: ['a machine'],
    reports: [{ row, findings }],
    cells,
    turns,
    loads,
    sizes: new Map([['q1', 172]]),
  })
  expect(page).toContain('| P1  | Q1 beside http | ≥ 0.85 × | 0.912 × |  0.9 × |     1 × | met')
  expect(page).toMatch(/\| P1 +\| Q1 beside Hive \|.*\| not measured \|/)
  expect(page).toContain('- hive q1: it did not start')
  expect(page).toMatch(/\| Weir, full \| 12 300 \|.* 40\.4 \|/)
  expect(page).toContain('Q1: one stream, live (172 bytes, 48 connections)')
  expect(page.endsWith('\n')).toBe(true)
})

it('every question is one line of JSON about a range that is over', () => {
  for (const { bodies } of Object.values(loads))
    for (const body of bodies) {
      expect(body).not.toContain('\n')
      const { variables } = JSON.parse(body)
      if (variables.to !== undefined) expect(Date.parse(variables.to)).toBeLessThanOrEqual(Date.UTC(2026, 10, 21, 10))
    }
})
