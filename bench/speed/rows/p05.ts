import type { Rig } from '../rig.ts'
import { type Row, toFinding } from '../row.ts'
import type { Cell } from '../turns.ts'
import { weirOn } from './besides.ts'

const library = (load: Cell['load']): Cell => ({ contender: 'cache-library', load })

/** Many keys. */
export const p05: Row<Rig> = {
  id: 'P5',
  title: '1 000 questions in turn',
  method:
    'One settled minute of one stream (as small as Q1, true for ever), over and over and of 1 000 streams in turn. Live streams are told beside it: they are asked of the provider anew every 5 s, a thousand of them.',
  cells: [...(['s1', 's1-1000', 'q1', 'q1-1000'] as const).map(weirOn), ...(['s1', 's1-1000'] as const).map(library)],
  measure: async ({ turns }) => [
    toFinding(turns, {
      what: '1 000 keys beside one, requests/s',
      one: weirOn('s1-1000'),
      other: weirOn('s1'),
      goal: { least: 0.9 },
    }),
    toFinding(turns, {
      what: '1 000 live streams beside one, refreshed every 5 s',
      one: weirOn('q1-1000'),
      other: weirOn('q1'),
    }),
    toFinding(turns, {
      what: 'async-cache-dedupe: 1 000 keys beside one',
      one: library('s1-1000'),
      other: library('s1'),
    }),
  ],
}
