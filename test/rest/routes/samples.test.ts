import { describe, expect, test } from 'vitest'
import { UpstreamError } from '#model/errors.ts'
import { toStreamId } from '#model/stream.ts'
import { playSampleSeriesSchema } from '#rest/schemas/play-sample.ts'
import { pushSampleSeriesSchema } from '#rest/schemas/push-sample.ts'
import { at, buildRestApp, RANGE } from '../rest-app.ts'

const push = {
  observedAt: at('03:30:00'),
  frameRate: 25,
  bitrateBitsPerSecond: 1_500_000,
  clientIp: '203.0.113.7',
  serverIp: null,
}
const play = { observedAt: at('03:05:00'), bandwidthBitsPerSecond: 0, onlineViewers: null, trafficBytes: 3_195_000_000 }
const gap = { from: at('03:00:00'), to: at('03:05:00'), code: 'RANGE_UNAVAILABLE' as const, message: 'too long ago' }
const accounts = {
  a: {
    playSamples: [play],
    streams: { k: { pushSamples: [push], playSamples: [play, { ...play, observedAt: at('03:10:00') }] } },
  },
}
const stream = '/v1/accounts/a/streams/k'
const series = {
  nextCursor: null,
  from: '2026-11-21T03:00:00.000Z',
  to: '2026-11-21T04:00:00.000Z',
  missing: [],
  fetchedAt: '2026-11-21T04:00:00.000Z',
  stale: false,
}

describe('push samples', () => {
  test('are shown with their range and age', async () => {
    const { app } = await buildRestApp(accounts)
    const body = (await app.inject(`${stream}/push-samples?${RANGE}`)).json()
    expect(pushSampleSeriesSchema.strict().parse(body)).toEqual({
      ...series,
      items: [{ ...push, observedAt: '2026-11-21T03:30:00.000Z' }],
    })
  })

  test('are the same by node id', async () => {
    const { app } = await buildRestApp(accounts)
    const byId = await app.inject(`/v1/streams/${toStreamId({ account: 'a', key: 'k' })}/push-samples?${RANGE}`)
    expect(byId.json()).toEqual((await app.inject(`${stream}/push-samples?${RANGE}`)).json())
  })

  test('are asked for by instants and a group width', async () => {
    const { app, services } = await buildRestApp(accounts)
    await app.inject(
      `${stream}/push-samples?from=2026-11-21T11:00:00%2B08:00&to=2026-11-21T03:30:00.250Z&everySeconds=60`,
    )
    expect(services.calls.at(-1)?.args[1]).toEqual({ from: at('03:00:00'), to: at('03:30:00.250'), everySeconds: 60 })
  })

  test('name the pieces that are missing', async () => {
    const { app, services } = await buildRestApp()
    services.addAccount('a', { streams: { k: { pushSamples: [push], missing: [gap] } } })
    expect((await app.inject(`${stream}/push-samples?${RANGE}`)).json().missing).toEqual([
      {
        from: '2026-11-21T03:00:00.000Z',
        to: '2026-11-21T03:05:00.000Z',
        code: 'RANGE_UNAVAILABLE',
        message: 'too long ago',
      },
    ])
  })

  test('refuse a misspelt argument instead of leaving it out', async () => {
    const { app, services } = await buildRestApp(accounts)
    const response = await app.inject(`${stream}/push-samples?${RANGE}&everysecond=60`)
    expect([response.statusCode, response.json().detail]).toEqual([
      400,
      'everysecond is no argument here; allowed are: from, to, everySeconds',
    ])
    expect(services.count('listPushSamples')).toBe(0)
  })
})

describe('play samples', () => {
  test('are shown with their sum', async () => {
    const { app } = await buildRestApp(accounts)
    const body = (await app.inject(`${stream}/play-samples?${RANGE}`)).json()
    expect(playSampleSeriesSchema.strict().parse(body)).toEqual({
      ...series,
      items: [
        { ...play, observedAt: '2026-11-21T03:05:00.000Z' },
        { ...play, observedAt: '2026-11-21T03:10:00.000Z' },
      ],
      totalTrafficBytes: 6_390_000_000,
    })
  })

  test('of an account take a domain', async () => {
    const { app, services } = await buildRestApp(accounts)
    const body = (await app.inject(`/v1/accounts/a/play-samples?${RANGE}&domain=play.example.com`)).json()
    expect(body).toMatchObject({ items: [{ trafficBytes: 3_195_000_000 }], totalTrafficBytes: 3_195_000_000 })
    expect(services.calls.at(-1)?.args).toEqual([
      'a',
      { from: at('03:00:00'), to: at('04:00:00'), domain: 'play.example.com' },
    ])
    await app.inject(`/v1/accounts/a/play-samples?${RANGE}`)
    expect(services.calls.at(-1)?.args[1]).toMatchObject({ domain: null })
  })

  test('are the error itself when nothing of them could be had', async () => {
    const { app, services } = await buildRestApp(accounts)
    services.fail(
      'listPlaySamples',
      new UpstreamError('UPSTREAM_UNAVAILABLE', 'connection failed', { provider: 'tencent' }),
    )
    const response = await app.inject(`${stream}/play-samples?${RANGE}`)
    expect([response.statusCode, response.json()]).toEqual([
      502,
      expect.objectContaining({ code: 'UPSTREAM_UNAVAILABLE', provider: 'tencent', retryable: true }),
    ])
  })

  test('come as CSV with empty cells for what was not measured', async () => {
    const { app } = await buildRestApp(accounts)
    const response = await app.inject({ url: `/v1/accounts/a/play-samples?${RANGE}`, headers: { accept: 'text/csv' } })
    expect(response.body).toBe(
      'observedAt,bandwidthBitsPerSecond,onlineViewers,trafficBytes\r\n2026-11-21T03:05:00.000Z,0,,3195000000\r\n',
    )
  })
})
