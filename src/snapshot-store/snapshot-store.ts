// Where popped snapshot messages live. A raw batch is durable before anything else happens to it.
import type { Snapshot, SnapshotMessage } from '#model/snapshot.ts'
import type { Instant, TimeRange } from '#model/time-range.ts'

/** A raw answer of a pop, as kept. */
export interface KeptBatch {
  readonly id: number
  readonly account: string
  readonly status: number
  readonly body: Buffer
  readonly receivedAt: Instant
}

/** Where a page of snapshots begins: after this one, newest first. */
export interface SnapshotPlace {
  /** `takenAt`, or `receivedAt` where it is null: what the list is ordered by. */
  readonly orderedAt: Instant
  readonly id: string
}

/** What a reader asks for. */
export interface SnapshotQuery {
  readonly account: string
  /** One stream, or all of the account. */
  readonly key: string | null
  /** Those ordered inside it. */
  readonly range: TimeRange
  readonly after: SnapshotPlace | null
  readonly limit: number
}

/** Durable store of snapshots. Dedupes on account, queue, stream and file. */
export interface SnapshotStore {
  /** Makes a raw answer durable; resolves only when it would survive a power cut. */
  keep(batch: Omit<KeptBatch, 'id'>): Promise<number>
  /** Stores what was read out of a kept batch and marks it read. @returns the snapshots that were new */
  add(batchId: number, messages: readonly SnapshotMessage[]): Promise<readonly Snapshot[]>
  /** Forgets a kept batch that held no message: a quiet queue is asked thousands of times a day. */
  discard(batchId: number): Promise<void>
  /** Marks a kept batch as unreadable; it stays. @param reason why, without any of its content */
  quarantine(batchId: number, reason: string): Promise<void>
  /** Batches that were kept but not read: what a crash left behind. */
  listUnread(): Promise<readonly KeptBatch[]>
  /** Newest first. */
  list(query: SnapshotQuery): Promise<readonly { readonly snapshot: Snapshot; readonly place: SnapshotPlace }[]>
  /** Closes the store; later calls fail. */
  close(): Promise<void>
}
