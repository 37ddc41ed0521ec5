// `npm run faults`: the fault scorecard. One line of JSON for each case, a table at the end; status 1 when a case failed.
import { readFile, writeFile } from 'node:fs/promises'
import { findProgram } from '../../test/support/find-program.ts'
import { attackCases } from './attacks/attack-cases.ts'
import { comparisonCases } from './attacks/comparison-cases.ts'
import { processCases } from './cases/process-cases.ts'
import { providerCases } from './cases/provider-cases.ts'
import { quotaCases } from './cases/quota-cases.ts'
import { snapshotCases } from './cases/snapshot-cases.ts'
import type { FaultCase } from './fault-case.ts'
import { runInLanes } from './lanes.ts'
import { describeSurroundings, replaceRun, toMarkdown } from './reliability-page.ts'
import { runCase, type Selection, selectCases, toTable } from './scorecard.ts'

const HELP = `Runs real replicas over a real Redis and breaks things around them, and attacks them.

Usage: npm run faults -- [words]

  quota          the cases of the shared quota and the shared cache
  providers      the cases of providers that fail or lie
  snapshots      the cases of the screenshot queue
  process        the cases of a process's own life
  attacks        the cases of hostile callers
  compare        the attacks that a stock server can be put to, against one; what it misses is no failure
  R3 S8 ...      these cases (docs/reliability.md describes them)
  quick          short forms; alone: of the quick set only
  untimed        times are told and not judged, for a machine that does other work too;
                 short forms are run side by side then
  --single       one process with embedded stores; cases that need Redis are left out
  --markdown     the table at the end in Markdown
  --help         this text

Without words: every case there is, and the table goes into docs/reliability.md.
`
const PAGE = new URL('../../docs/reliability.md', import.meta.url)
/** Short forms that run at a time where times are not judged: each of them waits more than it works. */
const LANES = 4

const cases: readonly FaultCase[] = [
  ...quotaCases,
  ...providerCases,
  ...snapshotCases,
  ...processCases,
  ...[...attackCases, ...comparisonCases].map((one) => ({ ...one, queue: one.queue ?? 'attacks' })),
].toSorted((one, other) => toRank(one).localeCompare(toRank(other), 'en', { numeric: true }))

/** Cases in the order of the page; what stands beside them comes last. */
function toRank({ name }: FaultCase): string {
  return /^[RS]\d+$/.test(name) ? name : `Z ${name}`
}

const words = process.argv.slice(2)
if (words.includes('--help')) console.log(HELP)
else {
  try {
    await run(selectCases(words, cases))
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
    console.error(`${error.message}\nTry --help.`)
    process.exitCode = 2
  }
}

async function run({ cases, isMarkdown, ...options }: Selection): Promise<void> {
  const chosen: FaultCase[] = []
  for (const one of cases)
    if (one.program === undefined || (await findProgram(one.program)) !== undefined) chosen.push(one)
    else console.error(`${one.name}: left out, for want of ${one.program}`)
  const surroundings = describeSurroundings(words)
  const startedAtMs = performance.now()
  const lanes = options.isQuick && !options.isTimed ? LANES : 1
  const verdicts = await runInLanes(chosen, lanes, async (one) => {
    const verdict = await runCase(one, options, (line) => console.error(`${one.name}: ${line}`))
    console.log(JSON.stringify(verdict))
    return verdict
  })
  const markdown = toMarkdown(chosen, verdicts)
  console.log(isMarkdown ? markdown : toTable(chosen, verdicts))
  console.log(`in ${((performance.now() - startedAtMs) / 1000).toFixed(0)} s`)
  if (words.length === 0) {
    const page = await readFile(PAGE, 'utf8')
    await writeFile(PAGE, replaceRun(page, `${surroundings}\n\n${markdown}`))
  }
  // Nothing run is nothing shown.
  process.exitCode =
    verdicts.length > 0 && verdicts.every(({ passed, target }) => passed || target !== undefined) ? 0 : 1
}
