// The journal of pops on this process's own disk.
import { statfsSync } from 'node:fs'
import { dirname } from 'node:path'
import { z } from 'zod'
import type { Clock } from '#model/clock.ts'
import type { PopJournal, PopTally } from './pop-journal.ts'
import { keptBatchRow, keptColumns } from './sqlite-batch-store.ts'
import type { SnapshotDatabase } from './sqlite-database.ts'

/** Room that must be free for a pop to be sent: the largest answer, written to the log and to the file. */
const MIN_FREE_BYTES = 32 * 1024 ** 2
/** Most bytes of answers that nobody has read, or taken over: what stays at the provider is safe there. */
const MAX_UNREAD_BYTES = 64 * 1024 ** 2
/** Most answers that one call tells of. */
const AT_ONCE = 100

const popRow = z.object({ count: z.number(), announcedAt: z.number() })
const sizeRow = z.object({ bytes: z.number() })
const tallyRow = z.object({
  popped: z.number(),
  stored: z.number(),
  quarantined: z.number(),
  batchesUnknown: z.number(),
  messagesUnknown: z.number(),
})
const nothing: PopTally = { popped: 0, stored: 0, quarantined: 0, batchesUnknown: 0, messagesUnknown: 0 }

/** What a journal is made with. */
export interface SqlitePopJournalOptions {
  readonly clock: Pick<Clock, 'now'>
  /** Bytes that must be free on the disk for `announce` to allow a pop; 32 MiB when left out. */
  readonly minFreeBytes?: number
  /** Most bytes of unread answers for `announce` to allow a pop; 64 MiB when left out. */
  readonly maxUnreadBytes?: number
}

/** A journal in that file, which it does not close. */
export function createSqlitePopJournal(
  { file, database, commit }: SnapshotDatabase,
  { clock, minFreeBytes = MIN_FREE_BYTES, maxUnreadBytes = MAX_UNREAD_BYTES }: SqlitePopJournalOptions,
): PopJournal {
  const insertBatch = database.prepare(
    'insert into batch (account, asked, status, body, received_at) values (?, ?, ?, ?, ?)',
  )
  const insertPop = database.prepare('insert into pop (account, count, announced_at) values (?, ?, ?)')
  const deletePop = database.prepare('delete from pop where account = ?')
  const findPop = database.prepare('select count, announced_at as announcedAt from pop where account = ?')
  const sizeOfUnread = database.prepare(
    `select coalesce(sum(length(body)), 0) as bytes from batch where account = ? and state = 'kept'`,
  )
  const listKept = database.prepare(
    `select ${keptColumns} from batch where account = ? and state = 'kept' order by id limit ?`,
  )
  const markHanded = database.prepare(
    `update batch set state = 'handed', handed_at = coalesce(handed_at, ?) where id = ?`,
  )
  const markAside = database.prepare(`update batch set state = 'quarantined', reason = 'TOO_LARGE' where id = ?`)
  const markKept = database.prepare(
    `update batch set state = 'kept' where account = ? and state = 'handed' and handed_at >= ?`,
  )
  const deleteHanded = database.prepare(
    `delete from batch where id in
       (select id from batch where account = ? and state = 'handed' and handed_at < ? order by id limit ?)`,
  )
  const addTally = database.prepare(
    `insert into tally (account, popped, stored, quarantined, batches_unknown, messages_unknown)
     values (?, ?, ?, ?, ?, ?) on conflict do update set popped = popped + excluded.popped,
     stored = stored + excluded.stored, quarantined = quarantined + excluded.quarantined,
     batches_unknown = batches_unknown + excluded.batches_unknown,
     messages_unknown = messages_unknown + excluded.messages_unknown`,
  )
  const findTally = database.prepare(
    `select popped, stored, quarantined, batches_unknown as batchesUnknown, messages_unknown as messagesUnknown
     from tally where account = ?`,
  )

  function add(account: string, tally: Partial<PopTally>): void {
    const { popped, stored, quarantined, batchesUnknown, messagesUnknown } = { ...nothing, ...tally }
    addTally.run(account, popped, stored, quarantined, batchesUnknown, messagesUnknown)
  }

  return {
    async announce(account, count) {
      const { bavail, bsize } = statfsSync(dirname(file))
      if (bavail * bsize < minFreeBytes)
        throw new Error(`the disk of the data directory has less than ${minFreeBytes} bytes left`)
      if (sizeRow.parse(sizeOfUnread.get(account)).bytes >= maxUnreadBytes)
        throw new Error(`${maxUnreadBytes} bytes of answers of the snapshot queue have not been read yet`)
      insertPop.run(account, count, clock.now())
    },
    async keep({ account, asked, status, body, receivedAt }) {
      return commit(() => {
        const { lastInsertRowid } = insertBatch.run(account, asked, status, body, receivedAt)
        deletePop.run(account)
        return String(lastInsertRowid)
      })
    },
    async settle(account) {
      deletePop.run(account)
    },
    async countUnknown(account, messages) {
      commit(() => {
        add(account, { batchesUnknown: 1, messagesUnknown: messages })
        deletePop.run(account)
      })
    },
    async findAnnounced(account) {
      const row = findPop.get(account)
      return row === undefined ? null : popRow.parse(row)
    },
    async listReceived(account) {
      return listKept.all(account, AT_ONCE).map((row) => keptBatchRow.parse(row))
    },
    async handOver({ id }) {
      markHanded.run(clock.now(), id)
    },
    async setAside({ id }) {
      markAside.run(id)
    },
    async recall(account, since) {
      markKept.run(account, since)
    },
    async prune(account, before) {
      return Number(deleteHanded.run(account, before, AT_ONCE).changes)
    },
    async count(account, tally) {
      add(account, tally)
    },
    async readTally(account) {
      const row = findTally.get(account)
      return row === undefined ? nothing : tallyRow.parse(row)
    },
  }
}
