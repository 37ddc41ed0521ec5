// The embedded snapshot store.
import { z } from 'zod'
import type { Snapshot } from '#model/snapshot.ts'
import { SCREENSHOT_QUEUE, toSnapshotId } from './snapshot-id.ts'
import type { SnapshotStore } from './snapshot-store.ts'
import type { SnapshotDatabase } from './sqlite-database.ts'

/** Most snapshots that one `prune` forgets. */
const PRUNED_AT_ONCE = 1000

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
const countRow = z.object({ count: z.number() }).default({ count: 0 })

/** A store in that file, which it does not close. */
export function createSqliteSnapshotStore({ database, commit }: SnapshotDatabase): SnapshotStore {
  const insert = database.prepare(
    `insert into snapshot (id, account, key, taken_at, width, height, url, received_at, ordered_at)
     values (?, ?, ?, ?, ?, ?, ?, ?, ?) on conflict do nothing`,
  )
  const columns = `id, account, key, taken_at as takenAt, width, height, url, received_at as receivedAt, ordered_at as orderedAt`
  const order = 'order by ordered_at desc, id desc limit ?'
  const inRange = 'ordered_at >= ? and ordered_at < ? and (ordered_at, id) < (?, ?)'
  const listOfAccount = database.prepare(
    `select ${columns} from snapshot indexed by snapshot_of_account where account = ? and ${inRange} ${order}`,
  )
  const listOfStream = database.prepare(
    `select ${columns} from snapshot indexed by snapshot_of_stream where account = ? and key = ? and ${inRange} ${order}`,
  )
  const deleteOld = database.prepare(
    `delete from snapshot where id in
       (select id from snapshot where account = ? and ordered_at < ? order by ordered_at, id limit ?)`,
  )
  const countOfAccount = database.prepare('select count from snapshot_count where account = ?')
  const addToCount = database.prepare(
    'insert into snapshot_count (account, count) values (?, ?) on conflict do update set count = count + excluded.count',
  )
  const deleteOldest = database.prepare(
    'delete from snapshot where id in (select id from snapshot where account = ? order by ordered_at, id limit ?)',
  )

  return {
    async add({ account, receivedAt, messages }) {
      return commit(() => {
        const added = messages.flatMap((message): Snapshot[] => {
          const { file, ...shown } = message
          const id = toSnapshotId({ account, queue: SCREENSHOT_QUEUE, key: message.key, file })
          const { takenAt, width, height, url } = message
          const orderedAt = takenAt ?? receivedAt
          const { changes } = insert.run(
            ...[id, account, message.key, takenAt, width, height, url, receivedAt, orderedAt],
          )
          return changes === 0 ? [] : [{ ...shown, account, receivedAt, id }]
        })
        addToCount.run(account, added.length)
        return added
      })
    },

    async list({ account, key, range, after, limit }) {
      // Without a place, everything in the range comes after: no id is greater than every id of the last instant.
      const place = [after?.orderedAt ?? range.to, after?.id ?? ''] as const
      // Where a deep page begins is found by its instant: a place alone would be looked for from the newest on.
      const to = after === null ? range.to : Math.min(range.to, after.orderedAt + 1)
      const rows =
        key === null
          ? listOfAccount.all(account, range.from, to, ...place, limit)
          : listOfStream.all(account, key, range.from, to, ...place, limit)
      return rows.map((row) => {
        const { orderedAt, ...snapshot } = snapshotRow.parse(row)
        return { snapshot, place: { orderedAt, id: snapshot.id } }
      })
    },

    async prune(account, { before, keepCount }) {
      return commit(() => {
        const surplus = countRow.parse(countOfAccount.get(account)).count - keepCount
        const old = Number(deleteOld.run(account, before, PRUNED_AT_ONCE).changes)
        const forgotten =
          old > 0 || surplus <= 0 ? old : Number(deleteOldest.run(account, Math.min(surplus, PRUNED_AT_ONCE)).changes)
        if (forgotten > 0) addToCount.run(account, -forgotten)
        return forgotten
      })
    },

    async close() {
      // The file is not its own.
    },
  }
}
