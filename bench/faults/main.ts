// `npm run faults`: the fault scorecard. One line of JSON for each case, a table at the end; status 1 when a case failed.
import { quotaCases } from './cases/quota-cases.ts'
import { snapshotCases } from './cases/snapshot-cases.ts'
import { runCase, type Selection, selectCases, toTable, type Verdict } from './scorecard.ts'

const HELP = `Runs real replicas over a real Redis and breaks things around them.

Usage: npm run faults -- [words]

  quota          the cases of the shared quota and the shared cache
  snapshots      the cases of the screenshot queue
  R3 R15 ...     these cases (docs/reliability.md describes them)
  quick          short forms; alone: of the quick set only
  untimed        times are told and not judged, for a machine that does other work too
  --single       one process with embedded stores; cases that need Redis are left out
  --help         this text

Without words: every case there is.
`

const words = process.argv.slice(2)
if (words.includes('--help')) console.log(HELP)
else {
  try {
    await run(selectCases(words, [...quotaCases, ...snapshotCases]))
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
    console.error(`${error.message}\nTry --help.`)
    process.exitCode = 2
  }
}

async function run({ cases, ...options }: Selection): Promise<void> {
  const verdicts: Verdict[] = []
  for (const one of cases) {
    const verdict = await runCase(one, options, (line) => console.error(line))
    verdicts.push(verdict)
    console.log(JSON.stringify(verdict))
  }
  console.log(toTable(cases, verdicts))
  // Nothing run is nothing shown.
  process.exitCode = verdicts.length > 0 && verdicts.every(({ passed }) => passed) ? 0 : 1
}
