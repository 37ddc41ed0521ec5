// The embedded snapshot store: one SQLite file for one process. Every write is on the disk before it resolves.
import { statfsSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { z } from 'zod'
import type { Clock } from '#model/clock.ts'
import type { Snapshot } from '#model/snapshot.ts'
import type { PopJournal } from './journal.ts'
import { SCREENSHOT_QUEUE, toSnapshotId } from './snapshot-id.ts'
import type { SnapshotStore } from './snapshot-store.ts'
import { migrate } from './sqlite-schema.ts'

/** Room that must be free for a pop to be sent: the largest answer, written to the log and to the file. */
const MIN_FREE_BYTES = 32 * 1024 ** 2

const batchRow = z.object({
  id: z.number(),
  account: z.string(),
  status: z.number(),
  body: z.instanceof(Uint8Array).transform((body) => Buffer.from(body.buffer, body.byteOffset, body.byteLength)),
  receivedAt: z.number(),
})
const batchOriginRow = z.object({ account: z.string(), receivedAt: z.number() })
const snapshotRow = z.object({
  id: z.string(),
  account: z.string(),
  key: z.string(),
  takenAt: z.number().nullable(),
  width: z.number().nullable(),
  height: z.number().nullable(),
  url: z.string().nullable(),
  receivedAt: z.number(),
  orderedAt: z.number(),
})
const popRow = z.object({ count: z.number(), announcedAt: z.number() })

/** Where the store is and what it needs. */
export interface SqliteSnapshotStoreOptions {
  /** Path of the database file; its folder exists. */
  readonly file: string
  readonly clock: Pick<Clock, 'now'>
  /** Bytes that must be free on the disk for `announce` to allow a pop; 32 MiB when left out. */
  readonly minFreeBytes?: number
}

/** Opens the store, creating its file when it is not there. @throws when it cannot be opened, or a newer version wrote it */
export function openSqliteSnapshotStore(options: SqliteSnapshotStoreOptions): SnapshotStore & PopJournal {
  const { file, clock, minFreeBytes = MIN_FREE_BYTES } = options
  const database = new DatabaseSync(file, { timeout: 5000 })
  try {
    database.exec('pragma journal_mode = wal; pragma synchronous = full; pragma foreign_keys = on')
    migrate(database)
  } catch (error) {
    database.close()
    throw error
  }

  const insertBatch = database.prepare('insert into batch (account, status, body, received_at) values (?, ?, ?, ?)')
  const findBatch = database.prepare('select account, received_at as receivedAt from batch where id = ?')
  const markBatch = database.prepare('update batch set state = ?, reason = ? where id = ?')
  const deleteBatch = database.prepare('delete from batch where id = ?')
  const listBatches = database.prepare(
    `select id, account, status, body, received_at as receivedAt from batch where state = 'kept' order by id`,
  )
  const insertSnapshot = database.prepare(
    `insert into snapshot (id, account, queue, key, file, taken_at, width, height, url, received_at, ordered_at, batch_id)
     values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) on conflict do nothing`,
  )
  const columns = `id, account, key, taken_at as takenAt, width, height, url, received_at as receivedAt, ordered_at as orderedAt`
  const order = 'order by ordered_at desc, id desc limit ?'
  const inRange = 'ordered_at >= ? and ordered_at < ? and (ordered_at, id) < (?, ?)'
  const listOfAccount = database.prepare(`select ${columns} from snapshot where account = ? and ${inRange} ${order}`)
  const listOfStream = database.prepare(
    `select ${columns} from snapshot where account = ? and key = ? and ${inRange} ${order}`,
  )
  const insertPop = database.prepare('insert into pop (account, count, announced_at) values (?, ?, ?)')
  const deletePop = database.prepare('delete from pop where account = ?')
  const findPop = database.prepare('select count, announced_at as announcedAt from pop where account = ?')

  /** Runs `work` as one durable step. */
  function commit<Result>(work: () => Result): Result {
    database.exec('begin immediate')
    try {
      const result = work()
      database.exec('commit')
      return result
    } catch (error) {
      if (database.isTransaction) database.exec('rollback')
      throw error
    }
  }

  return {
    async keep(batch) {
      return commit(() => {
        const { lastInsertRowid } = insertBatch.run(batch.account, batch.status, batch.body, batch.receivedAt)
        deletePop.run(batch.account)
        return Number(lastInsertRowid)
      })
    },

    async add(batchId, messages) {
      return commit(() => {
        const origin = batchOriginRow.parse(findBatch.get(batchId))
        const added = messages.flatMap((message): Snapshot[] => {
          const { file: name, ...shown } = message
          const identity = { account: origin.account, queue: SCREENSHOT_QUEUE, key: message.key, file: name }
          const snapshot = { ...shown, ...origin, id: toSnapshotId(identity) }
          const { changes } = insertSnapshot.run(
            ...[snapshot.id, identity.account, identity.queue, identity.key, identity.file],
            ...[message.takenAt, message.width, message.height, message.url],
            ...[origin.receivedAt, message.takenAt ?? origin.receivedAt, batchId],
          )
          return changes === 0 ? [] : [snapshot]
        })
        markBatch.run('read', null, batchId)
        return added
      })
    },

    async discard(batchId) {
      deleteBatch.run(batchId)
    },

    async quarantine(batchId, reason) {
      markBatch.run('quarantined', reason, batchId)
    },

    async listUnread() {
      return listBatches.all().map((row) => batchRow.parse(row))
    },

    async list({ account, key, range, after, limit }) {
      // Without a place, everything in the range comes after: no id is greater than every id of the last instant.
      const place = [after?.orderedAt ?? range.to, after?.id ?? ''] as const
      const rows =
        key === null
          ? listOfAccount.all(account, range.from, range.to, ...place, limit)
          : listOfStream.all(account, key, range.from, range.to, ...place, limit)
      return rows.map((row) => {
        const { orderedAt, ...snapshot } = snapshotRow.parse(row)
        return { snapshot, place: { orderedAt, id: snapshot.id } }
      })
    },

    async close() {
      database.close()
    },

    async announce(account, count) {
      const { bavail, bsize } = statfsSync(dirname(file))
      if (bavail * bsize < minFreeBytes)
        throw new Error(`the disk of the snapshot store has less than ${minFreeBytes} bytes left`)
      insertPop.run(account, count, clock.now())
    },

    async settle(account) {
      deletePop.run(account)
    },

    async findAnnounced(account) {
      const row = findPop.get(account)
      return row === undefined ? null : popRow.parse(row)
    },
  }
}
