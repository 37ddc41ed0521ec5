import { expect, test } from 'vitest'
import { countTests } from '../../scripts/count-tests.ts'

const file = (status: string, tests: number) => ({ status, assertionResults: new Array(tests).fill({}) })
const report = (numPassedTests: number, numFailedTests: number, testResults: readonly object[]) => ({
  numPassedTests,
  numFailedTests,
  testResults,
})

test('counts what ran', () => {
  expect(countTests(report(5, 2, [file('passed', 4), file('failed', 3)]), 1)).toEqual({ passed: 5, failed: 2 })
})

test('counts a file that could not be loaded', () => {
  expect(countTests(report(5, 0, [file('passed', 5), file('failed', 0)]), 1)).toEqual({ passed: 5, failed: 1 })
})

test('counts a failure that no test explains', () => {
  expect(countTests(report(5, 0, [file('passed', 5)]), 1)).toEqual({ passed: 5, failed: 1 })
})
