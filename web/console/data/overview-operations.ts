// What the overview and the collector's page ask.
import type { Capability, Provider } from './fleet.ts'
import { defineOperation } from './graphql.ts'
import type { TroubleCode } from './trouble.ts'

/** What a client has had of an account's quota. */
export interface Spender {
  readonly client: string
  readonly operation: Capability
  readonly calls: number
  readonly savedByCache: number
  readonly savedBySharing: number
}

/** Where a quota stands. */
export interface Quota {
  readonly limit: number
  readonly windowSeconds: number
  readonly used: number
  readonly remaining: number
  readonly nextFreeAt: string | null
  readonly exhaustedAt: string | null
  /** Null for keys of another role than ops. */
  readonly spenders: readonly Spender[] | null
}

/** How the provider has been answering. */
export interface Health {
  readonly state: 'UP' | 'DEGRADED' | 'DOWN'
  readonly since: string
  readonly lastErrorCode: TroubleCode | null
}

/** How the watched streams are being read. */
export interface Sampling {
  readonly watchedStreams: number
  readonly pushEverySeconds: number | null
  readonly playEverySeconds: number | null
  readonly slowedBecause: string | null
}

/** An account as it stands. */
export interface AccountStatus {
  readonly name: string
  readonly provider: Provider
  readonly health: Health
  readonly quota: Quota
  readonly sampling: Sampling
}

/** Names of accounts; null for all. */
export interface NamesVariable {
  readonly names: readonly string[] | null
}

/** Asks how accounts stand. Costs no provider call. */
export const overviewOperation = defineOperation<{ accounts: readonly AccountStatus[] }, NamesVariable>(`
query Overview($names: [String!]) {
  accounts(names: $names) {
    name
    provider
    health { state since lastErrorCode }
    quota {
      limit
      windowSeconds
      used
      remaining
      nextFreeAt
      exhaustedAt
      spenders { client operation calls savedByCache savedBySharing }
    }
    sampling { watchedStreams pushEverySeconds playEverySeconds slowedBecause }
  }
}`)

/** Totals over an account's live streams. */
export interface LiveTotals {
  readonly streamCount: number | null
  readonly onlineViewers: number | null
  readonly bandwidthBitsPerSecond: number | null
  readonly fetchedAt: string
  readonly stale: boolean
}

/** Asks for totals: one provider call for each account, shared by all who ask within 5 s. */
export const liveTotalsOperation = defineOperation<
  { accounts: readonly { readonly name: string; readonly liveTotals: LiveTotals | null }[] },
  NamesVariable
>(`
query LiveTotals($names: [String!]) {
  accounts(names: $names) {
    name
    liveTotals { streamCount onlineViewers bandwidthBitsPerSecond fetchedAt stale }
  }
}`)

/** How snapshots are being collected. */
export interface Collector {
  readonly collects: boolean
  readonly isCollector: boolean
  readonly lagSeconds: number | null
  readonly backlog: number
  readonly popped: number
  readonly stored: number
  readonly quarantined: number
  readonly batchesUnknown: number
}

/** An answer that could not be read. */
export interface QuarantinedBatch {
  readonly id: string
  readonly receivedAt: string
  readonly reason: string
  readonly sizeBytes: number
  readonly rows: number | null
}

/** An account's collector; both null for keys of another role than ops. */
export interface AccountCollector {
  readonly name: string
  readonly provider: Provider
  readonly collector: Collector | null
  readonly quarantinedSnapshots: readonly QuarantinedBatch[] | null
}

/** Asks how collectors are doing. Costs no provider call. */
export const collectorsOperation = defineOperation<{ accounts: readonly AccountCollector[] }, NamesVariable>(`
query Collectors($names: [String!]) {
  accounts(names: $names) {
    name
    provider
    collector {
      collects
      isCollector
      lagSeconds
      backlog
      popped
      stored
      quarantined
      batchesUnknown
    }
    quarantinedSnapshots(first: 50) { id receivedAt reason sizeBytes rows }
  }
}`)
