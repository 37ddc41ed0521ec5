// What keeps snapshots, who collects them and who is told: on this process's own disk, or, where there are replicas,
// with a journal on the disk and the rest in Redis. It builds, like the composition root it belongs to.
import { join } from 'node:path'
import { Meter } from '#contract/ask.ts'
import { type Capabilities, isSupported } from '#contract/capability.ts'
import type { CollectorReadings } from '#contract/readings.ts'
import type { Bell } from '#fleet/bell.ts'
import { createProcessFeed, type Feed, type FeedKeep } from '#fleet/feed.ts'
import type { FleetLink } from '#fleet/fleet-link.ts'
import { createProcessLease, type Lease } from '#fleet/lease.ts'
import { createRedisFeed } from '#fleet/redis-feed.ts'
import { createRedisLease } from '#fleet/redis-lease.ts'
import type { Clock } from '#model/clock.ts'
import type { Snapshot } from '#model/snapshot.ts'
import type { ConnectedAccount } from '#services/provider-registry.ts'
import { snapshotEventSchema } from '#services/snapshot-events.ts'
import { createRedisBatchStore } from '#snapshot-store/redis-batch-store.ts'
import { createRedisSnapshotStore } from '#snapshot-store/redis-snapshot-store.ts'
import { createSqliteBatchStore } from '#snapshot-store/sqlite-batch-store.ts'
import { openSnapshotDatabase } from '#snapshot-store/sqlite-database.ts'
import { createSqlitePopJournal } from '#snapshot-store/sqlite-pop-journal.ts'
import { createSqliteSnapshotStore } from '#snapshot-store/sqlite-snapshot-store.ts'
import type { SnapshotMetrics } from '#telemetry/snapshot-metrics.ts'
import { createSnapshotCollector, type SnapshotCollector } from '#workers/snapshot-collector.ts'
import type { CollectorLog, SnapshotStores } from '#workers/snapshot-reader.ts'
import type { AccountConfig } from './config.ts'

/** Name of the file, in the data directory. */
export const SNAPSHOT_FILE = 'snapshots.sqlite'

/** What is kept of the feed for those who come back: far longer than anybody takes for that. */
const KEPT: FeedKeep = { events: 1000, ms: 600_000 }

/** Where replicas share what they share. */
export interface SharedPlace {
  readonly link: FleetLink
  /** Begins every key. */
  readonly prefix: string
  /** Says at once that something has changed. */
  readonly bell: Bell
}

/** What is built from. */
export interface SnapshotPartsOptions {
  /** Folder of the files that belong to this process. */
  readonly dataDirectory: string
  /** Undefined where nothing is shared. */
  readonly shared: SharedPlace | undefined
  readonly clock: Clock
  readonly log: CollectorLog
}

/** Everything about snapshots but the reading of them. */
export interface SnapshotParts {
  readonly stores: SnapshotStores
  /** Told of each snapshot that is new. */
  readonly feed: Feed<Snapshot>
  /** How the collectors that were built are doing. */
  readonly readings: CollectorReadings
  /** Builds the collector of an account; undefined where its provider has no queue. Starts nothing. */
  createCollector(account: ConnectedAccount, settings: AccountConfig | undefined): SnapshotCollector | undefined
  /** Gives the file back. After everything that uses the stores. */
  close(): Promise<void>
}

/** Opens the stores. @throws when the file cannot be opened, or a newer version wrote it */
export function openSnapshotParts({ dataDirectory, shared, clock, log }: SnapshotPartsOptions): SnapshotParts {
  const file = openSnapshotDatabase(join(dataDirectory, SNAPSHOT_FILE))
  const journal = createSqlitePopJournal(file, { clock })
  const stores: SnapshotStores = shared
    ? toSharedStores(journal, shared, file.member)
    : { journal, batches: createSqliteBatchStore(file), shared: undefined, snapshots: createSqliteSnapshotStore(file) }
  const feed: Feed<Snapshot> = shared
    ? createRedisFeed({ ...shared, clock, name: 'snapshot', item: snapshotEventSchema, keep: KEPT, log })
    : createProcessFeed({ clock, keep: KEPT })
  const collectors = new Map<string, { readonly collector: SnapshotCollector; readonly collects: boolean }>()
  let connection = 0
  const stopListening = shared?.link.onChange(() => {
    const state = shared.link.state()
    // Another connection may be one to a server that has lost its last moments.
    if (state.health !== 'up' || state.connection === connection) return
    connection = state.connection
    for (const { collector } of collectors.values()) collector.recall()
  })

  function openLease(account: string): Lease {
    if (!shared) return createProcessLease()
    return createRedisLease({ ...shared, name: { scope: account, key: 'snapshots' }, holder: file.member, clock })
  }

  return {
    stores,
    feed,
    readings: {
      async find(account) {
        const found = collectors.get(account)
        if (!found) return null
        const { collector, collects } = found
        const [{ popped, stored, quarantined, batchesUnknown }, backlog] = await Promise.all([
          stores.journal.readTally(account),
          stores.batches.countUnread(account),
        ])
        return {
          ...{ collects, isCollector: collects && collector.isHolder(), lagSeconds: readLagSeconds(collector, clock) },
          ...{ backlog, popped, stored, quarantined, batchesUnknown },
        }
      },
    },
    createCollector(account, settings) {
      const { capabilities, readSnapshotBatch } = account.connection
      if (!settings?.snapshots || !readSnapshotBatch) return undefined
      const { popSnapshots } = capabilities
      if (!isSupported<Capabilities['popSnapshots']>(popSnapshots)) return undefined
      const { collect, pollSeconds, keepDays, keepCount } = settings.snapshots
      const collector = createSnapshotCollector({
        account: account.name,
        popSnapshots,
        readSnapshotBatch,
        member: file.member,
        stores,
        lease: openLease(account.name),
        collects: collect,
        pollSeconds,
        keepDays,
        keepCount,
        clock,
        log,
        onSnapshots: (snapshots) => void feed.publish(account.name, snapshots),
        createAsk: (circumstances) => ({
          caller: { name: 'snapshot-collector', role: 'ops', accounts: new Set([account.name]) },
          lane: 'background',
          meter: new Meter(),
          ...circumstances,
        }),
      })
      collectors.set(account.name, { collector, collects: collect })
      return collector
    },
    async close() {
      stopListening?.()
      await feed.close()
      await stores.snapshots.close()
      file.close()
    },
  }
}

/** The journal of a process, and the rest where all replicas have it. @param member names this process among them */
function toSharedStores(journal: SnapshotStores['journal'], shared: SharedPlace, member: string): SnapshotStores {
  const batches = createRedisBatchStore({ ...shared, member })
  return { journal, batches, shared: batches, snapshots: createRedisSnapshotStore(shared) }
}

/** Lets what is collected be seen in the metrics. */
export function addSnapshotMetrics(
  metrics: SnapshotMetrics,
  { stores }: SnapshotParts,
  account: string,
  collector: SnapshotCollector,
  clock: Clock,
): void {
  metrics.add({
    account,
    readTally: () => stores.journal.readTally(account),
    countUnread: () => stores.batches.countUnread(account),
    isLeaseHeld: () => collector.isHolder(),
    readLagSeconds: () => readLagSeconds(collector, clock),
  })
}

function readLagSeconds({ behindSince }: SnapshotCollector, clock: Clock): number | null {
  return behindSince === null ? null : Math.max(0, (clock.now() - behindSince) / 1000)
}
