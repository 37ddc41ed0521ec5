// The log of starts that replicas share: granted by one script on the server, and by a small part of its own while the
// log cannot be used. docs/quota-and-freshness.md says why no window ever holds too many, whatever fails.
import type { QuotaReading } from '#contract/readings.ts'
import type { FleetLink, FleetScript } from '#fleet/fleet-link.ts'
import type { Clock } from '#model/clock.ts'
import { type ExpiringLog, ExpiryPlan } from './expiry-plan.ts'
import { FleetLog } from './fleet-log.ts'
import type { FleetMemory } from './fleet-memory.ts'
import { toBackgroundShare, toHeadroom } from './lane-share.ts'
import { type LimitParts, toLimitParts, toOwnLog, toWholePartAtMs } from './own-part.ts'
import { type OwnStart, OwnStarts } from './own-starts.ts'
import { PERMIT_LIFE_MS, type QuotaLimits, toSpanMs } from './quota.ts'
import type { StartJournal } from './start-journal.ts'
import type { GrantedStart, StartLedger, StartPlan, StartWish } from './start-ledger.ts'
import { StartsScript, type StartsView } from './starts-script.ts'

/** What a shared ledger is made with. */
export interface FleetLedgerOptions {
  readonly limits: QuotaLimits
  /** Most processes that ever share the log at the same time. */
  readonly maxReplicas: number
  readonly link: Pick<FleetLink, 'state' | 'onChange' | 'evaluate'>
  readonly script: FleetScript
  readonly clock: Clock
  /** Beginning of every key, with the hash tag that keeps them together. */
  readonly keyPrefix: string
  readonly memory: FleetMemory
  /** Remembers starts over a restart. */
  readonly journal: StartJournal
  /** A text that nobody else makes. */
  readonly createId: () => string
}

/** How often a member says that it lives. */
const BEAT_MS = 500
/** How often it looks while calls wait for a log that is not open. */
const EAGER_BEAT_MS = 100
/** How long after the log was lost calls wait for it as for a start that is about to come free. */
const PATIENCE_MS = 3000

/** One limit: the account's, or an interface's. */
interface Limit {
  readonly spanMs: number
  readonly parts: LimitParts
}

/** A ledger that replicas share. Calls the server from now on, until it is closed. */
export function createFleetLedger(options: FleetLedgerOptions): StartLedger {
  return new FleetLedger(options)
}

class FleetLedger implements StartLedger {
  private readonly options: FleetLedgerOptions
  private readonly account: Limit
  private readonly interfaces: ReadonlyMap<string, Limit>
  private readonly script: StartsScript
  private readonly own: OwnStarts
  private readonly log: FleetLog
  private readonly idPrefix: string
  private readonly listeners: (() => void)[] = []
  private readonly stop = new AbortController()
  private readonly stopListening: () => void
  pausedUntilMs = Number.NEGATIVE_INFINITY
  private waiting = 0
  private ids = 0

  constructor(options: FleetLedgerOptions) {
    this.options = options
    const { limits, memory, maxReplicas, createId } = options
    const toLimit = (limit: { readonly limit: number; readonly windowSeconds: number }): Limit => ({
      spanMs: toSpanMs(limits, limit.windowSeconds),
      parts: toLimitParts(limit.limit, limits.outageReserve, maxReplicas),
    })
    this.account = toLimit(limits)
    this.interfaces = new Map(Object.entries(limits.interfaces).map(([name, limit]) => [name, toLimit(limit)]))
    const { capacity } = this.account.parts
    this.script = new StartsScript(
      {
        ...options,
        member: memory.member,
        log: { spanMs: this.account.spanMs, capacity },
        interfaces: [...this.interfaces].map(([operation, { spanMs, parts }]) => ({
          operation,
          spanMs,
          capacity: parts.capacity,
        })),
        backgroundShare: toBackgroundShare(capacity),
        headroom: toHeadroom(capacity),
      },
      memory.epoch,
    )
    this.own = new OwnStarts(Math.max(...[this.account, ...this.interfaces.values()].map(({ spanMs }) => spanMs)))
    this.own.restore(this.readPast())
    this.idPrefix = `${memory.member}.${createId()}`
    this.log = new FleetLog({ ...options, script: this.script, own: this.own, isAlone: maxReplicas === 1 })
    this.stopListening = options.link.onChange(() => this.onLinkChange())
    void this.beatForEver()
  }

  async take(wishes: readonly StartWish[]): Promise<readonly (GrantedStart | undefined)[]> {
    const { clock } = this.options
    const starts = wishes.map((wish) => ({ ...wish, id: `${this.idPrefix}:${(this.ids++).toString(36)}` }))
    const reply = await this.log.ask(this.waiting, () => this.script.take(this.waiting, starts))
    // Whoever begins where this process ends must not be surprised by what it still starts.
    if (this.stop.signal.aborted) return starts.map(() => undefined)
    if (reply?.view.isOpen !== true) return starts.map((start) => this.takeAlone(start))
    this.hearOf(reply.view)
    const nowMs = clock.monotonicMs()
    // The log counts a start from when the call was carried out, which may be as long ago as it was sent.
    const goodUntilMs = Math.min(nowMs, reply.sentAtMs + this.longestGrantMs) + PERMIT_LIFE_MS
    return starts.map((start, index) => {
      if (!reply.isGranted[index]) return undefined
      this.writeDown({ ...start, atMs: nowMs, isShared: true, isReported: true })
      return { id: start.id, goodUntilMs }
    })
  }

  giveBack({ id }: GrantedStart): void {
    const start = this.own.remove(id)
    // Where the log cannot be told it stays spent, which is safe.
    if (start?.isReported) void this.log.tell(() => this.script.giveBack(start))
    this.notify()
  }

  plan(): StartPlan {
    const { view } = this.log
    return view !== undefined && this.log.isOpen() ? this.planShared(view) : this.planAlone(true)
  }

  setWaiting(count: number): void {
    this.waiting = count
  }

  onChange(listener: () => void): void {
    this.listeners.push(listener)
  }

  async read(): Promise<QuotaReading> {
    const { limits, clock } = this.options
    await this.log.beat(this.waiting)
    const nowMs = clock.monotonicMs()
    const view = this.log.isOpen() ? this.log.view : undefined
    const plain = view ? this.toSharedLog(view, 0, this.account) : this.toOwnLogOf(this.account, nowMs)
    const freeAtMs = this.plan().freeAt({ operation: '', lane: 'interactive' }, nowMs)
    const isFree = freeAtMs <= nowMs
    return {
      limit: limits.limit,
      windowSeconds: limits.windowSeconds,
      used: Math.min(limits.limit, this.countUsed(nowMs)),
      remaining: isFree ? Math.max(1, plain.capacity - plain.used) : 0,
      // Longer than a span nobody can know.
      nextFreeAt: isFree ? null : clock.now() + Math.min(freeAtMs - nowMs, this.account.spanMs),
    }
  }

  pause(forMs: number): void {
    const untilMs = this.options.clock.monotonicMs() + forMs
    if (untilMs <= this.pausedUntilMs) return
    this.pausedUntilMs = untilMs
    void this.log.tell(() => this.script.pause(forMs))
    this.notify()
  }

  async close(): Promise<void> {
    this.stop.abort()
    this.stopListening()
    await this.log.tell(() => this.script.leave())
  }

  /** How long a grant may have taken to get here for the guard to cover the rest of the way. */
  private get longestGrantMs(): number {
    const guardMs = this.account.spanMs - this.options.limits.windowSeconds * 1000
    return Math.max(0, guardMs - 2 * PERMIT_LIFE_MS)
  }

  /** Takes a start from what this process may spend without the log. */
  private takeAlone(start: StartWish & { readonly id: string }): GrantedStart | undefined {
    const nowMs = this.options.clock.monotonicMs()
    if (this.planAlone(false).freeAt(start, nowMs) > nowMs) return undefined
    this.writeDown({ ...start, atMs: nowMs, isShared: false, isReported: false })
    return { id: start.id, goodUntilMs: nowMs + PERMIT_LIFE_MS }
  }

  private writeDown(start: OwnStart): void {
    this.own.add(start)
    const { operation, id, isShared } = start
    this.options.journal.record({ operation, at: this.options.clock.now(), id, isShared })
  }

  private planShared(view: StartsView): StartPlan {
    return new ExpiryPlan({
      log: this.toSharedLog(view, 0, this.account),
      interfaces: new Map(
        [...this.interfaces].map(([name, limit], index) => [name, this.toSharedLog(view, index + 1, limit)]),
      ),
      notBeforeMs: this.pausedUntilMs,
      background: { isActive: view.isBackgroundActive, used: view.backgroundUsed },
      others: view.others,
      changesAtMs: Number.POSITIVE_INFINITY,
    })
  }

  /** @param mayHope whether the log's coming back is counted on */
  private planAlone(mayHope: boolean): StartPlan {
    const { clock, link } = this.options
    const nowMs = clock.monotonicMs()
    const log = this.toOwnLogOf(this.account, nowMs)
    const background = this.own.list(nowMs).filter((start) => start.lane === 'background' && !start.isShared).length
    return new ExpiryPlan({
      log,
      interfaces: new Map([...this.interfaces].map(([name, limit]) => [name, this.toOwnLogOf(limit, nowMs, name)])),
      notBeforeMs: this.pausedUntilMs,
      background: { isActive: background > 0, used: background },
      others: [],
      changesAtMs: mayHope
        ? Math.min(this.toHopedAtMs(nowMs), toLater(toWholePartAtMs(link.state(), this.account.spanMs), nowMs))
        : Number.POSITIVE_INFINITY,
    })
  }

  /** When the log may be of use again. */
  private toHopedAtMs(nowMs: number): number {
    if (this.log.isJoined() && this.log.view) return this.log.view.opensAtMs
    return toLater(this.log.lostAtMs + PATIENCE_MS, nowMs)
  }

  private toSharedLog(view: StartsView, index: number, { spanMs, parts }: Limit): ExpiringLog {
    const { used, expiries } = view.logs[index] ?? { used: 0, expiries: [] }
    return { capacity: parts.capacity, spanMs, used, expiries, allExpiredAtMs: view.atMs + spanMs }
  }

  private toOwnLogOf({ spanMs, parts }: Limit, nowMs: number, operation?: string): ExpiringLog {
    const starts = this.own.list(nowMs)
    const counted = operation === undefined ? starts : starts.filter((start) => start.operation === operation)
    return toOwnLog(parts, spanMs, counted, this.options.link.state(), nowMs)
  }

  /** Starts of the whole fleet that count, as far as they are known here. */
  private countUsed(nowMs: number): number {
    const known = this.log.view?.logs[0]
    const shared = known ? known.used - known.expiries.filter((atMs) => atMs <= nowMs).length : 0
    return shared + this.own.listUnreported(nowMs).length
  }

  /** A pause that another process was asked for holds here too. */
  private hearOf(view: StartsView): void {
    this.pausedUntilMs = Math.max(this.pausedUntilMs, view.pausedUntilMs)
  }

  private onLinkChange(): void {
    if (this.options.link.state().health !== 'up') {
      this.log.lose()
      this.notify()
    } else void this.beat()
  }

  private async beat(): Promise<void> {
    await this.log.beat(this.waiting)
    if (this.log.view) this.hearOf(this.log.view)
    this.notify()
  }

  private async beatForEver(): Promise<void> {
    const { clock } = this.options
    const { signal } = this.stop
    while (!signal.aborted) {
      await this.beat()
      const isEager = this.waiting > 0 && !this.log.isOpen()
      await clock.delay(isEager ? EAGER_BEAT_MS : BEAT_MS, signal).catch(() => undefined)
    }
  }

  private notify(): void {
    for (const listener of this.listeners) listener()
  }

  private readPast(): readonly OwnStart[] {
    const { clock, journal, memory } = this.options
    const now = clock.now()
    const nowMs = clock.monotonicMs()
    return journal.readPast().map(({ operation, at, id, isShared }, index) => ({
      id: id ?? `${memory.member}:${at}:${index}`,
      operation,
      lane: 'interactive',
      // What lies ahead of us counts as just now.
      atMs: nowMs - Math.max(0, now - at),
      isShared: isShared === true,
      isReported: false,
    }))
  }
}

/** That time, if it is still to come. */
function toLater(atMs: number, nowMs: number): number {
  return atMs > nowMs ? atMs : Number.POSITIVE_INFINITY
}
