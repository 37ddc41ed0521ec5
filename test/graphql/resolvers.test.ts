import { buildSchema, isObjectType, parse, TypeInfo, visit, visitWithTypeInfo } from 'graphql'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { toStreamId } from '#model/stream.ts'
import { type FakeAccount, FakeServices, fetchedAt } from '#test/support/fake-services.ts'
import { createFace, type Face, schemaText } from './harness.ts'

const from = Date.UTC(2026, 10, 21, 3, 0, 0)
const to = from + 60_000
const range = { from: '2026-11-21T03:00:00.000Z', to: '2026-11-21T03:01:00.000Z' }
const fresh = { fetchedAt: '2026-11-21T04:00:00.000Z', stale: false }

const pushSample = {
  observedAt: from,
  frameRate: 24.5,
  bitrateBitsPerSecond: 1e6,
  clientIp: '192.0.2.1',
  serverIp: null,
}
const playSample = { observedAt: from, bandwidthBitsPerSecond: 4_294_967_296, onlineViewers: 0, trafficBytes: 2 ** 52 }
const gap = { from: from + 5000, to, code: 'UPSTREAM_TIMEOUT', message: 'no answer in time' } as const
const snapshot = {
  id: 'shot',
  account: 'main',
  key: 'live',
  takenAt: from,
  width: 1920,
  height: 1080,
  url: null,
  receivedAt: to,
}
const live = {
  onlineViewers: 7,
  bandwidthBitsPerSecond: 5e6,
  push: { frameRate: 25, bitrateBitsPerSecond: 2e6, clientIp: null, serverIp: '198.51.100.1' },
}
const main: FakeAccount = {
  liveTotals: { streamCount: 1, onlineViewers: 7, bandwidthBitsPerSecond: 5e6 },
  quota: { limit: 300, windowSeconds: 300, used: 300, remaining: 0, nextFreeAt: to, exhaustedAt: to },
  spenders: [{ client: 'wall', operation: 'PUSH_SAMPLES', calls: 3, savedByCache: 70, savedBySharing: 1 }],
  health: { state: 'DEGRADED', since: from, lastErrorCode: 'UPSTREAM_THROTTLED' },
  sampling: { watchedStreams: 3, pushEverySeconds: 5, playEverySeconds: 60, slowedBecause: null },
  collector: {
    ...{ collects: true, isCollector: false, lagSeconds: 1.5, backlog: 2 },
    ...{ popped: 12, stored: 11, quarantined: 1, batchesUnknown: 0 },
  },
  quarantined: [{ id: '4711', account: 'main', receivedAt: from, status: 200, bytes: 1873, reason: 'ROWS', rows: 2 }],
  unsupported: { PUSH_SESSIONS: 'the provider has no such report' },
  playSamples: [playSample],
  streams: {
    live: {
      live,
      since: from,
      status: { state: 'LIVE', ingest: { protocols: ['RTMP_FLV', 'HLS'], rendition: 'ORIGINAL' } },
      pushSamples: [pushSample],
      playSamples: [playSample],
      pushSessions: [
        { startedAt: from, endedAt: null, durationMs: 60_000, source: 'DERIVED', startsBefore: true, endsAfter: false },
      ],
      recordings: [
        {
          id: '9007199254740993',
          startedAt: from,
          endedAt: to,
          durationMs: 60_000,
          sizeBytes: 2 ** 40,
          url: 'https://vod/1',
        },
      ],
      snapshots: [snapshot],
      missing: [gap],
    },
    off: { status: { state: 'OFFLINE', ingest: null } },
  },
}
const wangsu: FakeAccount = { provider: 'chinanetcenter', streams: { 'push.example.com/app/a/b': { live } } }

const asked = new Set<string>()
let face: Face
beforeAll(async () => {
  face = await createFace(new FakeServices({ main, wangsu }))
})
afterAll(() => face.app.close())

const typeInfo = new TypeInfo(buildSchema(schemaText))

/** Asks, remembers which fields were asked for, and expects no error. */
async function ask(query: string, variables?: object) {
  visit(
    parse(query),
    visitWithTypeInfo(typeInfo, {
      Field: (node) => {
        asked.add(`${typeInfo.getParentType()?.name}.${node.name.value}`)
      },
    }),
  )
  const answer = await face.ask(query, variables)
  expect(answer.errors).toEqual([])
  expect(answer.status).toBe(200)
  return answer.data
}

test('accounts tell what they can, what they may and how they are', async () => {
  const data = await ask(`{
    accounts(names: ["nobody", "main"]) {
      name provider capabilities { capability supported reason }
      quota {
        limit windowSeconds used remaining nextFreeAt exhaustedAt
        spenders { client operation calls savedByCache savedBySharing }
      }
      health { state since lastErrorCode }
      liveTotals { streamCount onlineViewers bandwidthBitsPerSecond fetchedAt stale }
      sampling { watchedStreams pushEverySeconds playEverySeconds slowedBecause }
      collector { collects isCollector lagSeconds backlog popped stored quarantined batchesUnknown }
      quarantinedSnapshots(first: 10) { id receivedAt reason sizeBytes rows }
    }
    account(name: "wangsu") { provider quota { nextFreeAt } health { lastErrorCode } collector { backlog } }
  }`)
  expect(data.accounts).toHaveLength(1)
  expect(data.accounts[0]).toMatchObject({
    name: 'main',
    provider: 'TENCENT',
    quota: {
      limit: 300,
      windowSeconds: 300,
      used: 300,
      remaining: 0,
      nextFreeAt: range.to,
      exhaustedAt: range.to,
      spenders: [{ client: 'wall', operation: 'PUSH_SAMPLES', calls: 3, savedByCache: 70, savedBySharing: 1 }],
    },
    health: { state: 'DEGRADED', since: range.from, lastErrorCode: 'UPSTREAM_THROTTLED' },
    liveTotals: { streamCount: 1, onlineViewers: 7, bandwidthBitsPerSecond: 5e6, ...fresh },
    sampling: main.sampling,
    collector: main.collector,
    quarantinedSnapshots: [{ id: '4711', receivedAt: range.from, reason: 'ROWS', sizeBytes: 1873, rows: 2 }],
  })
  expect(face.services.calls.find((call) => call.useCase === 'listQuarantinedSnapshots')?.args).toEqual(['main', 10])
  expect(data.accounts[0].capabilities).toContainEqual({
    capability: 'PUSH_SESSIONS',
    supported: false,
    reason: 'the provider has no such report',
  })
  expect(data.account).toEqual({
    provider: 'CHINANETCENTER',
    quota: { nextFreeAt: null },
    health: { lastErrorCode: null },
    collector: null,
  })
})

test('a stream tells its address, state and readings', async () => {
  const data = await ask(
    `query ($id: ID!) {
      node(id: $id) { id __typename ... on Stream { key } }
      stream(account: "main", key: "live") {
        id account { name } key domain app name state stateSource stateSince ingest { protocols rendition } stateFetchedAt stateStale
        live {
          onlineViewers bandwidthBitsPerSecond fetchedAt stale
          push { observedAt frameRate bitrateBitsPerSecond clientIp serverIp }
        }
      }
      off: stream(account: "main", key: "off") { state stateSource stateSince ingest { rendition } live { stale } }
      parts: stream(account: "wangsu", key: "push.example.com/app/a/b") { domain app name }
    }`,
    { id: toStreamId({ account: 'main', key: 'live' }) },
  )
  expect(data.node).toEqual({ id: data.stream.id, __typename: 'Stream', key: 'live' })
  expect(data.stream).toEqual({
    id: data.node.id,
    account: { name: 'main' },
    key: 'live',
    domain: null,
    app: null,
    name: 'live',
    state: 'LIVE',
    stateSource: 'STATUS',
    stateSince: range.from,
    ingest: { protocols: ['RTMP_FLV', 'HLS'], rendition: 'ORIGINAL' },
    stateFetchedAt: fresh.fetchedAt,
    stateStale: false,
    live: {
      onlineViewers: 7,
      bandwidthBitsPerSecond: 5e6,
      ...fresh,
      push: { ...live.push, observedAt: fresh.fetchedAt },
    },
  })
  expect(data.off).toEqual({ state: 'OFFLINE', stateSource: 'STATUS', stateSince: null, ingest: null, live: null })
  expect(data.parts).toEqual({ domain: 'push.example.com', app: 'app', name: 'a/b' })
})

test('histories come with their gaps and their age', async () => {
  const series = 'from to missing { from to code message } fetchedAt stale'
  const data = await ask(
    `query ($from: DateTime!, $to: DateTime!) {
      stream(account: "main", key: "live") {
        pushSamples(from: $from, to: $to) { ${series}
          samples { observedAt frameRate bitrateBitsPerSecond clientIp serverIp } }
        playSamples(from: $from, to: $to, everySeconds: 60) { ${series} totalTrafficBytes
          samples { observedAt bandwidthBitsPerSecond onlineViewers trafficBytes } }
        pushSessions(from: $from, to: $to) { ${series}
          sessions { startedAt endedAt durationMs source startsBefore endsAfter } }
      }
      account(name: "main") {
        playSamples(from: $from, to: $to, domain: "play.example.com") { totalTrafficBytes samples { trafficBytes } }
      }
      pushSessions(account: "main", keys: ["off", "live", "off"], from: $from, to: $to) { ${series}
        stream { key } sessions { source } }
    }`,
    range,
  )
  const common = {
    ...range,
    ...fresh,
    missing: [{ from: '2026-11-21T03:00:05.000Z', to: range.to, code: gap.code, message: gap.message }],
  }
  expect(data.stream.pushSamples).toEqual({ ...common, samples: [{ ...pushSample, observedAt: range.from }] })
  expect(data.stream.playSamples).toEqual({
    ...common,
    totalTrafficBytes: 2 ** 52,
    samples: [{ ...playSample, observedAt: range.from }],
  })
  expect(data.stream.pushSessions).toEqual({
    ...common,
    sessions: [
      {
        startedAt: range.from,
        endedAt: null,
        durationMs: 60_000,
        source: 'DERIVED',
        startsBefore: true,
        endsAfter: false,
      },
    ],
  })
  expect(data.account.playSamples).toEqual({ totalTrafficBytes: 2 ** 52, samples: [{ trafficBytes: 2 ** 52 }] })
  expect(data.pushSessions).toEqual([
    { ...range, ...fresh, missing: [], stream: { key: 'off' }, sessions: [] },
    { ...common, stream: { key: 'live' }, sessions: [{ source: 'DERIVED' }] },
  ])
  expect(face.services.calls.find((call) => call.useCase === 'listPlaySamples')?.args[1]).toEqual({
    from,
    to,
    everySeconds: 60,
  })
  expect(face.services.calls.find((call) => call.useCase === 'listAccountPlaySamples')?.args[1]).toEqual({
    from,
    to,
    domain: 'play.example.com',
  })
})

test('lists come page by page', async () => {
  const page = 'pageInfo { hasNextPage hasPreviousPage startCursor endCursor } totalCount fetchedAt stale'
  const query = `query ($after: String, $first: Int) {
    liveStreams(first: $first, after: $after) { ${page}
      nodes { key state stateSource stateSince live { onlineViewers } } edges { cursor node { key } } failures { account code message } }
  }`
  const { liveStreams: one } = await ask(query, { first: 1 })
  const cursor = one.edges[0].cursor
  expect(one).toEqual({
    ...fresh,
    nodes: [{ key: 'live', state: 'LIVE', stateSource: 'LIST', stateSince: null, live: { onlineViewers: 7 } }],
    edges: [{ cursor, node: { key: 'live' } }],
    pageInfo: { hasNextPage: true, hasPreviousPage: false, startCursor: cursor, endCursor: cursor },
    totalCount: 2,
    failures: [],
  })
  const { liveStreams: two } = await ask(query, { after: cursor })
  expect(two.nodes).toMatchObject([{ key: 'push.example.com/app/a/b' }])
  expect(two.pageInfo).toMatchObject({ hasNextPage: false, hasPreviousPage: true })

  const data = await ask(
    `query ($from: DateTime, $to: DateTime) {
      account(name: "main") {
        liveStreams(domain: "no.example.com") { nodes { key } pageInfo { startCursor endCursor } failures { code } }
        snapshots(from: $from, to: $to) { nodes { id } }
      }
      stream(account: "main", key: "live") {
        recordings(from: $from, to: $to, first: 300) { ${page}
          nodes { id startedAt endedAt durationMs sizeBytes url } edges { cursor node { id } } }
        snapshots { ${page}
          nodes { id stream { key account { name } } takenAt width height url receivedAt } edges { cursor node { id } } }
      }
      liveStreams(accounts: ["main", "nobody"]) { nodes { key } failures { account code message } }
    }`,
    range,
  )
  expect(data.account).toEqual({
    liveStreams: { nodes: [], pageInfo: { startCursor: null, endCursor: null }, failures: [] },
    snapshots: { nodes: [{ id: 'shot' }] },
  })
  expect(data.stream.recordings.nodes).toEqual([
    {
      id: '9007199254740993',
      startedAt: range.from,
      endedAt: range.to,
      durationMs: 60_000,
      sizeBytes: 2 ** 40,
      url: 'https://vod/1',
    },
  ])
  expect(data.stream.snapshots.nodes).toEqual([
    {
      id: 'shot',
      stream: { key: 'live', account: { name: 'main' } },
      takenAt: range.from,
      width: 1920,
      height: 1080,
      url: null,
      receivedAt: range.to,
    },
  ])
  expect(data.liveStreams).toEqual({
    nodes: [{ key: 'live' }],
    failures: [{ account: 'nobody', code: 'NOT_FOUND', message: 'there is no account nobody' }],
  })
  expect(face.services.calls.find((call) => call.useCase === 'listAccountSnapshots')?.args[1]).toEqual({ from, to })
  expect(fetchedAt).toBe(Date.parse(fresh.fetchedAt))
})

test('the tests above have asked for every field of the schema that is no subscription', () => {
  const all = Object.values(buildSchema(schemaText).getTypeMap())
    .filter(isObjectType)
    .filter((type) => !type.name.startsWith('__') && !['Subscription', 'StreamStateChange'].includes(type.name))
    .flatMap((type) => Object.keys(type.getFields()).map((field) => `${type.name}.${field}`))
  expect(all.filter((field) => !asked.has(field))).toEqual([])
})
