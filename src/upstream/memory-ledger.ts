// The log of starts of an account that one process has to itself: exact, on the steady clock.
import { randomUUID } from 'node:crypto'
import type { QuotaReading } from '#contract/readings.ts'
import type { Clock } from '#model/clock.ts'
import type { Instant } from '#model/time-range.ts'
import { PERMIT_LIFE_MS, type QuotaLimits, toSpanMs } from './quota.ts'
import { RollingLog } from './rolling-log.ts'
import type { StartJournal } from './start-journal.ts'
import type { GrantedStart, StartLedger, StartPlan, StartWish } from './start-ledger.ts'
import { LogPlan, type StartLogs } from './start-plan.ts'

/**
 * A ledger in memory. It gives out the whole limit: with nobody to lose, there is nothing to keep in reserve.
 * @param journal remembers starts over a restart; without it a restarted process may use up a second limit in the
 * window of its predecessor. A start that was given back stays in it, so that after a restart it counts
 */
export function createMemoryLedger(limits: QuotaLimits, clock: Clock, journal?: StartJournal): StartLedger {
  return new MemoryLedger(limits, clock, journal)
}

/** A start that may still be given back. */
interface LoggedStart {
  readonly wish: StartWish
  readonly atMs: number
}

class MemoryLedger implements StartLedger {
  private readonly limits: QuotaLimits
  private readonly clock: Clock
  private readonly journal: StartJournal | undefined
  private readonly logs: StartLogs & { pausedUntilMs: number; backgroundSeenAtMs: number }
  /** By id, the oldest first. */
  private readonly started = new Map<string, LoggedStart>()
  private readonly listeners: (() => void)[] = []
  private readonly process = randomUUID()
  private ids = 0

  constructor(limits: QuotaLimits, clock: Clock, journal: StartJournal | undefined) {
    this.limits = limits
    this.clock = clock
    this.journal = journal
    const spanMs = toSpanMs(limits, limits.windowSeconds)
    this.logs = {
      all: new RollingLog(limits.limit, spanMs),
      background: new RollingLog(limits.limit, spanMs),
      interfaces: new Map(
        Object.entries(limits.interfaces).map(([operation, own]) => [
          operation,
          new RollingLog(own.limit, toSpanMs(limits, own.windowSeconds)),
        ]),
      ),
      pausedUntilMs: Number.NEGATIVE_INFINITY,
      backgroundSeenAtMs: Number.NEGATIVE_INFINITY,
    }
    this.restore()
  }

  get pausedUntilMs(): number {
    return this.logs.pausedUntilMs
  }

  take(wishes: readonly StartWish[]): Promise<readonly (GrantedStart | undefined)[]> {
    const nowMs = this.clock.monotonicMs()
    if (wishes.some(({ lane }) => lane === 'background')) this.logs.backgroundSeenAtMs = nowMs
    return Promise.resolve(wishes.map((wish) => this.grant(wish, nowMs)))
  }

  giveBack({ id }: GrantedStart): void {
    const start = this.started.get(id)
    if (start === undefined) return
    this.started.delete(id)
    for (const log of this.logsOf(start.wish)) log.remove(start.atMs)
    this.notify()
  }

  plan(): StartPlan {
    return new LogPlan(this.logs)
  }

  onChange(listener: () => void): void {
    this.listeners.push(listener)
  }

  read(): Promise<QuotaReading> {
    const { limit, windowSeconds } = this.limits
    const nowMs = this.clock.monotonicMs()
    const used = this.logs.all.count(nowMs)
    const freeAtMs = Math.max(this.logs.pausedUntilMs, this.logs.all.freeAt(nowMs))
    return Promise.resolve({
      limit,
      windowSeconds,
      used,
      remaining: limit - used,
      nextFreeAt: freeAtMs > nowMs ? Math.ceil(this.clock.now() + freeAtMs - nowMs) : null,
    })
  }

  pause(forMs: number): void {
    const untilMs = this.clock.monotonicMs() + forMs
    if (untilMs <= this.logs.pausedUntilMs) return
    this.logs.pausedUntilMs = untilMs
    this.notify()
  }

  close(): Promise<void> {
    return Promise.resolve()
  }

  private grant(wish: StartWish, nowMs: number): GrantedStart | undefined {
    if (this.plan().freeAt(wish, nowMs) > nowMs) return undefined
    for (const log of this.logsOf(wish)) log.add(nowMs)
    this.journal?.record({ operation: wish.operation, at: this.clock.now() })
    const id = `${this.process}:${this.ids++}`
    this.started.set(id, { wish, atMs: nowMs })
    this.forget(nowMs)
    return { id, goodUntilMs: nowMs + PERMIT_LIFE_MS }
  }

  private logsOf({ operation, lane }: StartWish): readonly RollingLog[] {
    const own = this.logs.interfaces.get(operation)
    return [this.logs.all, ...(lane === 'background' ? [this.logs.background] : []), ...(own ? [own] : [])]
  }

  /** What does not count any more cannot be given back. */
  private forget(nowMs: number): void {
    for (const [id, { wish, atMs }] of this.started) {
      if (this.logsOf(wish).some(({ spanMs }) => atMs + spanMs > nowMs)) return
      this.started.delete(id)
    }
  }

  private restore(): void {
    const past = this.journal?.readPast() ?? []
    this.logs.all.restore(past.map(({ at }) => this.toSteadyMs(at)))
    for (const [operation, log] of this.logs.interfaces)
      log.restore(past.filter((start) => start.operation === operation).map(({ at }) => this.toSteadyMs(at)))
  }

  /** An instant of an earlier process on this one's clock; what lies ahead of us counts as just now. */
  private toSteadyMs(at: Instant): number {
    return this.clock.monotonicMs() - Math.max(0, this.clock.now() - at)
  }

  private notify(): void {
    for (const listener of this.listeners) listener()
  }
}
