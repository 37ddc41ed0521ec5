// What this process knows of its own pops, on its own disk. The provider deletes messages when it sends them, so
// between its sending and our keeping there is a moment that nobody can close; it can only be bounded and counted.
import type { Instant } from '#model/time-range.ts'
import type { KeptBatch, RawBatch } from './batch-store.ts'

/** A pop that was about to be sent. Until it is settled, nobody knows whether it took anything. */
export interface AnnouncedPop {
  /** Most messages it may have taken. */
  readonly count: number
  readonly announcedAt: Instant
}

/** What has been counted since the journal was begun, over all processes that used it. */
export interface PopTally {
  /** Rows of the answers that were received. */
  readonly popped: number
  /** Snapshots that were new to the store. */
  readonly stored: number
  /** Answers, or some of their rows, that could not be read. */
  readonly quarantined: number
  /** Pops that may have taken messages which nobody has. */
  readonly batchesUnknown: number
  /** Most messages those can have taken. */
  readonly messagesUnknown: number
}

/** Durable notes of pops, one per account at most: an account has one collector. Every write is on the disk before it resolves. */
export interface PopJournal {
  /**
   * Notes, before it is sent, that a pop of up to `count` messages follows.
   * @throws when its answer could not be kept (no room, not writable, too much unread) or an earlier one is not
   * settled: then do not pop
   */
  announce(account: string, count: number): Promise<void>
  /** Keeps the answer of the announced pop, whose end is known with it. @returns its id */
  keep(batch: RawBatch): Promise<string>
  /** The announced pop is known to have taken nothing. */
  settle(account: string): Promise<void>
  /** The announced pop, or the rest of an answer, is lost sight of: counts it, and settles the pop. */
  countUnknown(account: string, messages: number): Promise<void>
  /** The account's pop that was not settled, because its process died or lost sight of it; null when there is none. */
  findAnnounced(account: string): Promise<AnnouncedPop | null>
  /** Answers that have not been handed over to a shared store yet, the oldest first, at most a few. */
  listReceived(account: string): Promise<readonly KeptBatch[]>
  /** The shared store has it. Kept for a while all the same, for the case that that one loses it. */
  handOver(batch: Pick<KeptBatch, 'id'>): Promise<void>
  /** Only the beginning of it could be handed over: the whole stays here, until somebody has looked at it. */
  setAside(batch: Pick<KeptBatch, 'id'>): Promise<void>
  /** The shared store may have lost what was handed over since then: it is to be handed over again. */
  recall(account: string, since: Instant): Promise<void>
  /** Forgets what was handed over before then, some of it. @returns how many */
  prune(account: string, before: Instant): Promise<number>
  /** Adds to what is counted. */
  count(account: string, tally: Partial<PopTally>): Promise<void>
  /** What has been counted of an account. */
  readTally(account: string): Promise<PopTally>
}
