// Every question by both faces: the same names, the same numbers.
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { type Gateway, type Json, startGateway } from '#test/support/gateway.ts'

const HOUR_MS = 3_600_000
const STREAM = 'stream(account: "tencent-main", key: "8888_room1")'
const PATH = '/v1/accounts/tencent-main/streams/8888_room1'
const SESSION = 'startedAt endedAt durationMs source startsBefore endsAfter'
const GAP = 'missing { from to code message }'

let gateway: Gateway
let from: string
let to: string

beforeAll(async () => {
  gateway = await startGateway({
    tencent: { snapshots: { collect: true, pollSeconds: 1, bucket: 'shots', cosAppId: '1250000000' } },
  })
  // Well in the past: what is asked twice must not have moved between the two.
  to = new Date(Date.now() - HOUR_MS).toISOString()
  from = new Date(Date.now() - 4 * HOUR_MS).toISOString()
  await vi.waitFor(async () => {
    const { data } = await gateway.query('{ account(name: "tencent-main") { snapshots { nodes { id } } } }')
    expect(data.account.snapshots.nodes.length).toBeGreaterThan(0)
  })
})
afterAll(() => gateway.close())

interface Question {
  readonly name: string
  /** A GraphQL selection below the query. */
  readonly graphql: () => string
  /** Where the answer stands in GraphQL's data. */
  readonly pick: (data: Json) => Json
  readonly rest: () => string
  /** REST's answer in GraphQL's words. */
  readonly toGraphql: (body: Json) => Json
}

const range = () => `from: "${from}", to: "${to}"`
const rangeQuery = () => `from=${from}&to=${to}`
const toSamples = ({ items, nextCursor: _nextCursor, ...rest }: { items: unknown; nextCursor: unknown }) => ({
  samples: items,
  ...rest,
})
const toSessions = ({ items, nextCursor: _nextCursor, ...rest }: { items: unknown; nextCursor: unknown }) => ({
  sessions: items,
  ...rest,
})

const questions: readonly Question[] = [
  {
    name: 'accounts',
    graphql: () =>
      '{ accounts { name provider capabilities { capability supported reason } quota { limit windowSeconds } health { state since } } }',
    pick: (data) => data.accounts,
    rest: () => '/v1/accounts',
    toGraphql: (body) =>
      body.items.map(({ name, provider, capabilities, quota, health }: Record<string, Json>) => ({
        name,
        provider,
        capabilities,
        quota: { limit: quota.limit, windowSeconds: quota.windowSeconds },
        health: { state: health.state, since: health.since },
      })),
  },
  {
    name: 'an account with its totals',
    graphql: () =>
      '{ account(name: "tencent-main") { name provider liveTotals { streamCount onlineViewers bandwidthBitsPerSecond fetchedAt stale } } }',
    pick: (data) => data.account,
    rest: () => '/v1/accounts/tencent-main',
    toGraphql: ({ name, provider, liveTotals }) => ({ name, provider, liveTotals }),
  },
  {
    name: 'a stream now',
    graphql: () =>
      `{ ${STREAM} { id key domain app name state stateSource stateSince stateFetchedAt stateStale ingest { protocols rendition } live { onlineViewers bandwidthBitsPerSecond fetchedAt stale push { observedAt frameRate bitrateBitsPerSecond clientIp serverIp } } } }`,
    pick: (data) => data.stream,
    rest: () => PATH,
    toGraphql: ({ account: _account, failures: _failures, ...stream }) => stream,
  },
  {
    name: 'push samples',
    graphql: () =>
      `{ ${STREAM} { pushSamples(${range()}) { samples { observedAt frameRate bitrateBitsPerSecond clientIp serverIp } from to ${GAP} fetchedAt stale } } }`,
    pick: (data) => data.stream.pushSamples,
    rest: () => `${PATH}/push-samples?${rangeQuery()}`,
    toGraphql: toSamples,
  },
  {
    name: 'push samples in groups',
    graphql: () =>
      `{ ${STREAM} { pushSamples(${range()}, everySeconds: 600) { samples { observedAt frameRate bitrateBitsPerSecond clientIp serverIp } from to ${GAP} fetchedAt stale } } }`,
    pick: (data) => data.stream.pushSamples,
    rest: () => `${PATH}/push-samples?${rangeQuery()}&everySeconds=600`,
    toGraphql: toSamples,
  },
  {
    name: 'play samples of a stream',
    graphql: () =>
      `{ ${STREAM} { playSamples(${range()}) { samples { observedAt bandwidthBitsPerSecond onlineViewers trafficBytes } from to totalTrafficBytes ${GAP} fetchedAt stale } } }`,
    pick: (data) => data.stream.playSamples,
    rest: () => `${PATH}/play-samples?${rangeQuery()}`,
    toGraphql: toSamples,
  },
  {
    name: 'play samples of a domain',
    graphql: () =>
      `{ account(name: "tencent-main") { playSamples(${range()}, domain: "play1.example.com", everySeconds: 300) { samples { observedAt bandwidthBitsPerSecond onlineViewers trafficBytes } from to totalTrafficBytes ${GAP} fetchedAt stale } } }`,
    pick: (data) => data.account.playSamples,
    rest: () => `/v1/accounts/tencent-main/play-samples?${rangeQuery()}&domain=play1.example.com&everySeconds=300`,
    toGraphql: toSamples,
  },
  {
    name: 'derived push sessions',
    graphql: () =>
      `{ ${STREAM} { pushSessions(${range()}) { sessions { ${SESSION} } from to ${GAP} fetchedAt stale } } }`,
    pick: (data) => data.stream.pushSessions,
    rest: () => `${PATH}/push-sessions?${rangeQuery()}`,
    toGraphql: toSessions,
  },
  {
    name: 'reported push sessions',
    graphql: () =>
      `{ stream(account: "cnc-main", key: "push.example.com/live/room1") { pushSessions(${range()}) { sessions { ${SESSION} } from to ${GAP} fetchedAt stale } } }`,
    pick: (data) => data.stream.pushSessions,
    rest: () => `/v1/accounts/cnc-main/streams/push.example.com%2Flive%2Froom1/push-sessions?${rangeQuery()}`,
    toGraphql: toSessions,
  },
  {
    name: 'recordings',
    graphql: () =>
      `{ ${STREAM} { recordings(first: 7) { nodes { id startedAt endedAt durationMs sizeBytes url } totalCount pageInfo { endCursor } fetchedAt stale } } }`,
    pick: (data) => data.stream.recordings,
    rest: () => `${PATH}/recordings?first=7`,
    toGraphql: ({ items, nextCursor, totalCount, fetchedAt, stale }) => ({
      nodes: items,
      totalCount,
      pageInfo: { endCursor: nextCursor },
      fetchedAt,
      stale,
    }),
  },
  {
    name: 'snapshots of a stream',
    graphql: () =>
      `{ ${STREAM} { snapshots(first: 2, to: "${new Date(Date.now()).toISOString()}") { nodes { id takenAt width height url receivedAt stream { key } } } } }`,
    pick: (data) => data.stream.snapshots.nodes,
    rest: () => `${PATH}/snapshots?first=2`,
    toGraphql: ({ items }) =>
      items.map(({ stream, ...item }: Record<string, Json>) => ({ ...item, stream: { key: stream.key } })),
  },
]

describe('parity of the two faces', () => {
  it.each(questions)('gives the same answer for $name', async ({ graphql, pick, rest, toGraphql }) => {
    const first = await gateway.query(graphql())
    expect(first.errors).toBeUndefined()
    const response = await gateway.get(rest())
    expect(response.status).toBe(200)
    expect(toGraphql(await response.json())).toEqual(pick(first.data))
  })

  it('lists the same live streams, page by page', async () => {
    const { data } = await gateway.query(
      '{ liveStreams(first: 9) { totalCount nodes { id key state live { onlineViewers bandwidthBitsPerSecond fetchedAt stale push { observedAt frameRate bitrateBitsPerSecond clientIp serverIp } } } failures { account } } }',
    )
    const body = await gateway.getJson('/v1/live-streams?first=9')
    expect(body.totalCount).toBe(data.liveStreams.totalCount)
    expect(body.failures).toEqual(data.liveStreams.failures)
    expect(body.items).toMatchObject(data.liveStreams.nodes)
    const next = await gateway.getJson(`/v1/live-streams?first=9&after=${body.nextCursor}`)
    expect(next.items[0].key > body.items.at(-1).key).toBe(true)
  })

  it('reads the sessions of many streams the same way by POST', async () => {
    const keys = ['push.example.com/live/room1', 'push.example.com/live/room2']
    const { data } = await gateway.query(
      `query ($keys: [String!]!) { pushSessions(account: "cnc-main", keys: $keys, ${range()}) { stream { key } sessions { ${SESSION} } from to ${GAP} fetchedAt stale } }`,
      { keys },
    )
    const response = await fetch(`${gateway.address}/v1/accounts/cnc-main/push-sessions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ keys, from, to }),
    })
    const body = (await response.json()) as Json
    expect(body.items).toMatchObject(data.pushSessions)
  })

  it.each([
    ['an unknown account', '{ account(name: "nobody") { name } }', () => '/v1/accounts/nobody', 'NOT_FOUND'],
    [
      'a call the provider does not have',
      '{ stream(account: "cnc-main", key: "d/a/n") { recordings { nodes { id } } } }',
      () => '/v1/accounts/cnc-main/streams/d%2Fa%2Fn/recordings',
      'CAPABILITY_UNSUPPORTED',
    ],
    [
      'a key of the wrong form',
      '{ stream(account: "cnc-main", key: "nodomain") { key } }',
      () => '/v1/accounts/cnc-main/streams/nodomain',
      'INVALID_INPUT',
    ],
    [
      'a cursor of another list',
      `{ ${STREAM} { recordings(after: "x") { totalCount } } }`,
      () => `${PATH}/recordings?after=x`,
      'INVALID_INPUT',
    ],
    [
      'a range outside retention',
      `{ ${STREAM} { pushSamples(from: "2016-01-01T00:00:00Z", to: "2016-01-02T00:00:00Z") { stale } } }`,
      () => `${PATH}/push-samples?from=2016-01-01T00:00:00Z&to=2016-01-02T00:00:00Z`,
      'RANGE_UNAVAILABLE',
    ],
  ])('refuses %s with the same code and words', async (_name, query, path, code) => {
    const { errors } = await gateway.query(query)
    const problem = await gateway.getJson(path())
    expect(errors?.[0]?.extensions['code']).toBe(code)
    expect(problem.code).toBe(code)
    expect(problem.retryable).toBe(errors?.[0]?.extensions['retryable'])
    expect(problem.detail).toBe(errors?.[0]?.message)
  })
})
