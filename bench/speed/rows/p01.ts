import { contenderTitles } from '../contenders.ts'
import type { Rig } from '../rig.ts'
import { type Row, toFinding } from '../row.ts'
import { besides, weirOn } from './besides.ts'

/** Cached Q1. */
export const p01: Row<Rig> = {
  id: 'P1',
  title: 'one live stream, cached',
  method: 'Requests per second at 48 connections, each ratio within its round.',
  cells: [weirOn('q1'), ...besides.map((contender) => ({ contender, load: 'q1' as const }))],
  measure: async ({ turns }) => {
    const compare = (contender: (typeof besides)[number], least: number) =>
      toFinding(turns, {
        what: `Q1 beside ${contenderTitles[contender]}`,
        one: weirOn('q1'),
        other: { contender, load: 'q1' },
        goal: { least },
      })
    return [compare('http', 0.85), compare('mercurius', 1.9), compare('hive', 10), compare('hand-made', 2)]
  },
}
