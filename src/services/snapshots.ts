// Collected screenshots, read from the store: no provider call.
import { fromCursor, type ListScope, toCursor, toPageSize } from '#model/page.ts'
import type { Snapshot } from '#model/snapshot.ts'
import type { Instant } from '#model/time-range.ts'
import type { SnapshotPlace, SnapshotStore } from '#snapshot-store/snapshot-store.ts'
import { type ConnectedAccount, requireCapability } from './provider-registry.ts'
import { toEdges } from './recordings.ts'
import type { FreshPage, RangedPageRequest } from './services.ts'

/** See `Services.listSnapshots` and, without `key`, `Services.listAccountSnapshots`. */
export async function listSnapshots(
  store: SnapshotStore,
  now: Instant,
  account: ConnectedAccount,
  key: string | null,
  query: RangedPageRequest,
): Promise<FreshPage<Snapshot>> {
  requireCapability(account, 'popSnapshots')
  const range = toEdges(query)
  const scope: ListScope = ['snapshots', account.name, key, query.from ?? null, query.to ?? null]
  const position = query.after ? fromCursor(scope, query.after) : undefined
  const size = query.first || !position ? toPageSize(query.first) : position.size
  const after = position ? toPlace(position.place) : null
  const rows = await store.list({ account: account.name, key, range, after, limit: size + 1 })
  return {
    items: rows.slice(0, size).map(({ snapshot, place }) => ({
      cursor: toCursor(scope, { size, place: [place.orderedAt, place.id] }),
      item: snapshot,
    })),
    hasNextPage: rows.length > size,
    totalCount: null,
    // The store is the source: what it says now is what there is.
    fetchedAt: now,
    freshUntil: now,
    stale: false,
  }
}

function toPlace([orderedAt, id]: readonly (string | number | null)[]): SnapshotPlace {
  return { orderedAt: Number(orderedAt), id: String(id) }
}
