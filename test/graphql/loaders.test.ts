import { afterEach, beforeEach, expect, test } from 'vitest'
import { Meter } from '#contract/ask.ts'
import { UpstreamError } from '#model/errors.ts'
import type { StreamRef } from '#model/stream.ts'
import type { Gap } from '#services/views.ts'
import { FakeServices, type FakeStream, type UseCase } from '#test/support/fake-services.ts'
import { createAsk, createFace, type Face } from './harness.ts'

const live = { onlineViewers: 1, bandwidthBitsPerSecond: null, push: null }
const range = '(from: "2026-11-21T03:00:00Z", to: "2026-11-21T05:00:00Z")'
const from = Date.UTC(2026, 10, 21, 3, 0, 0)
const now = Date.UTC(2026, 10, 21, 4, 0, 0)
const to = Date.UTC(2026, 10, 21, 5, 0, 0)

let services: FakeServices
let face: Face
beforeEach(async () => {
  const streams = (prefix: string) =>
    Object.fromEntries(
      ['1', '2', '3'].map((name): [string, FakeStream] => [
        prefix + name,
        { live, status: { state: 'OFFLINE', ingest: null } },
      ]),
    )
  services = new FakeServices({ one: { streams: streams('a') }, two: { streams: streams('b') } })
  face = await createFace(services)
})
afterEach(() => face.app.close())

test('state and reading of listed streams come with the list', async () => {
  const { data, upstream } = await face.ask(
    '{ liveStreams { nodes { state stateFetchedAt stateStale live { onlineViewers fetchedAt stale } } } }',
  )
  expect(data.liveStreams.nodes).toHaveLength(6)
  expect(data.liveStreams.nodes[0]).toEqual({
    state: 'LIVE',
    stateFetchedAt: '2026-11-21T04:00:00.000Z',
    stateStale: false,
    live: { onlineViewers: 1, fetchedAt: '2026-11-21T04:00:00.000Z', stale: false },
  })
  expect(upstream.calls).toBe(1)
})

test('ingest of a listed stream costs its status call, and the age counts both', async () => {
  const { freshness } = services
  const query = '{ liveStreams(first: 1) { nodes { stateFetchedAt stateStale state ingest { rendition } } } }'
  services.fail('getStreamStatus', new UpstreamError('UPSTREAM_TIMEOUT', 'late'), () => {
    // The list was answered; what comes after it is older and stale.
    services.freshness = { fetchedAt: freshness.fetchedAt - 60_000, freshUntil: 0, stale: true }
    return false
  })
  const { data, upstream } = await face.ask(query)
  expect(upstream.calls).toBe(2)
  expect(data.liveStreams.nodes).toEqual([
    { stateFetchedAt: '2026-11-21T03:59:00.000Z', stateStale: true, state: 'LIVE', ingest: null },
  ])
})

test('a failing ingest leaves the rest of a listed stream alone', async () => {
  services.fail('getStreamStatus', new UpstreamError('UPSTREAM_TIMEOUT', 'late'))
  const { data, errors } = await face.ask(
    '{ liveStreams(first: 1) { nodes { stateFetchedAt stateStale state ingest { rendition } } } }',
  )
  expect(data.liveStreams.nodes).toEqual([
    { stateFetchedAt: '2026-11-21T04:00:00.000Z', stateStale: false, state: 'LIVE', ingest: null },
  ])
  expect(errors).toMatchObject([{ extensions: { code: 'UPSTREAM_TIMEOUT' } }])
})

test('all that one status call tells costs one call, under however many names', async () => {
  const fields = 'state ingest { rendition } stateFetchedAt stateStale live { stale }'
  const { data, upstream } = await face.ask(`{
    x: stream(account: "one", key: "a1") { ${fields} }
    y: stream(account: "one", key: "a1") { ${fields} }
  }`)
  expect(data.x).toEqual(data.y)
  expect(services.count('getStreamStatus')).toBe(1)
  expect(services.count('getLiveReading')).toBe(1)
  expect(upstream).toEqual({ calls: 2, cached: 0, coalesced: 0 })
})

test('the state alone is asked for as such, whatever else of the stream is', async () => {
  const { freshness } = services
  services.fail('getStreamState', new UpstreamError('UPSTREAM_TIMEOUT', 'late'), () => {
    services.freshness = { fetchedAt: freshness.fetchedAt - 60_000, freshUntil: 0, stale: true }
    return false
  })
  const { data, upstream } = await face.ask(`{
    x: stream(account: "one", key: "a1") { stateStale live { stale } state stateFetchedAt }
    y: stream(account: "one", key: "a1") { state }
    z: stream(account: "one", key: "a2") { ingest { rendition } state }
  }`)
  expect(data.x).toMatchObject({ state: 'OFFLINE', stateFetchedAt: '2026-11-21T03:59:00.000Z', stateStale: true })
  expect(data.y).toEqual({ state: 'OFFLINE' })
  const asked = (useCase: UseCase) =>
    services.calls.filter((call) => call.useCase === useCase).map(({ args }) => args[0])
  expect(asked('getStreamState')).toMatchObject([{ key: 'a1' }])
  expect(asked('getStreamStatus')).toMatchObject([{ key: 'a2' }])
  expect(upstream.calls).toBe(3)
})

test('streams of a list that lead back to their account ask it once', async () => {
  await face.ask(`{ liveStreams { nodes { account {
    liveTotals { streamCount } playSamples${range} { stale } } } } }`)
  expect(services.count('getLiveTotals')).toBe(2)
  expect(services.count('listAccountPlaySamples')).toBe(2)
})

test('sessions of many streams are asked for once per account and range', async () => {
  const { data, errors } = await face.ask(`{
    accounts { liveStreams { nodes { key pushSessions${range} { sessions { source } } } } }
    x: stream(account: "one", key: "a1") { pushSessions${range} { stale } }
    y: stream(account: "one", key: "other") { pushSessions${range} { stale } }
    z: stream(account: "one", key: "a1") { pushSessions(from: "2026-11-21T03:30:00Z", to: "2026-11-21T05:00:00Z") { stale } }
  }`)
  expect(errors).toEqual([])
  expect(data.accounts[0].liveStreams.nodes).toHaveLength(3)
  const asked = services.calls.filter((call) => call.useCase === 'listManyPushSessions').map(({ args }) => args)
  expect(asked).toEqual([
    ['one', { from, to, keys: ['a1', 'other', 'a2', 'a3'] }],
    ['one', { from: from + 1_800_000, to, keys: ['a1'] }],
    ['two', { from, to, keys: ['b1', 'b2', 'b3'] }],
  ])
})

test('a batch holds at most 1000 streams', async () => {
  const streams = Object.fromEntries(
    Array.from({ length: 1200 }, (_, index): [string, FakeStream] => [`s${index}`, { live }]),
  )
  services.addAccount('big', { streams })
  const first = '{ account(name: "big") { liveStreams(first: 300) { pageInfo { endCursor } } } }'
  const cursors: (string | null)[] = [null]
  for (let page = 1; page < 4; page += 1) {
    const after: string | null = cursors.at(-1) ?? null
    const query = after ? first.replace('first: 300', `after: "${after}"`) : first
    cursors.push((await face.ask(query)).data.account.liveStreams.pageInfo.endCursor)
  }
  const pages = cursors.map(
    (cursor, index) =>
      `p${index}: liveStreams(first: 300${cursor ? `, after: "${cursor}"` : ''}) { nodes { pushSessions${range} { stale } } }`,
  )
  const { errors } = await face.ask(`{ account(name: "big") { ${pages.join(' ')} } }`)
  expect(errors).toEqual([])
  const sizes = services.calls
    .filter((call) => call.useCase === 'listManyPushSessions')
    .map(({ args }) => JSON.stringify(args).split('"s').length - 1)
  expect(sizes).toEqual([1000, 200])
})

const lost = (start: number, end: number, code: Gap['code'] = 'UPSTREAM_TIMEOUT'): Gap => ({
  from: start,
  to: end,
  code,
  message: 'lost',
})

test.each<[string, Gap[], string | undefined]>([
  ['the whole range', [lost(from, to)], 'UPSTREAM_TIMEOUT'],
  ['all of it up to now', [lost(from, now)], 'UPSTREAM_TIMEOUT'],
  [
    'all of it in two pieces',
    [lost(from + 1000, now), lost(from, from + 1000, 'RANGE_UNAVAILABLE')],
    'UPSTREAM_TIMEOUT',
  ],
  ['what nobody keeps', [lost(from, now, 'RANGE_UNAVAILABLE')], 'RANGE_UNAVAILABLE'],
  ['its end', [lost(from + 1000, to)], undefined],
  ['its beginning', [lost(from, now - 1)], undefined],
  ['two pieces with a gap between them', [lost(from, from + 1000), lost(from + 2000, to)], undefined],
  ['nothing', [], undefined],
])('a stream of a batch that lacks %s is null only when nothing is left', async (_what, missing, code) => {
  services.addAccount('gaps', { streams: { whole: {}, holed: { missing } } })
  const { data, errors } = await face.ask(`{
    whole: stream(account: "gaps", key: "whole") { pushSessions${range} { missing { code } } }
    holed: stream(account: "gaps", key: "holed") { pushSessions${range} { missing { code } } }
    pushSessions(account: "gaps", keys: ["holed"], from: "2026-11-21T03:00:00Z", to: "2026-11-21T05:00:00Z") { missing { code } }
  }`)
  expect(data.whole.pushSessions).toEqual({ missing: [] })
  expect(data.holed.pushSessions).toEqual(code ? null : { missing: missing.map((gap) => ({ code: gap.code })) })
  expect(errors.map((error) => [error.path, error.extensions['code'], error.extensions['account']])).toEqual(
    code
      ? [
          [['pushSessions'], code, 'gaps'],
          [['holed', 'pushSessions'], code, 'gaps'],
        ]
      : [],
  )
  // The root field answers per stream and keeps what is missing beside it, unless no stream has anything.
  expect(data.pushSessions).toEqual(code ? null : [{ missing: missing.map((gap) => ({ code: gap.code })) }])
})

test('a batch that fails as a whole fails each of its streams, and no other batch', async () => {
  services.fail(
    'listManyPushSessions',
    new UpstreamError('UPSTREAM_UNAVAILABLE', 'down'),
    (account) => account === 'two',
  )
  const { data, errors } = await face.ask(`{
    a: stream(account: "one", key: "a1") { pushSessions${range} { stale } }
    b: stream(account: "two", key: "b1") { pushSessions${range} { stale } }
    c: stream(account: "two", key: "b2") { pushSessions${range} { stale } }
  }`)
  expect(data).toEqual({ a: { pushSessions: { stale: false } }, b: { pushSessions: null }, c: { pushSessions: null } })
  expect(errors.map((error) => error.extensions['code'])).toEqual(['UPSTREAM_UNAVAILABLE', 'UPSTREAM_UNAVAILABLE'])
})

test('an operation that plans too many provider calls is refused where it goes over', async () => {
  await face.app.close()
  face = await createFace(services, { createAsk: () => createAsk(undefined, new Meter(3)) })
  const { data, errors, status, upstream } = await face.ask('{ liveStreams { nodes { ingest { rendition } } } }')
  expect(data.liveStreams.nodes).toHaveLength(6)
  expect(errors).toHaveLength(4)
  expect(errors[0]?.extensions['code']).toBe('QUERY_TOO_COMPLEX')
  expect([status, upstream.calls]).toEqual([400, 3])
})

test('nothing is shared between requests', async () => {
  const query = '{ stream(account: "one", key: "a1") { state } }'
  await face.ask(query)
  await face.ask(query)
  const refs = services.calls.filter((call) => call.useCase === 'getStreamState').map(({ args }) => args[0])
  expect(refs).toHaveLength(2)
  expect(refs[0]).toMatchObject({ account: 'one', key: 'a1' } satisfies StreamRef)
})
