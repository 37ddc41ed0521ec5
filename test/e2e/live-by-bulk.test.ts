// Many dashboards, each watching one stream of one account: what they cost all together is what the account's list costs.
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type Clock, systemClock } from '#model/clock.ts'
import { type Gateway, type GraphqlAnswer, startGateway } from '#test/support/gateway.ts'
import { askTencent } from '../sandbox/provider-clients.ts'

/** Pages of the list: 725 streams, 300 a page. */
const PAGES = 3
const TICK_MS = 5000
const startedAt = Date.now()

let gateway: Gateway
let elapsedMs = 0

/** Stands still within a tick, for the gateway and for the provider, however long the machine takes. */
const clock: Clock = {
  now: () => startedAt + elapsedMs,
  monotonicMs: () => elapsedMs,
  delay: systemClock.delay,
}

beforeAll(async () => {
  gateway = await startGateway({
    sandbox: { streams: 725, now: () => startedAt + elapsedMs },
    tencent: { quota: { limit: 10_000, windowSeconds: 300 } },
    overrides: { clock },
  })
  gateway.sandbox.setQuota({ limit: 10_000, windowSeconds: 300 })
})
afterAll(() => gateway.close())
beforeEach(() => {
  // Long enough for nobody to remember the test before.
  elapsedMs += 100 * TICK_MS
  gateway.sandbox.resetCalls()
})

const rooms = (count: number) => Array.from({ length: count }, (_, index) => `8888_room${index * 2 + 1}`)
const liveFields =
  'onlineViewers bandwidthBitsPerSecond stale push { frameRate bitrateBitsPerSecond clientIp serverIp }'
const watch = (keys: readonly string[], fields = `live { ${liveFields} }`) =>
  Promise.all(
    keys.map((key) =>
      gateway.query(`query ($key: String!) { stream(account: "tencent-main", key: $key) { ${fields} } }`, { key }),
    ),
  )
const sum = (answers: readonly GraphqlAnswer[], what: 'calls' | 'cached' | 'coalesced') =>
  answers.reduce((total, { extensions }) => total + extensions.upstream[what], 0)

/** What the provider's own call for that stream says, in Weir's words. */
async function askAlone(key: string) {
  const { output } = await askTencent(gateway.sandbox, 'Get_LiveStat', { 'Param.s.stream_id': key })
  const row = output.stream_info?.find((one: { stream_name: string }) => one.stream_name === key)
  return (
    row && {
      onlineViewers: row.online,
      bandwidthBitsPerSecond: Math.round(row.bandwidth * 1e6),
      stale: false,
      push: {
        frameRate: row.fps,
        bitrateBitsPerSecond: row.speed,
        clientIp: row.client_ip,
        serverIp: row.server_ip,
      },
    }
  )
}

describe('live data by bulk', () => {
  it('answers 300 dashboards on 300 streams for the price of the list, tick after tick', async () => {
    const keys = rooms(300)
    for (let tick = 0; tick < 3; tick += 1) {
      gateway.sandbox.resetCalls()
      const answers = await watch(keys)
      const calls = gateway.sandbox.countCalls()
      expect(calls).toBeLessThanOrEqual(PAGES + 1)
      expect(sum(answers, 'calls')).toBe(calls)
      expect(sum(answers, 'calls') + sum(answers, 'cached') + sum(answers, 'coalesced')).toBeGreaterThanOrEqual(300)
      for (let index = 0; index < 300; index += 15)
        expect(answers[index]?.data.stream.live).toEqual(await askAlone(keys[index] ?? ''))
      elapsedMs += TICK_MS
    }
  })

  it('asks for one watched stream alone', async () => {
    for (let tick = 0; tick < 3; tick += 1) {
      const [answer] = await watch(['8888_room9'])
      expect(answer?.data.stream.live).toEqual(await askAlone('8888_room9'))
      expect(answer?.extensions.upstream).toEqual({ calls: 1, cached: 0, coalesced: 0 })
      elapsedMs += TICK_MS
    }
  })

  it('tells states with the readings, and asks for those that are not live one by one', async () => {
    const gone = { '8888_offline': 'OFFLINE', '8888_forbidden': 'FORBIDDEN', '8888_never': 'NEVER_SEEN' }
    const keys = [...rooms(100), ...Object.keys(gone)]
    for (let tick = 0; tick < 2; tick += 1) {
      gateway.sandbox.resetCalls()
      const answers = await watch(keys, 'key state stateStale live { onlineViewers }')
      for (const { data } of answers) {
        const { key, state, live } = data.stream
        const expected = Object.entries(gone).find(([name]) => name === key)?.[1] ?? 'LIVE'
        expect([key, state, live === null]).toEqual([key, expected, expected !== 'LIVE'])
      }
      const statuses = gateway.sandbox.countCalls({ interface: 'Live_Channel_GetStatus' })
      expect(statuses).toBeLessThanOrEqual(3 + (tick === 0 ? PAGES : 0))
      expect(gateway.sandbox.countCalls() - statuses).toBeLessThanOrEqual(PAGES + (tick === 0 ? PAGES : 0))
      elapsedMs += TICK_MS
    }
  })

  it('shares the list between the fields of one operation', async () => {
    const fields = rooms(30).map(
      (key, index) => `s${index}: stream(account: "tencent-main", key: "${key}") { state live { onlineViewers } }`,
    )
    const { data, extensions } = await gateway.query(`{ ${fields.join(' ')} }`)
    expect(Object.values(data)).toHaveLength(30)
    for (const index of rooms(30).keys()) expect(data[`s${index}`]).toMatchObject({ state: 'LIVE', live: {} })
    expect(extensions.upstream.calls).toBe(PAGES)
    expect(gateway.sandbox.countCalls()).toBe(PAGES)
  })

  it('lets the status call that the ingest needs answer for the state', async () => {
    const { data, extensions } = await gateway.query(
      '{ stream(account: "tencent-main", key: "8888_room3") { state ingest { protocols } stateFetchedAt } }',
    )
    expect(data.stream).toMatchObject({ state: 'LIVE', ingest: { protocols: expect.any(Array) } })
    expect(extensions.upstream).toEqual({ calls: 1, cached: 0, coalesced: 0 })
  })
})
