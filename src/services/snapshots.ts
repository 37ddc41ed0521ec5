// Collected screenshots, read from the store: no provider call.
import type { Ask } from '#contract/ask.ts'
import { FleetCommandError, LinkDownError } from '#fleet/fleet-link.ts'
import { GatewayError } from '#model/errors.ts'
import { ListCursors } from '#model/page.ts'
import type { Instant } from '#model/time-range.ts'
import type { BatchStore } from '#snapshot-store/batch-store.ts'
import type { SnapshotPlace, SnapshotStore } from '#snapshot-store/snapshot-store.ts'
import { type ConnectedAccount, requireCapability, toNamedStreamView } from './provider-registry.ts'
import { toOpenRange } from './range.ts'
import type { Answer, FreshPage, QuarantinedBatchView, RangedPageRequest, SnapshotView } from './views.ts'

/** When a shared store that did not answer is worth another try. */
const STORE_RETRY_MS = 2000

/** See `Services.listSnapshots` and, without `key`, `Services.listAccountSnapshots`. */
export async function listSnapshots(
  store: Pick<SnapshotStore, 'list'>,
  now: Instant,
  account: ConnectedAccount,
  key: string | null,
  query: RangedPageRequest,
  ask: Ask,
): Promise<FreshPage<SnapshotView>> {
  requireCapability(account, 'popSnapshots')
  ask.meter.holdNot()
  const range = toOpenRange(query, now)
  const cursors = new ListCursors(['snapshots', account.name, key, query.from ?? null, query.to ?? null])
  const { size, place } = cursors.readPosition(query)
  const after = place && toPlace(place)
  const rows = await store.list({ account: account.name, key, range, after, limit: size + 1 }).catch(refuseForNow)
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

/** See `Services.listQuarantinedSnapshots`. */
export async function listQuarantinedSnapshots(
  batches: Pick<BatchStore, 'listQuarantined'>,
  now: Instant,
  account: ConnectedAccount,
  first: number | null | undefined,
  ask: Ask,
): Promise<Answer<readonly QuarantinedBatchView[]>> {
  requireCapability(account, 'popSnapshots')
  ask.meter.holdNot()
  const { size } = new ListCursors(['quarantine', account.name]).readPosition({ first })
  return {
    value: await batches.listQuarantined(account.name, null, size).catch(refuseForNow),
    fetchedAt: now,
    freshUntil: now,
    stale: false,
  }
}

/** A shared store that is away comes back. @throws GatewayError UPSTREAM_UNAVAILABLE, or the error as it was */
function refuseForNow(error: unknown): never {
  if (!(error instanceof LinkDownError || error instanceof FleetCommandError)) throw error
  throw new GatewayError('UPSTREAM_UNAVAILABLE', 'the store of the snapshots is out of reach; try again soon', {
    retryAfterMs: STORE_RETRY_MS,
  })
}

function toPlace([orderedAt, id]: readonly (string | number | null)[]): SnapshotPlace {
  return { orderedAt: Number(orderedAt), id: String(id) }
}
