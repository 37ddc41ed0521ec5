import { expect, test } from 'vitest'
import { attackCases } from '../../bench/faults/attacks/attack-cases.ts'
import { processCases } from '../../bench/faults/cases/process-cases.ts'
import { providerCases } from '../../bench/faults/cases/provider-cases.ts'
import { quotaCases } from '../../bench/faults/cases/quota-cases.ts'
import { snapshotCases } from '../../bench/faults/cases/snapshot-cases.ts'
import type { FaultCase } from '../../bench/faults/fault-case.ts'
import { runCase, selectCases, toTable } from '../../bench/faults/scorecard.ts'

const options = { isQuick: true, isSingle: true, isTimed: true }
const toCase = (name: string, run: FaultCase['run']): FaultCase => ({
  name,
  title: 'something breaks',
  part: 'quota',
  isQuick: true,
  needsRedis: false,
  run,
})
const namesOf = (...words: readonly string[]) => selectCases(words, quotaCases).cases.map(({ name }) => name)

test('without words every case is run, in its long form', () => {
  expect(selectCases([], quotaCases)).toEqual({
    isQuick: false,
    isSingle: false,
    isTimed: true,
    isMarkdown: false,
    cases: quotaCases,
  })
})

test('quick alone is the quick set; with a part or a case it is their short form', () => {
  expect(namesOf('quick')).toEqual(['R1', 'R3', 'R4', 'R15'])
  expect(namesOf('quota', 'quick')).toEqual(quotaCases.map(({ name }) => name))
  expect(namesOf('R14', 'quick')).toEqual(['R14'])
})

test('no two cases have the same name, and none is named as a part', () => {
  const all = [...quotaCases, ...providerCases, ...snapshotCases, ...processCases, ...attackCases]
  const names = all.map(({ name }) => name)
  expect(new Set(names).size).toBe(names.length)
  expect(names).not.toContain('snapshots')
  expect(selectCases(['snapshots'], all).cases.map(({ name }) => name)).toEqual(['R7', 'R8', 'R9'])
})

test('a single process leaves out what needs Redis', () => {
  expect(namesOf('--single', 'R1', 'R3')).toEqual(['R1'])
})

test('a word that means nothing is refused', () => {
  expect(() => selectCases(['R99'], quotaCases)).toThrow('"R99" is no part and no case')
})

test('a case whose figures are within their limits has passed', async () => {
  const verdict = await runCase(
    toCase('R1', async ({ judgement }) => judgement.atMost('worst', 300, 300)),
    options,
    () => {},
  )
  expect(verdict).toMatchObject({ case: 'R1', passed: true, figures: { worst: 300 }, limits: { worst: '<= 300' } })
})

test('a case that cannot be carried out has failed, and what it started is closed all the same', async () => {
  let isClosed = false
  const broken = toCase('R2', async ({ onEnd }) => {
    onEnd(async () => {
      isClosed = true
    })
    throw new Error('no such port')
  })
  const verdict = await runCase(broken, options, () => {})
  expect(verdict).toMatchObject({ passed: false, missed: ['no such port'] })
  expect(isClosed).toBe(true)
  expect(toTable([broken], [verdict])).toMatch(/FAILED {2}R2 .*something breaks\n.*no such port\n0 of 1 cases passed$/)
})
