// What a server's processes used so far, as Linux tells it. All that a server starts is in its process group.
import { readdir, readFile } from 'node:fs/promises'

/** What a group of processes used. */
export interface GroupFigures {
  /** Processor time, user and system, microseconds since each process began. */
  readonly cpuMicros: number
  /** Memory that is resident, bytes; what processes share counts for each. */
  readonly rssBytes: number
}

/** One process, out of its `stat` file. */
export interface ProcessStat {
  readonly group: number
  /** User and system time, in ticks. */
  readonly ticks: number
  /** Resident pages. */
  readonly pages: number
}

/** Ticks of Linux are of this length on every machine there is. */
const TICK_MICROS = 10_000
const PAGE_BYTES = 4096

/** Reads a line of `/proc/<pid>/stat`. The name may hold blanks and brackets; the last bracket ends it. */
export function readStat(text: string): ProcessStat {
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
  const at = (field: number) => Number(fields[field - 3])
  return { group: at(5), ticks: at(14) + at(15), pages: at(24) }
}

/** Adds up all processes of a group. Those that ended are not among them. */
export async function readGroup(group: number): Promise<GroupFigures> {
  const names = (await readdir('/proc')).filter((name) => /^\d+$/.test(name))
  const stats = await Promise.all(
    names.map((name) =>
      readFile(`/proc/${name}/stat`, 'latin1').then(readStat, () => ({ group: -1, ticks: 0, pages: 0 })),
    ),
  )
  const mine = stats.filter((stat) => stat.group === group)
  const sum = (of: (stat: ProcessStat) => number) => mine.reduce((total, stat) => total + of(stat), 0)
  return { cpuMicros: sum(({ ticks }) => ticks) * TICK_MICROS, rssBytes: sum(({ pages }) => pages) * PAGE_BYTES }
}
