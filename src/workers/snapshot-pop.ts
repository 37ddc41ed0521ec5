// One pop of a destructive queue, and what was left behind by one that ended badly. The provider forgets messages when
// it sends them, so a pop is announced before it is sent, its answer is kept before it is looked at, it is never sent
// again by itself, and an end that leaves open whether messages were taken is counted.
import type { Ask } from '#contract/ask.ts'
import type { Capabilities, SnapshotBatch } from '#contract/capability.ts'
import type { RawAnswer } from '#contract/upstream-call.ts'
import type { Clock } from '#model/clock.ts'
import { type ErrorCode, GatewayError } from '#model/errors.ts'
import type { Snapshot } from '#model/snapshot.ts'
import type { PopJournal } from '#snapshot-store/journal.ts'
import type { KeptBatch, SnapshotStore } from '#snapshot-store/snapshot-store.ts'

/** How long an answer is waited for. Generous: giving up does not bring the messages back. */
const POP_DEADLINE_MS = 60_000

/** Most messages the provider gives in one pop. */
export const MAX_POP_COUNT = 100

/** Refusals: the provider answered, and took nothing out of the queue. */
const refusals: ReadonlySet<ErrorCode> = new Set(['UPSTREAM_THROTTLED', 'UPSTREAM_CREDENTIAL', 'UPSTREAM_REJECTED'])

/** The part of a log that collectors use. */
export interface CollectorLog {
  info(fields: object, message: string): void
  warn(fields: object, message: string): void
  error(fields: object, message: string): void
}

/** What a pop needs. */
export interface SnapshotPopOptions {
  /** Name of the account. */
  readonly account: string
  readonly popSnapshots: Capabilities['popSnapshots']
  /** See `Connection.readSnapshotBatch`. */
  readonly readSnapshotBatch: (raw: RawAnswer) => SnapshotBatch
  readonly store: SnapshotStore & PopJournal
  readonly clock: Clock
  readonly log: CollectorLog
  /** The circumstances of a pop: lane `background`, a meter of its own, a caller that may see the account. */
  readonly createAsk: (circumstances: Pick<Ask, 'signal' | 'deadlineAtMs'>) => Ask
  /** Told of snapshots that were not known before, once they are stored. */
  readonly onSnapshots?: (snapshots: readonly Snapshot[]) => void
  /** Told of a pop that may have taken up to `messages` messages which nobody has. */
  readonly onUnknown?: (messages: number) => void
}

/** Pops of one account. Not for use by two at once. */
export interface SnapshotPop {
  /**
   * Brings in what earlier pops left behind, of this process or a dead one: keeps answers that could not be kept,
   * counts pops that never came back, reads batches that were kept and not read. Cheap when there is nothing.
   * @throws when the store fails
   */
  recover(): Promise<void>
  /**
   * Takes up to `count` messages and stores them. @returns how many rows came
   * @throws the failure of the pop, which then must not be repeated before `recover`
   */
  pop(count: number): Promise<number>
  /** Gives up a pop that has not left yet; one that has is waited for. */
  cancel(): void
}

/** Builds the pops of one account. */
export function createSnapshotPop(options: SnapshotPopOptions): SnapshotPop {
  const { account, popSnapshots, readSnapshotBatch, store, clock, log, createAsk } = options
  /** An answer that the store could not take: it exists here alone. */
  let held: Omit<KeptBatch, 'id'> | undefined
  let recovered = false
  let cancelWait: (() => void) | undefined

  function countUnknown(messages: number, fields: object): void {
    options.onUnknown?.(messages)
    log.error({ account, messages, ...fields }, 'a pop may have taken snapshot messages that nobody has')
  }

  async function addMessages(batchId: number, batch: SnapshotBatch): Promise<void> {
    if (batch.rowCount === 0) return store.discard(batchId)
    const unreadable = batch.rowCount - batch.messages.length
    if (unreadable > 0)
      log.warn({ account, batchId, unreadable }, 'snapshot messages could not be read; the batch is kept')
    const added = await store.add(batchId, batch.messages)
    if (added.length > 0) options.onSnapshots?.(added)
  }

  /** Settles a kept answer that is no batch of messages. */
  async function setAside(batchId: number, error: unknown): Promise<void> {
    if (isRefusal(error)) {
      await store.add(batchId, [])
      return
    }
    await store.quarantine(batchId, error instanceof GatewayError ? error.code : 'INTERNAL')
    log.error({ account, batchId, err: error }, 'an answer of the snapshot queue could not be read; it is quarantined')
  }

  /** Reads a batch that an earlier pop kept. */
  async function readKept(kept: KeptBatch): Promise<void> {
    let batch: SnapshotBatch
    try {
      batch = readSnapshotBatch({ status: kept.status, headers: {}, body: kept.body, receivedAt: kept.receivedAt })
    } catch (error) {
      // What was kept may have been the beginning of an answer whose rest never came.
      if (!isRefusal(error)) countUnknown(MAX_POP_COUNT, { batchId: kept.id })
      await setAside(kept.id, error)
      return
    }
    await addMessages(kept.id, batch)
  }

  return {
    async recover() {
      if (recovered) return
      if (held) await store.keep(held)
      held = undefined
      const lost = await store.findAnnounced(account)
      if (lost) {
        countUnknown(lost.count, { announcedAt: lost.announcedAt })
        await store.settle(account)
      }
      for (const kept of await store.listUnread()) if (kept.account === account) await readKept(kept)
      recovered = true
    },

    async pop(count) {
      await store.announce(account, count)
      recovered = false
      const wait = new AbortController()
      const ask = createAsk({ signal: wait.signal, deadlineAtMs: clock.monotonicMs() + POP_DEADLINE_MS })
      // Once bytes have left, giving up would not bring the messages back; it would only lose them.
      cancelWait = () => {
        if (ask.meter.calls === 0) wait.abort(new GatewayError('INTERNAL', 'the snapshot collector is stopping'))
      }
      let batchId: number | undefined
      const keep = async ({ status, body, receivedAt }: RawAnswer) => {
        held = { account, status, body, receivedAt }
        batchId = await store.keep(held)
        held = undefined
      }

      let batch: SnapshotBatch
      try {
        batch = await popSnapshots({ count, keep }, ask)
      } catch (error) {
        // An answer that is held here is not lost: `recover` keeps and reads it.
        if (held) throw error
        if (ask.meter.calls > 0 && !isRefusal(error)) countUnknown(count, { err: error })
        if (batchId === undefined) await store.settle(account)
        else await setAside(batchId, error)
        throw error
      } finally {
        cancelWait = undefined
      }
      if (batchId === undefined) throw new GatewayError('INTERNAL', 'a pop was answered and its answer not kept')
      await addMessages(batchId, batch)
      recovered = true
      return batch.rowCount
    },

    cancel() {
      cancelWait?.()
    },
  }
}

function isRefusal(error: unknown): boolean {
  return error instanceof GatewayError && refusals.has(error.code)
}
