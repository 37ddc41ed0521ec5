// What Prometheus is told: read when it asks, so that nothing here has to be kept up to date. A part that cannot be read
// leaves a gap of its own and nothing else. Labels are names of accounts, never of streams: those have no end.
import { Counter, Gauge, Registry } from 'prom-client'
import type { Clock } from '#model/clock.ts'

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

/** Answers of one face since the start of the process. */
export interface AnswerTally {
  readonly face: string
  /** Where they came from: kept bytes of this process, or of all, or they were put together. */
  readonly from: 'memory' | 'shared' | 'made'
  readonly count: number
}

/** The metrics of one process. */
export interface Metrics {
  /** Media type of the text. */
  readonly contentType: string
  /** Adds an account that is collected. */
  addSnapshots(readings: SnapshotReadings): void
  /** Adds the answers of both faces. */
  addAnswers(readTallies: () => readonly AnswerTally[]): void
  /** The text that Prometheus reads. Never rejects for want of a reading. @param maySee whose numbers it may hold */
  render(maySee: (account: string) => boolean): Promise<string>
}

/** What metrics need. */
export interface MetricsOptions {
  readonly clock: Pick<Clock, 'delay'>
  /** Told of what could not be read. */
  readonly log: { warn(details: object, message: string): void }
}

/** How long a store may take. Prometheus gives up after 10 s. */
const READING_MS = 2000

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

/** Builds metrics without any numbers. Nothing of it is shared with other parts of the process. */
export function createMetrics({ clock, log }: MetricsOptions): Metrics {
  const sources: SnapshotReadings[] = []
  const answers: (() => readonly AnswerTally[])[] = []

  /** What a store says, or undefined when it says nothing in time. */
  async function tryReading<Value>(account: string, read: () => Promise<Value>): Promise<Value | undefined> {
    const answered = new AbortController()
    const givenUp = clock.delay(READING_MS, answered.signal).then(() => {
      throw new Error('the store did not answer in time')
    })
    try {
      return await Promise.race([read(), givenUp])
    } catch (error) {
      log.warn({ account, err: error }, 'a metric could not be read')
      return undefined
    } finally {
      answered.abort()
      givenUp.catch(() => undefined)
    }
  }

  return {
    contentType: Registry.PROMETHEUS_CONTENT_TYPE,
    addSnapshots(readings) {
      sources.push(readings)
    },
    addAnswers(readTallies) {
      answers.push(readTallies)
    },
    async render(maySee) {
      const shown = sources.filter(({ account }) => maySee(account))
      const readings = await Promise.all(
        shown.map(async (source) => {
          const { account } = source
          const [tally, backlog] = await Promise.all([
            tryReading(account, async () => source.readTally()),
            tryReading(account, async () => source.countUnread()),
          ])
          return { account, tally, backlog, lagSeconds: source.readLagSeconds(), isHeld: source.isLeaseHeld() }
        }),
      )
      return toText(
        readings,
        answers.flatMap((readTallies) => readTallies()),
      )
    },
  }
}

interface Reading {
  readonly account: string
  readonly tally: SnapshotTally | undefined
  readonly backlog: number | undefined
  readonly lagSeconds: number | null
  readonly isHeld: boolean
}

/** The numbers as text. They are put into a registry of their own each time: no scrape sees half of another. */
function toText(readings: readonly Reading[], answers: readonly AnswerTally[]): Promise<string> {
  const registry = new Registry()
  const registers = [registry]
  const given = new Counter({
    name: 'weir_answers_total',
    help: 'Answers of both faces: sent again from memory, or from what replicas share, or made.',
    labelNames: ['face', 'from'],
    registers,
  })
  for (const { face, from, count } of answers) given.inc({ face, from }, count)
  for (const [field, name, help] of totals) {
    const counter = new Counter({ name, help, labelNames, registers })
    for (const { account, tally } of readings) if (tally) counter.inc({ account }, tally[field])
  }
  const gauge = (name: string, help: string, toValue: (reading: Reading) => number | null | undefined) => {
    const values = new Gauge({ name, help, labelNames, registers })
    for (const reading of readings) {
      const value = toValue(reading)
      if (value !== null && value !== undefined) values.set({ account: reading.account }, value)
    }
  }
  gauge('weir_snapshot_backlog', 'Received batches that nobody has read yet.', ({ backlog }) => backlog)
  gauge(
    'weir_snapshot_lag_seconds',
    "Seconds since the provider's queue was last known to be empty; only where the lease is held.",
    ({ lagSeconds }) => lagSeconds,
  )
  gauge('weir_snapshot_lease_held', 'Whether this process is the collector of the account.', ({ isHeld }) =>
    Number(isHeld),
  )
  gauge('weir_snapshot_store_up', 'Whether the stores of the account answered this scrape.', ({ tally, backlog }) =>
    Number(tally !== undefined && backlog !== undefined),
  )
  return registry.metrics()
}
