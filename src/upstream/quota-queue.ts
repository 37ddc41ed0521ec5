// The queue in front of a ledger of starts: who waits, for how long at most, and whose turn it is. It knows nothing of
// calls, and not where starts are written down.
import type { QuotaReading } from '#contract/readings.ts'
import type { Clock } from '#model/clock.ts'
import { Alarm } from './alarm.ts'
import type { Gate, Permit, Quota, QuotaAsk } from './quota.ts'
import { isOpen, toClosedError, toExhaustedError } from './quota-refusal.ts'
import type { GrantedStart, StartLedger, StartWish, WaitingCalls } from './start-ledger.ts'
import { findLate, findNext, listFreeHeads, planTurn } from './turn-forecast.ts'
import { toLineName, WaitingOrder } from './waiting-order.ts'

/** What a quota is made with. */
export interface QuotaQueueOptions {
  /** Closed with the quota. */
  readonly ledger: StartLedger
  readonly clock: Clock
}

/** Most calls of one operation that wait at the same time. */
const MAX_WAITING = 1000
/** Most starts that the ledger is asked for at once. */
const MAX_WISHES = 16
/** Milliseconds until a ledger that granted nothing is asked again, at least: whatever it says, no loop is tight. */
const BREATH_MS = 5
/** Milliseconds beyond their deadlines that calls wait while the ledger is asked: a turn may fall exactly on one. */
const ASKING_GRACE_MS = 1

/** A call that waits for its start. */
interface Waiter {
  readonly wish: StartWish
  readonly client: string
  readonly ticket: number
  readonly deadlineAtMs: number
  readonly gate: Gate | undefined
  readonly grant: (permit: Permit) => void
  readonly refuse: (error: unknown) => void
}

/** Makes a quota of a ledger that grants what is free now. */
export function createQuota(options: QuotaQueueOptions): Quota {
  return new QuotaQueue(options)
}

class QuotaQueue implements Quota {
  private readonly ledger: StartLedger
  private readonly clock: Clock
  private readonly order = new WaitingOrder<Waiter>()
  /** Those whose gates are entered and whose starts are being taken. They keep their places until it is done. */
  private readonly taking = new Set<Waiter>()
  /** Settles when the ledger has been asked and has answered; undefined while it is not asked. */
  private asking: Promise<void> | undefined
  /** Whether something has happened after which the turn of one that waits may come too late. */
  private isForecastDue = false
  private breathUntilMs = Number.NEGATIVE_INFINITY
  private tickets = 0
  private isWaitingTold = true
  private readonly alarm: Alarm
  private closed = false

  constructor({ ledger, clock }: QuotaQueueOptions) {
    this.ledger = ledger
    this.clock = clock
    this.alarm = new Alarm(clock, () => this.serve())
    ledger.onChange(() => {
      this.isForecastDue = true
      this.serve()
    })
  }

  take(operation: string, ask: QuotaAsk, gate?: Gate): Promise<Permit> {
    if (this.closed) return Promise.reject(toClosedError())
    if (ask.signal.aborted) return Promise.reject(ask.signal.reason)
    const { promise, resolve, reject } = Promise.withResolvers<Permit>()
    const onAbort = () => this.leave(waiter, ask.signal.reason)
    const stopListening = () => ask.signal.removeEventListener('abort', onAbort)
    promise.then(stopListening, stopListening)
    const waiter: Waiter = {
      wish: { operation, lane: ask.lane },
      client: ask.caller.name,
      ticket: this.tickets++,
      deadlineAtMs: ask.deadlineAtMs,
      gate,
      grant: resolve,
      refuse: reject,
    }
    // Everybody is let in while the ledger is asked, until it has answered.
    const late = this.asking === undefined ? this.findLate(waiter) : []
    this.isForecastDue ||= this.asking !== undefined
    if (late.includes(waiter) || !this.makeRoom(waiter)) {
      reject(toExhaustedError(this.planTurn(waiter) - this.clock.monotonicMs()))
      return promise
    }
    ask.signal.addEventListener('abort', onAbort, { once: true })
    this.order.add(waiter)
    gate?.watch({ opened: () => this.serve(), failed: (error) => this.leave(waiter, error) })
    // Those before whom it comes, and who come too late then.
    this.refuseAll(late)
    this.serve()
    return promise
  }

  pause(forMs: number): void {
    this.ledger.pause(forMs)
  }

  get pausedUntilMs(): number {
    return this.ledger.pausedUntilMs
  }

  read(): Promise<QuotaReading> {
    return this.ledger.read()
  }

  async close(): Promise<void> {
    this.closed = true
    this.alarm.set(Number.POSITIVE_INFINITY)
    for (const waiter of [...this.order]) {
      this.forget(waiter)
      waiter.refuse(toClosedError())
    }
    // What is granted yet goes back.
    await this.asking
    await this.ledger.close()
  }

  /** Grants what can be granted now, refuses those whose time is over, and sets the alarm for the rest. */
  private serve(): void {
    if (this.closed) return
    const nowMs = this.clock.monotonicMs()
    // A turn may fall exactly on a deadline, so those who are merely due are looked at after the grants.
    this.refuseLate((lateAtMs) => lateAtMs < nowMs)
    this.refuseHopeless()
    this.askLedger(nowMs)
    this.refuseLate((lateAtMs) => lateAtMs <= nowMs)
    this.tellWaiting()
    this.setAlarm(nowMs)
  }

  /** Takes starts for those whose turn it is and whose gates let them through. */
  private askLedger(nowMs: number): void {
    if (this.asking !== undefined || this.order.size === 0 || nowMs < this.breathUntilMs) return
    const walk = this.order.walk()
    const plan = this.ledger.plan()
    while (this.taking.size < MAX_WISHES) {
      const next = findNext(walk, plan, nowMs)
      if (next === undefined || next.atMs > nowMs) break
      const { waiter } = next.head
      if (waiter.gate?.tryEnter() === false) {
        walk.block(next.head)
        continue
      }
      this.taking.add(waiter)
      plan.add(waiter.wish, nowMs)
      walk.serve(next.head)
    }
    if (this.taking.size === 0) return
    this.tellWaiting()
    const batch = [...this.taking]
    this.asking = this.ledger
      .take(batch.map(({ wish, deadlineAtMs }) => ({ ...wish, waitsUntilMs: deadlineAtMs })))
      .then((starts) => this.handOut(batch, starts))
  }

  private handOut(batch: readonly Waiter[], starts: readonly (GrantedStart | undefined)[]): void {
    const nowMs = this.clock.monotonicMs()
    let isGranted = false
    let isRefused = false
    for (const [index, waiter] of batch.entries()) {
      const start = starts[index]
      const isWaiting = this.taking.delete(waiter)
      // A grant that was too long on its way is of no use.
      if (isWaiting && start !== undefined && start.goodUntilMs >= nowMs) {
        isGranted = true
        this.order.serve(waiter)
        waiter.grant({ goodUntilMs: start.goodUntilMs })
        continue
      }
      if (start !== undefined) this.ledger.giveBack(start)
      if (!isWaiting) continue
      isRefused = true
      waiter.gate?.leave()
    }
    if (isRefused) {
      this.isForecastDue = true
      // The ledger takes those for waiting whom it has refused.
      this.isWaitingTold = false
    }
    if (isRefused && !isGranted) this.breathUntilMs = nowMs + BREATH_MS
    this.asking = undefined
    this.serve()
  }

  /** Ends a wait that its caller, or its gate, gives up. */
  private leave(waiter: Waiter, error: unknown): void {
    if (!this.forget(waiter)) return
    waiter.refuse(error)
    this.serve()
  }

  /** Takes one out of the order. @returns whether it was there */
  private forget(waiter: Waiter): boolean {
    if (!this.order.delete(waiter)) return false
    // Its start, should it still come, goes back too.
    if (this.taking.delete(waiter)) waiter.gate?.leave()
    return true
  }

  /**
   * Refuses those whose turn cannot come in time any more, rather than letting them wait for nothing. While the ledger
   * is asked, nobody can tell whether the starts it is asked for are in its plan already.
   */
  private refuseHopeless(): void {
    if (!this.isForecastDue || this.asking !== undefined) return
    this.isForecastDue = false
    this.refuseAll(this.findLate())
  }

  private findLate(newcomer?: Waiter): readonly Waiter[] {
    return findLate(this.order, this.ledger.plan(), this.clock.monotonicMs(), newcomer)
  }

  private refuseLate(isLate: (lateAtMs: number) => boolean): void {
    this.refuseAll([...this.order].filter((waiter) => isLate(this.lateAt(waiter))))
  }

  /** Refuses waiters, with the time until one that came now would have its turn. */
  private refuseAll(waiters: readonly Waiter[]): void {
    const nowMs = this.clock.monotonicMs()
    const turns = new Map<string, number>()
    for (const waiter of waiters) this.forget(waiter)
    for (const waiter of waiters) {
      const place = toLineName(waiter)
      const turnAtMs = turns.get(place) ?? this.planTurn(waiter, nowMs)
      turns.set(place, turnAtMs)
      const isHeldByGate = waiter.gate !== undefined && turnAtMs <= nowMs && !isOpen(waiter.gate)
      waiter.refuse(isHeldByGate ? waiter.gate.toLateError() : toExhaustedError(turnAtMs - nowMs))
    }
  }

  private lateAt({ deadlineAtMs }: Waiter): number {
    return deadlineAtMs + (this.asking === undefined ? 0 : ASKING_GRACE_MS)
  }

  /** Wakes at the next moment at which something changes by itself. */
  private setAlarm(nowMs: number): void {
    let atMs = Number.POSITIVE_INFINITY
    for (const waiter of this.order) atMs = Math.min(atMs, this.lateAt(waiter))
    if (this.asking === undefined && this.order.size > 0) {
      if (this.breathUntilMs > nowMs) atMs = Math.min(atMs, this.breathUntilMs)
      // Free already means that the gate is closed, and that one reports by itself.
      for (const free of listFreeHeads(this.order.walk(), this.ledger.plan(), nowMs))
        if (free.atMs > nowMs) atMs = Math.min(atMs, free.atMs)
    }
    this.alarm.set(atMs)
  }

  private planTurn(like: Waiter, nowMs = this.clock.monotonicMs()): number {
    return planTurn(this.order, this.ledger.plan(), nowMs, { ...like, ticket: this.tickets })
  }

  /** Where too many wait, the client that has most of them gives up a place. @returns whether there is room */
  private makeRoom({ wish, client }: Waiter): boolean {
    const most = MAX_WAITING + this.taking.size
    if (this.order.size < most) return true
    const crowds = this.order.listCrowds(wish.operation)
    const [largest] = [...crowds.values()].sort((one, other) => other.count - one.count)
    if (crowds.values().reduce((sum, { count }) => sum + count, 0) < most || largest === undefined) return true
    if (largest.count <= (crowds.get(client)?.count ?? 0) + 1) return false
    this.refuseAll([largest.last])
    return true
  }

  /** @returns nothing where starts are being taken for all of them */
  private toWaitingCalls(line: ReadonlySet<Waiter>): readonly WaitingCalls[] {
    const waiters = [...line].filter((waiter) => !this.taking.has(waiter))
    const [first] = waiters
    if (first === undefined) return []
    const lastDeadlineAtMs = Math.max(...waiters.map(({ deadlineAtMs }) => deadlineAtMs))
    return [{ wish: first.wish, count: waiters.length, lastDeadlineAtMs }]
  }

  private tellWaiting(): void {
    if (!this.ledger.setWaiting) return
    const calls = [...this.order.lists()].flatMap((line) => this.toWaitingCalls(line))
    if (calls.length === 0 && this.isWaitingTold) return
    this.isWaitingTold = calls.length === 0
    this.ledger.setWaiting(calls)
  }
}
