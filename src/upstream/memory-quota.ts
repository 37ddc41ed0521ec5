// The quota of an account that one process has to itself: an exact log of starts on the steady clock, and a queue
// of those who wait. It knows nothing of calls.
import type { Ask } from '#contract/ask.ts'
import type { QuotaReading } from '#contract/readings.ts'
import type { Clock } from '#model/clock.ts'
import { QuotaExhaustedError } from '#model/errors.ts'
import type { Instant } from '#model/time-range.ts'
import type { Gate, Permit, Quota, QuotaLimits } from './quota.ts'
import { toSpanMs } from './quota.ts'
import { RollingLog } from './rolling-log.ts'
import type { StartJournal } from './start-journal.ts'

/** Most calls of one operation that wait at the same time; what comes on top is refused at once. */
const MAX_WAITING = 1000

/** A call that waits for its start. */
interface Waiter {
  /** Place in the order of arrival, over all operations. */
  readonly ticket: number
  readonly deadlineAtMs: number
  readonly gate: Gate | undefined
  readonly grant: (permit: Permit) => void
  readonly refuse: (error: unknown) => void
}

/** Those who wait for the same operation, first come first. */
interface Line {
  readonly operation: string
  readonly waiters: Set<Waiter>
  /** The operation's own limit, where it has one. */
  readonly log: RollingLog | undefined
}

/**
 * A quota in memory.
 * @param journal remembers starts over a restart; without it a restarted process may use up a second limit in the
 * window of its predecessor
 */
export function createMemoryQuota(limits: QuotaLimits, clock: Clock, journal?: StartJournal): Quota {
  return new MemoryQuota(limits, clock, journal)
}

class MemoryQuota implements Quota {
  private readonly limits: QuotaLimits
  private readonly clock: Clock
  private readonly journal: StartJournal | undefined
  private readonly log: RollingLog
  private readonly lines = new Map<string, Line>()
  private tickets = 0
  /** No deadline of a waiter lies before this. */
  private nextDeadlineMs = Number.POSITIVE_INFINITY
  private alarm: { readonly atMs: number; readonly stop: AbortController } | undefined
  private closed = false

  constructor(limits: QuotaLimits, clock: Clock, journal: StartJournal | undefined) {
    this.limits = limits
    this.clock = clock
    this.journal = journal
    this.log = new RollingLog(limits.limit, toSpanMs(limits, limits.windowSeconds))
    const past = journal?.readPast() ?? []
    this.log.restore(past.map(({ at }) => this.toSteadyMs(at)))
    for (const operation of Object.keys(limits.interfaces))
      this.lineOf(operation).log?.restore(
        past.filter((start) => start.operation === operation).map(({ at }) => this.toSteadyMs(at)),
      )
  }

  take(operation: string, ask: Pick<Ask, 'lane' | 'signal' | 'deadlineAtMs'>, gate?: Gate): Promise<Permit> {
    if (this.closed) return Promise.reject(toClosedError())
    if (ask.signal.aborted) return Promise.reject(ask.signal.reason)
    const line = this.lineOf(operation)
    const nowMs = this.clock.monotonicMs()
    const turnAtMs = this.planTurn(line, nowMs)
    if (turnAtMs > ask.deadlineAtMs || line.waiters.size >= MAX_WAITING)
      return Promise.reject(toExhaustedError(turnAtMs - nowMs))
    return this.wait(line, ask, gate)
  }

  read(): Promise<QuotaReading> {
    const nowMs = this.clock.monotonicMs()
    const used = this.log.count(nowMs)
    const remaining = this.limits.limit - used
    return Promise.resolve({
      limit: this.limits.limit,
      windowSeconds: this.limits.windowSeconds,
      used,
      remaining,
      nextFreeAt: remaining > 0 ? null : this.clock.now() + this.log.freeAt(nowMs) - nowMs,
    })
  }

  close(): void {
    this.closed = true
    this.alarm?.stop.abort()
    for (const line of this.lines.values())
      for (const waiter of [...line.waiters]) {
        line.waiters.delete(waiter)
        waiter.refuse(toClosedError())
      }
  }

  private wait(line: Line, ask: Pick<Ask, 'signal' | 'deadlineAtMs'>, gate: Gate | undefined): Promise<Permit> {
    return new Promise((resolve, reject) => {
      const leave = (error: unknown) => {
        if (!line.waiters.delete(waiter)) return
        waiter.refuse(error)
        this.serve()
      }
      const onAbort = () => leave(ask.signal.reason)
      const waiter: Waiter = {
        ticket: this.tickets++,
        deadlineAtMs: ask.deadlineAtMs,
        gate,
        grant: (permit) => {
          ask.signal.removeEventListener('abort', onAbort)
          resolve(permit)
        },
        refuse: (error) => {
          ask.signal.removeEventListener('abort', onAbort)
          reject(error)
        },
      }
      ask.signal.addEventListener('abort', onAbort, { once: true })
      line.waiters.add(waiter)
      this.nextDeadlineMs = Math.min(this.nextDeadlineMs, ask.deadlineAtMs)
      gate?.watch({ opened: () => this.serve(), failed: leave })
      this.serve()
    })
  }

  /** Grants every start that can be granted now, refuses those whose time is over, and sets the alarm for the rest. */
  private serve(): void {
    if (this.closed) return
    const nowMs = this.clock.monotonicMs()
    // A turn may fall exactly on a deadline, so those who are merely due are looked at after the grants.
    this.refuseLate(nowMs, (deadlineAtMs) => deadlineAtMs < nowMs)
    while (this.log.freeAt(nowMs) <= nowMs) {
      const next = this.enterNext(nowMs)
      if (next === undefined) break
      next.line.waiters.delete(next.waiter)
      this.log.add(nowMs)
      next.line.log?.add(nowMs)
      this.journal?.record({ operation: next.line.operation, at: this.clock.now() })
      next.waiter.grant({ grantedAtMs: nowMs })
    }
    this.refuseLate(nowMs, (deadlineAtMs) => deadlineAtMs <= nowMs)
    this.setAlarm(nowMs)
  }

  /** The first in the order of arrival whose own limit and gate let it through; the gate is entered. */
  private enterNext(nowMs: number): { readonly line: Line; readonly waiter: Waiter } | undefined {
    const heads: { readonly line: Line; readonly waiter: Waiter }[] = []
    for (const line of this.lines.values()) {
      if (line.log !== undefined && line.log.freeAt(nowMs) > nowMs) continue
      for (const waiter of line.waiters) {
        heads.push({ line, waiter })
        break
      }
    }
    heads.sort((one, other) => one.waiter.ticket - other.waiter.ticket)
    return heads.find(({ waiter }) => waiter.gate === undefined || waiter.gate.tryEnter())
  }

  private refuseLate(nowMs: number, isLate: (deadlineAtMs: number) => boolean): void {
    if (!isLate(this.nextDeadlineMs)) return
    this.nextDeadlineMs = Number.POSITIVE_INFINITY
    for (const line of this.lines.values())
      for (const waiter of line.waiters) {
        if (!isLate(waiter.deadlineAtMs)) {
          this.nextDeadlineMs = Math.min(this.nextDeadlineMs, waiter.deadlineAtMs)
          continue
        }
        line.waiters.delete(waiter)
        const turnAtMs = this.planTurn(line, nowMs)
        waiter.refuse(
          waiter.gate !== undefined && turnAtMs <= nowMs
            ? waiter.gate.toLateError()
            : toExhaustedError(turnAtMs - nowMs),
        )
      }
  }

  /** Wakes at the next moment at which something changes by itself. */
  private setAlarm(nowMs: number): void {
    const waiting = [...this.lines.values()].filter((line) => line.waiters.size > 0)
    if (waiting.length === 0) this.nextDeadlineMs = Number.POSITIVE_INFINITY
    let atMs = this.nextDeadlineMs
    for (const line of waiting) {
      const freeAtMs = Math.max(this.log.freeAt(nowMs), line.log?.freeAt(nowMs) ?? nowMs)
      // Free already means that the gate is closed, and that one reports by itself.
      if (freeAtMs > nowMs) atMs = Math.min(atMs, freeAtMs)
    }
    if (this.alarm?.atMs === atMs) return
    this.alarm?.stop.abort()
    this.alarm = undefined
    if (atMs === Number.POSITIVE_INFINITY) return
    const alarm = { atMs, stop: new AbortController() }
    this.alarm = alarm
    this.clock.delay(atMs - nowMs, alarm.stop.signal).then(
      () => {
        this.alarm = undefined
        this.serve()
      },
      () => undefined,
    )
  }

  /** When the turn of one who joins `line` now would come, everybody before it served and gates left aside. */
  private planTurn(line: Line, nowMs: number): number {
    this.log.count(nowMs)
    const log = this.log.plan()
    const queues = [...this.lines.values()].map((each) => {
      each.log?.count(nowMs)
      return { each, log: each.log?.plan(), rest: each.waiters.values(), head: undefined as Waiter | undefined }
    })
    for (const queue of queues) queue.head = queue.rest.next().value
    let atMs = nowMs
    for (;;) {
      let next: (typeof queues)[number] | undefined
      let nextAtMs = Number.POSITIVE_INFINITY
      let nextTicket = Number.POSITIVE_INFINITY
      for (const queue of queues) {
        const ticket = queue.head?.ticket ?? (queue.each === line ? this.tickets : undefined)
        if (ticket === undefined) continue
        const freeAtMs = Math.max(log.freeAt(atMs), queue.log?.freeAt(atMs) ?? atMs)
        if (freeAtMs > nextAtMs || (freeAtMs === nextAtMs && ticket > nextTicket)) continue
        next = queue
        nextAtMs = freeAtMs
        nextTicket = ticket
      }
      if (next?.head === undefined) return nextAtMs
      // One whose deadline comes first leaves without a start.
      if (next.head.deadlineAtMs >= nextAtMs) {
        atMs = nextAtMs
        log.add(atMs)
        next.log?.add(atMs)
      }
      next.head = next.rest.next().value
    }
  }

  /** An instant of an earlier process on this one's clock; what lies ahead of us counts as just now. */
  private toSteadyMs(at: Instant): number {
    return this.clock.monotonicMs() - Math.max(0, this.clock.now() - at)
  }

  private lineOf(operation: string): Line {
    const known = this.lines.get(operation)
    if (known !== undefined) return known
    const own = Object.hasOwn(this.limits.interfaces, operation) ? this.limits.interfaces[operation] : undefined
    const line: Line = {
      operation,
      waiters: new Set(),
      log: own && new RollingLog(own.limit, toSpanMs(this.limits, own.windowSeconds)),
    }
    this.lines.set(operation, line)
    return line
  }
}

function toExhaustedError(retryAfterMs: number): QuotaExhaustedError {
  return new QuotaExhaustedError("no start is free in the account's quota before the deadline", {
    retryAfterMs: Math.max(0, retryAfterMs),
  })
}

function toClosedError(): QuotaExhaustedError {
  return new QuotaExhaustedError('the gateway is stopping and starts no further calls', {})
}
