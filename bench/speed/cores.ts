// Which core runs what: the server that is measured has one for itself, all else shares the other.
import { execFile } from 'node:child_process'
import { availableParallelism } from 'node:os'
import { promisify } from 'node:util'
import { findProgram } from '#test/support/find-program.ts'

const run = promisify(execFile)

/** The two cores. */
export interface Cores {
  /** Words in front of a command that has the server's core. */
  readonly server: readonly string[]
  /** Words in front of a command that has the other. */
  readonly load: readonly string[]
  /** One sentence for the page of results. */
  readonly told: string
}

/** Shares the machine out, and puts this process on the core of the load. Without taskset, or on one core, all may run everywhere. */
export async function shareCores(): Promise<Cores> {
  const taskset = await findProgram('taskset')
  if (taskset === undefined || availableParallelism() < 2)
    return { server: [], load: [], told: 'Servers and load share all cores: there is no taskset, or one core only.' }
  await run(taskset, ['-a', '-c', '-p', '1', String(process.pid)])
  return {
    server: [taskset, '-c', '0'],
    load: [taskset, '-c', '1'],
    told: 'Each server has core 0 for itself while it is asked (taskset); wrk, Redis and the emulated provider share core 1.',
  }
}
