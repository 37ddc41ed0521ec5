// Reads what pops have brought in: from the journal, by way of the store that replicas share where there is one, to the
// snapshots. Every step can be repeated; nothing is forgotten before the next one has it.
import { setImmediate as giveWay } from 'node:timers/promises'
import { isPopRefusal, type SnapshotBatch } from '#contract/capability.ts'
import type { RawAnswer } from '#contract/upstream-call.ts'
import { GatewayError } from '#model/errors.ts'
import type { Snapshot } from '#model/snapshot.ts'
import type { BatchStore, KeptBatch, SharedBatchStore } from '#snapshot-store/batch-store.ts'
import type { PopJournal } from '#snapshot-store/pop-journal.ts'
import type { SnapshotStore } from '#snapshot-store/snapshot-store.ts'

/**
 * Most bytes of an answer that are handed over: many times as many as a hundred messages have. What is larger would be
 * in the way of everything behind it.
 */
const MAX_SHARED_BYTES = 512 * 1024
/** Messages stored in one step: an answer may hold many more than were asked for, and others want to get on. */
const STORED_AT_ONCE = 100
/** Reason of a batch some of whose rows could not be read. */
const ROWS_REASON = 'ROWS'

/** The part of a log that collectors use. */
export interface CollectorLog {
  info(fields: object, message: string): void
  warn(fields: object, message: string): void
  error(fields: object, message: string): void
}

/** Where batches go through. */
export interface SnapshotStores {
  readonly journal: PopJournal
  /** Where batches wait to be read: the journal's own table, or the shared one. */
  readonly batches: BatchStore
  /** The same, where it is shared and batches have to be handed over to it. */
  readonly shared: SharedBatchStore | undefined
  readonly snapshots: SnapshotStore
}

/** What a reader needs. */
export interface SnapshotReaderOptions {
  /** Name of the account. */
  readonly account: string
  /** Names this process among all, over restarts: with it, its batches have names that no others have. */
  readonly member: string
  /** See `Connection.readSnapshotBatch`. */
  readonly readSnapshotBatch: (raw: RawAnswer) => SnapshotBatch
  readonly stores: SnapshotStores
  readonly log: CollectorLog
  /** Told of snapshots that were not known before, once they are stored. */
  readonly onSnapshots?: (snapshots: readonly Snapshot[]) => void
}

/** The reader of one account. Not for use by two at once. */
export interface SnapshotReader {
  /**
   * Reads whatever is there to be read. Cheap when there is nothing.
   * @param signal ends it after the batch it is at; the rest is safe where it is
   * @throws when a store fails
   */
  readAll(signal?: AbortSignal): Promise<void>
}

/** Builds the reader of one account. */
export function createSnapshotReader(options: SnapshotReaderOptions): SnapshotReader {
  const { account, member, readSnapshotBatch, stores, log } = options
  const { journal, batches, shared, snapshots } = stores
  /** Unreadable batches that are counted, and wait to be put into quarantine. */
  const counted = new Set<string>()

  async function handOver(to: SharedBatchStore, signal: AbortSignal | undefined): Promise<void> {
    for (;;) {
      const received = await journal.listReceived(account)
      if (received.length === 0) return
      for (const { id, ...batch } of received) {
        if (signal?.aborted) return
        const isShareable = batch.body.length <= MAX_SHARED_BYTES
        const body = isShareable ? batch.body : batch.body.subarray(0, MAX_SHARED_BYTES)
        // The time tells it from one that had the number before the file was put back to an earlier state.
        await to.receive(`${member}:${id}:${batch.receivedAt}`, { ...batch, body })
        if (isShareable) await journal.handOver({ id })
        else await journal.setAside({ id })
      }
    }
  }

  async function read(kept: KeptBatch): Promise<void> {
    const { id, status, body, receivedAt } = kept
    let batch: SnapshotBatch
    try {
      batch = readSnapshotBatch({ status, headers: {}, body, receivedAt })
    } catch (error) {
      return isPopRefusal(error) ? batches.finish(kept, { kind: 'empty' }) : quarantine(kept, error)
    }
    if (batch.rowCount === 0) return batches.finish(kept, { kind: 'empty' })
    const stored = await store(receivedAt, batch)
    const unreadable = batch.rowCount - batch.messages.length
    await batches.finish(
      kept,
      unreadable > 0 ? { kind: 'quarantined', reason: ROWS_REASON, rows: unreadable } : { kind: 'read' },
    )
    await journal.count(account, { popped: batch.rowCount, stored, quarantined: unreadable > 0 ? 1 : 0 })
    if (unreadable > 0)
      log.warn(
        { account, batchId: id, unreadable },
        'snapshot messages could not be read; their batch is in quarantine',
      )
  }

  /** @returns how many were new */
  async function store(receivedAt: number, { messages }: SnapshotBatch): Promise<number> {
    let stored = 0
    for (let first = 0; first < messages.length; first += STORED_AT_ONCE) {
      if (first > 0) await giveWay()
      const slice = messages.slice(first, first + STORED_AT_ONCE)
      const added = await snapshots.add({ account, receivedAt, messages: slice })
      stored += added.length
      if (added.length > 0) options.onSnapshots?.(added)
    }
    return stored
  }

  async function quarantine(kept: KeptBatch, error: unknown): Promise<void> {
    const { id, asked } = kept
    // It may be the beginning of an answer whose rest never came, and whose messages nobody has.
    if (!counted.has(id)) await journal.countUnknown(account, asked)
    counted.add(id)
    const reason = error instanceof GatewayError ? error.code : 'INTERNAL'
    await batches.finish(kept, { kind: 'quarantined', reason, rows: null })
    counted.delete(id)
    await journal.count(account, { quarantined: 1 })
    log.error(
      { account, batchId: id, messages: asked, err: error },
      'an answer of the snapshot queue could not be read; it is in quarantine',
    )
  }

  return {
    async readAll(signal) {
      if (shared) await handOver(shared, signal)
      for (;;) {
        const unread = await batches.listUnread(account)
        if (unread.length === 0) return
        for (const batch of unread) {
          if (signal?.aborted) return
          await read(batch)
        }
      }
    },
  }
}
