// A disk in memory whose size can be changed under the feet of whoever writes there. Needs root.
import { execFile } from 'node:child_process'
import { mkdtemp, rm, statfs } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)
const KIB = 1024

/** A mounted disk. */
export interface SmallDisk {
  /** Where it is mounted. */
  readonly path: string
  /** Leaves so many bytes free. */
  leave(bytes: number): Promise<void>
  /** Unmounts it. What was on it is gone. */
  close(): Promise<void>
}

/** Mounts one of that size; undefined where this user may not. */
export async function mountSmallDisk(bytes: number): Promise<SmallDisk | undefined> {
  const path = await mkdtemp(join(tmpdir(), 'weir-disk-'))
  try {
    await run('mount', ['-t', 'tmpfs', '-o', `size=${bytes}`, 'weir-faults', path])
  } catch {
    await rm(path, { recursive: true })
    return undefined
  }
  return {
    path,
    leave: async (free) => {
      const { blocks, bfree, bsize } = await statfs(path)
      const kib = Math.ceil(((blocks - bfree) * bsize + free) / KIB)
      await run('mount', ['-o', `remount,size=${kib}k`, path])
    },
    close: async () => {
      // Lazily: a process that was killed may not be gone yet.
      await run('umount', ['-l', path])
      await rm(path, { recursive: true })
    },
  }
}
