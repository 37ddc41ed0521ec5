// How starts come free from logs that are known whole: exact, as long as nobody else spends from them.
import { type BackgroundUsage, toKept } from './lane-share.ts'
import type { PlannedLog, RollingLog } from './rolling-log.ts'
import type { StartPlan, StartWish } from './start-ledger.ts'

/** What has been started, and what holds starts back. Times are on `Clock.monotonicMs`. */
export interface StartLogs {
  /** Every start of the account. */
  readonly all: RollingLog
  /** The background's, of the same span. */
  readonly background: RollingLog
  /** Of operations with a limit of their own. */
  readonly interfaces: ReadonlyMap<string, RollingLog>
  /** Nothing is free before. */
  readonly pausedUntilMs: number
  /** When a background call last wished for a start. */
  readonly backgroundSeenAtMs: number
}

/** A plan over such logs. Whoever asks it for a background call has one: its share is kept from then on. */
export class LogPlan implements StartPlan {
  private readonly logs: StartLogs
  private readonly all: PlannedLog
  private readonly background: PlannedLog
  private readonly interfaces = new Map<string, PlannedLog>()
  private backgroundSeenAtMs: number

  /** @param logs are not changed, and must not change while the plan is in use */
  constructor(logs: StartLogs) {
    this.logs = logs
    this.all = logs.all.plan()
    this.background = logs.background.plan()
    this.backgroundSeenAtMs = logs.backgroundSeenAtMs
  }

  freeAt(wish: StartWish, fromMs: number): number {
    if (wish.lane === 'background') this.backgroundSeenAtMs = Math.max(this.backgroundSeenAtMs, fromMs)
    const readyAtMs = Math.max(fromMs, this.logs.pausedUntilMs)
    // Neither comes free and is taken again by mere time, so that the later of both is when both are free.
    return Math.max(this.accountFreeAt(wish, readyAtMs), this.interfaceOf(wish)?.freeAt(readyAtMs) ?? readyAtMs)
  }

  add(wish: StartWish, atMs: number): void {
    this.all.add(atMs)
    if (wish.lane === 'background') this.background.add(atMs)
    this.interfaceOf(wish)?.add(atMs)
  }

  private accountFreeAt({ lane }: StartWish, fromMs: number): number {
    const { limit, spanMs } = this.logs.all
    const idleAtMs = this.backgroundSeenAtMs + spanMs
    let atMs = fromMs
    for (;;) {
      const background: BackgroundUsage = { isActive: atMs < idleAtMs, used: this.background.count(atMs) }
      if (this.all.count(atMs) < limit - toKept(lane, limit, background)) return atMs
      // One of these is the next moment at which anything changes.
      atMs = Math.min(this.all.nextEnd(atMs), background.isActive ? idleAtMs : Number.POSITIVE_INFINITY)
    }
  }

  private interfaceOf({ operation }: StartWish): PlannedLog | undefined {
    const known = this.interfaces.get(operation)
    if (known !== undefined) return known
    const planned = this.logs.interfaces.get(operation)?.plan()
    if (planned !== undefined) this.interfaces.set(operation, planned)
    return planned
  }
}
