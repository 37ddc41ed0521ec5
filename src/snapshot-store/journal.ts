// What is known of a pop while it is under way. The provider deletes messages when it sends them, so between its
// sending and our keeping there is a moment that nobody can close; it can only be bounded and counted.
import type { Instant } from '#model/time-range.ts'

/** A pop that was about to be sent. Until it is settled, nobody knows whether it took anything. */
export interface AnnouncedPop {
  /** Most messages it may have taken. */
  readonly count: number
  readonly announcedAt: Instant
}

/** Durable notes of pops, one per account at most: an account has one collector. */
export interface PopJournal {
  /**
   * Notes, before it is sent, that a pop of up to `count` messages follows.
   * @throws when its answer could not be kept (no room, not writable) or an earlier one is not settled: then do not pop
   */
  announce(account: string, count: number): Promise<void>
  /** The account's pop is known to have taken nothing, or has been counted. `SnapshotStore.keep` settles it too. */
  settle(account: string): Promise<void>
  /** The account's pop that was not settled, because its process died or lost sight of it; null when there is none. */
  findAnnounced(account: string): Promise<AnnouncedPop | null>
}
