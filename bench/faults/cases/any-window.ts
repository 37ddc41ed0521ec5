import { setTimeout as delay } from 'node:timers/promises'
import type { FaultCase, Stage } from '../fault-case.ts'
import { type Period, useOfSpans } from '../figures/arrivals.ts'
import { percentile } from '../figures/percentiles.ts'
import { findRetryAfterErrors } from '../figures/refusals.ts'
import type { FleetAccount } from '../rig/fleet.ts'
import { runLoads, sendBurst } from '../rig/load.ts'
import { type AskedQuestion, Questions } from '../rig/questions.ts'
import { steadyNow } from '../rig/steady-clock.ts'
import type { Arrival } from '../rig/upstream-protocol.ts'
import { arrivedAt, during, judgeWindows, toCapacity, toSpanMs, toTookMs, toWide, wide } from './mixed-load.ts'

const narrow: FleetAccount = {
  name: 'narrow',
  provider: 'chinanetcenter',
  quota: { limit: 30, windowSeconds: 5 },
}

/** The accounts of a form, and what goes with the length of their window. */
interface Scale {
  readonly accounts: readonly FleetAccount[]
  readonly windowMs: number
  /** Windows of demand without a break, after one that fills the log. */
  readonly saturatedWindows: number
  /** Edges of windows that are straddled; half as many floods come after them. */
  readonly straddledWindows: number
  /** Short enough that most of what is too much is refused, long enough for a flood to be answered on a small machine. */
  readonly deadlineMs: number
  /** Twice what the quota lets through, questions a second by account. */
  readonly saturating: Readonly<Record<string, number>>
  /** Questions beside it that ask no provider, a second: about as many as are refused. */
  readonly trivial: number
  /** Enough that somebody always asks when a start comes free. */
  readonly trickle: Readonly<Record<string, number>>
}

const long: Scale = {
  accounts: [wide, narrow],
  windowMs: 5000,
  saturatedWindows: 12,
  straddledWindows: 4,
  deadlineMs: 3000,
  saturating: { wide: 115, narrow: 12 },
  trivial: 60,
  trickle: { wide: 40, narrow: 12 },
}
const quick: Scale = {
  accounts: [toWide({ isQuick: true }), { ...narrow, quota: { limit: 12, windowSeconds: 2, guardMs: 1000 } }],
  windowMs: 3000,
  saturatedWindows: 1,
  straddledWindows: 1,
  deadlineMs: 1800,
  saturating: { wide: 80, narrow: 8 },
  trivial: 40,
  trickle: { wide: 30, narrow: 8 },
}

/** R1: no window of any position ever holds more than the limit, and nearly all of it can be used. */
export const anyWindow: FaultCase = {
  name: 'R1',
  title: 'three replicas on one quota, 300 and 30 in 5 s, 0 to 25 ms of jitter',
  part: 'quota',
  isQuick: true,
  needsRedis: false,
  tells: ['wideWorstWindow', 'narrowWorstWindow', 'wideUse', 'narrowUse', 'refusalOverTrivialP99Ms'],
  run: async (stage) => {
    const { judgement } = stage
    const scale = stage.isQuick ? quick : long
    const { accounts, windowMs } = scale
    const fleet = await stage.startFleet({
      accounts,
      jitterMs: 25,
      settings: { upstream: { deadlineMs: scale.deadlineMs } },
    })
    const asked: AskedQuestion[] = []
    const trivial: AskedQuestion[] = []
    const questions = new Questions(fleet.client)
    await questions.warm(wide.name, fleet.replicas.length)
    const ask = (account: string) => async () => {
      asked.push(await questions.askFresh(account))
    }
    const load = (rates: Readonly<Record<string, number>>) =>
      accounts.map(({ name }) => ({ ratePerSecond: rates[name] ?? 0, send: ask(name) }))
    const quiet = {
      ratePerSecond: scale.trivial,
      send: async () => {
        trivial.push({ account: '', question: '', ...(await fleet.client.get('/v1/accounts')) })
      },
    }

    const saturated = await measure(async () => {
      await runLoads([...load(scale.saturating), quiet], (scale.saturatedWindows + 1) * windowMs)
    })
    for (let window = 0; window < scale.straddledWindows; window += 1) await straddle(scale, ask)
    const flooded = await measure(async () => {
      for (let flood = 0; flood < Math.ceil(scale.straddledWindows / 2); flood += 1) {
        await delay(windowMs)
        await Promise.all([
          ...accounts.map(({ name, quota }) => sendBurst(2 * quota.limit, ask(name))),
          runLoads(load(scale.trickle), windowMs),
        ])
      }
    })

    const arrivals = await fleet.upstream.arrivals()
    for (const account of accounts) {
      judgeWindows(judgement, account, arrivals)
      judgeUse(stage, account, arrivals, saturated)
    }
    // The first window is spent on starts that are free, by code that has just been loaded.
    judgeRefusals(stage, asked, trivial, { ...saturated, windowMs })
    judgeRetryAfter(stage, 'saturated', asked, arrivals, saturated)
    judgeRetryAfter(stage, 'flooded', asked, arrivals, flooded)
    // On a machine that is busy with other things a start may come too late for its answer.
    judgement.lateAtMost('timeouts', asked.filter(({ code }) => code === 'UPSTREAM_TIMEOUT').length, 0)
    const usual = new Set(['QUOTA_EXHAUSTED', 'UPSTREAM_TIMEOUT'])
    const strange = asked.filter(({ status, code }) => status !== 200 && !usual.has(code))
    judgement.equals('otherFailures', strange.length, 0)
    judgement.note('otherCodes', [...new Set(strange.map(({ status, code }) => `${status} ${code}`))].join(', '))
  },
}

async function measure(work: () => Promise<void>): Promise<Period> {
  const fromMs = steadyNow()
  await work()
  return { fromMs, toMs: steadyNow() }
}

/** A whole limit's worth just before the edge of a window of the clock, and another just after it. */
async function straddle({ accounts, windowMs }: Scale, ask: (account: string) => () => Promise<void>): Promise<void> {
  await delay(Math.max(0, windowMs - (steadyNow() % windowMs) - 100))
  const bursts: Promise<void>[] = []
  for (let side = 0; side < 2; side += 1) {
    bursts.push(...accounts.map(({ name, quota }) => sendBurst(quota.limit, ask(name))))
    await during(200)
  }
  await Promise.all(bursts)
}

function judgeUse({ judgement }: Stage, account: FleetAccount, arrivals: readonly Arrival[], saturated: Period): void {
  const spanMs = toSpanMs(account)
  // The first span fills the log; the answers of the last moments may have been waited for.
  const steady = { fromMs: saturated.fromMs + 500, toMs: saturated.toMs }
  const use = useOfSpans(arrivedAt(arrivals, account.name), steady, { spanMs, capacity: toCapacity(account) })
  judgement.reaches(`${account.name}Use`, use.mean, 0.95)
  judgement.note(`${account.name}WorstSpanUse`, use.worst)
}

function judgeRefusals(
  { judgement }: Stage,
  asked: readonly AskedQuestion[],
  trivial: readonly AskedQuestion[],
  { fromMs, toMs, windowMs }: Period & { readonly windowMs: number },
): void {
  const refused = asked.filter(({ code }) => code === 'QUOTA_EXHAUSTED')
  const byWindow = (questions: readonly AskedQuestion[]) =>
    Array.from({ length: Math.floor((toMs - fromMs) / windowMs) - 1 }, (_, index) => {
      const isIn = ({ sentAtMs }: AskedQuestion) => Math.floor((sentAtMs - fromMs) / windowMs) === index + 1
      return questions.filter(isIn).map(toTookMs)
    })
  const [refusals, trivials] = [byWindow(refused), byWindow(trivial)]
  for (const [name, windows] of Object.entries({ refusal: refusals, trivial: trivials }))
    for (const share of [50, 90, 99]) judgement.note(`${name}P${share}Ms`, percentile(windows.flat(), share / 100))
  // Beside as many answers of the same seconds that ask no provider, for what holds up the machine holds up both; of the
  // window in the middle, for few of them are in the last hundredth of a window.
  const overMs = refusals.map((window, index) => percentile(window, 0.99) - percentile(trivials[index] ?? [], 0.99))
  judgement.note('windowsOverTrivialP99Ms', overMs.map((ms) => ms.toFixed(1)).join(' '))
  judgement.takesAtMost('refusalOverTrivialP99Ms', percentile(overMs, 0.5), 20)
}

function judgeRetryAfter(
  { judgement }: Stage,
  name: string,
  asked: readonly AskedQuestion[],
  arrivals: readonly Arrival[],
  { fromMs, toMs }: Period,
): void {
  const startedAtMs = new Map<string, number>()
  for (const { account, question, atMs } of arrivals) {
    const key = `${account} ${question}`
    startedAtMs.set(key, Math.min(atMs, startedAtMs.get(key) ?? atMs))
  }
  const meant = asked.filter(({ sentAtMs }) => sentAtMs >= fromMs && sentAtMs < toMs)
  const refused = meant.filter(({ code }) => code === 'QUOTA_EXHAUSTED')
  judgement.note(`${name}Refusals`, refused.length)
  const untold = refused.filter(({ retryAfterMs }) => retryAfterMs === undefined)
  judgement.equals(`${name}RefusalsWithoutTime`, untold.length, 0)
  const calls = meant.map((call) => ({ ...call, startedAtMs: startedAtMs.get(`${call.account} ${call.question}`) }))
  const errorsBy = (lineOf: (call: AskedQuestion) => string) =>
    [...Map.groupBy(calls, lineOf).values()].flatMap(findRetryAfterErrors)
  const errors = errorsBy(({ account }) => account)
  judgement.note(`${name}RetryAfterMedianErrorMs`, percentile(errors, 0.5))
  judgement.takesAtMost(`${name}RetryAfterP99ErrorMs`, percentile(errors.map(Math.abs), 0.99), 1000)
  // Each replica has a line of its own: somebody may be luckier at another one.
  const own = errorsBy(({ account, replica }) => `${account} ${replica}`)
  judgement.note(`${name}OwnLineMedianErrorMs`, percentile(own, 0.5))
  judgement.note(`${name}OwnLineP90ErrorMs`, percentile(own.map(Math.abs), 0.9))
  judgement.note(`${name}OwnLineP99ErrorMs`, percentile(own.map(Math.abs), 0.99))
}
