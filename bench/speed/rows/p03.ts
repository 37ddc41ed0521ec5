import { contenderTitles } from '../contenders.ts'
import type { Rig } from '../rig.ts'
import { type Row, toFinding } from '../row.ts'
import { besides, weirOn } from './besides.ts'

const goals = [
  ['http', 0.95],
  ['mercurius', 17],
  ['hive', 15],
  ['hand-made', 30],
  ['tailcall-both', 2],
] as const

/** Cached Q4. */
export const p03: Row<Rig> = {
  id: 'P3',
  title: 'two hours of ingest, 1 440 rows, cached',
  method: 'As P1. Tailcall on both cores shares them with wrk; Weir has one.',
  cells: [weirOn('q4'), ...besides.map((contender) => ({ contender, load: 'q4' as const }))],
  measure: async ({ turns }) =>
    goals.map(([contender, least]) =>
      toFinding(turns, {
        what: `Q4 beside ${contenderTitles[contender]}`,
        one: weirOn('q4'),
        other: { contender, load: 'q4' },
        goal: { least },
      }),
    ),
}
