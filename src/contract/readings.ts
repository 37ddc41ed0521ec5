// What services and edges may see of the layers below without importing them.
import type { ErrorCode } from '#model/errors.ts'
import type { Instant } from '#model/time-range.ts'

/** Where an account's quota stands. Counts a start for the window and its guard, so that `nextFreeAt` is true. */
export interface QuotaReading {
  /** Starts per window. */
  readonly limit: number
  readonly windowSeconds: number
  /** Starts that still count. */
  readonly used: number
  /** `limit - used`, ≥ 0. */
  readonly remaining: number
  /** When the next start is free; null while one is free now. */
  readonly nextFreeAt: Instant | null
}

/** `UP`: last call good, or none yet. `DEGRADED`: last call failed or was throttled. `DOWN`: a breaker is open. */
export type HealthState = 'UP' | 'DEGRADED' | 'DOWN'

/** How an account's provider has been answering. */
export interface HealthReading {
  readonly state: HealthState
  /** When that state began. */
  readonly since: Instant
  /** Code of the last failure; null when there was none since the start. */
  readonly lastErrorCode: ErrorCode | null
}

/** Readings of one account. */
export interface AccountReadings {
  quota(): Promise<QuotaReading>
  health(): HealthReading
}

/** What a client has had of an account for one capability, in the account's window. */
export interface Spending {
  /** Name of the caller; `other` for those that are not told apart. See `takenNames`. */
  readonly client: string
  /** Name of the capability, as the account's table has it. */
  readonly operation: string
  /** Calls that the provider has counted, retries included. */
  readonly calls: number
  /** Calls that were not needed because of what was kept, pieces or whole answers. */
  readonly savedByCache: number
  /** Calls that were not needed because somebody else's was under way. */
  readonly savedBySharing: number
}

/** Who has spent the quotas of all accounts, as far as this process has made the calls. */
export interface SpendingReadings {
  /** Of the account's last window; in no order. Empty for an account that nobody counts. */
  listSpending(account: string): readonly Spending[]
  /** Milliseconds until a quota is used up at the pace of late; null when it is not, or has been already. */
  findExhaustionMs(account: string, quota: QuotaReading): number | null
}

/** How the collector of an account's snapshot queue is doing. */
export interface CollectorReading {
  /** Whether the settings have it collected. */
  readonly collects: boolean
  /** Whether the replica that answers is the one that collects. */
  readonly isCollector: boolean
  /** Seconds since the provider's queue was last known to be empty, ≥ 0; null where this replica does not know. */
  readonly lagSeconds: number | null
  /** Answers received that nobody has read yet, ≥ 0; of this replica's store, or of the shared one. */
  readonly backlog: number
  /** Rows of the answers that this replica has received, ≥ 0. */
  readonly popped: number
  /** Snapshots of them that were new, ≥ 0. */
  readonly stored: number
  /** Answers of them that could not be read, or not whole, ≥ 0. */
  readonly quarantined: number
  /** Pops of this replica of which nobody knows whether they took messages, ≥ 0. */
  readonly batchesUnknown: number
}

/** How the collectors of this process are doing. */
export interface CollectorReadings {
  /** Of an account of the settings; null where its provider has no snapshot queue. */
  find(account: string): Promise<CollectorReading | null>
}
