import { toSpread } from '../../comparison.ts'
import { type ContenderName, contenderTitles } from '../contenders.ts'
import { shapeNames } from '../questions.ts'
import { type Rig, runCells } from '../rig.ts'
import type { Finding, Row } from '../row.ts'
import { besides } from './besides.ts'

const MEGABYTE = 1_000_000

/** Memory. */
export const p10: Row<Rig> = {
  id: 'P10',
  title: 'memory after Q1–Q4',
  method:
    'Resident memory of each server (its whole process group) when all turns of Q1 to Q4 are over. Weir, which other rows load as well, is measured in a process that has had these alone.',
  cells: besides.flatMap((contender) => shapeNames.map((load) => ({ contender, load }))),
  measure: async ({ memory: ofAll, ...run }) => {
    const cells = shapeNames.map((load) => ({ contender: 'weir', load }) as const)
    const { memory: ofOurs } = await runCells(cells, run)
    const memory = new Map([...ofAll, ...ofOurs])
    const absolute = [...memory].map(
      ([name, bytes]): Finding => ({
        what: contenderTitles[name],
        goal: undefined,
        unit: ' MB',
        measured: toSpread([bytes / MEGABYTE]),
      }),
    )
    const compare = (other: ContenderName, most: number): Finding => {
      const [ours, theirs] = [memory.get('weir'), memory.get(other)]
      const isThere = ours !== undefined && theirs !== undefined
      return {
        what: `beside ${contenderTitles[other]}`,
        goal: { most },
        unit: ' ×',
        measured: isThere ? toSpread([ours / theirs]) : `${other} did not run`,
      }
    }
    return [compare('mercurius', 1.2), compare('hive', 0.25), ...absolute]
  },
}
