// Answers of pops that are safe, from their arrival until they have been read, and after that for as long as they may
// be read again.
import type { Instant } from '#model/time-range.ts'

/** A raw answer of a pop. */
export interface RawBatch {
  readonly account: string
  /** Most messages it can hold: as many as were asked for. */
  readonly asked: number
  readonly status: number
  /** Bytes as received, perhaps not all that were sent. */
  readonly body: Buffer
  readonly receivedAt: Instant
}

/** A raw answer that is kept. */
export interface KeptBatch extends RawBatch {
  /** Unique in its store. */
  readonly id: string
}

/** An answer, or some of its messages, that could not be read. It stays until somebody has looked at it. */
export interface QuarantinedBatch {
  readonly id: string
  readonly account: string
  readonly status: number
  readonly receivedAt: Instant
  readonly bytes: number
  /** Why, without any of its content: an error code, or `ROWS` when only some of its rows could not be read. */
  readonly reason: string
  /** Rows that could not be read; null when not even their number is known. */
  readonly rows: number | null
}

/** What came of reading a batch. */
export type ReadOutcome =
  /** It held messages, and they are stored. It is kept for a second reading. */
  | { readonly kind: 'read' }
  /** It held nothing, and is forgotten: a quiet queue is asked thousands of times a day. */
  | { readonly kind: 'empty' }
  | { readonly kind: 'quarantined'; readonly reason: string; readonly rows: number | null }

/** Batches on their way from the provider to the snapshots. Reading one twice is harmless; losing one is not. */
export interface BatchStore {
  /**
   * Batches of the account that nobody has read, the oldest first, at most a few: those of this process, and those of
   * others that have left them alone for long. Empty when all is read.
   */
  listUnread(account: string): Promise<readonly KeptBatch[]>
  /** Says what came of a batch. */
  finish(batch: Pick<KeptBatch, 'id' | 'account'>, outcome: ReadOutcome): Promise<void>
  /**
   * What is in quarantine, newest first, after one of them, which may have left it since.
   * @param after id; null: from the newest on
   * @param limit ≥ 1; a few hundred at most, for others wait meanwhile
   */
  listQuarantined(account: string, after: string | null, limit: number): Promise<readonly QuarantinedBatch[]>
  /** Batches that are kept, read or in quarantine, the oldest first, after one of them. For a second reading. */
  listKept(account: string, after: string | null, limit: number): Promise<readonly KeptBatch[]>
  /** One that is kept, read or in quarantine; undefined when there is none of that id. @param id may be any text */
  findKept(account: string, id: string): Promise<KeptBatch | undefined>
  /**
   * Forgets one in quarantine, its bytes too: somebody has looked at it. It does not come back.
   * @param id may be any text
   * @returns false when none of that id is in quarantine; then nothing has changed
   */
  forget(account: string, id: string): Promise<boolean>
  /** Batches that nobody has read. */
  countUnread(account: string): Promise<number>
  /** Forgets read batches received before then, some of them; never unread ones nor those in quarantine. @returns how many */
  prune(account: string, before: Instant): Promise<number>
}

/** A batch store that others share: what this process has received is handed to it. */
export interface SharedBatchStore extends BatchStore {
  /**
   * Takes a batch over. Handing over the same one again, after an answer that did not come, is harmless.
   * @param origin names the batch, over all processes
   */
  receive(origin: string, batch: RawBatch): Promise<void>
}
