import type { FaultCase, Stage } from '../fault-case.ts'
import { type Period, worstWindow } from '../figures/arrivals.ts'
import { percentile } from '../figures/percentiles.ts'
import { countOpenAtMost } from '../figures/pops.ts'
import type { FleetAccount } from '../rig/fleet.ts'
import { runLoads } from '../rig/load.ts'
import { type AskedQuestion, Questions } from '../rig/questions.ts'
import { steadyNow } from '../rig/steady-clock.ts'
import type { Arrival } from '../rig/upstream-protocol.ts'
import { during, listed, toTookMs } from './mixed-load.ts'

/** Neither is to run out of starts: what is looked at is the provider, not the quota. */
const well: FleetAccount = { name: 'well', provider: 'chinanetcenter', quota: { limit: 100_000, windowSeconds: 5 } }
const hung: FleetAccount = { ...listed, name: 'hung', quota: { limit: 100_000, windowSeconds: 5 } }

const DEADLINE_MS = 2000
/** What an answer may take beyond the deadline. */
const SLACK_MS = 600
/** Most calls that one replica has in flight to one host. */
const BULKHEAD = 16
/** An open breaker lets one call through in this time, over all replicas. */
const PROBE_MS = 5000
/** Two probes a whole turn apart may travel differently long. */
const PROBE_SLACK_MS = 500
const OPEN_LIMIT_MS = 10_000
/** As long as a breaker remembers: what went well must not hide for longer what goes badly. */
const USUAL_MS = 32_000
/** More than calls that fill the bulkhead hold it up for. */
const SILENCE_MS = DEADLINE_MS + 1000
/** What of each second is asked of whom. */
const RATES = {
  quick: { wellKept: 40, wellNew: 10, hungKept: 20, hungNew: 30 },
  long: { wellKept: 80, wellNew: 20, hungKept: 60, hungNew: 40 },
}

/**
 * What an answer about the hung provider may say. The last one is said of calls that had no start by the time they
 * would have needed one, because those before them hold every connection.
 */
const codes = new Set(['UPSTREAM_TIMEOUT', 'UPSTREAM_UNAVAILABLE', 'QUOTA_EXHAUSTED'])

/** R10: a provider that hangs is nobody's trouble but its own. */
export const hangingUpstream: FaultCase = {
  name: 'R10',
  title: 'one of two providers accepts and never answers',
  part: 'providers',
  isQuick: true,
  needsRedis: false,
  tells: ['wellP99Ms', 'wellFailures', 'hungSlowestMs', 'inFlightMost', 'openedAfterMs', 'probesInOneInterval'],
  run: async (stage) => {
    const { judgement, isQuick } = stage
    const fleet = await stage.startFleet({
      accounts: [well, hung],
      settings: { upstream: { deadlineMs: DEADLINE_MS } },
    })
    const questions = new Questions(fleet.client)
    await questions.warm(well.name, fleet.replicas.length)
    const asked: AskedQuestion[] = []
    const keep = (ask: () => Promise<AskedQuestion>) => async () => {
      asked.push(await ask())
    }
    const rates = RATES[isQuick ? 'quick' : 'long']
    const loads = [
      { ratePerSecond: rates.wellKept, send: keep(() => questions.askCached(well.name)) },
      { ratePerSecond: rates.wellNew, send: keep(() => questions.askFresh(well.name)) },
      { ratePerSecond: rates.hungKept, send: keep(() => questions.askList(hung.name)) },
      {
        ratePerSecond: rates.hungNew,
        send: keep(() => questions.askSamples(hung.name, questions.nameFreshStream(), 15)),
      },
    ]
    await runLoads(loads, isQuick ? 1000 : 4000)
    const periods = Promise.withResolvers<{ usual: Period; fault: Period; after: Period }>()
    await runLoads(loads, 0, async () => {
      const usual = await during(isQuick ? 2000 : USUAL_MS)
      await fleet.upstream.fault({ kind: 'hang', provider: 'tencent' })
      const fault = await during(isQuick ? 9500 : 45_000)
      await fleet.upstream.clearFaults()
      periods.resolve({ usual, fault, after: await during(isQuick ? 0 : 10_000) })
    })
    const { usual, fault, after } = await periods.promise
    const within = ({ fromMs, toMs }: Period, account: FleetAccount) =>
      asked.filter((one) => one.account === account.name && one.sentAtMs >= fromMs && one.sentAtMs < toMs)
    judgeWell(stage, within(usual, well), within(fault, well))
    judgeHung(stage, within(fault, hung))
    judgeCalls(stage, await fleet.upstream.arrivals(), fault)
    if (!isQuick) {
      const late = within({ fromMs: after.toMs - 2000, toMs: after.toMs }, hung)
      judgement.note('hungFailuresOnceBack', late.filter(({ status }) => status !== 200).length)
    }
  },
}

function judgeWell({ judgement }: Stage, usual: readonly AskedQuestion[], fault: readonly AskedQuestion[]): void {
  const usualMs = percentile(usual.map(toTookMs), 0.99)
  judgement.note('wellUsualP99Ms', usualMs)
  judgement.takesAtMost('wellP99Ms', percentile(fault.map(toTookMs), 0.99), Math.max(1.5 * usualMs, 30))
  judgement.equals('wellFailures', fault.filter(({ status }) => status !== 200).length, 0)
}

function judgeHung({ judgement }: Stage, asked: readonly AskedQuestion[]): void {
  const answered = asked.filter(({ status }) => status === 200)
  judgement.note('hungAnswers', asked.length)
  judgement.note('hungFromCache', answered.length)
  judgement.note('hungWithoutStart', asked.filter(({ code }) => code === 'QUOTA_EXHAUSTED').length)
  const strange = asked.filter(({ status, code }) => status !== 200 && !codes.has(code))
  judgement.equals('hungOtherFailures', strange.length, 0)
  judgement.note('hungOtherCodes', [...new Set(strange.map(({ status, code }) => `${status} ${code}`))].join(', '))
  // What was fresh when the provider stopped answering is so for 5 s more.
  const [first = { sentAtMs: 0 }] = asked
  const old = answered.filter(({ sentAtMs }) => sentAtMs > first.sentAtMs + 6000)
  judgement.equals('hungOldButNotSaidSo', old.filter(({ body }) => !body.includes('"stale":true')).length, 0)
  judgement.takesAtMost('hungSlowestMs', percentile(asked.map(toTookMs), 1), DEADLINE_MS + SLACK_MS)
}

function judgeCalls({ judgement }: Stage, arrivals: readonly Arrival[], fault: Period): void {
  const calls = arrivals.filter(
    ({ account, atMs }) => account === hung.name && atMs >= fault.fromMs && atMs < fault.toMs,
  )
  const ways = [...Map.groupBy(calls, ({ replica, role }) => `${replica} ${role}`).values()]
  const untilMs = steadyNow()
  judgement.atMost('inFlightMost', Math.max(0, ...ways.map((way) => countOpenAtMost(way, untilMs))), BULKHEAD)
  const roles = [...Map.groupBy(calls, ({ role }) => role).values()].map((role) => role.map(({ atMs }) => atMs))
  const openedAtMs = roles.map((atMs) => findLastOfCrowd(atMs))
  judgement.atMost('openedAfterMs', Math.max(...openedAtMs) - fault.fromMs, OPEN_LIMIT_MS)
  const probes = roles.map((atMs, index) => atMs.filter((one) => one > (openedAtMs[index] ?? 0)))
  judgement.atLeast('probes', Math.max(0, ...probes.map(({ length }) => length)), 1)
  const worst = probes.map((atMs) => worstWindow(atMs, PROBE_MS - PROBE_SLACK_MS))
  judgement.atMost('probesInOneInterval', Math.max(0, ...worst), 1)
}

/**
 * When the last call arrived before nobody was let through for a while; what comes after that are probes.
 * @param atMs in order
 */
function findLastOfCrowd(atMs: readonly number[]): number {
  const last = atMs.find((one, index) => (atMs[index + 1] ?? Number.POSITIVE_INFINITY) - one >= SILENCE_MS)
  return last ?? Number.POSITIVE_INFINITY
}
