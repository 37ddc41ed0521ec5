// How starts come free: by the turns of a line, or as those that count in a log expire; each within another log.
import type { Lane } from '#contract/ask.ts'
import { type BackgroundUsage, toKept } from './lane-share.ts'
import type { StartPlan, StartWish } from './start-ledger.ts'
import type { LineTurns } from './starts-view.ts'

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

/** A log of the account that nobody else takes starts from. */
export interface OwnLog extends ExpiringLog {
  /** What the background is doing. */
  readonly background: BackgroundUsage
}

/** What a plan is made from. */
export interface ExpiryPlanOptions {
  /** Where the account's starts come from: a log of its own, or the line of each lane where others wait too. */
  readonly account: OwnLog | Readonly<Record<Lane, LineTurns>>
  /** By interface, where it has a limit of its own. */
  readonly interfaces: ReadonlyMap<string, ExpiringLog>
  /** Nothing is free before. */
  readonly notBeforeMs: number
  /** Everything may be different from then on, and is worth another look; infinity when it is not. */
  readonly changesAtMs: number
}

/**
 * How much sooner than it must start a call has to have its turn to be given a place in the line, in milliseconds:
 * every start before it takes its time.
 */
export const SLACK_MS = 50

/** A plan of starts. Whoever asks it for a background call of a log of its own has one: its share is kept. */
export class ExpiryPlan implements StartPlan {
  private readonly options: ExpiryPlanOptions
  private readonly account: PlannedAccount
  private readonly interfaces = new Map<string, PlannedStarts>()

  constructor(options: ExpiryPlanOptions) {
    this.options = options
    const { account } = options
    this.account = 'capacity' in account ? new PlannedOwnLog(account) : new PlannedLines(account)
    for (const [operation, log] of options.interfaces) this.interfaces.set(operation, new PlannedStarts(log))
  }

  freeAt(wish: StartWish, fromMs: number): number {
    const { notBeforeMs, changesAtMs } = this.options
    const freeAtMs = Math.max(
      notBeforeMs,
      this.account.freeAt(wish.lane, fromMs),
      this.interfaces.get(wish.operation)?.freeAt(fromMs) ?? fromMs,
    )
    return Math.min(freeAtMs, Math.max(fromMs, changesAtMs))
  }

  add(wish: StartWish, atMs: number): void {
    this.account.add(wish.lane, atMs)
    this.interfaces.get(wish.operation)?.add(atMs)
  }
}

/** The account's starts of both lanes. */
interface PlannedAccount {
  freeAt(lane: Lane, fromMs: number): number
  add(lane: Lane, atMs: number): void
}

/** The turns of this process, one after the other. */
class PlannedLines implements PlannedAccount {
  private readonly lines: Readonly<Record<Lane, LineTurns>>
  private readonly planned = { interactive: 0, background: 0 }

  constructor(lines: Readonly<Record<Lane, LineTurns>>) {
    this.lines = lines
  }

  freeAt(lane: Lane, fromMs: number): number {
    const { own, next } = this.lines[lane]
    const turnAtMs = own[this.planned[lane]]
    if (turnAtMs !== undefined) return Math.max(fromMs, turnAtMs)
    // How much later the next but one would be, the log says when it is asked for it.
    return next > fromMs ? next + SLACK_MS : fromMs
  }

  add(lane: Lane): void {
    this.planned[lane] += 1
  }
}

/** A log that nobody else takes from, both lanes together. */
class PlannedOwnLog implements PlannedAccount {
  private readonly starts: PlannedStarts
  private readonly capacity: number
  private background: BackgroundUsage

  constructor(log: OwnLog) {
    this.starts = new PlannedStarts(log)
    this.capacity = log.capacity
    this.background = log.background
  }

  freeAt(lane: Lane, fromMs: number): number {
    if (lane === 'background') this.background = { ...this.background, isActive: true }
    return this.starts.freeAt(fromMs, toKept(lane, this.capacity, this.background))
  }

  add(lane: Lane, atMs: number): void {
    this.starts.add(atMs)
    if (lane === 'background') this.background = { isActive: true, used: this.background.used + 1 }
  }
}

/** The starts of a log, and those that are planned. */
class PlannedStarts {
  private readonly log: ExpiringLog
  private readonly planned: number[] = []

  constructor(log: ExpiringLog) {
    this.log = log
  }

  /** @param kept so many starts are for others */
  freeAt(fromMs: number, kept = 0): number {
    const { capacity, used, expiries, allExpiredAtMs, spanMs } = this.log
    if (capacity <= kept) return Number.POSITIVE_INFINITY
    // The start that is so many before must have left the span.
    const expiring = used + this.planned.length - (capacity - kept)
    if (expiring < 0) return fromMs
    if (expiring < used) return Math.max(fromMs, expiries[expiring] ?? allExpiredAtMs)
    return Math.max(fromMs, (this.planned[expiring - used] ?? fromMs) + spanMs)
  }

  add(atMs: number): void {
    this.planned.push(atMs)
  }
}
