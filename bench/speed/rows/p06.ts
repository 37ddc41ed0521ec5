import type { Rig } from '../rig.ts'
import { type Row, toFinding } from '../row.ts'

/** Answers that only Redis has. */
export const p06: Row<Rig> = {
  id: 'P6',
  title: 'answers that only Redis has',
  method:
    'Weir with `cache.maxBytes: 0`, so that every question is a fresh process to it, beside the hand-made gateway, which always asks Redis; 1 000 small answers and 50 large ones in turn.',
  cells: (['weir-redis-only', 'hand-made'] as const).flatMap((contender) =>
    (['s1-1000', 'q4-50'] as const).map((load) => ({ contender, load })),
  ),
  measure: async ({ turns }) =>
    (
      [
        ['small answers', 's1-1000', 1.5],
        ['Q4', 'q4-50', 6.7],
      ] as const
    ).map(([what, load, least]) =>
      toFinding(turns, {
        what: `${what} beside the hand-made gateway`,
        one: { contender: 'weir-redis-only', load },
        other: { contender: 'hand-made', load },
        goal: { least },
      }),
    ),
}
