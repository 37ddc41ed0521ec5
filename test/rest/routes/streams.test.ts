import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { CapabilityUnsupportedError, UpstreamError } from '#model/errors.ts'
import { findKeyProblem, toStreamId } from '#model/stream.ts'
import { streamSchema } from '#rest/schemas/stream.ts'
import { at, buildRestApp, RANGE } from '../rest-app.ts'

const status = { state: 'LIVE' as const, ingest: { protocols: ['HLS' as const], rendition: 'LOW' as const } }
const live = {
  onlineViewers: 0,
  bandwidthBitsPerSecond: 426_000_000,
  push: { frameRate: null, bitrateBitsPerSecond: 5, clientIp: null, serverIp: '198.51.100.20' },
}
const url = '/v1/accounts/tencent-main/streams/a'
const build = () =>
  buildRestApp({ 'tencent-main': { streams: { a: { status, since: at('03:10:00'), live }, off: {} } } })

test('shows state, ingest and live measurements, each with its age', async () => {
  const { app } = await build()
  const response = await app.inject(url)
  expect(streamSchema.strict().parse(response.json())).toEqual({
    id: toStreamId({ account: 'tencent-main', key: 'a' }),
    account: 'tencent-main',
    key: 'a',
    domain: null,
    app: null,
    name: 'a',
    state: 'LIVE',
    stateSource: 'STATUS',
    stateSince: '2026-11-21T03:10:00.000Z',
    stateFetchedAt: '2026-11-21T04:00:00.000Z',
    stateStale: false,
    ingest: { protocols: ['HLS'], rendition: 'LOW' },
    live: {
      onlineViewers: 0,
      bandwidthBitsPerSecond: 426_000_000,
      push: {
        observedAt: '2026-11-21T04:00:00.000Z',
        frameRate: null,
        bitrateBitsPerSecond: 5,
        clientIp: null,
        serverIp: '198.51.100.20',
      },
      fetchedAt: '2026-11-21T04:00:00.000Z',
      stale: false,
    },
    failures: [],
  })
  expect(response.headers['x-upstream-calls']).toBe('2')
})

test('shows the same at the address by node id', async () => {
  const { app } = await build()
  const id = toStreamId({ account: 'tencent-main', key: 'a' })
  expect((await app.inject(`/v1/streams/${id}`)).json()).toEqual((await app.inject(url)).json())
})

test('shows a stream that is not live', async () => {
  const { app } = await build()
  expect((await app.inject('/v1/accounts/tencent-main/streams/off')).json()).toMatchObject({
    state: 'NEVER_SEEN',
    stateSource: 'STATUS',
    stateSince: null,
    ingest: null,
    live: null,
    failures: [],
  })
})

test('names the parts that could not be had and keeps the others', async () => {
  const { app, services } = await build()
  services.fail('getStreamStatus', new CapabilityUnsupportedError('there is no such call'))
  const response = await app.inject(url)
  expect(response.statusCode).toBe(200)
  expect(response.json()).toMatchObject({
    state: null,
    stateSource: null,
    stateSince: null,
    stateFetchedAt: null,
    stateStale: null,
    ingest: null,
    live: { bandwidthBitsPerSecond: 426_000_000 },
    failures: [
      { field: 'state', code: 'CAPABILITY_UNSUPPORTED', message: 'there is no such call' },
      { field: 'ingest', code: 'CAPABILITY_UNSUPPORTED', message: 'there is no such call' },
    ],
  })
})

test('answers even when every part failed', async () => {
  const { app, services } = await build()
  const late = new UpstreamError('UPSTREAM_TIMEOUT', 'no answer in time')
  services.fail('getStreamStatus', late).fail('getLiveReading', late)
  const response = await app.inject(url)
  expect(response.statusCode).toBe(200)
  expect(response.json().failures.map(({ field }: { field: string }) => field)).toEqual(['state', 'ingest', 'live'])
})

test.each(['nonsense', 's1.', 's2.WyJhIiwiYiJd', 's1.WyJhIiwiYiJd='])('refuses %s as a node id', async (id) => {
  const { app } = await build()
  const response = await app.inject(`/v1/streams/${id}`)
  expect([response.statusCode, response.json().code]).toEqual([400, 'INVALID_INPUT'])
})

test('does not know streams of accounts that are not there', async () => {
  const { app } = await build()
  for (const unknown of ['/v1/accounts/gone/streams/a', `/v1/streams/${toStreamId({ account: 'gone', key: 'a' })}`])
    expect((await app.inject(unknown)).statusCode).toBe(404)
})

describe('keys arrive exactly', () => {
  const nasty = [
    'a&interface=Live_Tape_Start',
    'x#y',
    'a b',
    ' ',
    'a+b',
    'a=b&c=d',
    'user@host',
    'a%2Fb',
    '100%',
    '%',
    '%25',
    'a/b/c',
    'push.example.com/live/room 1',
    '🎥',
    'café',
    'e\u0301',
    '直播/间',
    'a?b=c',
    'a;b',
    'a:b',
    'a\\b',
    '...',
    '*',
    '"><script>',
    "'; DROP TABLE",
    '\u2028',
    '\uFEFF',
  ]

  test.each(nasty)('%j', async (key) => {
    const { app, services } = await build()
    const encoded = encodeURIComponent(key)
    const response = await app.inject(`/v1/accounts/tencent-main/streams/${encoded}`)
    expect(response.json().key).toBe(key)
    await app.inject(`/v1/accounts/tencent-main/streams/${encoded}/push-samples?${RANGE}`)
    expect(services.calls.at(-1)).toMatchObject({ useCase: 'listPushSamples', args: [{ key }, {}] })
  })

  test('whatever they hold, at both addresses', async () => {
    const { app } = await build()
    const keys = fc.string({ unit: 'grapheme-composite', minLength: 1, maxLength: 40 })
    await fc.assert(
      fc.asyncProperty(
        keys.filter((key) => findKeyProblem(key) === undefined),
        async (key) => {
          const byKey = await app.inject(`/v1/accounts/tencent-main/streams/${encodeURIComponent(key)}`)
          expect(byKey.json().key).toBe(key)
          expect((await app.inject(`/v1/streams/${byKey.json().id}`)).json().key).toBe(key)
        },
      ),
    )
  })

  test('up to 512 bytes, and none beyond', async () => {
    const { app } = await build()
    const longest = '界'.repeat(170)
    expect((await app.inject(`/v1/accounts/tencent-main/streams/${encodeURIComponent(longest)}`)).json().key).toBe(
      longest,
    )
    const tooLong = await app.inject(`/v1/accounts/tencent-main/streams/${encodeURIComponent('界'.repeat(171))}`)
    expect([tooLong.statusCode, tooLong.json().code]).toEqual([400, 'INVALID_INPUT'])
  })

  test.each(['%00', 'a%0Ab', '%7F'])('but a control character is refused: %s', async (encoded) => {
    const { app, services } = await build()
    const response = await app.inject(`/v1/accounts/tencent-main/streams/${encoded}`)
    expect([response.statusCode, response.json().code]).toEqual([400, 'INVALID_INPUT'])
    expect(services.count('getStreamStatus')).toBe(0)
  })
})
