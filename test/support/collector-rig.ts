// A collector over a real store and a provider whose queue answers as a test says.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Ask, Meter } from '#contract/ask.ts'
import type { Capabilities, SnapshotBatch } from '#contract/capability.ts'
import type { RawAnswer } from '#contract/upstream-call.ts'
import { UpstreamError } from '#model/errors.ts'
import type { Snapshot, SnapshotMessage } from '#model/snapshot.ts'
import type { PopJournal } from '#snapshot-store/journal.ts'
import type { SnapshotStore } from '#snapshot-store/snapshot-store.ts'
import { openSqliteSnapshotStore } from '#snapshot-store/sqlite-snapshot-store.ts'
import { FakeClock } from '#test/support/fake-clock.ts'
import { createSnapshotCollector, type SnapshotCollector } from '#workers/snapshot-collector.ts'

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
  store: SnapshotStore & PopJournal
  /** What the next pops do; pops beyond them get nothing. */
  turns: Turn[] = []
  readonly pops: { readonly atMs: number; readonly count: number }[] = []
  /** What `onSnapshots` and `onUnknown` were told. */
  readonly found: Snapshot[] = []
  readonly unknown: number[] = []
  readonly logged: object[] = []
  private readonly folder = mkdtempSync(join(tmpdir(), 'weir-collector-'))
  private collector: SnapshotCollector | undefined

  constructor() {
    this.store = this.open()
  }

  /** Opens the store, again if need be. */
  open(): SnapshotStore & PopJournal {
    return openSqliteSnapshotStore({ file: join(this.folder, 'snapshots.sqlite'), clock: this.clock })
  }

  /** Starts a collector. @param store a store that fails on purpose */
  start(store: SnapshotStore & PopJournal = this.store): SnapshotCollector {
    const note = (fields: object) => void this.logged.push(fields)
    const collector = createSnapshotCollector({
      account: 'main',
      popSnapshots: this.popSnapshots,
      readSnapshotBatch,
      store,
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
      onUnknown: (messages) => this.unknown.push(messages),
    })
    this.collector = collector
    collector.start()
    return collector
  }

  /** Snapshots in the store. */
  async countStored(): Promise<number> {
    const range = { from: 0, to: 9e15 }
    return (await this.store.list({ account: 'main', key: null, range, after: null, limit: 9999 })).length
  }

  /** Stops the collector and removes everything. */
  async dispose(): Promise<void> {
    await this.collector?.stop()
    await this.store.close().catch(() => {})
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
