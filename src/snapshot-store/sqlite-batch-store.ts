// Batches on this process's own disk, in the same table that its journal keeps them in: nothing is handed over.
import { z } from 'zod'
import type { BatchStore } from './batch-store.ts'
import type { SnapshotDatabase } from './sqlite-database.ts'

/** Most batches that one call tells of or forgets. */
const AT_ONCE = 100

const bytes = z.instanceof(Uint8Array).transform((body) => Buffer.from(body.buffer, body.byteOffset, body.byteLength))

/** A kept batch, as `keptColumns` bring it. */
export const keptBatchRow = z.object({
  id: z.number().transform(String),
  account: z.string(),
  asked: z.number(),
  status: z.number(),
  body: bytes,
  receivedAt: z.number(),
})

/** Columns of a kept batch. */
export const keptColumns = 'id, account, asked, status, body, received_at as receivedAt'

const quarantinedRow = z.object({
  id: z.number().transform(String),
  account: z.string(),
  status: z.number(),
  receivedAt: z.number(),
  bytes: z.number(),
  reason: z.string(),
  rows: z.number().nullable(),
})
const countRow = z.object({ count: z.number() })
/** Ids as they are given out; no row has what is null. */
const rowId = z
  .string()
  .regex(/^[1-9]\d{0,14}$/)
  .transform(Number)
  .nullable()
  .catch(null)

/** A store in that file, which it does not close. */
export function createSqliteBatchStore({ database }: SnapshotDatabase): BatchStore {
  const listUnread = database.prepare(
    `select ${keptColumns} from batch where account = ? and state = 'kept' order by id limit ?`,
  )
  const mark = database.prepare('update batch set state = ?, reason = ?, rows = ? where id = ? and account = ?')
  const remove = database.prepare('delete from batch where id = ? and account = ?')
  const listQuarantined = database.prepare(
    `select id, account, status, received_at as receivedAt, length(body) as bytes, reason, rows from batch
     where account = ? and state = 'quarantined' and id < ? order by id desc limit ?`,
  )
  const listKept = database.prepare(
    `select ${keptColumns} from batch where account = ? and state in ('read', 'quarantined') and id > ? order by id limit ?`,
  )
  const findKept = database.prepare(
    `select ${keptColumns} from batch where account = ? and state in ('read', 'quarantined') and id = ?`,
  )
  const forget = database.prepare(`delete from batch where account = ? and state = 'quarantined' and id = ?`)
  const countUnread = database.prepare(`select count(*) as count from batch where account = ? and state = 'kept'`)
  // The order is that of an index which has all that is asked for: it is looked at often, and mostly nothing is old.
  const deleteRead = database.prepare(
    `delete from batch where id in
       (select id from batch where account = ? and state = 'read' and received_at < ? order by received_at limit ?)`,
  )

  return {
    async listUnread(account) {
      return listUnread.all(account, AT_ONCE).map((row) => keptBatchRow.parse(row))
    },
    async finish({ id, account }, outcome) {
      if (outcome.kind === 'empty') remove.run(id, account)
      else if (outcome.kind === 'read') mark.run('read', null, null, id, account)
      else mark.run('quarantined', outcome.reason, outcome.rows, id, account)
    },
    async listQuarantined(account, after, limit) {
      const before = after === null ? Number.MAX_SAFE_INTEGER : rowId.parse(after)
      return listQuarantined.all(account, before, limit).map((row) => quarantinedRow.parse(row))
    },
    async listKept(account, after, limit) {
      return listKept.all(account, Number(after ?? 0), limit).map((row) => keptBatchRow.parse(row))
    },
    async findKept(account, id) {
      const row = findKept.get(account, rowId.parse(id))
      return row === undefined ? undefined : keptBatchRow.parse(row)
    },
    async forget(account, id) {
      return forget.run(account, rowId.parse(id)).changes > 0
    },
    async countUnread(account) {
      return countRow.parse(countUnread.get(account)).count
    },
    async prune(account, before) {
      return Number(deleteRead.run(account, before, AT_ONCE).changes)
    },
  }
}
