// How starts come free for one of several replicas: from the shared log as last seen, or from its own part while that
// cannot be used.
import type { FleetLink, LinkState } from '#fleet/fleet-link.ts'
import type { Clock } from '#model/clock.ts'
import { type ExpiringLog, ExpiryPlan } from './expiry-plan.ts'
import type { FleetLog } from './fleet-log.ts'
import { type LimitParts, toLimitParts, toOwnLog, toWholePartAtMs } from './own-part.ts'
import type { OwnStarts } from './own-starts.ts'
import { type QuotaLimits, toSpanMs } from './quota.ts'
import type { StartPlan } from './start-ledger.ts'
import type { StartsView } from './starts-view.ts'

/** One limit: the account's, or an interface's. */
export interface FleetLimit {
  readonly spanMs: number
  readonly parts: LimitParts
}

/** The limits of an account, cut up for its replicas. */
export interface FleetLimits {
  readonly account: FleetLimit
  /** By the provider's name of the call. */
  readonly interfaces: ReadonlyMap<string, FleetLimit>
}

/** What plans are made from. */
export interface FleetPlansOptions {
  readonly limits: FleetLimits
  readonly log: FleetLog
  readonly own: OwnStarts
  readonly link: Pick<FleetLink, 'state'>
  readonly clock: Clock
}

/** How long after the log was lost calls wait for it as for a start that is about to come free. */
const PATIENCE_MS = 3000

/** Cuts up the limits of the settings. @param maxReplicas most processes that share them */
export function toFleetLimits(limits: QuotaLimits, maxReplicas: number): FleetLimits {
  const toLimit = ({ limit, windowSeconds }: { readonly limit: number; readonly windowSeconds: number }) => ({
    spanMs: toSpanMs(limits, windowSeconds),
    parts: toLimitParts(limit, limits.outageReserve, maxReplicas),
  })
  return {
    account: toLimit(limits),
    interfaces: new Map(Object.entries(limits.interfaces).map(([name, limit]) => [name, toLimit(limit)])),
  }
}

/** Makes plans. */
export class FleetPlans {
  private readonly options: FleetPlansOptions

  constructor(options: FleetPlansOptions) {
    this.options = options
  }

  /** As well as is known now. @param pausedUntilMs nothing is free before */
  plan(pausedUntilMs: number): StartPlan {
    const { view } = this.options.log
    return view !== undefined && this.options.log.isOpen()
      ? this.planShared(view, pausedUntilMs)
      : this.planAlone(pausedUntilMs, true)
  }

  /**
   * For this process without the log.
   * @param mayHope whether something better is to be looked for: the log's coming back, or a larger part
   */
  planAlone(pausedUntilMs: number, mayHope: boolean): StartPlan {
    const { limits, own, clock } = this.options
    const nowMs = clock.monotonicMs()
    const background = own.list(nowMs).filter(({ lane, isShared }) => lane === 'background' && !isShared).length
    return new ExpiryPlan({
      account: { ...this.toOwnLog(limits.account, nowMs), background: { isActive: background > 0, used: background } },
      interfaces: new Map([...limits.interfaces].map(([name, limit]) => [name, this.toOwnLog(limit, nowMs, name)])),
      notBeforeMs: pausedUntilMs,
      changesAtMs: mayHope ? this.toHopedAtMs(nowMs) : Number.POSITIVE_INFINITY,
    })
  }

  /** The account's log: the shared one while that can be used, else this process's own. */
  toLog(nowMs: number): ExpiringLog {
    const { limits, log } = this.options
    return log.view !== undefined && log.isOpen()
      ? toSharedLog(log.view, 0, limits.account)
      : this.toOwnLog(limits.account, nowMs)
  }

  private planShared(view: StartsView, pausedUntilMs: number): StartPlan {
    return new ExpiryPlan({
      account: view.lines,
      interfaces: new Map(
        [...this.options.limits.interfaces].map(([name, limit], index) => [name, toSharedLog(view, index + 1, limit)]),
      ),
      notBeforeMs: pausedUntilMs,
      changesAtMs: view.changesAtMs,
    })
  }

  /** When the log may be of use again, or the whole part comes. */
  private toHopedAtMs(nowMs: number): number {
    const { limits, log } = this.options
    if (log.isJoined() && log.view) return log.view.opensAtMs
    return Math.min(
      toLater(log.lostAtMs + PATIENCE_MS, nowMs),
      toLater(toWholePartAtMs(this.linkState(), limits.account.spanMs), nowMs),
    )
  }

  private toOwnLog({ spanMs, parts }: FleetLimit, nowMs: number, operation?: string): ExpiringLog {
    const { own } = this.options
    const starts = own.list(nowMs)
    const counted = operation === undefined ? starts : starts.filter((start) => start.operation === operation)
    return toOwnLog(parts, spanMs, counted, this.linkState(), nowMs)
  }

  /** That a server refuses says something only where it is known to be the one. */
  private linkState(): LinkState {
    const { log, link } = this.options
    const state = link.state()
    return log.isKnown() ? state : { ...state, health: 'silent' }
  }
}

function toSharedLog(view: StartsView, index: number, { spanMs, parts }: FleetLimit): ExpiringLog {
  const { used, expiries } = view.logs[index] ?? { used: 0, expiries: [] }
  return { capacity: parts.capacity, spanMs, used, expiries, allExpiredAtMs: view.atMs + spanMs }
}

/** That time, if it is still to come. */
function toLater(atMs: number, nowMs: number): number {
  return atMs > nowMs ? atMs : Number.POSITIVE_INFINITY
}
