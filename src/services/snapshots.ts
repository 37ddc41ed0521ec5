// Collected screenshots, read from the store: no provider call.
import { ListCursors } from '#model/page.ts'
import type { Instant } from '#model/time-range.ts'
import type { SnapshotPlace, SnapshotStore } from '#snapshot-store/snapshot-store.ts'
import { type ConnectedAccount, requireCapability, toNamedStreamView } from './provider-registry.ts'
import { toOpenRange } from './range.ts'
import type { FreshPage, RangedPageRequest, SnapshotView } from './services.ts'

/** See `Services.listSnapshots` and, without `key`, `Services.listAccountSnapshots`. */
export async function listSnapshots(
  store: SnapshotStore,
  now: Instant,
  account: ConnectedAccount,
  key: string | null,
  query: RangedPageRequest,
): Promise<FreshPage<SnapshotView>> {
  requireCapability(account, 'popSnapshots')
  const range = toOpenRange(query, now)
  const cursors = new ListCursors(['snapshots', account.name, key, query.from ?? null, query.to ?? null])
  const { size, place } = cursors.readPosition(query)
  const after = place && toPlace(place)
  const rows = await store.list({ account: account.name, key, range, after, limit: size + 1 })
  return {
    items: rows.slice(0, size).map((row) => ({
      cursor: cursors.write({ size, place: [row.place.orderedAt, row.place.id] }),
      // The provider named the stream: a key that no caller could ask for must not hide the others of the page.
      item: { ...row.snapshot, stream: toNamedStreamView(account, row.snapshot.key) },
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
