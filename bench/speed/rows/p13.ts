import { createHash } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { Agent, request } from 'undici'
import { z } from 'zod'
import { toRatios, toSpread } from '../../comparison.ts'
import { percentile } from '../../faults/figures/percentiles.ts'
import { ACCOUNT, askPush, toKey } from '../questions.ts'
import { questionHeaders, type Rig } from '../rig.ts'
import type { Finding, Row } from '../row.ts'
import { type BenchUpstream, openUpstream } from '../upstream.ts'
import { startWeir } from '../weir.ts'

const PROVIDER_MS = 20
const QUESTIONS_PER_ROUND = 20
const HOURS_MS = 7_200_000
/** Streams whose long history no other row asks about. */
const FIRST_STREAM = 100
const LONG_LIST = 10_000
const PAGE = 300
/** The list is fresh for 5 s. */
const LIST_LIFE_MS = 5500

/** What is not cached. */
export const p13: Row<Rig> = {
  id: 'P13',
  title: 'cold: the first to ask',
  method:
    'The provider answers 20 ms after a call arrives. Q4 of one stream after another over one connection: the median latency less that of the same call made directly, which holds the 20 ms and the making and carrying of the answer behind it. Then 10 000 live streams, page after page of 300, beside the same pages asked of the provider directly.',
  cells: [],
  measure: async (rig) => [...(await measureCold(rig)), ...(await measureList(rig))],
}

async function measureCold({ scene, redis, pace }: Rig): Promise<readonly Finding[]> {
  const { upstream, cores } = scene
  const weir = await startWeir({
    ...scene,
    name: 'cold',
    redis: { url: redis.url, prefix: 'bench-p13' },
    before: cores.server,
  })
  const dispatcher = new Agent({ connections: 1 })
  // On the grid of the windows, so that each answer is one provider call.
  const from = Math.floor(Date.now() / HOURS_MS) * HOURS_MS - 2 * HOURS_MS
  const [ours, direct]: [number[], number[]] = [[], []]
  upstream.delayMs = PROVIDER_MS
  upstream.reset()
  try {
    for (let round = 0; round <= pace.rounds; round += 1) {
      const [asked, called]: [number[], number[]] = [[], []]
      for (let question = 0; question < QUESTIONS_PER_ROUND; question += 1) {
        const key = toKey(FIRST_STREAM + round * QUESTIONS_PER_ROUND + question)
        asked.push(await time(() => post(`${weir.url}/graphql`, askPush(key, from), dispatcher)))
        called.push(await time(() => callHistory(upstream, key, from, dispatcher)))
      }
      if (round === 0) continue
      ours.push(percentile(asked, 0.5) - percentile(called, 0.5))
      direct.push(percentile(called, 0.5))
    }
    return [
      { what: 'Q4: own share of the latency, p50', goal: { most: 3 }, unit: ' ms', measured: toSpread(ours) },
      { what: 'the provider asked directly, p50', goal: undefined, unit: ' ms', measured: toSpread(direct) },
    ]
  } finally {
    upstream.delayMs = 0
    await dispatcher.destroy()
    await weir.process.stop()
  }
}

async function measureList({ scene, redis, pace }: Rig): Promise<readonly Finding[]> {
  const upstream = await openUpstream({ streams: LONG_LIST })
  upstream.delayMs = PROVIDER_MS
  const redisPlace = { url: redis.url, prefix: 'bench-p13-list' }
  const weir = await startWeir({ ...scene, name: 'list', upstream, redis: redisPlace, before: scene.cores.server })
  const dispatcher = new Agent({ connections: 1 })
  const [ours, direct]: [number[], number[]] = [[], []]
  try {
    for (let round = 0; round <= pace.rounds; round += 1) {
      await delay(LIST_LIFE_MS)
      const weirMs = await time(() => pageThrough(`${weir.url}/graphql`, dispatcher))
      const directMs = await time(async () => {
        for (let page = 1; page <= Math.ceil(LONG_LIST / PAGE); page += 1) await callList(upstream, page, dispatcher)
      })
      if (round === 0) continue
      ours.push(weirMs)
      direct.push(directMs)
    }
    const what = `${LONG_LIST.toLocaleString('en-US').replace(',', ' ')} live streams, page after page`
    return [
      {
        what: `${what}, beside the provider`,
        goal: { most: 1.2 },
        unit: ' ×',
        measured: toSpread(toRatios(ours, direct)),
      },
      { what, goal: undefined, unit: ' ms', measured: toSpread(ours) },
    ]
  } finally {
    await dispatcher.destroy()
    await weir.process.stop()
    await upstream.close()
  }
}

const listDocument = `query List($after: String) { account(name: "${ACCOUNT}") { liveStreams(first: ${PAGE}, after: $after) { nodes { key live { onlineViewers } } pageInfo { hasNextPage endCursor } } } }`
const pageSchema = z.object({
  data: z.object({
    account: z.object({
      liveStreams: z.object({
        nodes: z.array(z.object({ key: z.string() })),
        pageInfo: z.object({ hasNextPage: z.boolean(), endCursor: z.string().nullable() }),
      }),
    }),
  }),
})

async function pageThrough(url: string, dispatcher: Agent): Promise<void> {
  const seen = new Set<string>()
  for (let after: string | null = null, hasNext = true; hasNext; ) {
    const text = await post(url, JSON.stringify({ query: listDocument, variables: { after } }), dispatcher)
    const { nodes, pageInfo } = pageSchema.parse(JSON.parse(text)).data.account.liveStreams
    for (const { key } of nodes) seen.add(key)
    ;[after, hasNext] = [pageInfo.endCursor, pageInfo.hasNextPage]
  }
  if (seen.size < LONG_LIST * 0.9) throw new Error(`of ${LONG_LIST} streams ${seen.size} were listed`)
}

async function post(url: string, body: string, dispatcher: Agent): Promise<string> {
  const answer = await request(url, { method: 'POST', headers: questionHeaders, body, dispatcher })
  const text = await answer.body.text()
  if (answer.statusCode !== 200 || /"errors":\[/.test(text))
    throw new Error(`${answer.statusCode} ${text.slice(0, 200)}`)
  return text
}

const callList = (upstream: BenchUpstream, page: number, dispatcher: Agent) =>
  call(upstream, 'Get_LiveStat', { 'Param.n.page_no': page, 'Param.n.page_size': PAGE }, dispatcher)

function callHistory(upstream: BenchUpstream, key: string, from: number, dispatcher: Agent): Promise<void> {
  const range = { 'Param.n.start_time': from / 1000, 'Param.n.end_time': (from + HOURS_MS) / 1000 }
  return call(upstream, 'Get_LivePushStatHistory', { ...range, 'Param.s.stream_id': key }, dispatcher)
}

async function call(
  { provider: { statistics, appId, apiKey } }: BenchUpstream,
  name: string,
  parameters: Readonly<Record<string, string | number>>,
  dispatcher: Agent,
): Promise<void> {
  const t = String(Math.floor(Date.now() / 1000) + 60)
  const sign = createHash('md5')
    .update(apiKey + t)
    .digest('hex')
  const url = new URL(statistics)
  for (const [field, value] of Object.entries({ appid: appId, interface: name, ...parameters, t, sign }))
    url.searchParams.set(field, String(value))
  const answer = await request(url, { dispatcher })
  const text = await answer.body.text()
  if (answer.statusCode !== 200 || !/"ret":0\b/.test(text))
    throw new Error(`the provider refused: ${text.slice(0, 200)}`)
}

async function time(work: () => Promise<unknown>): Promise<number> {
  const startedAtMs = performance.now()
  await work()
  return performance.now() - startedAtMs
}
