// Who is measured beside Weir wherever whole answers are.
import type { ContenderName } from '../contenders.ts'
import type { LoadName } from '../questions.ts'
import type { Cell } from '../turns.ts'

/** Everybody but Weir. */
export const besides = [
  'http',
  'fastify',
  'mercurius',
  'hand-made',
  'cache-library',
  'yoga',
  'hive',
  'tailcall',
  'tailcall-both',
] as const satisfies readonly ContenderName[]

/** Weir as it comes, under a load. */
export const weirOn = (load: LoadName): Cell => ({ contender: 'weir', load })
