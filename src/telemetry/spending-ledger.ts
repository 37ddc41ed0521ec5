// Who spends the quotas of the accounts, and on what: calls, and calls that were not needed. Told of every call and of
// every answer, so that it only counts; bounded, whoever asks.
import type { GivenAnswer } from '#contract/given-answer.ts'
import type { Spending } from '#contract/readings.ts'
import type { Clock } from '#model/clock.ts'
import { GivenCounts } from './given-counts.ts'
import { findExhaustionMs, PACE_SHARE, type StandingQuota } from './quota-forecast.ts'
import { RollingCounts } from './rolling-counts.ts'

/** Most clients of an account that are told apart. */
const MAX_CLIENTS = 200
/** What all others are called together. */
const OTHER = 'other'

/** What is counted of a client. */
const kinds = ['calls', 'savedByCache', 'savedBySharing'] as const

/** What the ledger is made with. */
export interface SpendingLedgerOptions {
  readonly accounts: readonly { readonly name: string; readonly windowSeconds: number }[]
  /** How many processes may spend the same quotas, this one included; 1 or more. */
  readonly replicas: number
  readonly clock: Pick<Clock, 'monotonicMs'>
}

/** One client and operation of an account. */
class SpendingRow {
  readonly totals = { calls: 0, savedByCache: 0, savedBySharing: 0 }
  readonly recent: RollingCounts

  constructor(windowMs: number) {
    this.recent = new RollingCounts(windowMs, kinds.length)
  }

  add(kind: (typeof kinds)[number], count: number, nowMs: number): void {
    if (count === 0) return
    this.totals[kind] += count
    this.recent.add(kinds.indexOf(kind), count, nowMs)
  }
}

/** One account. */
class AccountSpending {
  readonly windowMs: number
  readonly clients = new Map<string, Map<string, SpendingRow>>()
  readonly given = new Map<string, GivenCounts>()
  readonly calls: RollingCounts
  /** When room for another client may be looked for again. */
  private nextLookMs = 0

  constructor(windowSeconds: number) {
    this.windowMs = windowSeconds * 1000
    this.calls = new RollingCounts(this.windowMs, 1)
  }

  rowOf(client: string, operation: string, nowMs: number): SpendingRow {
    const known = this.clients.get(client)
    const row = known?.get(operation)
    if (row) return row
    if (!known && client !== OTHER && !this.hasRoom(nowMs)) return this.rowOf(OTHER, operation, nowMs)
    const created = new SpendingRow(this.windowMs)
    if (known) known.set(operation, created)
    else this.clients.set(client, new Map([[operation, created]]))
    return created
  }

  givenOf(operation: string): GivenCounts {
    const known = this.given.get(operation)
    if (known) return known
    const created = new GivenCounts()
    this.given.set(operation, created)
    return created
  }

  /** Whether another client may be told apart. Of those who have not been there for a window one makes room, now and then. */
  private hasRoom(nowMs: number): boolean {
    const told = this.clients.size - Number(this.clients.has(OTHER))
    if (told < MAX_CLIENTS) return true
    if (nowMs < this.nextLookMs) return false
    this.nextLookMs = nowMs + this.windowMs / MAX_CLIENTS
    for (const [client, rows] of this.clients) {
      if (client === OTHER || ![...rows.values()].every(({ recent }) => recent.isIdle(nowMs))) continue
      this.clients.delete(client)
      return true
    }
    return false
  }
}

/** Counts what clients spend. Accounts that it was not made for are not counted. */
export class SpendingLedger {
  private readonly accounts: ReadonlyMap<string, AccountSpending>
  private readonly replicas: number
  private readonly clock: Pick<Clock, 'monotonicMs'>

  constructor({ accounts, replicas, clock }: SpendingLedgerOptions) {
    this.accounts = new Map(accounts.map(({ name, windowSeconds }) => [name, new AccountSpending(windowSeconds)]))
    this.replicas = replicas
    this.clock = clock
  }

  /** Counts a call that the provider counts. @param operation what the answers that it saves are told by */
  called(name: string, client: string, operation: string): void {
    const account = this.accounts.get(name)
    if (!account) return
    const nowMs = this.clock.monotonicMs()
    account.calls.add(0, 1, nowMs)
    account.rowOf(client, operation, nowMs).add('calls', 1, nowMs)
  }

  /** Counts an answer. */
  gave(answer: GivenAnswer): void {
    const account = this.accounts.get(answer.account)
    if (!account) return
    account.givenOf(answer.operation).add(answer.from, answer.isStale, answer.ageMs)
    if (answer.savedByCache + answer.savedBySharing === 0) return
    const nowMs = this.clock.monotonicMs()
    const row = account.rowOf(answer.client, answer.operation, nowMs)
    row.add('savedByCache', answer.savedByCache, nowMs)
    row.add('savedBySharing', answer.savedBySharing, nowMs)
  }

  /** Counts provider calls that an answer which was sent again whole stood in for. */
  saved(name: string, client: string, operation: string, calls: number): void {
    const nowMs = this.clock.monotonicMs()
    this.accounts.get(name)?.rowOf(client, operation, nowMs).add('savedByCache', calls, nowMs)
  }

  /** What was spent and saved in an account's last window; nothing of whom did neither. */
  listSpending(name: string): readonly Spending[] {
    const nowMs = this.clock.monotonicMs()
    return this.listRows(name, ({ recent }) => ({
      calls: recent.sum(0, nowMs),
      savedByCache: recent.sum(1, nowMs),
      savedBySharing: recent.sum(2, nowMs),
    })).filter(({ calls, savedByCache, savedBySharing }) => calls + savedByCache + savedBySharing > 0)
  }

  /** The same since the process began, of clients that are told apart now. */
  listTotals(name: string): readonly Spending[] {
    return this.listRows(name, ({ totals }) => totals)
  }

  /** Answers since the process began, by operation. */
  listGiven(name: string): ReadonlyMap<string, GivenCounts> {
    return this.accounts.get(name)?.given ?? new Map()
  }

  /** Milliseconds until a quota is used up; see `findExhaustionMs` of the forecast. Null for an account not counted. */
  findExhaustionMs(name: string, quota: StandingQuota): number | null {
    const calls = this.accounts.get(name)?.calls
    if (!calls) return null
    const nowMs = this.clock.monotonicMs()
    return findExhaustionMs(quota, {
      windowCalls: calls.sum(0, nowMs),
      lateCalls: calls.sum(0, nowMs, PACE_SHARE),
      lateMs: calls.spanMs(nowMs, PACE_SHARE),
      replicas: this.replicas,
    })
  }

  private listRows(
    name: string,
    toCounts: (row: SpendingRow) => Omit<Spending, 'client' | 'operation'>,
  ): readonly Spending[] {
    const clients = this.accounts.get(name)?.clients ?? new Map<string, Map<string, SpendingRow>>()
    return [...clients].flatMap(([client, rows]) =>
      [...rows].map(([operation, row]) => ({ client, operation, ...toCounts(row) })),
    )
  }
}
