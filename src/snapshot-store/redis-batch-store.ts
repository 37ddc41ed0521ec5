// Batches that all replicas share, in a Redis Stream for each account. A batch belongs to the member it was given to,
// until that one says what came of it, or has left it alone for so long that another one takes it over.
import { z } from 'zod'
import type { KeptBatch, SharedBatchStore } from './batch-store.ts'
import { entryReply, isEntryId, readBatch, readNote, writeBatch, writeDetail } from './redis-batch-entry.ts'
import {
  countUnreadBatches,
  findKeptBatch,
  finishBatch,
  forgetBatch,
  listKeptBatches,
  listNotes,
  pruneBatches,
  receiveBatch,
  takeUnread,
} from './redis-batch-scripts.ts'
import { type StoreLink, toStoreKey } from './redis-store-link.ts'

/** What the store is made with. */
export interface RedisBatchStoreOptions {
  readonly link: StoreLink
  /** What every key begins with. */
  readonly prefix: string
  /** Name of this process among all that share the store, the same after a restart. */
  readonly member: string
  /** How long a batch is left alone before somebody else takes it over, in milliseconds; 30 000 when left out. */
  readonly takeOverAfterMs?: number
}

const TAKE_OVER_AFTER_MS = 30_000
/** Most batches that are given out at once. */
const BATCHES_AT_ONCE = 10
/** After so many bytes, as they are stored, a call gives no further batch. */
const BYTES_PER_CALL = 512 * 1024

const entriesReply = z.array(entryReply)
const keptReply = z.tuple([entriesReply, z.string()])
const foundReply = entryReply.nullable()
const notesReply = z.array(z.string())
const countReply = z.number()

/** A batch store over a link to Redis. Methods throw as the link does. */
export function createRedisBatchStore(options: RedisBatchStoreOptions): SharedBatchStore {
  const { link, prefix, member, takeOverAfterMs = TAKE_OVER_AFTER_MS } = options

  const keysOf = (account: string) => ({
    batches: toStoreKey(prefix, account, 'batches'),
    origins: toStoreKey(prefix, account, 'batches:origins'),
    read: toStoreKey(prefix, account, 'batches:read'),
    quarantined: toStoreKey(prefix, account, 'batches:quarantined'),
  })
  const readAll = (account: string, entries: z.infer<typeof entriesReply>) =>
    Promise.all(entries.map((entry) => readBatch(account, entry)))

  return {
    async receive(origin, batch) {
      const { batches, origins } = keysOf(batch.account)
      await link.evaluate(receiveBatch, [batches, origins], [origin, ...(await writeBatch(batch))])
    },

    async listUnread(account) {
      const values = [member, takeOverAfterMs, BATCHES_AT_ONCE, BYTES_PER_CALL]
      const entries = entriesReply.parse(await link.evaluate(takeUnread, [keysOf(account).batches], values))
      return readAll(
        account,
        entries.toSorted(([one], [other]) => compareIds(one, other)),
      )
    },

    async finish({ id, account }, outcome) {
      const { batches, read, quarantined } = keysOf(account)
      const detail = outcome.kind === 'quarantined' ? writeDetail(outcome) : ''
      await link.evaluate(finishBatch, [batches, read, quarantined], [id, outcome.kind, detail])
    },

    async listQuarantined(account, after, limit) {
      const reply = await link.evaluate(listNotes, [keysOf(account).quarantined], [after ?? '', limit])
      return notesReply.parse(reply).map((note) => readNote(account, note))
    },

    async listKept(account, after, limit) {
      const { batches, read, quarantined } = keysOf(account)
      const found: KeptBatch[] = []
      for (let place = after ?? ''; found.length < limit; ) {
        const values = [place, limit - found.length, BYTES_PER_CALL]
        const reply = await link.evaluate(listKeptBatches, [batches, read, quarantined], values)
        const [entries, next] = keptReply.parse(reply)
        found.push(...(await readAll(account, entries)))
        if (next === '') break
        place = next
      }
      return found
    },

    async findKept(account, id) {
      if (!isEntryId(id)) return undefined
      const { batches, read, quarantined } = keysOf(account)
      const entry = foundReply.parse(await link.evaluate(findKeptBatch, [batches, read, quarantined], [id]))
      return entry === null ? undefined : readBatch(account, entry)
    },

    async forget(account, id) {
      if (!isEntryId(id)) return false
      const { batches, quarantined } = keysOf(account)
      return countReply.parse(await link.evaluate(forgetBatch, [batches, quarantined], [id])) > 0
    },

    async countUnread(account) {
      const { batches, read, quarantined } = keysOf(account)
      return countReply.parse(await link.evaluate(countUnreadBatches, [batches, read, quarantined], []))
    },

    async prune(account, before) {
      const { batches, read } = keysOf(account)
      return countReply.parse(await link.evaluate(pruneBatches, [batches, read], [before, takeOverAfterMs]))
    },
  }
}

/** Orders ids of a stream: a time and a number in it. */
function compareIds(one: string, other: string): number {
  const [[oneTime = 0, oneNumber = 0] = [], [time = 0, number = 0] = []] = [one, other].map((id) =>
    id.split('-').map(Number),
  )
  return oneTime - time || oneNumber - number
}
