// Empties an account's snapshot queue, at a pace: slowly while little comes, quickly under a backlog, carefully after
// a failure. The one thing that asks a provider without being asked, and only where the operator said so.
import { GatewayError } from '#model/errors.ts'
import { createSnapshotPop, MAX_POP_COUNT, type SnapshotPopOptions } from './snapshot-pop.ts'

/** Messages of one pop: what a crash in the wrong moment can lose. More only while there is a backlog. */
const FIRST_COUNT = 10
/** From the start of a pop that came back full to the start of the next. */
const BACKLOG_PACE_MS = 900
const MAX_BACK_OFF_MS = 60_000

/** What a collector needs. */
export interface SnapshotCollectorOptions extends SnapshotPopOptions {
  /** Pace while batches come back short, ≥ 1. */
  readonly pollSeconds: number
}

/** The collector of one account. */
export interface SnapshotCollector {
  /** Begins, with what an earlier process left behind. Does nothing when it has begun. */
  start(): void
  /** Ends. A pop in flight is waited for, and what it brings is stored; one that has not left is given up. */
  stop(): Promise<void>
}

/** Builds the collector of one account. Starts nothing. */
export function createSnapshotCollector(options: SnapshotCollectorOptions): SnapshotCollector {
  const { account, clock, log } = options
  const pollMs = options.pollSeconds * 1000
  const pops = createSnapshotPop(options)
  const stopping = new AbortController()
  let running: Promise<void> | undefined

  async function collect(): Promise<void> {
    let count = FIRST_COUNT
    let failures = 0
    while (!stopping.signal.aborted) {
      const startedAtMs = clock.monotonicMs()
      let waitMs = pollMs
      try {
        await pops.recover()
        const isFull = (await pops.pop(count)) >= count
        if (isFull) waitMs = Math.max(0, BACKLOG_PACE_MS - (clock.monotonicMs() - startedAtMs))
        count = isFull ? Math.min(MAX_POP_COUNT, count * 2) : FIRST_COUNT
        failures = 0
      } catch (error) {
        if (stopping.signal.aborted) break
        count = FIRST_COUNT
        waitMs = toWaitMs(error, failures, pollMs)
        failures += 1
        log.warn({ account, err: error, waitMs }, 'collecting snapshots failed')
      }
      await clock.delay(waitMs, stopping.signal).catch(() => {})
    }
    await pops.recover().catch((error: unknown) => {
      log.error({ account, err: error }, 'what the last pop brought could not be stored')
    })
  }

  return {
    start() {
      if (stopping.signal.aborted) throw new GatewayError('INTERNAL', 'a stopped snapshot collector cannot be started')
      running ??= collect()
    },
    async stop() {
      stopping.abort()
      pops.cancel()
      await running
    },
  }
}

/** At least the usual pace and what the provider asked for; longer with every failure in a row. */
function toWaitMs(error: unknown, earlierFailures: number, pollMs: number): number {
  const backOffMs = Math.min(MAX_BACK_OFF_MS, pollMs * 2 ** Math.min(earlierFailures, 10))
  const askedMs = error instanceof GatewayError ? (error.retryAfterMs ?? 0) : 0
  return Math.max(pollMs, backOffMs, askedMs)
}
