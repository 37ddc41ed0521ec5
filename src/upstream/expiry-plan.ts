// How starts come free as those that count expire: for one log, or one within another.
import { type BackgroundUsage, toKept } from './lane-share.ts'
import type { StartPlan, StartWish } from './start-ledger.ts'

/** A log to plan with. */
export interface ExpiringLog {
  readonly capacity: number
  readonly spanMs: number
  /** Starts that count. */
  readonly used: number
  /** When they stop counting, the oldest first; perhaps not all of them. */
  readonly expiries: readonly number[]
  /** When the others surely have. */
  readonly allExpiredAtMs: number
}

/** What a plan is made from. */
export interface ExpiryPlanOptions {
  /** The account's own log. */
  readonly log: ExpiringLog
  /** By interface, where it has a limit of its own. */
  readonly interfaces: ReadonlyMap<string, ExpiringLog>
  /** Nothing is free before. */
  readonly notBeforeMs: number
  /** What the background is doing. */
  readonly background: BackgroundUsage
  /** Calls that wait elsewhere and take their turns too. */
  readonly others: readonly number[]
  /** Everything may be different from then on, and is worth another look; infinity when it is not. */
  readonly changesAtMs: number
}

/** A plan over logs whose expiries are known. Whoever asks it for a background call has one: its share is kept. */
export class ExpiryPlan implements StartPlan {
  private readonly options: ExpiryPlanOptions
  private readonly planned = new Map<ExpiringLog, number[]>()
  private background: BackgroundUsage

  constructor(options: ExpiryPlanOptions) {
    this.options = options
    this.background = options.background
  }

  freeAt(wish: StartWish, fromMs: number): number {
    const { log, interfaces, notBeforeMs, others, changesAtMs } = this.options
    if (wish.lane === 'background') this.background = { ...this.background, isActive: true }
    const capacity = log.capacity - toKept(wish.lane, log.capacity, this.background)
    const own = this.plannedOf(log)
    // Each of the others has had as many turns by then as this process, if he has as many calls.
    const elsewhere = others.reduce((sum, count) => sum + Math.min(count, own.length), 0)
    const atMs = Math.max(notBeforeMs, this.logFreeAt(log, capacity, elsewhere, fromMs))
    const narrow = interfaces.get(wish.operation)
    const freeAtMs = narrow ? Math.max(atMs, this.logFreeAt(narrow, narrow.capacity, 0, fromMs)) : atMs
    return Math.min(freeAtMs, Math.max(fromMs, changesAtMs))
  }

  add(wish: StartWish, atMs: number): void {
    this.plannedOf(this.options.log).push(atMs)
    if (wish.lane === 'background') this.background = { isActive: true, used: this.background.used + 1 }
    const narrow = this.options.interfaces.get(wish.operation)
    if (narrow) this.plannedOf(narrow).push(atMs)
  }

  private logFreeAt(log: ExpiringLog, capacity: number, elsewhere: number, fromMs: number): number {
    if (capacity <= 0) return Number.POSITIVE_INFINITY
    const planned = this.plannedOf(log)
    // The start `capacity` places back must have left the span.
    const ownIndex = log.used + planned.length - capacity
    // What is free now is not kept for others, who may be waiting for something else.
    if (ownIndex < 0) return fromMs
    const index = ownIndex + elsewhere
    if (index < log.used) return Math.max(fromMs, log.expiries[index] ?? log.allExpiredAtMs)
    // Of the starts to come, some are planned here and the rest elsewhere, in turns.
    const share = planned.length / Math.max(1, planned.length + elsewhere)
    const plannedAtMs = planned[Math.floor((index - log.used) * share)] ?? Number.POSITIVE_INFINITY
    return Math.max(fromMs, plannedAtMs + log.spanMs)
  }

  private plannedOf(log: ExpiringLog): number[] {
    const known = this.planned.get(log)
    if (known) return known
    const planned: number[] = []
    this.planned.set(log, planned)
    return planned
  }
}
