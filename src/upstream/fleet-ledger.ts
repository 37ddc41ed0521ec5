// The log of starts that replicas share: granted by one script on the server, and by a small part of its own while the
// log cannot be used. docs/quota-and-freshness.md says why no window ever holds too many, whatever fails.
import type { QuotaReading } from '#contract/readings.ts'
import type { FleetLink, FleetScript } from '#fleet/fleet-link.ts'
import type { Clock } from '#model/clock.ts'
import { FleetLog } from './fleet-log.ts'
import type { FleetMemory } from './fleet-memory.ts'
import { FleetPlans, toFleetLimits } from './fleet-plans.ts'
import { toBackgroundShare, toHeadroom } from './lane-share.ts'
import { type OwnStart, OwnStarts } from './own-starts.ts'
import { PERMIT_LIFE_MS, type QuotaLimits, toSpanMs } from './quota.ts'
import type { StartJournal } from './start-journal.ts'
import type { GrantedStart, StartLedger, StartPlan, StartWish } from './start-ledger.ts'
import { StartsScript } from './starts-script.ts'
import type { StartsView } from './starts-view.ts'

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
  /** Where the log stands, in a form that tells no secret. */
  readonly server: string
  /** Remembers starts over a restart. */
  readonly journal: StartJournal
  /** A text that nobody else makes. */
  readonly createId: () => string
  /** Told the server's word for why it refuses the script although it answers, and undefined when it does not any more. */
  readonly onTrouble: (code: string | undefined) => void
}

/** How often a member says that it lives. */
const BEAT_MS = 500
/** How often it looks while calls wait for a log that is not open. */
const EAGER_BEAT_MS = 100
/** Least time between two beats, however much there is to tell. */
const NEWS_MS = 25
/** A ledger that replicas share. Calls the server from now on, until it is closed. */
export function createFleetLedger(options: FleetLedgerOptions): StartLedger {
  return new FleetLedger(options)
}

class FleetLedger implements StartLedger {
  private readonly options: FleetLedgerOptions
  private readonly spanMs: number
  /** How long a grant may have taken to get here for every guard to cover the rest of the way. */
  private readonly longestGrantMs: number
  private readonly script: StartsScript
  private readonly own: OwnStarts
  private readonly log: FleetLog
  private readonly plans: FleetPlans
  private readonly idPrefix: string
  private readonly listeners: (() => void)[] = []
  private readonly stop = new AbortController()
  private readonly stopListening: () => void
  pausedUntilMs = Number.NEGATIVE_INFINITY
  private waiting = 0
  private waitingElsewhere = 0
  private toldWaiting = 0
  private toldAtMs = Number.NEGATIVE_INFINITY
  private ids = 0

  constructor(options: FleetLedgerOptions) {
    this.options = options
    const { memory, maxReplicas, createId } = options
    const limits = toFleetLimits(options.limits, maxReplicas)
    const { spanMs, parts } = limits.account
    this.spanMs = spanMs
    const windows = [options.limits, ...Object.values(options.limits.interfaces)]
    const guards = windows.map(({ windowSeconds }) => toSpanMs(options.limits, windowSeconds) - windowSeconds * 1000)
    this.longestGrantMs = Math.max(0, Math.min(...guards) - 2 * PERMIT_LIFE_MS)
    this.script = new StartsScript(
      {
        ...options,
        member: memory.member,
        log: { spanMs, capacity: parts.capacity },
        interfaces: [...limits.interfaces].map(([operation, limit]) => ({
          operation,
          spanMs: limit.spanMs,
          capacity: limit.parts.capacity,
        })),
        backgroundShare: toBackgroundShare(parts.capacity),
        headroom: toHeadroom(parts.capacity),
      },
      memory.epoch,
    )
    this.own = new OwnStarts(Math.max(spanMs, ...[...limits.interfaces.values()].map((limit) => limit.spanMs)))
    this.own.restore(this.readPast())
    this.idPrefix = `${memory.member}.${createId()}`
    this.log = new FleetLog({ ...options, script: this.script, own: this.own, isAlone: maxReplicas === 1 })
    this.plans = new FleetPlans({ ...options, limits, log: this.log, own: this.own })
    this.stopListening = options.link.onChange(() => this.onLinkChange())
    void this.beatForEver()
  }

  async take(wishes: readonly StartWish[]): Promise<readonly (GrantedStart | undefined)[]> {
    const { clock } = this.options
    const starts = wishes.map((wish) => ({ ...wish, id: `${this.idPrefix}:${(this.ids++).toString(36)}` }))
    this.tellWaiting(clock.monotonicMs())
    const reply = await this.log.ask(this.waiting, () => this.script.take(this.waiting, starts))
    // Whoever begins where this process ends must not be surprised by what it still starts.
    if (this.stop.signal.aborted) return starts.map(() => undefined)
    if (reply?.view.isOpen !== true) return starts.map((start) => this.takeAlone(start))
    this.hearOf(reply.view)
    this.hearOfOthers(reply.view)
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
    return this.plans.plan(this.pausedUntilMs, true)
  }

  setWaiting(count: number): void {
    this.waiting = count
    const nowMs = this.options.clock.monotonicMs()
    // The others plan with it: what has grown much is told before the next beat.
    if (count <= this.toldWaiting * 1.2 + 2 || nowMs < this.toldAtMs + NEWS_MS) return
    this.tellWaiting(nowMs)
    void this.beat()
  }

  onChange(listener: () => void): void {
    this.listeners.push(listener)
  }

  async read(): Promise<QuotaReading> {
    const { limits, clock } = this.options
    await this.log.beat(this.waiting)
    const nowMs = clock.monotonicMs()
    const { capacity, used } = this.plans.toLog(nowMs)
    const freeAtMs = this.plans.plan(this.pausedUntilMs, false).freeAt({ operation: '', lane: 'interactive' }, nowMs)
    const isFree = freeAtMs <= nowMs
    return {
      limit: limits.limit,
      windowSeconds: limits.windowSeconds,
      used: Math.min(limits.limit, this.countUsed(nowMs)),
      remaining: isFree ? Math.max(1, capacity - used) : 0,
      // Longer than a span nobody can know.
      nextFreeAt: isFree ? null : Math.ceil(clock.now() + Math.min(freeAtMs - nowMs, this.spanMs)),
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

  /** Takes a start from what this process may spend without the log. */
  private takeAlone(start: StartWish & { readonly id: string }): GrantedStart | undefined {
    const nowMs = this.options.clock.monotonicMs()
    if (this.plans.planAlone(this.pausedUntilMs, false).freeAt(start, nowMs) > nowMs) return undefined
    this.writeDown({ ...start, atMs: nowMs, isShared: false, isReported: false })
    return { id: start.id, goodUntilMs: nowMs + PERMIT_LIFE_MS }
  }

  private writeDown(start: OwnStart): void {
    this.own.add(start)
    const { operation, id, isShared } = start
    this.options.journal.record({ operation, at: this.options.clock.now(), id, isShared })
  }

  /** Starts of the whole fleet that count, as far as they are known here. */
  private countUsed(nowMs: number): number {
    const { view } = this.log
    const known = view && view.atMs + this.spanMs > nowMs ? view.logs[0] : undefined
    const shared = known ? known.used - known.expiries.filter((atMs) => atMs <= nowMs).length : 0
    return shared + this.own.listUnreported(nowMs).length
  }

  /** A pause that another process was asked for holds here too. */
  private hearOf(view: StartsView): void {
    this.pausedUntilMs = Math.max(this.pausedUntilMs, view.pausedUntilMs)
  }

  /** Where many more wait elsewhere than a moment ago, turns come later than was planned. */
  private hearOfOthers({ others }: StartsView): void {
    const waiting = others.reduce((sum, count) => sum + count, 0)
    const hasGrown = waiting > this.waitingElsewhere * 1.1 + 1
    this.waitingElsewhere = waiting
    if (hasGrown) this.notify()
  }

  private onLinkChange(): void {
    if (this.options.link.state().health !== 'up') {
      this.log.lose()
      this.notify()
    } else void this.beat()
  }

  private tellWaiting(nowMs: number): void {
    this.toldWaiting = this.waiting
    this.toldAtMs = nowMs
  }

  private async beat(): Promise<void> {
    this.tellWaiting(this.options.clock.monotonicMs())
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
