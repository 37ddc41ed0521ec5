// The six provider reads, asked through the whole gateway over the sandbox, with the sandbox's own count beside it.
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type Gateway, startGateway } from '#test/support/gateway.ts'

const HOUR_MS = 3_600_000
const iso = (instant: number) => new Date(instant).toISOString()

let gateway: Gateway

beforeAll(async () => {
  gateway = await startGateway({ sandbox: { streams: 725 }, settings: { queries: { maxProviderCalls: 200 } } })
})
afterAll(() => gateway.close())
beforeEach(() => gateway.sandbox.resetCalls())

/** Asks, and holds the answer's own count to what arrived at the providers. */
async function ask(query: string, variables: Record<string, unknown> = {}) {
  const before = gateway.sandbox.countCalls()
  const answer = await gateway.query(query, variables)
  expect(answer.extensions.upstream.calls).toBe(gateway.sandbox.countCalls() - before)
  return answer
}

describe('the six reads', () => {
  it('pages 725 live streams completely, state and reading without a call per stream', async () => {
    const keys: string[] = []
    let after: string | null = null
    do {
      const { data, errors }: Awaited<ReturnType<typeof ask>> = await ask(
        `query ($after: String) { liveStreams(first: 100, after: $after) {
          totalCount nodes { key state live { onlineViewers push { frameRate } } } pageInfo { hasNextPage endCursor } } }`,
        { after },
      )
      expect(errors).toBeUndefined()
      expect(data.liveStreams.totalCount === 725 || after !== null).toBe(true)
      for (const node of data.liveStreams.nodes) {
        expect(node.state).toBe('LIVE')
        expect(node.live.onlineViewers).toBeGreaterThanOrEqual(0)
        keys.push(node.key)
      }
      after = data.liveStreams.pageInfo.hasNextPage ? data.liveStreams.pageInfo.endCursor : null
    } while (after !== null)
    expect(keys).toHaveLength(725)
    expect(new Set(keys).size).toBe(725)
    expect(gateway.sandbox.countCalls()).toBe(gateway.sandbox.countCalls({ interface: 'Get_LiveStat' }))
    expect(gateway.sandbox.countCalls()).toBeLessThanOrEqual(6)
  })

  it('tells the state, ingest and reading of a stream in two calls, or in one beside a list of this moment', async () => {
    const { data } = await ask(
      `{ stream(account: "tencent-main", key: "8888_room1") {
        id key name domain app state stateFetchedAt stateStale ingest { protocols rendition }
        live { onlineViewers bandwidthBitsPerSecond stale fetchedAt push { observedAt frameRate bitrateBitsPerSecond clientIp serverIp } } } }`,
    )
    expect(data.stream).toMatchObject({ state: 'LIVE', domain: null, app: null, name: '8888_room1', stateStale: false })
    expect(data.stream.live.push.observedAt).toBe(data.stream.live.fetchedAt)
    expect(gateway.sandbox.countCalls({ interface: 'Live_Channel_GetStatus' })).toBe(1)
    expect(gateway.sandbox.countCalls()).toBeLessThanOrEqual(2)
    const again = await ask('query ($id: ID!) { node(id: $id) { ... on Stream { key state } } }', {
      id: data.stream.id,
    })
    expect(again.data.node).toEqual({ key: '8888_room1', state: 'LIVE' })
    expect(again.extensions.upstream).toEqual({ calls: 0, cached: 1, coalesced: 0 })
  })

  it.each([
    ['8888_offline', 'OFFLINE'],
    ['8888_forbidden', 'FORBIDDEN'],
    ['8888_never', 'NEVER_SEEN'],
  ])('tells that %s is %s and not live', async (key, state) => {
    const { data, errors } = await ask(
      'query ($key: String!) { stream(account: "tencent-main", key: $key) { state live { onlineViewers } } }',
      { key },
    )
    expect(errors).toBeUndefined()
    expect(data.stream).toEqual({ state, live: null })
  })

  it('gives exactly 360 samples for 6 h of play history, and asks at most once more when asked again', async () => {
    const now = Date.now()
    const variables = { from: iso(now - 6 * HOUR_MS), to: iso(now) }
    const query = `query ($from: DateTime!, $to: DateTime!) { stream(account: "tencent-main", key: "8888_room1") {
      playSamples(from: $from, to: $to) { samples { observedAt bandwidthBitsPerSecond onlineViewers trafficBytes }
        missing { from to code } totalTrafficBytes fetchedAt stale from to } } }`
    const { data } = await ask(query, variables)
    const { samples, missing, totalTrafficBytes } = data.stream.playSamples
    expect(samples).toHaveLength(360)
    expect(missing).toEqual([])
    expect(totalTrafficBytes).toBe(
      samples.reduce((sum: number, sample: { trafficBytes: number }) => sum + sample.trafficBytes, 0),
    )
    const again = await ask(query, variables)
    expect(again.extensions.upstream.calls).toBeLessThanOrEqual(1)
    expect(again.data).toEqual(data)
  })

  it('gives 2 160 samples for 3 h of push history', async () => {
    const now = Date.now()
    const { data } = await ask(
      `query ($from: DateTime!, $to: DateTime!) { stream(account: "tencent-main", key: "8888_room2") {
        pushSamples(from: $from, to: $to) { samples { observedAt frameRate bitrateBitsPerSecond clientIp serverIp } missing { code } } } }`,
      { from: iso(now - 3 * HOUR_MS), to: iso(now) },
    )
    expect(data.stream.pushSamples.samples).toHaveLength(2160)
    expect(data.stream.pushSamples.missing).toEqual([])
  })

  it('costs one ChinaNetCenter call for two streams of one domain', async () => {
    const now = Date.now()
    const variables = { from: iso(now - 30 * HOUR_MS), to: iso(now) }
    const { data } = await ask(
      `query ($from: DateTime!, $to: DateTime!) {
        a: stream(account: "cnc-main", key: "push.example.com/live/room1") { domain app name pushSessions(from: $from, to: $to) { sessions { startedAt endedAt durationMs source } } }
        b: stream(account: "cnc-main", key: "push.example.com/live/room2") { pushSessions(from: $from, to: $to) { sessions { startedAt } missing { code } } } }`,
      variables,
    )
    expect(data.a).toMatchObject({ domain: 'push.example.com', app: 'live', name: 'room1' })
    expect(data.a.pushSessions.sessions.length).toBeGreaterThan(0)
    expect(data.b.pushSessions.sessions.length).toBeGreaterThan(0)
    expect(gateway.sandbox.countCalls()).toBe(1)
    const again = await ask(
      `query ($from: DateTime!, $to: DateTime!) { pushSessions(account: "cnc-main", from: $from, to: $to,
        keys: ["push.example.com/live/room2", "push.example.com/live/room1"]) { stream { key } sessions { startedAt } } }`,
      variables,
    )
    expect(again.data.pushSessions.map((row: { stream: { key: string } }) => row.stream.key)).toEqual([
      'push.example.com/live/room2',
      'push.example.com/live/room1',
    ])
    expect(again.extensions.upstream.calls).toBe(0)
  })

  it('names a domain that the provider drops without a word', async () => {
    const { data, errors } = await ask(
      `{ stream(account: "cnc-main", key: "foreign.example.net/live/x") { pushSessions(from: "${iso(Date.now() - HOUR_MS)}", to: "${iso(Date.now())}") { stale } } }`,
    )
    expect(data.stream.pushSessions).toBeNull()
    expect(errors?.[0]?.extensions['code']).toBe('NOT_FOUND')
    expect(errors?.[0]?.message).toContain('foreign.example.net')
  })

  it('derives push sessions from push samples where there is no report', async () => {
    const now = Date.now()
    const { data, errors } = await ask(
      `query ($from: DateTime!, $to: DateTime!) { stream(account: "tencent-main", key: "8888_room1") {
        pushSessions(from: $from, to: $to) { sessions { startedAt endedAt source startsBefore endsAfter } } } }`,
      { from: iso(now - HOUR_MS), to: iso(now + HOUR_MS) },
    )
    expect(errors).toBeUndefined()
    expect(data.stream.pushSessions.sessions).toEqual([
      { startedAt: iso(now - HOUR_MS), endedAt: null, source: 'DERIVED', startsBefore: true, endsAfter: false },
    ])
  })

  it('pages recordings oldest first without losing one, ids exact', async () => {
    const query = `query ($after: String) { stream(account: "tencent-main", key: "8888_room1") { recordings(first: 300, after: $after) {
      totalCount nodes { id startedAt endedAt durationMs sizeBytes url } pageInfo { hasNextPage endCursor } } } }`
    const nodes: { id: string; startedAt: string }[] = []
    let after: string | null = null
    let totalCount = 0
    do {
      const { data }: Awaited<ReturnType<typeof ask>> = await ask(query, { after })
      const page = data.stream.recordings
      totalCount = page.totalCount
      nodes.push(...page.nodes)
      after = page.pageInfo.hasNextPage ? page.pageInfo.endCursor : null
    } while (after !== null)
    expect(nodes).toHaveLength(totalCount)
    expect(new Set(nodes.map((node) => node.id)).size).toBe(totalCount)
    expect(nodes.map((node) => node.startedAt)).toEqual(nodes.map((node) => node.startedAt).toSorted())
    expect(nodes.some((node) => /^\d{19}$/.test(node.id))).toBe(true)
  })

  it('finds the recordings of a day without reading them all', async () => {
    const to = Date.now() - 48 * HOUR_MS
    const { data } = await ask(
      `query ($from: DateTime!, $to: DateTime!) { stream(account: "tencent-main", key: "8888_room1") {
        recordings(from: $from, to: $to, first: 300) { nodes { startedAt endedAt } } } }`,
      { from: iso(to - 24 * HOUR_MS), to: iso(to) },
    )
    const { nodes } = data.stream.recordings
    expect(nodes.length).toBeGreaterThanOrEqual(47)
    for (const node of nodes) {
      expect(Date.parse(node.startedAt)).toBeLessThan(to)
      expect(Date.parse(node.endedAt)).toBeGreaterThan(to - 24 * HOUR_MS)
    }
  })

  it('asks once for what many ask at the same time', async () => {
    const query = '{ stream(account: "tencent-main", key: "8888_room7") { ingest { rendition } } }'
    const answers = await Promise.all(Array.from({ length: 50 }, () => gateway.query(query)))
    expect(gateway.sandbox.countCalls()).toBe(1)
    expect(answers.reduce((sum, answer) => sum + answer.extensions.upstream.calls, 0)).toBe(1)
    for (const answer of answers) expect(answer.data).toEqual(answers[0]?.data)
  })

  it('tells what each account can do', async () => {
    const { data } = await ask(
      '{ accounts { name provider capabilities { capability supported reason } health { state since lastErrorCode } quota { limit windowSeconds used remaining nextFreeAt } } }',
    )
    const [tencent, chinanetcenter] = data.accounts
    for (const row of tencent.capabilities) expect(row.supported).toBe(true)
    const supported = chinanetcenter.capabilities.filter((row: { supported: boolean }) => row.supported)
    expect(supported).toEqual([{ capability: 'PUSH_SESSIONS', supported: true, reason: null }])
    expect(tencent.health.state).toBe('UP')
    expect(gateway.sandbox.countCalls()).toBe(0)
  })
})
