// Screenshots as they are collected, for those who watch.
import { z } from 'zod'
import type { Feed } from '#fleet/feed.ts'
import type { Snapshot } from '#model/snapshot.ts'
import { queueEvents } from './event-queue.ts'
import { type ConnectedAccount, requireCapability, toNamedStreamView } from './provider-registry.ts'
import type { SnapshotView } from './services.ts'

const instant = z.number()
const pixels = z.int().min(0).nullable()

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

/** See `Services.watchSnapshots`. */
export function watchSnapshots(
  feed: Pick<Feed<Snapshot>, 'watch'>,
  account: ConnectedAccount,
  key: string | null,
  signal: AbortSignal,
): AsyncIterable<SnapshotView> {
  requireCapability(account, 'popSnapshots')
  return queueEvents<SnapshotView>(
    (listener) =>
      feed.watch(account.name, (snapshot) => {
        // What comes from a shared store is not shown to those who watch one account because it stood at its key.
        if (snapshot.account !== account.name || (key !== null && snapshot.key !== key)) return
        listener({ ...snapshot, stream: toNamedStreamView(account, snapshot.key) })
      }),
    signal,
  )
}
