import { setTimeout as delay } from 'node:timers/promises'
import { waitUntil } from '../../../test/support/wait-until.ts'
import type { FaultCase, Stage } from '../fault-case.ts'
import type { Fleet, FleetAccount } from '../rig/fleet.ts'
import { runLoads } from '../rig/load.ts'
import { type AskedQuestion, Questions } from '../rig/questions.ts'
import type { Arrival } from '../rig/upstream-protocol.ts'
import { listed } from './mixed-load.ts'

/** What the provider says in Retry-After, and for how long it is to be left alone for it. */
interface Refusal {
  readonly account: string
  readonly says: (pauseMs: number) => string
  /** Undefined for a text that names no time. */
  readonly toPauseMs: (pauseMs: number) => number | undefined
}

const LONGEST_PAUSE_MS = 300_000
/** A date says whole seconds, and so does the provider's clock it is read against. */
const DATE_SLACK_MS = 1000
const refusals: readonly Refusal[] = [
  { account: 'seconds', says: (ms) => String(ms / 1000), toPauseMs: (ms) => ms },
  { account: 'fraction', says: (ms) => String(ms / 1000 + 0.5), toPauseMs: (ms) => ms + 500 },
  {
    account: 'date',
    says: (ms) => new Date(Date.now() + ms).toUTCString(),
    toPauseMs: (ms) => ms - DATE_SLACK_MS,
  },
  { account: 'absurd', says: () => '99999999', toPauseMs: () => LONGEST_PAUSE_MS },
  { account: 'negative', says: () => '-1', toPauseMs: () => undefined },
]
/** Calls that were on their way when the answer came, milliseconds. */
const OWN_SLACK_MS = 100
/** Until the other replicas can know. */
const OTHERS_SLACK_MS = 600
/** How long a list is good, milliseconds. */
const LIST_LIFE_MS = 5000
/** Its answer came from upstream; the refused replica's own clock starts when it has read it. */
const EARLY_MS = 50

/** R14: the time that a provider names is law, to everybody who shares the account. */
export const throttledUpstream: FaultCase = {
  name: 'R14',
  title: 'the provider refuses with Retry-After 30, 30.5, a date, 99999999, -1',
  part: 'quota',
  isQuick: false,
  needsRedis: false,
  run: async (stage) => {
    const { judgement } = stage
    const pauseMs = stage.isQuick ? 6000 : 30_000
    const accounts = refusals.map(
      ({ account }): FleetAccount => ({
        name: account,
        provider: 'chinanetcenter',
        quota: { limit: 300, windowSeconds: 5 },
      }),
    )
    const fleet = await stage.startFleet({
      accounts: [...accounts, listed],
      settings: { upstream: { deadlineMs: 2000 } },
    })
    const questions = new Questions(fleet.client)
    for (const { index } of fleet.replicas) {
      await questions.askList(listed.name, { replica: index })
      for (const { name } of accounts) await questions.askFresh(name, { replica: index })
    }
    const refused = new Map<string, Refused>()
    for (const refusal of refusals) refused.set(refusal.account, await refuseOnce(fleet, questions, refusal, pauseMs))
    await refuseList(fleet)

    const asked: AskedQuestion[] = []
    const lists: AskedQuestion[] = []
    const load = accounts.map(({ name }) => ({
      ratePerSecond: 9,
      send: async () => {
        asked.push(await questions.askFresh(name))
      },
    }))
    const readList = async () => {
      lists.push(await questions.askList(listed.name))
    }
    await runLoads([...load, { ratePerSecond: 10, send: readList }], pauseMs + 3000)
    const arrivals = await fleet.upstream.arrivals()
    for (const refusal of refusals) judgeRefusal(stage, refusal, refused.get(refusal.account), arrivals, pauseMs)
    const told = asked.filter(({ account }) => account === 'absurd')
    judgement.atMost('longestToldMs', Math.max(...told.map(({ retryAfterMs }) => retryAfterMs ?? 0)), LONGEST_PAUSE_MS)
    judgement.equals('listFailures', lists.filter(({ status }) => status !== 200).length, 0)
    judgement.atLeast('staleLists', lists.filter(({ body }) => body.includes('"stale":true')).length, 1)
  },
}

/** Who was refused, and when the provider was done saying so. */
interface Refused {
  readonly replica: number
  readonly atMs: number
}

/** Has one call of the account refused. */
async function refuseOnce(
  fleet: Fleet,
  questions: Questions,
  { account, says }: Refusal,
  pauseMs: number,
): Promise<Refused> {
  const retryAfter = says(pauseMs)
  await fleet.upstream.fault({ kind: 'throttled', provider: 'chinanetcenter', times: 1, retryAfter })
  const { question } = await questions.askFresh(account, { replica: 0 })
  let call: Arrival | undefined
  await waitUntil('the refusal is on the record', async () => {
    call = (await fleet.upstream.arrivals()).find((arrival) => arrival.question === question)
    return typeof call?.doneAtMs === 'number'
  })
  if (call?.status !== 429) throw new Error('the provider did not refuse the call that it was to refuse')
  return { replica: call.replica, atMs: call.doneAtMs ?? call.atMs }
}

/** Has the list refused from now on, once what is kept of it has run out, so that only an old one can be shown. */
async function refuseList(fleet: Fleet): Promise<void> {
  await fleet.upstream.fault({ kind: 'throttled', provider: 'tencent' })
  await delay(LIST_LIFE_MS)
}

function judgeRefusal(
  { judgement }: Stage,
  { account, toPauseMs }: Refusal,
  refused: Refused | undefined,
  arrivals: readonly Arrival[],
  askedPauseMs: number,
): void {
  if (refused === undefined) throw new Error(`account ${account} was never refused`)
  const pauseMs = toPauseMs(askedPauseMs)
  const since = arrivals.filter((arrival) => arrival.account === account && arrival.atMs > refused.atMs)
  if (pauseMs !== undefined) {
    const isEarly = ({ replica, atMs }: Arrival) => {
      const knownAtMs = refused.atMs + (replica === refused.replica ? OWN_SLACK_MS : OTHERS_SLACK_MS)
      return atMs > knownAtMs && atMs < refused.atMs + pauseMs - EARLY_MS
    }
    judgement.equals(`${account}EarlyCalls`, since.filter(isEarly).length, 0)
  }
  if (pauseMs === LONGEST_PAUSE_MS) return
  // Calls wait for the end of a pause only when it is near; after it somebody always asks.
  const freeAtMs = refused.atMs + (pauseMs ?? 0)
  const first = since.find(({ atMs }) => atMs >= freeAtMs - EARLY_MS)
  const waitedMs = (first?.atMs ?? Number.POSITIVE_INFINITY) - freeAtMs
  if (pauseMs === undefined) judgement.atLeast(`${account}CallsAfterwards`, since.length, 1)
  else judgement.atMost(`${account}ResumedAfterMs`, waitedMs, 2500)
}
