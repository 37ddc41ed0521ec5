import { setTimeout as delay } from 'node:timers/promises'
import { z } from 'zod'
import { waitUntil } from '../../../test/support/wait-until.ts'
import type { FaultCase, Stage } from '../fault-case.ts'
import { countWithin } from '../figures/arrivals.ts'
import { percentile } from '../figures/percentiles.ts'
import type { Fleet } from '../rig/fleet.ts'
import { runLoads, sendBurst } from '../rig/load.ts'
import { type AskedQuestion, Questions } from '../rig/questions.ts'
import { arrivedAt, during, listed, toTookMs, wide } from './mixed-load.ts'

const ASKERS = 500
const LIST_LIFE_MS = 5000
const DEADLINE_MS = 10_000
/** Less than would show in an age, which is told in whole seconds. */
const FETCHED_AT_SPREAD_MS = 250

/** R15: however many ask the same, and wherever: the provider is asked once. */
export const oneQuestion: FaultCase = {
  name: 'R15',
  title: '500 identical cold questions; a hot one that runs out; a leader that dies',
  part: 'quota',
  isQuick: true,
  needsRedis: false,
  tells: ['coldCalls', 'coldDifferentAnswers', 'hotCalls', 'orphansAnswered', 'orphansMaxMs'],
  run: async (stage) => {
    const fleet = await stage.startFleet({ accounts: [wide, listed] })
    const questions = new Questions(fleet.client)
    // Connections and code are warm; the question is not.
    await sendBurst(ASKERS / 2, () => fleet.client.get('/healthz'))
    await questions.warm(wide.name, fleet.replicas.length)
    await askTogether(stage, fleet, questions)
    await askHot(stage, fleet, questions)
    if (fleet.replicas.length > 1) await killLeader(stage, fleet, questions)
  },
}

async function askTogether({ judgement }: Stage, fleet: Fleet, questions: Questions): Promise<void> {
  const question = questions.nameFresh()
  await fleet.upstream.setLatency(300)
  const answers: AskedQuestion[] = []
  await sendBurst(ASKERS, async () => {
    answers.push(await questions.askSessions(wide.name, question))
  })
  await fleet.upstream.setLatency(0)
  const calls = (await fleet.upstream.arrivals()).filter((arrival) => arrival.question === question)
  judgement.equals('coldCalls', calls.length, 1)
  judgement.equals('coldAnswers', answers.filter(({ status }) => status === 200).length, ASKERS)
  const told = answers.map(({ body }) => readAnswer(body))
  judgement.equals('coldDifferentAnswers', new Set(told.map(({ data }) => data)).size, 1)
  // Each replica tells the instant on its own wall clock, which it reckons from the clock of Redis.
  const fetchedAt = told.map(({ fetchedAtMs }) => fetchedAtMs)
  judgement.takesAtMost('coldFetchedAtSpreadMs', Math.max(...fetchedAt) - Math.min(...fetchedAt), FETCHED_AT_SPREAD_MS)
  judgement.note('coldP99Ms', percentile(answers.map(toTookMs), 0.99))
}

const answerSchema = z.looseObject({ fetchedAt: z.string() })

/** What an answer says, and when it says that was fetched. */
function readAnswer(body: string): { readonly data: string; readonly fetchedAtMs: number } {
  const { data: answer } = answerSchema.safeParse(JSON.parse(body))
  const { fetchedAt = '', ...data } = answer ?? {}
  return { data: JSON.stringify(data), fetchedAtMs: Date.parse(fetchedAt) }
}

async function askHot({ judgement, isQuick }: Stage, fleet: Fleet, questions: Questions): Promise<void> {
  const answers: AskedQuestion[] = []
  const send = async () => {
    answers.push(await questions.askList(listed.name))
  }
  const period = await during(0)
  const durationMs = (isQuick ? 1 : 3) * LIST_LIFE_MS + 1000
  await runLoads([{ ratePerSecond: isQuick ? 100 : 200, send }], durationMs)
  const calls = countWithin(arrivedAt(await fleet.upstream.arrivals(), listed.name), {
    fromMs: period.fromMs,
    toMs: period.fromMs + durationMs,
  })
  judgement.atMost('hotCalls', calls, Math.floor(durationMs / LIST_LIFE_MS) + 1)
  judgement.equals('hotFailures', answers.filter(({ status }) => status !== 200).length, 0)
  judgement.note('hotP99Ms', percentile(answers.map(toTookMs), 0.99))
}

/** The replica that asks for all dies while it waits for the provider; who waits with it must not. */
async function killLeader({ judgement }: Stage, fleet: Fleet, questions: Questions): Promise<void> {
  const question = questions.nameFresh()
  await fleet.upstream.setLatency(3000)
  const asking = fleet.replicas.map(({ index }) => questions.askSessions(wide.name, question, { replica: index }))
  const findCall = async () => (await fleet.upstream.arrivals()).find((arrival) => arrival.question === question)
  await waitUntil('the provider is asked', async () => (await findCall()) !== undefined)
  await delay(100)
  const leader = (await findCall())?.replica ?? 0
  await fleet.replicas[leader]?.kill()
  await fleet.upstream.setLatency(0)
  const answers = (await Promise.all(asking)).filter(({ replica }) => replica !== leader)
  judgement.equals('orphansAnswered', answers.filter(({ status }) => status === 200).length, answers.length)
  judgement.takesAtMost('orphansMaxMs', percentile(answers.map(toTookMs), 1), DEADLINE_MS)
}
