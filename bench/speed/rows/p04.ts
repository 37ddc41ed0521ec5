import type { Rig } from '../rig.ts'
import { type Row, toFinding } from '../row.ts'
import { weirOn } from './besides.ts'

/** Packed answers. */
export const p04: Row<Rig> = {
  id: 'P4',
  title: 'Q4 as gzip, cached',
  method:
    'Weir with `Accept-Encoding: gzip` beside Weir without; node:http with bytes that were packed before beside itself.',
  cells: (['weir', 'http'] as const).flatMap((contender) =>
    (['q4', 'q4-gzip'] as const).map((load) => ({ contender, load })),
  ),
  measure: async ({ turns }) => [
    toFinding(turns, {
      what: 'Q4 as gzip beside plain Q4, both Weir',
      one: weirOn('q4-gzip'),
      other: weirOn('q4'),
      goal: { least: 1.8 },
    }),
    toFinding(turns, {
      what: 'the same of node:http',
      one: { contender: 'http', load: 'q4-gzip' },
      other: { contender: 'http', load: 'q4' },
    }),
  ],
}
