// A lock between test files, which are processes of their own.
import { mkdir, rmdir, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'

/** A lock older than this was left behind by a run that was killed. */
const ABANDONED_MS = 300_000
const POLL_MS = 250

/** Runs `work` while no other process runs work under that name. Making a folder is atomic, so a folder is the lock. */
export async function withFolderLock<Result>(name: string, work: () => Promise<Result>): Promise<Result> {
  const lock = join(tmpdir(), `${name}.lock`)
  while (!(await tryLock(lock))) await delay(POLL_MS)
  try {
    return await work()
  } finally {
    await rmdir(lock)
  }
}

async function tryLock(lock: string): Promise<boolean> {
  try {
    await mkdir(lock)
    return true
  } catch {
    const ageMs = await stat(lock).then(
      (status) => Date.now() - status.mtimeMs,
      () => 0,
    )
    if (ageMs > ABANDONED_MS) await rmdir(lock).catch(() => undefined)
    return false
  }
}
