// Screenshots as they are collected, for those who watch.
import { z } from 'zod'
import { type Feed, isPlaceBefore } from '#fleet/feed.ts'
import type { Snapshot } from '#model/snapshot.ts'
import { queueEvents } from './event-queue.ts'
import { type ConnectedAccount, requireCapability, toNamedStreamView } from './provider-registry.ts'
import type { SnapshotView } from './views.ts'

const instant = z.number()
const pixels = z.int().min(0).nullable()

/** What one who comes back is told at most: what is older is in the store. */
const MOST_REPLAYED = 500

/** A snapshot as one replica tells it to another. */
export const snapshotEventSchema: z.ZodType<Snapshot> = z.object({
  id: z.string().regex(/^[\w.-]{1,64}$/),
  account: z.string(),
  key: z.string(),
  takenAt: instant.nullable(),
  width: pixels,
  height: pixels,
  url: z.string().nullable(),
  receivedAt: instant,
})

/** Where snapshots are told of that are new, by account. */
export type SnapshotFeed = Pick<Feed<Snapshot>, 'watch' | 'readSince'>

/** Which screenshots are watched. */
export interface SnapshotWatch {
  readonly account: ConnectedAccount
  /** Null: those of all streams. */
  readonly key: string | null
  /** How far the watcher has got before; undefined for one who wants only what is new. */
  readonly after: string | undefined
}

/** Is told of a screenshot and where it stands; of null where some of what came after the place is not kept any more. */
export type SnapshotListener = (snapshot: SnapshotView | null, place: string | null) => void

/** See `Services.watchSnapshots`. */
export function watchSnapshots(
  feed: SnapshotFeed,
  account: ConnectedAccount,
  key: string | null,
  signal: AbortSignal,
): AsyncIterable<SnapshotView> {
  requireCapability(account, 'popSnapshots')
  return queueEvents<SnapshotView>(
    (listener) =>
      watchSnapshotFeed(feed, { account, key, after: undefined }, (snapshot) => {
        if (snapshot) listener(snapshot)
      }),
    signal,
  )
}

/** Tells a listener what came after its place, and then what is new. @returns stops that */
export function watchSnapshotFeed(
  feed: SnapshotFeed,
  { account, key, after }: SnapshotWatch,
  listener: SnapshotListener,
): () => void {
  /** What comes while what was before is still being told. */
  let waiting: (() => void)[] | undefined = after === undefined ? undefined : []
  let isOver = false
  const tell = (snapshot: Snapshot, place: string | null) => {
    // What comes from a shared store is not shown to those who watch one account because it stood at its key.
    if (isOver || snapshot.account !== account.name || (key !== null && snapshot.key !== key)) return
    listener({ ...snapshot, stream: toNamedStreamView(account, snapshot.key) }, place)
  }
  let toldUpTo = after
  const stop = feed.watch(account.name, (snapshot, place) => {
    if (!waiting) return tell(snapshot, place)
    waiting.push(() => {
      if (place === null || toldUpTo === undefined || isPlaceBefore(toldUpTo, place)) tell(snapshot, place)
    })
  })
  const replay = async (from: string) => {
    const { items, isWhole } = await feed.readSince(account.name, from)
    const own = items.filter(({ item }) => key === null || item.key === key)
    if ((!isWhole || own.length > MOST_REPLAYED) && !isOver) listener(null, null)
    for (const { item, place } of own.slice(-MOST_REPLAYED)) {
      tell(item, place)
      toldUpTo = place
    }
    for (const one of waiting ?? []) one()
    waiting = undefined
  }
  if (after !== undefined) void replay(after)
  return () => {
    isOver = true
    stop()
  }
}
