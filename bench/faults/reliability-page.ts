// The run that the page of the scorecard tells of, between two lines of its own.
import { availableParallelism, cpus, loadavg } from 'node:os'
import type { FaultCase } from './fault-case.ts'
import type { Verdict } from './scorecard.ts'

const BEGIN = '<!-- last full run: npm run faults -->'
const END = '<!-- end of run -->'
/** Figures told of a case that does not say which ones matter. */
const MOST_FIGURES = 4

/** The page with another run. @throws RangeError when it has no place for one */
export function replaceRun(page: string, run: string): string {
  const begin = page.indexOf(BEGIN)
  const end = page.indexOf(END, begin)
  if (begin < 0 || end < begin) throw new RangeError(`the page has no lines "${BEGIN}" and "${END}"`)
  return `${page.slice(0, begin + BEGIN.length)}\n\n${run}\n\n${page.slice(end)}`
}

/** Verdicts as a table in Markdown: what held, and the figures that say most of it with what they were held to. */
export function toMarkdown(cases: readonly FaultCase[], verdicts: readonly Verdict[]): string {
  const rows = verdicts.map((verdict) => {
    const one = cases.find(({ name }) => name === verdict.case)
    const cells = [verdict.case, one?.title ?? '', verdict.passed ? 'yes' : '**no**', toFigures(verdict, one?.tells)]
    return `| ${[...cells, verdict.seconds.toFixed(0)].map(toCell).join(' | ')} |`
  })
  const held = verdicts.filter(({ passed }) => passed).length
  const head = ['| Case | What goes wrong | Held | Figures (limit) | Seconds |', '| --- | --- | --- | --- | ---: |']
  return [...head, ...rows, '', `${held} of ${verdicts.length} cases held.`].join('\n')
}

/** When and where, in one line. To be called before the run: the load is that of the machine without it. */
export function describeSurroundings(words: readonly string[]): string {
  const date = new Date().toISOString().slice(0, 10)
  const model = cpus()[0]?.model.trim() ?? 'unknown'
  const load = (loadavg()[0] ?? 0).toFixed(1)
  const command = ['npm run faults', ...(words.length > 0 ? ['--', ...words] : [])].join(' ')
  return `${date}, ${availableParallelism()} cores (${model}) under a load of ${load}, Node ${process.versions.node}: \`${command}\``
}

function toFigures({ figures, limits, missed }: Verdict, tells: readonly string[] | undefined): string {
  const names = tells ?? Object.keys(limits).slice(0, MOST_FIGURES)
  const told = [...new Set([...missed.filter((name) => name in figures), ...names])].flatMap((name) => {
    const figure = figures[name]
    if (figure === undefined) return []
    const limit = limits[name]
    return `${name} ${typeof figure === 'number' ? Math.round(figure * 100) / 100 : figure}${limit === undefined ? '' : ` (${limit})`}`
  })
  const troubles = missed.filter((name) => !(name in figures)).map((text) => text.split('\n')[0] ?? '')
  return [...told, ...troubles].join('; ')
}

function toCell(cell: string): string {
  return cell.replaceAll('|', '\\|').replaceAll('<=', '≤').replaceAll('>=', '≥').replaceAll('<', '&lt;')
}
