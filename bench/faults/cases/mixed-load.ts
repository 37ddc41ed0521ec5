// The mix most cases run under: many reads of a few things that are kept, and questions that nobody has asked before.
// What is held against the reads is the same in all of them.
import { setTimeout as delay } from 'node:timers/promises'
import type { Stage } from '../fault-case.ts'
import { countWithin, type Period, worstWindow } from '../figures/arrivals.ts'
import { percentile } from '../figures/percentiles.ts'
import type { Judgement } from '../judgement.ts'
import type { Fleet, FleetAccount } from '../rig/fleet.ts'
import { type Load, runLoads } from '../rig/load.ts'
import { type AskedQuestion, Questions } from '../rig/questions.ts'
import { steadyNow } from '../rig/steady-clock.ts'
import type { Arrival } from '../rig/upstream-protocol.ts'

/** 300 starts in 5 s: the usual 300 in 5 minutes, sixty times as fast. */
export const wide: FleetAccount = {
  name: 'wide',
  provider: 'chinanetcenter',
  quota: { limit: 300, windowSeconds: 5 },
}

/** For short forms: a window is over sooner, and side by side calls may travel for longer than a quarter of a second. */
const wideQuick: FleetAccount = { ...wide, quota: { limit: 120, windowSeconds: 2, guardMs: 1000 } }

/** The account that most cases ask. */
export function toWide({ isQuick }: Pick<Stage, 'isQuick'>): FleetAccount {
  return isQuick ? wideQuick : wide
}

/** An account with a list that changes each 5 s. */
export const listed: FleetAccount = {
  name: 'listed',
  provider: 'tencent',
  quota: { limit: 300, windowSeconds: 300 },
}

/** Commands to Redis are given up after this, milliseconds: what a request may lose to a Redis that has just gone. */
const COMMAND_TIMEOUT_MS = 200

/** What reads may always take while Redis comes back: whoever waited for a start is served at a stroke then. */
export const RELAXED_FLOOR_MS = 250

/** How long the mix runs before anything is measured: code that has just been loaded is slow, and a first span is free. */
const WARMING_MS = { quick: 2500, long: 6000 }

/**
 * When starts must come from the shared log again after Redis is back, milliseconds: a second for every replica to
 * notice and write down its own starts, and two more.
 */
export const SHARED_AGAIN_LIMIT_MS = 3000

/** How long a start of that account counts: its window and the default guard, milliseconds. */
export function toSpanMs({ quota }: FleetAccount): number {
  const guardMs = quota.guardMs ?? Math.min(2000, Math.max(250, quota.windowSeconds * 20))
  return quota.windowSeconds * 1000 + guardMs
}

/** Starts that replicas which agree may use in a span: the limit less the part kept for those who have lost the others. */
export function toCapacity({ quota }: FleetAccount): number {
  return quota.limit - Math.floor(quota.limit * 0.05)
}

/** Starts that one of three replicas may use in a span while it has lost the others. */
function toReserve({ quota }: FleetAccount): number {
  return Math.floor(Math.floor(quota.limit * 0.05) / 3)
}

/** How many of each a second. */
export interface MixRates {
  /** Reads of what is kept; one in twenty is of a list that has to be asked for anew each 5 s. */
  readonly reads: number
  /** Questions that each cost a provider call, by account. */
  readonly fresh: Readonly<Record<string, number>>
}

/** The rates of a form: side by side, short forms share the machine. */
export function toRates({ isQuick }: Pick<Stage, 'isQuick'>, { reads, fresh }: MixRates): MixRates {
  if (!isQuick) return { reads, fresh }
  const halves = Object.entries(fresh).map(([account, rate]) => [account, rate * 0.6])
  return { reads: reads / 2, fresh: Object.fromEntries(halves) }
}

/** The mix against one fleet, and what became of it. */
export class MixedLoad {
  readonly reads: AskedQuestion[] = []
  readonly fresh: AskedQuestion[] = []
  readonly questions: Questions
  private readonly fleet: Fleet
  private readonly loads: readonly Load[]

  constructor(fleet: Fleet, rates: MixRates) {
    this.fleet = fleet
    this.questions = new Questions(fleet.client)
    let turn = 0
    const read = async () => {
      turn += 1
      this.reads.push(await (turn % 20 === 0 ? this.questions.askList('listed') : this.questions.askCached('wide')))
    }
    this.loads = [
      { ratePerSecond: rates.reads, send: read },
      ...Object.entries(rates.fresh).map(([account, ratePerSecond]) => ({
        ratePerSecond,
        send: async () => {
          this.fresh.push(await this.questions.askFresh(account))
        },
      })),
    ]
  }

  /** Has every replica learn what is read, and runs the mix until the quota is in the state it will be in. */
  async warm(isQuick = false): Promise<void> {
    await this.questions.warm('wide', this.fleet.replicas.length)
    for (const { index } of this.fleet.replicas) await this.questions.askList('listed', { replica: index })
    await runLoads(this.loads, WARMING_MS[isQuick ? 'quick' : 'long'])
    for (const replica of this.fleet.replicas) await replica.inspect(true)
  }

  /** Runs the mix while the script runs, and waits for the last answer. @returns what the script does */
  async run<Result>(script: () => Promise<Result>): Promise<Result> {
    const running = Promise.withResolvers<Result>()
    await runLoads(this.loads, 0, async () => running.resolve(await script()))
    return running.promise
  }

  /** Answers to reads sent within a period. */
  readsWithin({ fromMs, toMs }: Period): readonly AskedQuestion[] {
    return this.reads.filter(({ sentAtMs }) => sentAtMs >= fromMs && sentAtMs < toMs)
  }
}

/** Waits, and says from when to when. */
export async function during(ms: number): Promise<Period> {
  const fromMs = steadyNow()
  await delay(ms)
  return { fromMs, toMs: steadyNow() }
}

/** Time from sending to the whole answer, milliseconds. */
export const toTookMs = ({ sentAtMs, doneAtMs }: AskedQuestion) => doneAtMs - sentAtMs

/** What reads under a fault are held to. */
export interface ReadLimits {
  /** Reads without a fault, in the same run. */
  readonly baseline: readonly AskedQuestion[]
  /** p99 may be three times the baseline's, and is always allowed this. */
  readonly floorMs: number
}

/** Holds reads to their limits: every one answered, and no slower than it may be. @param prefix begins the names */
export function judgeReads(
  judgement: Judgement,
  prefix: string,
  reads: readonly AskedQuestion[],
  { baseline, floorMs }: ReadLimits,
): void {
  const usualMs = percentile(baseline.map(toTookMs), 0.99)
  judgement.note(`${prefix}Reads`, reads.length)
  const ofLists = reads.filter(({ question }) => question === '')
  judgement.note(`${prefix}ListP99Ms`, percentile(ofLists.map(toTookMs), 0.99))
  judgement.equals(`${prefix}FailedReads`, reads.filter(({ status }) => status !== 200).length, 0)
  judgement.takesAtMost(`${prefix}P99Ms`, percentile(reads.map(toTookMs), 0.99), Math.max(3 * usualMs, floorMs))
}

/** Reads of the first second of a fault may wait for one command to Redis, and no longer. */
export function judgeFirstSecond(
  judgement: Judgement,
  prefix: string,
  load: MixedLoad,
  { fromMs }: Period,
  { baseline }: Pick<ReadLimits, 'baseline'>,
): void {
  const first = load.readsWithin({ fromMs, toMs: fromMs + 1000 }).map(toTookMs)
  // The slowest read of all is only as good as the slowest without a fault.
  const slack = Math.max(50, percentile(baseline.map(toTookMs), 1))
  judgement.takesAtMost(`${prefix}FirstSecondMaxMs`, percentile(first, 1), COMMAND_TIMEOUT_MS + slack)
}

/** When each call of an account arrived. */
export function arrivedAt(arrivals: readonly Arrival[], account: string): number[] {
  return arrivals.filter((arrival) => arrival.account === account).map(({ atMs }) => atMs)
}

/** Holds the whole run to the account's limit, in any window. */
export function judgeWindows(judgement: Judgement, account: FleetAccount, arrivals: readonly Arrival[]): void {
  const { limit, windowSeconds } = account.quota
  const worst = worstWindow(arrivedAt(arrivals, account.name), windowSeconds * 1000)
  judgement.atMost(`${account.name}WorstWindow`, worst, limit)
}

/**
 * Holds the fleet to sharing again soon after `sinceMs`. More starts since then than all replicas' reserves together
 * can only have come from the shared log.
 */
export function judgeSharedAgain(
  judgement: Judgement,
  account: FleetAccount,
  arrivals: readonly Arrival[],
  { sinceMs, limitMs }: { readonly sinceMs: number; readonly limitMs: number },
): void {
  const since = arrivedAt(arrivals, account.name).filter((atMs) => atMs >= sinceMs)
  const sharedAtMs = since[3 * toReserve(account)] ?? Number.POSITIVE_INFINITY
  judgement.takesAtMost('sharedAgainMs', sharedAtMs - sinceMs, limitMs)
}

/** Arrivals of a period, as a figure beside the others. */
export function noteStarts(
  judgement: Judgement,
  name: string,
  account: FleetAccount,
  arrivals: readonly Arrival[],
  period: Period,
): void {
  judgement.note(name, countWithin(arrivedAt(arrivals, account.name), period))
}
