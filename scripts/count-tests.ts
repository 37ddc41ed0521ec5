// Prints "<passed> <failed>" of a test run, for .ci/run. Arguments: vitest's JSON report, and the run's exit status.
import { readFile } from 'node:fs/promises'
import { z } from 'zod'

const reportShape = z.object({
  numPassedTests: z.number(),
  numFailedTests: z.number(),
  testResults: z.array(z.object({ status: z.string(), assertionResults: z.array(z.unknown()) })),
})

/** Counts a report. A file that failed before it could name a test counts as one, and so does an unexplained status. */
export function countTests(report: unknown, status: number): { readonly passed: number; readonly failed: number } {
  const { numPassedTests, numFailedTests, testResults } = reportShape.parse(report)
  const unloaded = testResults.filter((file) => file.status === 'failed' && file.assertionResults.length === 0).length
  const failed = numFailedTests + unloaded
  // An error outside any test (an unhandled rejection, a broken set-up) shows in the status alone.
  return { passed: numPassedTests, failed: failed === 0 && status !== 0 ? 1 : failed }
}

if (import.meta.main) {
  const [path = '', status = '1'] = process.argv.slice(2)
  const text = await readFile(path, 'utf8')
  // Without a report nothing ran.
  const { passed, failed } = text === '' ? { passed: 0, failed: 1 } : countTests(JSON.parse(text), Number(status))
  console.log(`${passed} ${failed}`)
}
