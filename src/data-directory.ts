// The folder of the embedded stores and journals. Two processes on one folder would pop the same queue and count the
// same quota twice, so it belongs to exactly one. The claim is a lock of the operating system on a database file: it
// ends with its process, however that ends, so there is nothing left behind to clean up.
import { mkdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

/** A folder that is held by this process. */
export interface DataDirectory {
  /** Absolute path. */
  readonly path: string
  /** Gives the folder up. What is in it must be closed first. */
  release(): void
}

/** The folder cannot be used; the message names it and says why. */
export class DataDirectoryError extends Error {
  override readonly name = 'DataDirectoryError'
  /** Absolute path. */
  readonly path: string

  constructor(path: string, problem: string, cause: unknown) {
    super(`the data directory ${path} ${problem}`, { cause })
    this.path = path
  }
}

/** Result code of SQLite for a database that somebody else has locked. */
const SQLITE_BUSY = 5

/**
 * Takes hold of the folder, creating it for this user alone (mode 0700) when it is not there.
 * @throws DataDirectoryError when another process holds it, or it cannot be written
 */
export function openDataDirectory(path: string): DataDirectory {
  const absolute = resolve(path)
  let database: DatabaseSync | undefined
  try {
    mkdirSync(absolute, { recursive: true, mode: 0o700 })
    const claim = new DatabaseSync(join(absolute, 'claim.sqlite'), { timeout: 0 })
    database = claim
    // The transaction is never ended: its lock is the claim.
    claim.exec('begin exclusive')
    return { path: absolute, release: () => claim.close() }
  } catch (error) {
    database?.close()
    if (isBusy(error))
      throw new DataDirectoryError(
        absolute,
        'is in use by another process; end that one, or set dataDirectory to a folder of its own',
        error,
      )
    throw new DataDirectoryError(absolute, `cannot be opened${toReason(error)}`, error)
  }
}

function isBusy(error: unknown): boolean {
  return error instanceof Error && 'errcode' in error && error.errcode === SQLITE_BUSY
}

function toReason(error: unknown): string {
  if (!(error instanceof Error)) return ''
  if ('errstr' in error) return `: ${String(error.errstr)}`
  return 'code' in error ? `: ${String(error.code)}` : ''
}
