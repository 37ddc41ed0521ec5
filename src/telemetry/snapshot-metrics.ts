// The numbers of collected snapshots: from the journal, which outlives the process, and from the collector.
import { Counter, Gauge } from 'prom-client'
import type { ReadingGroup } from './metrics.ts'

/** What has been counted of an account's pops, as its journal has it: it outlives the process. */
export interface SnapshotTally {
  readonly popped: number
  readonly stored: number
  readonly quarantined: number
  readonly batchesUnknown: number
  readonly messagesUnknown: number
}

/** Where the numbers of one collected account come from. */
export interface SnapshotReadings {
  readonly account: string
  readTally(): Promise<SnapshotTally>
  /** Batches that nobody has read. */
  countUnread(): Promise<number>
  /** Seconds since the provider's queue was last known to be empty, ≥ 0; null where this process does not know. */
  readLagSeconds(): number | null
  /** Whether this process is the account's collector now. */
  isLeaseHeld(): boolean
}

/** The numbers of all collected accounts. */
export interface SnapshotMetrics extends ReadingGroup {
  /** Adds an account that is collected. */
  add(readings: SnapshotReadings): void
}

const labelNames = ['account'] as const

const totals = [
  ['popped', 'weir_snapshot_popped_total', 'Rows of the answers that were received.'],
  ['stored', 'weir_snapshot_stored_total', 'Snapshots that were new to the store.'],
  ['quarantined', 'weir_snapshot_quarantined_total', 'Answers that could not be read, or not whole.'],
  [
    'batchesUnknown',
    'weir_snapshot_batches_unknown_total',
    'Pops of which nobody knows whether they took messages that nobody has.',
  ],
  ['messagesUnknown', 'weir_snapshot_messages_unknown_total', 'Most messages that those pops can have taken.'],
] as const satisfies readonly (readonly [keyof SnapshotTally, string, string])[]

interface Reading {
  readonly account: string
  readonly tally: SnapshotTally | undefined
  readonly backlog: number | undefined
  readonly lagSeconds: number | null
  readonly isHeld: boolean
}

const gauges = [
  ['weir_snapshot_backlog', 'Received batches that nobody has read yet.', ({ backlog }) => backlog],
  [
    'weir_snapshot_lag_seconds',
    "Seconds since the provider's queue was last known to be empty; only where the lease is held.",
    ({ lagSeconds }) => lagSeconds,
  ],
  ['weir_snapshot_lease_held', 'Whether this process is the collector of the account.', ({ isHeld }) => Number(isHeld)],
  [
    'weir_snapshot_store_up',
    'Whether the stores of the account answered this scrape.',
    ({ tally, backlog }) => Number(tally !== undefined && backlog !== undefined),
  ],
] as const satisfies readonly (readonly [string, string, (reading: Reading) => number | null | undefined])[]

/** Builds them, of no account yet. */
export function createSnapshotMetrics(): SnapshotMetrics {
  const sources: SnapshotReadings[] = []
  return {
    add(readings) {
      sources.push(readings)
    },
    async read({ registry, maySee, tryReading }) {
      const readings = await Promise.all(
        sources
          .filter(({ account }) => maySee(account))
          .map(async (source): Promise<Reading> => {
            const { account } = source
            const [tally, backlog] = await Promise.all([
              tryReading({ account }, async () => source.readTally()),
              tryReading({ account }, async () => source.countUnread()),
            ])
            return { account, tally, backlog, lagSeconds: source.readLagSeconds(), isHeld: source.isLeaseHeld() }
          }),
      )
      const registers = [registry]
      for (const [field, name, help] of totals) {
        const counter = new Counter({ name, help, labelNames, registers })
        for (const { account, tally } of readings) if (tally) counter.inc({ account }, tally[field])
      }
      for (const [name, help, toValue] of gauges) {
        const gauge = new Gauge({ name, help, labelNames, registers })
        for (const reading of readings) {
          const value = toValue(reading)
          if (value !== null && value !== undefined) gauge.set({ account: reading.account }, value)
        }
      }
    },
  }
}
