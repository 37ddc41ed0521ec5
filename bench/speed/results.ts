// The page of results, in Markdown.
import type { Spread } from '../comparison.ts'
import { layOut, toCount } from '../table.ts'
import { contenderTitles } from './contenders.ts'
import type { Load, LoadName } from './questions.ts'
import { type Finding, judge } from './row.ts'
import { type Cell, type Turns, toName } from './turns.ts'

/** What came of a row. */
export interface RowReport {
  readonly row: { readonly id: string; readonly title: string; readonly method: string }
  readonly findings: readonly Finding[]
}

/** What stands on the page. */
export interface Results {
  /** Machine, versions, date, command; sentences. */
  readonly surroundings: readonly string[]
  readonly reports: readonly RowReport[]
  readonly cells: readonly Cell[]
  readonly turns: Turns
  readonly loads: Readonly<Record<LoadName, Load>>
  /** Bytes of Weir's answers, by shape. */
  readonly sizes: ReadonlyMap<string, number>
}

/** Writes the page. */
export function writeResults({ surroundings, reports, cells, turns, loads, sizes }: Results): string {
  const judged = reports.flatMap(({ row, findings }) =>
    findings.map((finding) => [
      row.id,
      finding.what,
      toGoal(finding),
      ...toFigures(finding.measured, finding.unit),
      judge(finding),
    ]),
  )
  const heads = ['row', 'what', 'goal', 'median', 'lowest', 'highest', 'verdict']
  const reasons = [
    ...cells.flatMap((cell) =>
      turns.reasonOf(cell) === undefined ? [] : [`${toName(cell)}: ${turns.reasonOf(cell)}`],
    ),
    ...reports.flatMap(({ row, findings }) =>
      findings.flatMap(({ what, measured }) =>
        typeof measured === 'string' ? [`${row.id}, ${what}: ${measured}`] : [],
      ),
    ),
  ]
  return [
    '# Results of the speed bench',
    'Written by `npm run bench`; [how to read it](README.md). Only ratios within this run mean anything.',
    surroundings.map((line) => `- ${line}`).join('\n'),
    '## Goals',
    layOut([heads, ...judged], (column) => column > 2 && column < 6),
    ...(reasons.length > 0
      ? ['What has no figures, and why:', [...new Set(reasons)].map((line) => `- ${oneLine(line)}`).join('\n')]
      : []),
    '## How each row is measured',
    reports.map(({ row }) => `- **${row.id}, ${row.title}.** ${row.method}`).join('\n'),
    ...writeRaw(cells, turns, loads, sizes),
    '',
  ]
    .join('\n\n')
    .trimEnd()
    .concat('\n')
}

function writeRaw(
  cells: readonly Cell[],
  turns: Turns,
  loads: Results['loads'],
  sizes: Results['sizes'],
): readonly string[] {
  const names = [...new Set(cells.map(({ load }) => load))]
  if (names.length === 0) return []
  const heads = ['who', '1/s', 'lowest', 'highest', 'CPU µs each', 'p50 ms', 'p99 ms']
  const tables = names.map((load) => {
    const rows = cells.flatMap((cell) => {
      if (cell.load !== load || turns.reasonOf(cell) !== undefined) return []
      const rate = turns.spread(cell, 'requestsPerSecond')
      return [
        [
          contenderTitles[cell.contender],
          toCount(rate.median),
          toCount(rate.lowest),
          toCount(rate.highest),
          toCount(turns.spread(cell, 'cpuMicros').median),
          turns.spread(cell, 'p50Ms').median.toFixed(2),
          turns.spread(cell, 'p99Ms').median.toFixed(2),
        ],
      ]
    })
    const { title, connections } = loads[load]
    const size = sizes.get(load)
    const about = [
      ...(size === undefined ? [] : [`${toCount(size)} bytes`]),
      `${connections} ${connections === 1 ? 'connection' : 'connections'}`,
    ]
    return [`### ${title} (${about.join(', ')})`, layOut([heads, ...rows], (column) => column > 0)].join('\n\n')
  })
  return ['## Figures of every turn', ...tables]
}

function toGoal({ goal, unit }: Finding): string {
  if (goal === undefined) return ''
  return 'least' in goal ? `≥ ${goal.least}${unit}` : `≤ ${goal.most}${unit}`
}

function toFigures(measured: Spread | string, unit: string): readonly string[] {
  if (typeof measured === 'string') return ['', '', '']
  return [measured.median, measured.lowest, measured.highest].map((value) => `${toFigure(value)}${unit}`)
}

/** Three digits: there is no more in it. */
function toFigure(value: number): string {
  if (Math.abs(value) >= 100 || Number.isInteger(value)) return toCount(value)
  return Number(value.toPrecision(3)).toString()
}

const oneLine = (text: string) => text.replaceAll(/\s+/g, ' ').slice(0, 300)
