import { expect, test } from 'vitest'
import type { FaultCase } from '../../bench/faults/fault-case.ts'
import { runInLanes } from '../../bench/faults/lanes.ts'

const toCase = (name: string, queue?: string): FaultCase => ({
  name,
  title: 'something breaks',
  part: 'quota',
  isQuick: true,
  needsRedis: false,
  ...(queue !== undefined && { queue }),
  run: async () => {},
})

/** Runs cases that each take a turn of the loop. */
async function runAll(cases: readonly FaultCase[], lanes: number) {
  const running = new Set<string>()
  const begun: string[] = []
  let most = 0
  const outcomes = await runInLanes(cases, lanes, async ({ name, queue }) => {
    if (queue !== undefined) expect([...running].filter((other) => other.startsWith('S'))).toEqual([])
    running.add(name)
    begun.push(name)
    most = Math.max(most, running.size)
    await new Promise(setImmediate)
    running.delete(name)
    return name
  })
  return { outcomes, begun, most }
}

test('one lane runs one case at a time, and outcomes come in the order of the cases', async () => {
  const { outcomes, most } = await runAll([toCase('R1'), toCase('S1', 'attacks'), toCase('R2')], 1)
  expect(outcomes).toEqual(['R1', 'S1', 'R2'])
  expect(most).toBe(1)
})

test('two lanes run two at a time, and never two of one queue', async () => {
  const attacks = ['S1', 'S2', 'S3'].map((name) => toCase(name, 'attacks'))
  const { outcomes, begun, most } = await runAll([toCase('R1'), ...attacks, toCase('R2')], 2)
  expect(outcomes).toEqual(['R1', 'S1', 'S2', 'S3', 'R2'])
  expect(begun[0]).toBe('S1')
  expect(most).toBe(2)
})
