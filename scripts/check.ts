// `npm run check`: everything that can be said about the code without running it.
import { findStaleFiles } from './checks/generated-files.ts'
import { findImportProblems } from './checks/import-rules.ts'
import { findLicenceProblems } from './checks/licences.ts'
import { findLockFileProblems } from './checks/lock-file.ts'
import { findSlowExpressions } from './checks/regular-expressions.ts'
import { findBrokenPromises } from './checks/released-contract.ts'
import { findRuntimeProblems } from './checks/runtime.ts'
import { findSecrets } from './checks/secrets.ts'
import { findForbiddenCode } from './checks/source-rules.ts'
import { projectFolder, runTool } from './checks/tool.ts'

/** One thing to check. Problems are lines for people; none means good. */
interface Check {
  readonly name: string
  readonly run: () => Promise<readonly string[]>
}

const checks: readonly Check[] = [
  { name: 'node version', run: () => findRuntimeProblems(projectFolder, process.version) },
  { name: 'lock file', run: () => findLockFileProblems(projectFolder) },
  {
    name: 'format and lint',
    run: () => runTool('biome', ['ci', '--colors=off', '--max-diagnostics=20', '--error-on-warnings', '.']),
  },
  { name: 'types', run: () => runTool('tsc', ['-p', '.']) },
  // A program of its own: what runs in a page sees the page's names, which the gateway has no business to see.
  { name: 'types of page tests', run: () => runTool('tsc', ['-p', 'tsconfig.browser.json']) },
  { name: 'types of web', run: () => runTool('tsc', ['-p', 'web']) },
  // Another library draws it, whose elements are of other types.
  { name: 'types of the console', run: () => runTool('tsc', ['-p', 'web/console']) },
  { name: 'import rules', run: () => findImportProblems(projectFolder) },
  { name: 'unused code', run: () => runTool('knip', ['--no-progress', '--no-config-hints']) },
  { name: 'generated files', run: () => findStaleFiles(projectFolder) },
  { name: 'released contract', run: () => findBrokenPromises(projectFolder) },
  { name: 'source rules', run: () => findForbiddenCode(projectFolder) },
  { name: 'secrets', run: () => findSecrets(projectFolder) },
  { name: 'licences', run: () => findLicenceProblems(projectFolder) },
  { name: 'regular expressions', run: () => findSlowExpressions(projectFolder) },
]

/** By itself, for it starts whole fleets; its times are not judged all the same, the machine being whoever's it is. */
const quickFaults: Check = {
  name: 'quick faults',
  run: () => runTool('node', ['bench/faults/main.ts', 'quick', 'untimed']),
}

/** Runs one check and says how it went. @returns whether it was good */
async function report({ name, run }: Check): Promise<boolean> {
  const startedAt = performance.now()
  const problems = await run().catch((error: unknown) => [String(error)])
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1)
  const good = problems.length === 0
  console.log([`${good ? 'ok    ' : 'FAILED'} ${name} (${seconds} s)`, ...problems].join(good ? '' : '\n    '))
  return good
}

// Two at a time: most of them are one busy process.
const queue = checks.values()
let failed = 0
const worker = async () => {
  for (const check of queue) if (!(await report(check))) failed += 1
}
await Promise.all([worker(), worker()])
if (!(await report(quickFaults))) failed += 1
const count = checks.length + 1
console.log(`${count - failed} of ${count} checks good`)
process.exitCode = failed === 0 ? 0 : 1
