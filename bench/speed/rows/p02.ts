import { contenderTitles } from '../contenders.ts'
import type { Rig } from '../rig.ts'
import { type Row, toFinding } from '../row.ts'
import { besides, weirOn } from './besides.ts'

const shapes = ['q2', 'q3'] as const
const goals = [
  ['http', 0.85],
  ['mercurius', 4],
  ['hive', 10],
  ['tailcall', 7],
] as const

/** Cached Q2 and Q3. */
export const p02: Row<Rig> = {
  id: 'P2',
  title: 'a list of 100, and two hours of playback, cached',
  method: 'As P1.',
  cells: shapes.flatMap((load) => [weirOn(load), ...besides.map((contender) => ({ contender, load }))]),
  measure: async ({ turns }) =>
    shapes.flatMap((load) =>
      goals.map(([contender, least]) =>
        toFinding(turns, {
          what: `${load.toUpperCase()} beside ${contenderTitles[contender]}`,
          one: weirOn(load),
          other: { contender, load },
          goal: { least },
        }),
      ),
    ),
}
