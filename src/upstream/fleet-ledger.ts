// The log of starts that replicas share: granted by one script on the server, and by a small part of its own while the
// log cannot be used. docs/quota-and-freshness.md says why no window ever holds too many, whatever fails.
import type { QuotaReading } from '#contract/readings.ts'
import type { FleetLink, FleetScript } from '#fleet/fleet-link.ts'
import type { Clock } from '#model/clock.ts'
import { Alarm } from './alarm.ts'
import { FleetLog, type ViewReply } from './fleet-log.ts'
import type { FleetMemory } from './fleet-memory.ts'
import { FleetPlans, toFleetLimits } from './fleet-plans.ts'
import { toBackgroundShare, toHeadroom } from './lane-share.ts'
import { type OwnStart, OwnStarts } from './own-starts.ts'
import { PlacesWanted } from './places-wanted.ts'
import { PERMIT_LIFE_MS, type QuotaLimits, toSpanMs } from './quota.ts'
import type { StartJournal } from './start-journal.ts'
import type { GrantedStart, StartLedger, StartPlan, StartWish, TimedWish, WaitingCalls } from './start-ledger.ts'
import { StartsScript } from './starts-script.ts'
import type { StartsReply, WishedStart } from './starts-terms.ts'
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
/** How often it looks while calls wait: those before them may have left the line, or the log may be open again. */
const EAGER_BEAT_MS = 100
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
  private readonly places: PlacesWanted
  /** How many calls of the log are under way that say which places are wanted. */
  private asking = 0
  private readonly alarm: Alarm
  /** When it last said that it lives, on `Clock.monotonicMs`. */
  private beatAtMs = Number.NEGATIVE_INFINITY
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
    this.log = new FleetLog({
      ...options,
      script: this.script,
      own: this.own,
      isAlone: maxReplicas === 1,
      tellPlaces: () => this.places.tell(),
    })
    this.places = new PlacesWanted(limits.interfaces)
    this.plans = new FleetPlans({ ...options, limits, log: this.log, own: this.own })
    this.stopListening = options.link.onChange(() => this.onLinkChange())
    this.alarm = new Alarm(options.clock, () => void this.beat())
    void this.beat()
  }

  async take(wishes: readonly TimedWish[]): Promise<readonly (GrantedStart | undefined)[]> {
    const { clock } = this.options
    const starts = wishes.map((wish) => ({ ...wish, id: `${this.idPrefix}:${(this.ids++).toString(36)}` }))
    this.places.begin(starts, this.log.view)
    const reply = await this.askForPlaces(() => this.takeShared(starts))
    this.places.end(starts)
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
    return this.plans.plan(this.pausedUntilMs)
  }

  setWaiting(calls: readonly WaitingCalls[]): void {
    this.places.want(calls, this.log.view)
    this.setAlarm()
    // In a moment, when it is known whether starts are taken at the same time.
    queueMicrotask(() => void this.syncPlaces())
  }

  onChange(listener: () => void): void {
    this.listeners.push(listener)
  }

  async read(): Promise<QuotaReading> {
    const { limits, clock } = this.options
    await this.log.beat()
    const nowMs = clock.monotonicMs()
    const { capacity, used } = this.plans.toLog(nowMs)
    const freeAtMs = this.plans.plan(this.pausedUntilMs).freeAt({ operation: '', lane: 'interactive' }, nowMs)
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
    this.alarm.set(Number.POSITIVE_INFINITY)
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

  private onLinkChange(): void {
    if (this.options.link.state().health !== 'up') {
      this.log.lose()
      this.notify()
    } else void this.beat()
  }

  /** Whoever calls the log next already tells it of those that were refused. */
  private async takeShared(starts: readonly WishedStart[]): Promise<StartsReply> {
    const reply = await this.script.take(this.places.tell(starts), starts)
    if (reply.kind === 'view')
      this.places.hear(
        starts,
        starts.filter((_, index) => !reply.isGranted[index]),
        reply.view,
      )
    return reply
  }

  /** Takes the places that are wanted, and gives up those that are not any more. */
  private async syncPlaces(): Promise<void> {
    if (this.asking > 0 || this.places.isTold() || !this.log.isOpen() || this.stop.signal.aborted) return
    await this.askForPlaces(() => this.script.take(this.places.tell(), []))
    this.notify()
  }

  private async askForPlaces(call: () => Promise<StartsReply>): Promise<ViewReply | undefined> {
    this.asking += 1
    try {
      return await this.log.ask(call)
    } finally {
      this.asking -= 1
    }
  }

  private async beat(): Promise<void> {
    this.beatAtMs = this.options.clock.monotonicMs()
    await this.log.beat()
    if (this.log.view) this.hearOf(this.log.view)
    this.notify()
    this.setAlarm()
  }

  /** Sets it for the next beat. */
  private setAlarm(): void {
    if (!this.stop.signal.aborted) this.alarm.set(this.beatAtMs + (this.places.isAny() ? EAGER_BEAT_MS : BEAT_MS))
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
