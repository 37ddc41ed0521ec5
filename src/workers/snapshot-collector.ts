// Empties an account's snapshot queue, at a pace: slowly while little comes, quickly under a backlog, carefully after
// a failure. The one thing that asks a provider without being asked, and only where the operator said so, and by one
// process of all: the one that holds the account's lease.
import { LEASE_BEAT_MS, LEASE_MS, type Lease } from '#fleet/lease.ts'
import { GatewayError } from '#model/errors.ts'
import type { Instant } from '#model/time-range.ts'
import { MAX_BACK_OFF_MS, toWaitMs } from './back-off.ts'
import { CannotKeepError, createSnapshotPop, type SnapshotPopOptions } from './snapshot-pop.ts'
import { createSnapshotReader, type SnapshotReaderOptions, type SnapshotStores } from './snapshot-reader.ts'

/** Most messages the provider gives in one pop. */
const MAX_POP_COUNT = 100
/** Messages of one pop: what a crash in the wrong moment can lose. More only while there is a backlog. */
const FIRST_COUNT = 10
/** From the start of a pop that came back full to the start of the next. */
const BACKLOG_PACE_MS = 900
/** How often what is too old is looked for. */
const PRUNE_EVERY_MS = 30_000
/** How long what a shared store has taken over is kept here as well. */
const HANDED_OVER_KEEP_MS = 3_600_000
/** How long a stop waits for the answer of a pop that has left; a process has 25 s to end. */
const STOP_WAIT_MS = 18_000
/** How long an answer is looked for in what has arrived already before its pop is cut off. */
const LAST_LOOK_MS = 250
/** How long a process whose disk is full leaves its turn to others. */
const UNFIT_MS = 15_000
const MS_PER_DAY = 86_400_000
/** How soon it is looked again whether a store answers that did not. */
const STORE_RETRY_MS = 2000
/** How long a stop reads what is still unread: it is as safe for the next process to read. */
const LAST_READ_MS = 5000
/** How long after a stop has begun an answer that could not be kept is tried again. */
const LAST_KEEP_MS = 20_000
/** How soon an answer that could not be kept is tried again at a stop. */
const LAST_RETRY_MS = 250

/** What has arrived could not be brought in. */
class BringInError extends Error {
  override readonly name = 'BringInError'
}

/** What a collector needs. */
export interface SnapshotCollectorOptions extends Omit<SnapshotPopOptions, 'journal'>, SnapshotReaderOptions {
  readonly stores: SnapshotStores
  readonly lease: Lease
  /** Whether it pops. Where it does not, what an earlier process has left behind is brought in all the same. */
  readonly collects: boolean
  /** Pace while batches come back short, ≥ 1. */
  readonly pollSeconds: number
  /** For how long snapshots are kept, ≥ 1. */
  readonly keepDays: number
  /** How many of them are kept, ≥ 1. */
  readonly keepCount: number
}

/** The collector of one account. */
export interface SnapshotCollector {
  /** Begins, with what an earlier process left behind. Does nothing when it has begun. */
  start(): void
  /** Ends. A pop in flight is waited for, and what it brings is stored; one that has not left is given up. */
  stop(): Promise<void>
  /** What the store that replicas share was handed in the last while may be lost: it is handed over again. */
  recall(): void
  /** Whether this process could keep what a pop brings, as far as it knows. */
  isWell(): boolean
  /** Whether this process is the one that collects. */
  isHolder(): boolean
  /**
   * Since when the queue may not have been empty: when a pop last came back with less than it asked for, or since this
   * process collects; null while it does not.
   */
  readonly behindSince: Instant | null
}

/** Builds the collector of one account. Starts nothing. */
export function createSnapshotCollector(options: SnapshotCollectorOptions): SnapshotCollector {
  return new Collector(options)
}

class Collector implements SnapshotCollector {
  private readonly options: SnapshotCollectorOptions
  private readonly pollMs: number
  private readonly pops
  private readonly reader
  private readonly stopping = new AbortController()
  private readonly stopped = new AbortController()
  private running: Promise<void> | undefined
  private count = FIRST_COUNT
  private failures = 0
  private prunedAtMs = Number.NEGATIVE_INFINITY
  private wasHolder = false
  private heldSince: Instant = 0
  private emptiedAt: Instant = 0
  /** Until when the lease was surely held when it last was, on `Clock.monotonicMs`. */
  private surelyUntilMs = Number.NEGATIVE_INFINITY
  private isRecalled = false
  private keepUntilMs = Number.POSITIVE_INFINITY
  /** Until then the lease is left to others: what is popped could not be kept here. */
  private unfitUntilMs = Number.NEGATIVE_INFINITY

  constructor(options: SnapshotCollectorOptions) {
    this.options = options
    this.pollMs = options.pollSeconds * 1000
    this.pops = createSnapshotPop({ ...options, journal: options.stores.journal })
    this.reader = createSnapshotReader(options)
  }

  start(): void {
    if (this.stopping.signal.aborted)
      throw new GatewayError('INTERNAL', 'a stopped snapshot collector cannot be started')
    this.running ??= this.run()
  }

  get behindSince(): Instant | null {
    return this.isHolder() ? Math.max(this.heldSince, this.emptiedAt) : null
  }

  async stop(): Promise<void> {
    this.stopping.abort()
    this.keepUntilMs = this.options.clock.monotonicMs() + LAST_KEEP_MS
    void this.options.clock.delay(STOP_WAIT_MS, this.stopped.signal).then(
      () => this.pops.cutOff(),
      () => undefined,
    )
    await this.running
    this.stopped.abort()
  }

  recall(): void {
    this.isRecalled = true
  }

  isWell(): boolean {
    return this.options.clock.monotonicMs() >= this.unfitUntilMs + UNFIT_MS
  }

  isHolder(): boolean {
    return this.running !== undefined && this.options.clock.monotonicMs() < this.options.lease.heldUntilMs
  }

  private async run(): Promise<void> {
    if (!this.options.collects) return this.bringInLeftovers()
    await this.options.lease.hold()
    await Promise.all([this.collect(), this.holdLease()])
    await this.options.lease.release()
  }

  /** Says again and again that this process is there. */
  private async holdLease(): Promise<void> {
    const { clock, lease } = this.options
    while (!this.stopped.signal.aborted) {
      this.noteHolder()
      // Somebody else may pop by now: two of them must not go on side by side for long.
      if (clock.monotonicMs() > this.surelyUntilMs + LEASE_MS) {
        // A process that was frozen has not read yet what has arrived.
        await clock.delay(LAST_LOOK_MS, this.stopped.signal).catch(() => {})
        this.pops.cutOff()
      }
      await clock.delay(LEASE_BEAT_MS, this.stopped.signal).catch(() => {})
      if (!this.stopped.signal.aborted && clock.monotonicMs() >= this.unfitUntilMs) await lease.hold()
    }
  }

  private noteHolder(): void {
    const { account, clock, lease, log } = this.options
    const isHolder = this.isHolder()
    if (isHolder) this.surelyUntilMs = lease.heldUntilMs
    if (isHolder === this.wasHolder) return
    this.wasHolder = isHolder
    if (isHolder) this.heldSince = clock.now()
    log.info({ account, fence: lease.fence }, isHolder ? 'collects snapshots' : 'leaves collecting snapshots to others')
  }

  /** Lets another process collect for a while, if there is one. */
  private async stepBack(): Promise<void> {
    const { clock, lease } = this.options
    this.unfitUntilMs = clock.monotonicMs() + UNFIT_MS
    await lease.release()
  }

  private async collect(): Promise<void> {
    const { account, clock, log } = this.options
    while (!this.stopping.signal.aborted) {
      let waitMs = this.pollMs
      try {
        waitMs = await this.collectOnce()
        this.failures = 0
      } catch (error) {
        if (this.stopping.signal.aborted) break
        waitMs = await this.takeHeart(error)
        log.warn({ account, err: error, waitMs }, 'collecting snapshots failed')
      }
      await clock.delay(waitMs, this.stopping.signal).catch(() => {})
    }
    await this.bringInLast()
    this.stopped.abort()
  }

  /** After a failure. @returns how long to wait, in milliseconds */
  private async takeHeart(error: unknown): Promise<number> {
    this.count = FIRST_COUNT
    if (error instanceof CannotKeepError) {
      await this.stepBack()
      return UNFIT_MS
    }
    // A store that fails says nothing of the provider.
    if (error instanceof BringInError) return Math.min(STORE_RETRY_MS, this.pollMs)
    const waitMs = toWaitMs(error, this.failures, this.pollMs)
    this.failures += 1
    return waitMs
  }

  /** @returns how long to wait for the next time, in milliseconds */
  private async collectOnce(): Promise<number> {
    const { clock, lease } = this.options
    const startedAtMs = clock.monotonicMs()
    const { signal } = this.stopping
    await this.bringIn(signal)
    await this.prune()
    if (startedAtMs >= lease.heldUntilMs || signal.aborted) return Math.min(LEASE_BEAT_MS, this.pollMs)
    const pop = await this.pops.pop(this.count, lease.heldUntilMs, signal).then(
      (rows) => ({ rows }),
      (error: unknown) => ({ error }),
    )
    await this.bringIn(signal)
    if ('error' in pop) throw pop.error
    const isFull = pop.rows >= this.count
    if (!isFull) this.emptiedAt = clock.now()
    this.count = isFull ? Math.min(MAX_POP_COUNT, this.count * 2) : FIRST_COUNT
    return isFull ? Math.max(0, BACKLOG_PACE_MS - (clock.monotonicMs() - startedAtMs)) : this.pollMs
  }

  /** @throws CannotKeepError when the journal fails; BringInError when another store does */
  private async bringIn(signal: AbortSignal): Promise<void> {
    const { account, clock, stores } = this.options
    await this.pops.recover()
    try {
      if (this.isRecalled) await stores.journal.recall(account, clock.now() - HANDED_OVER_KEEP_MS)
      this.isRecalled = false
      await this.reader.readAll(signal)
    } catch (cause) {
      throw new BringInError('what has arrived could not be stored yet; it is kept', { cause })
    }
  }

  /** What the last pop has brought. An answer that no disk has yet is worth trying again for as long as there is time. */
  private async bringInLast(): Promise<void> {
    const { account, clock, log } = this.options
    const over = new AbortController()
    void clock.delay(LAST_READ_MS, over.signal).then(
      () => over.abort(),
      () => undefined,
    )
    for (;;)
      try {
        await this.bringIn(over.signal)
        break
      } catch (error) {
        const isKept = !this.pops.isHolding()
        if (isKept || clock.monotonicMs() >= this.keepUntilMs) {
          log.error({ account, isKept, err: error }, 'what the last pop brought could not be stored')
          break
        }
        await clock.delay(LAST_RETRY_MS)
      }
    over.abort()
  }

  /** For an account that is not collected any more. */
  private async bringInLeftovers(): Promise<void> {
    const { account, clock, log } = this.options
    const { signal } = this.stopping
    while (!signal.aborted)
      try {
        return await this.bringIn(signal)
      } catch (error) {
        log.warn({ account, err: error }, 'what was left behind could not be brought in yet')
        await clock.delay(MAX_BACK_OFF_MS, signal).catch(() => {})
      }
  }

  /** Forgets a little of what is too old or too much; the rest the next time. */
  private async prune(): Promise<void> {
    const { account, clock, stores, keepDays, keepCount } = this.options
    if (clock.monotonicMs() < this.prunedAtMs + PRUNE_EVERY_MS) return
    const before = clock.now() - keepDays * MS_PER_DAY
    const forgotten = await Promise.all([
      stores.snapshots.prune(account, { before, keepCount }),
      stores.batches.prune(account, before),
      stores.journal.prune(account, clock.now() - HANDED_OVER_KEEP_MS),
    ])
    if (forgotten.every((count) => count === 0)) this.prunedAtMs = clock.monotonicMs()
  }
}
