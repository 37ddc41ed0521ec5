// The snapshot store that all replicas share, in Redis. How durable it is, is a matter of how Redis writes its file.
import { hash } from 'node:crypto'
import { z } from 'zod'
import { FOREVER } from '#model/time-range.ts'
import { readEntry, toInstantText, toPossiblePlace, writeEntry } from './redis-snapshot-place.ts'
import { addSnapshots, listOfAccount, listOfStream, listSurplus, removeSnapshots } from './redis-snapshot-scripts.ts'
import { type StoreLink, toStoreKey } from './redis-store-link.ts'
import { SCREENSHOT_QUEUE, toSnapshotId } from './snapshot-id.ts'
import type { SnapshotQuery, SnapshotStore } from './snapshot-store.ts'

/** What the store is made with. */
export interface RedisSnapshotStoreOptions {
  readonly link: StoreLink
  /** What every key begins with. */
  readonly prefix: string
}

/** Most snapshots of one call: Redis serves nobody else while it answers one. */
const SNAPSHOTS_PER_CALL = 500

const entriesReply = z.array(z.string())
const newnessReply = z.array(z.number())
const countReply = z.number()

/** A snapshot store over a link to Redis, which stays open when the store is closed. Methods throw as the link does. */
export function createRedisSnapshotStore(options: RedisSnapshotStoreOptions): SnapshotStore {
  const { link, prefix } = options
  let isClosed = false

  const allOf = (account: string) => toStoreKey(prefix, account, 'all')
  // A stream may have any name. As JSON even those differ that are no well-formed Unicode.
  const streamOf = (account: string, key: string) =>
    toStoreKey(prefix, account, `stream:${hash('sha256', JSON.stringify(key), 'base64url')}`)

  function checkOpen(): void {
    if (isClosed) throw new Error('the snapshot store is closed')
  }

  /** Keys of a script for some streams of an account, and where among them each stream is. */
  function gatherKeys(account: string, streams: readonly string[]) {
    const keys = [allOf(account), ...new Set(streams.map((key) => streamOf(account, key)))]
    const places = new Map(keys.map((key, index) => [key, index + 1]))
    return { keys, placeOf: (key: string) => places.get(streamOf(account, key)) ?? 0 }
  }

  /** The next few of what a query asks for. */
  async function listSome({ account, key, range, after, limit }: SnapshotQuery) {
    const end = { orderedAt: range.to, id: '' }
    const { orderedAt, id } = toPossiblePlace(after === null || after.orderedAt >= range.to ? end : after)
    const from = toPossiblePlace({ orderedAt: range.from, id: '' }).orderedAt
    const reply =
      key === null
        ? link.evaluate(listOfAccount, [allOf(account)], [toInstantText(orderedAt) + id, toInstantText(from), limit])
        : link.evaluate(listOfStream, [allOf(account), streamOf(account, key)], [orderedAt, id, from, limit])
    return entriesReply.parse(await reply).map((entry) => readEntry(account, entry))
  }

  return {
    async add({ account, receivedAt, messages }) {
      checkOpen()
      if (messages.length === 0) return []
      const { keys, placeOf } = gatherKeys(
        account,
        messages.map(({ key }) => key),
      )
      const snapshots = messages.map(({ key, file, takenAt, width, height, url }) => {
        const id = toSnapshotId({ account, queue: SCREENSHOT_QUEUE, key, file })
        return { id, account, key, takenAt, width, height, url, receivedAt }
      })
      const values = snapshots.flatMap((snapshot) => {
        const orderedAt = snapshot.takenAt ?? receivedAt
        return [placeOf(snapshot.key), orderedAt, snapshot.id, writeEntry(snapshot, orderedAt)]
      })
      const isNew = newnessReply.parse(await link.evaluate(addSnapshots, keys, values))
      return snapshots.filter((_, index) => isNew[index] === 1)
    },

    async list(query) {
      checkOpen()
      const rows = []
      for (let { after } = query; rows.length < query.limit; ) {
        const limit = Math.min(SNAPSHOTS_PER_CALL, query.limit - rows.length)
        const some = await listSome({ ...query, after, limit })
        rows.push(...some)
        const last = some.at(-1)
        if (last === undefined || some.length < limit) break
        after = last.place
      }
      return rows
    },

    async prune(account, { before, keepCount }) {
      checkOpen()
      const first = toInstantText(toPossiblePlace({ orderedAt: before, id: '' }).orderedAt)
      const limits = [first, Math.min(keepCount, FOREVER), SNAPSHOTS_PER_CALL]
      for (;;) {
        const entries = entriesReply.parse(await link.evaluate(listSurplus, [allOf(account)], limits))
        if (entries.length === 0) return 0
        const rows = entries.map((entry) => ({ entry, ...readEntry(account, entry).snapshot }))
        const { keys, placeOf } = gatherKeys(
          account,
          rows.map(({ key }) => key),
        )
        const values = rows.flatMap(({ entry, id, key }) => [placeOf(key), id, entry])
        const count = countReply.parse(await link.evaluate(removeSnapshots, keys, values))
        // Otherwise somebody else has just removed them: there may be more.
        if (count > 0) return count
      }
    },

    async close() {
      isClosed = true
    },
  }
}
