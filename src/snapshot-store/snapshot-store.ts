// Where snapshots live once they have been read out of what was popped.
import type { Snapshot, SnapshotMessage } from '#model/snapshot.ts'
import type { Instant, TimeRange } from '#model/time-range.ts'

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

/** Messages that came with one answer. */
export interface ReceivedMessages {
  readonly account: string
  readonly receivedAt: Instant
  readonly messages: readonly SnapshotMessage[]
}

/** What an account keeps at most. */
export interface SnapshotRetention {
  /** Those ordered before it are forgotten. */
  readonly before: Instant
  /** Of the others, the newest so many are kept. */
  readonly keepCount: number
}

/** Durable store of snapshots. Dedupes on account, queue, stream and file: the first one stored stays. */
export interface SnapshotStore {
  /** Stores messages, all or none of them; resolves once they are durable. @returns the snapshots that were new */
  add(received: ReceivedMessages): Promise<readonly Snapshot[]>
  /** Newest first; of the same instant, the greatest id first. What is stored meanwhile moves no place. */
  list(query: SnapshotQuery): Promise<readonly { readonly snapshot: Snapshot; readonly place: SnapshotPlace }[]>
  /** Forgets what is too old or too much, some of it: a call ends soon. @returns how many; 0 when all is done */
  prune(account: string, retention: SnapshotRetention): Promise<number>
  /** Closes the store; later calls fail. */
  close(): Promise<void>
}
