// A collector over a real store and a provider whose queue answers as a test says.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Ask, Meter } from '#contract/ask.ts'
import type { Capabilities, SnapshotBatch } from '#contract/capability.ts'
import type { RawAnswer } from '#contract/upstream-call.ts'
import { createProcessLease, type Lease } from '#fleet/lease.ts'
import { UpstreamError } from '#model/errors.ts'
import type { Snapshot, SnapshotMessage } from '#model/snapshot.ts'
import { createSqliteBatchStore } from '#snapshot-store/sqlite-batch-store.ts'
import { openSnapshotDatabase, type SnapshotDatabase } from '#snapshot-store/sqlite-database.ts'
import { createSqlitePopJournal } from '#snapshot-store/sqlite-pop-journal.ts'
import { createSqliteSnapshotStore } from '#snapshot-store/sqlite-snapshot-store.ts'
import { FakeClock } from '#test/support/fake-clock.ts'
import { createSnapshotCollector, type SnapshotCollector } from '#workers/snapshot-collector.ts'
import type { SnapshotStores } from '#workers/snapshot-reader.ts'

/** What the scripted provider does with one pop. */
export type Turn = (pop: {
  readonly count: number
  readonly ask: Ask
  readonly clock: FakeClock
  /** Bytes leave, as the way out would count them. */
  sent(): void
  /** The answer is there: it is kept, then read. */
  answer(body: string): Promise<SnapshotBatch>
}) => Promise<SnapshotBatch>

/** An answer with that many messages, no two answers the same. */
export function give(size: number | 'full'): Turn {
  return ({ count, clock, sent, answer }) => {
    sent()
    return answer(toBody(size === 'full' ? count : size, `at ${clock.monotonicMs()}: `))
  }
}

/** An answer without messages. */
export const giveNothing = give(0)

/** An answer with that body. */
export function answerWith(body: string): Turn {
  return ({ sent, answer }) => {
    sent()
    return answer(body)
  }
}

/** The body of an answer: names of files that begin with `prefix`. */
export function toBody(size: number, prefix: string): string {
  return JSON.stringify(Array.from({ length: size }, (_, index) => `${prefix}${index}`))
}

/** One account's collector and all around it. Polls every 10 s. */
export class CollectorRig {
  readonly clock = new FakeClock()
  database: SnapshotDatabase
  stores: SnapshotStores
  lease: Lease = createProcessLease()
  /** What the next pops do; pops beyond them get nothing. */
  turns: Turn[] = []
  readonly pops: { readonly atMs: number; readonly count: number }[] = []
  /** What `onSnapshots` was told. */
  readonly found: Snapshot[] = []
  readonly logged: object[] = []
  private readonly folder = mkdtempSync(join(tmpdir(), 'weir-collector-'))
  private collector: SnapshotCollector | undefined

  constructor() {
    this.database = this.open()
    this.stores = this.toStores()
  }

  /** Opens the file, again if need be. */
  open(): SnapshotDatabase {
    return openSnapshotDatabase(join(this.folder, 'snapshots.sqlite'))
  }

  /** As after the end of one process and the start of the next. */
  reopen(): void {
    this.database.close()
    this.database = this.open()
    this.stores = this.toStores()
  }

  /** The stores of the file, as they are without others to share with. */
  toStores(): SnapshotStores {
    return {
      journal: createSqlitePopJournal(this.database, { clock: this.clock }),
      batches: createSqliteBatchStore(this.database),
      shared: undefined,
      snapshots: createSqliteSnapshotStore(this.database),
    }
  }

  /** Messages that pops may have taken and nobody has, as counted. */
  async readUnknown(): Promise<number> {
    return (await this.stores.journal.readTally('main')).messagesUnknown
  }

  /** Starts a collector. @param stores some of which fail on purpose */
  start(stores: Partial<SnapshotStores> = {}, { collects = true } = {}): SnapshotCollector {
    const note = (fields: object) => void this.logged.push(fields)
    const collector = createSnapshotCollector({
      account: 'main',
      popSnapshots: this.popSnapshots,
      readSnapshotBatch,
      member: 'here',
      stores: { ...this.stores, ...stores },
      lease: this.lease,
      collects,
      keepDays: 30,
      keepCount: 1000,
      clock: this.clock,
      log: { info: note, warn: note, error: note },
      pollSeconds: 10,
      createAsk: (circumstances) => ({
        caller: { name: 'collector', role: 'ops', accounts: new Set(['main']) },
        lane: 'background',
        meter: new Meter(),
        ...circumstances,
      }),
      onSnapshots: (snapshots) => this.found.push(...snapshots),
    })
    this.collector = collector
    collector.start()
    return collector
  }

  /** Snapshots in the store. */
  async countStored(): Promise<number> {
    const range = { from: 0, to: 9e15 }
    return (await this.stores.snapshots.list({ account: 'main', key: null, range, after: null, limit: 9999 })).length
  }

  /** Stops the collector and removes everything. */
  async dispose(): Promise<void> {
    await this.collector?.stop()
    if (this.database.database.isOpen) this.database.close()
    rmSync(this.folder, { recursive: true, force: true })
  }

  private readonly popSnapshots: Capabilities['popSnapshots'] = async ({ count, keep }, ask) => {
    this.pops.push({ atMs: this.clock.monotonicMs(), count })
    const turn = this.turns.shift() ?? giveNothing
    return turn({
      count,
      ask,
      clock: this.clock,
      sent: () => {
        ask.meter.calls += 1
      },
      answer: async (body) => {
        const raw = { status: 200, headers: {}, body: Buffer.from(body), receivedAt: this.clock.now() }
        await keep(raw)
        return readSnapshotBatch(raw)
      },
    })
  }
}

/** Understands `toBody`, the refusal `throttled`, and nothing else. */
function readSnapshotBatch(raw: RawAnswer): SnapshotBatch {
  const text = raw.body.toString()
  if (text === 'throttled') throw new UpstreamError('UPSTREAM_THROTTLED', 'too often', { retryAfterMs: 25_000 })
  if (!text.startsWith('[')) throw new UpstreamError('UPSTREAM_RESPONSE', 'the answer is not JSON')
  const files: unknown = JSON.parse(text)
  const messages = (Array.isArray(files) ? files : []).map(toMessage)
  return { messages, rowCount: messages.length }
}

function toMessage(file: unknown): SnapshotMessage {
  return { key: 'room1', file: String(file), takenAt: null, width: null, height: null, url: null }
}
