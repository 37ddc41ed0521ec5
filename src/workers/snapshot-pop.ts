// One pop of a destructive queue, and what was left behind by one that ended badly. The provider forgets messages when
// it sends them, so a pop is announced before it is sent, its answer is kept before it is looked at, it is never sent
// again by itself, and an end that leaves open whether messages were taken is counted.
import type { Ask } from '#contract/ask.ts'
import { type Capabilities, isPopRefusal } from '#contract/capability.ts'
import { CutOffError, type RawAnswer } from '#contract/upstream-call.ts'
import type { Clock } from '#model/clock.ts'
import { GatewayError } from '#model/errors.ts'
import type { RawBatch } from '#snapshot-store/batch-store.ts'
import type { PopJournal } from '#snapshot-store/pop-journal.ts'
import type { CollectorLog } from './snapshot-reader.ts'

/** How long a pop waits for its start and its answer. */
const POP_DEADLINE_MS = 60_000

/** What a pop brings could not be kept here at this moment: nothing was sent. */
export class CannotKeepError extends Error {
  override readonly name = 'CannotKeepError'
}

/** What a pop needs. */
export interface SnapshotPopOptions {
  /** Name of the account. */
  readonly account: string
  readonly popSnapshots: Capabilities['popSnapshots']
  readonly journal: PopJournal
  readonly clock: Clock
  readonly log: CollectorLog
  /** The circumstances of a pop: lane `background`, a meter of its own, a caller that may see the account. */
  readonly createAsk: (circumstances: Pick<Ask, 'signal' | 'deadlineAtMs'>) => Ask
}

/** Pops of one account. Not for use by two at once. */
export interface SnapshotPop {
  /**
   * Settles what earlier pops left behind, of this process or a dead one: keeps an answer that could not be kept,
   * counts a pop that never came back. Cheap when there is nothing. @throws CannotKeepError when the journal fails
   */
  recover(): Promise<void>
  /** Whether there is an answer that the journal has not taken yet: it exists here alone. */
  isHolding(): boolean
  /**
   * Takes up to `count` messages; their raw answer is kept when it resolves.
   * @param startsBeforeMs it must not leave later than that, on `Clock.monotonicMs`
   * @param signal gives it up as long as it has not left; once it has, it is waited for
   * @returns how many rows came
   * @throws CannotKeepError before anything is sent; the failure of the pop, which then must not be repeated before
   * `recover`
   */
  pop(count: number, startsBeforeMs: number, signal: AbortSignal): Promise<number>
  /** Ends a pop that has left, too. What has arrived of its answer is kept. */
  cutOff(): void
}

/** Builds the pops of one account. */
export function createSnapshotPop(options: SnapshotPopOptions): SnapshotPop {
  const { account, popSnapshots, journal, clock, log, createAsk } = options
  /** An answer that the journal could not take: it exists here alone. */
  let held: RawBatch | undefined
  let recovered = false
  /** Ends the pop that runs. */
  let wait: AbortController | undefined

  async function countUnknown(messages: number, fields: object): Promise<void> {
    log.error({ account, messages, ...fields }, 'a pop may have taken snapshot messages that nobody has')
    await journal.countUnknown(account, messages)
  }

  return {
    async recover() {
      if (recovered) return
      try {
        if (held) await journal.keep(held)
        held = undefined
        const lost = await journal.findAnnounced(account)
        if (lost) await countUnknown(lost.count, { announcedAt: lost.announcedAt })
      } catch (cause) {
        throw new CannotKeepError('what the last pop has left behind could not be kept', { cause })
      }
      recovered = true
    },

    isHolding: () => held !== undefined,

    async pop(count, startsBeforeMs, signal) {
      await journal.announce(account, count).catch((cause: unknown) => {
        throw new CannotKeepError('what a pop would bring could not be kept', { cause })
      })
      recovered = false
      const given = new AbortController()
      wait = given
      const deadlineAtMs = Math.min(clock.monotonicMs() + POP_DEADLINE_MS, startsBeforeMs)
      const ask = createAsk({ signal: given.signal, deadlineAtMs })
      // Once bytes have left, giving up would not bring the messages back; it would only lose them.
      const onAbort = () => {
        if (ask.meter.calls === 0) given.abort(new GatewayError('INTERNAL', 'the snapshot collector is stopping'))
      }
      signal.addEventListener('abort', onAbort, { once: true })
      if (signal.aborted) onAbort()
      let isKept = false
      const keep = async ({ status, body, receivedAt }: RawAnswer) => {
        held = { account, asked: count, status, body, receivedAt }
        await journal.keep(held)
        isKept = true
        held = undefined
      }
      try {
        given.signal.throwIfAborted()
        const { rowCount } = await popSnapshots({ count, keep }, ask)
        if (!isKept) throw new GatewayError('INTERNAL', 'a pop was answered and its answer not kept')
        recovered = true
        return rowCount
      } catch (error) {
        // An answer that is held here is not lost, and one that is kept is counted when it is read.
        if (held !== undefined || isKept) throw error
        if (ask.meter.calls > 0 && !isPopRefusal(error)) await countUnknown(count, { err: error })
        else await journal.settle(account)
        throw error
      } finally {
        wait = undefined
        signal.removeEventListener('abort', onAbort)
      }
    },

    cutOff() {
      wait?.abort(new CutOffError())
    },
  }
}
