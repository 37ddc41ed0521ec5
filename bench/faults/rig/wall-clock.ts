// A wall clock that the rig can set wrong, for one process: by faketime where that is installed, which deceives all code
// of the process, else by the eyes inside the replica, which shift `Date`. Steady clocks are left alone either way.
import { execFile } from 'node:child_process'
import { rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { findProgram } from '../../../test/support/find-program.ts'
import { CLOCK_SHIFT_VARIABLE } from './inside-protocol.ts'

const run = promisify(execFile)

/** How a process is given a wall clock of its own. */
export interface WallClock {
  /** What sets it, in words. */
  readonly setBy: string
  /** What the process must be started with. */
  readonly environment: Readonly<Record<string, string>>
  /** Sets it this far ahead of the machine's, milliseconds, negative for behind. */
  set(ms: number): Promise<void>
}

/**
 * Prepares one.
 * @param folder of the process, for a file
 * @param shiftMs how far it starts ahead
 * @param order has the eyes inside the process shift its `Date`
 */
export async function createWallClock(
  folder: string,
  shiftMs: number,
  order: (ms: number) => Promise<void>,
): Promise<WallClock> {
  const library = await findLibrary()
  if (library === undefined)
    return {
      setBy: 'a preload that shifts Date',
      environment: { [CLOCK_SHIFT_VARIABLE]: String(shiftMs) },
      set: order,
    }
  const file = join(folder, 'clock')
  const set = async (ms: number) => {
    await writeFile(`${file}.new`, `${ms < 0 ? '-' : '+'}${Math.abs(ms) / 1000}\n`)
    // The process may read it at any moment.
    await rename(`${file}.new`, file)
  }
  await set(shiftMs)
  return {
    setBy: 'faketime',
    environment: {
      LD_PRELOAD: library,
      FAKETIME_TIMESTAMP_FILE: file,
      FAKETIME_NO_CACHE: '1',
      FAKETIME_DONT_FAKE_MONOTONIC: '1',
    },
    set,
  }
}

/** The library behind the program, which itself could set a clock only once. */
async function findLibrary(): Promise<string | undefined> {
  const program = await findProgram('faketime')
  if (program === undefined) return undefined
  const { stdout } = await run(program, ['-m', '-f', '+0', 'printenv', 'LD_PRELOAD']).catch(() => ({ stdout: '' }))
  return stdout.trim() === '' ? undefined : stdout.trim()
}
