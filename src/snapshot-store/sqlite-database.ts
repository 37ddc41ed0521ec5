// The one SQLite file of a process: what it has popped, and, where nothing is shared, its snapshots too. Every write is
// on the disk when it returns.
import { randomUUID } from 'node:crypto'
import { DatabaseSync } from 'node:sqlite'
import { z } from 'zod'
import { isUpToDate, migrate } from './sqlite-schema.ts'

/** How long a write waits for another process that has the file, such as a command beside the gateway. */
const BUSY_MS = 5000

const memberRow = z.object({ name: z.string() })

/** An open file. */
export interface SnapshotDatabase {
  /** Path of the file. */
  readonly file: string
  readonly database: DatabaseSync
  /** Who this is among all that share a store: the same for as long as there is the file. */
  readonly member: string
  /** Runs `work` as one durable step, whole or not at all. */
  commit<Result>(work: () => Result): Result
  /** Later calls of whatever works on it fail. */
  close(): void
}

/**
 * Opens the file, making it when it is not there; its folder exists.
 * @param options.migrates whether the tables are brought up to date: not by a command beside a gateway that may be older
 * @throws when it cannot be opened, when a newer version wrote it, or it would have to be brought up to date and must not
 */
export function openSnapshotDatabase(file: string, { migrates = true } = {}): SnapshotDatabase {
  const database = new DatabaseSync(file, { timeout: BUSY_MS })
  let member: string
  try {
    database.exec('pragma journal_mode = wal; pragma synchronous = full')
    if (migrates) migrate(database)
    else if (!isUpToDate(database))
      throw new Error('the snapshots were written by another version of the gateway: use the command of that one')
    member = readMember(database)
  } catch (error) {
    database.close()
    throw error
  }
  return {
    file,
    database,
    member,
    commit(work) {
      database.exec('begin immediate')
      try {
        const result = work()
        database.exec('commit')
        return result
      } catch (error) {
        if (database.isTransaction) database.exec('rollback')
        throw error
      }
    },
    close: () => database.close(),
  }
}

function readMember(database: DatabaseSync): string {
  database
    .prepare('insert into member (name) select ? where not exists (select 1 from member)')
    .run(randomUUID().slice(0, 13))
  return memberRow.parse(database.prepare('select name from member').get()).name
}
