import type { Rig } from '../rig.ts'
import { type Row, toFinding } from '../row.ts'
import { weirOn } from './besides.ts'

/** How long one waits. */
export const p12: Row<Rig> = {
  id: 'P12',
  title: 'how long an answer takes',
  method: 'wrk’s own distribution of cached Q1, Weir beside node:http: p99 at 48 connections, p50 at one.',
  cells: (['weir', 'http', 'mercurius', 'hive'] as const).flatMap((contender) =>
    (['q1', 'q1-alone'] as const).map((load) => ({ contender, load })),
  ),
  measure: async ({ turns }) => [
    toFinding(turns, {
      what: 'p99 at 48 connections',
      one: weirOn('q1'),
      other: { contender: 'http', load: 'q1' },
      figure: 'p99Ms',
      goal: { most: 1.2 },
    }),
    toFinding(turns, {
      what: 'p50 at one connection',
      one: weirOn('q1-alone'),
      other: { contender: 'http', load: 'q1-alone' },
      figure: 'p50Ms',
      goal: { most: 1.1 },
    }),
    toFinding(turns, {
      what: 'Hive Gateway: p99 at 48 connections beside node:http',
      one: { contender: 'hive', load: 'q1' },
      other: { contender: 'http', load: 'q1' },
      figure: 'p99Ms',
    }),
  ],
}
