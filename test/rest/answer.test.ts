import { describe, expect, test } from 'vitest'
import { UpstreamError } from '#model/errors.ts'
import { fetchedAt } from '#test/support/fake-services.ts'
import { at, buildRestApp, RANGE } from './rest-app.ts'

const url = `/v1/accounts/tencent-main/streams/a/push-samples?${RANGE}`
const streamUrl = '/v1/accounts/tencent-main/streams/a'
const sample = {
  observedAt: at('03:30:00'),
  frameRate: 25,
  bitrateBitsPerSecond: 1_500_000,
  clientIp: null,
  serverIp: null,
}
const reading = { onlineViewers: 5, bandwidthBitsPerSecond: 7, push: null }
const build = () =>
  buildRestApp({ 'tencent-main': { streams: { a: { pushSamples: [sample], live: reading }, b: { live: reading } } } })

describe('headers of a fresh answer', () => {
  test('say how old it is, how long it lasts and what it cost', async () => {
    const { app, clock } = await build()
    await clock.advance(2_000)
    const { headers } = await app.inject(url)
    expect(headers).toMatchObject({
      'cache-control': 'private, max-age=3',
      age: '2',
      'x-upstream-calls': '1',
      'weir-stale': 'false',
      'weir-missing': '0',
      'content-type': 'application/json; charset=utf-8',
    })
    expect(headers.etag).toMatch(/^W\/"/)
  })

  test('vary with everything the answer depends on', async () => {
    const { app } = await build()
    expect((await app.inject(url)).headers.vary).toBe('Accept, Accept-Encoding, Authorization, X-API-Key')
  })

  test('say that quota and health are good for no time at all', async () => {
    const { app } = await build()
    for (const passing of ['/v1/accounts', '/v1/accounts/tencent-main'])
      expect((await app.inject(passing)).headers['cache-control']).toBe('private, max-age=0')
  })

  test('follow the shortest and the oldest part', async () => {
    const { app, services, clock } = await build()
    const shortLived = services.getStreamStatus.bind(services)
    services.getStreamStatus = async (ref, ask) => ({
      ...(await shortLived(ref, ask)),
      fetchedAt: fetchedAt - 4_000,
      freshUntil: fetchedAt + 1_000,
    })
    expect(clock.now()).toBe(fetchedAt)
    expect((await app.inject(streamUrl)).headers).toMatchObject({ 'cache-control': 'private, max-age=1', age: '4' })
  })
})

describe('no-store', () => {
  test('marks stale answers', async () => {
    const { app, services } = await build()
    services.freshness = { ...services.freshness, stale: true }
    for (const stale of [url, streamUrl, '/v1/live-streams']) {
      const response = await app.inject(stale)
      expect(response.headers).toMatchObject({ 'cache-control': 'no-store', 'weir-stale': 'true' })
    }
  })

  test('marks answers with missing pieces', async () => {
    const { app, services } = await build()
    const gap = { from: at('03:00:00'), to: at('03:05:00'), code: 'UPSTREAM_TIMEOUT' as const, message: 'late' }
    services.addAccount('tencent-main', { streams: { a: { pushSamples: [sample], missing: [gap, gap] } } })
    expect((await app.inject(url)).headers).toMatchObject({ 'cache-control': 'no-store', 'weir-missing': '2' })
  })

  test('marks answers with failed parts and failed accounts', async () => {
    const { app, services } = await build()
    services.fail('getLiveReading', new UpstreamError('UPSTREAM_TIMEOUT', 'late'))
    expect((await app.inject(streamUrl)).headers['cache-control']).toBe('no-store')
    expect((await app.inject('/v1/live-streams?account=tencent-main&account=gone')).headers['cache-control']).toBe(
      'no-store',
    )
  })
})

describe('conditional requests', () => {
  const get = async (
    rest: Awaited<ReturnType<typeof build>>,
    ask: { url?: string; tag?: string; accept?: string } = {},
  ) =>
    rest.app.inject({
      url: ask.url ?? url,
      headers: { ...(ask.tag ? { 'if-none-match': ask.tag } : {}), ...(ask.accept ? { accept: ask.accept } : {}) },
    })

  test('are answered 304 without a body while the data is the same, however old it is', async () => {
    const rest = await build()
    for (const same of [url, streamUrl, '/v1/live-streams', '/v1/accounts/tencent-main/live-streams']) {
      const tag = String((await get(rest, { url: same })).headers.etag)
      rest.services.freshness = { fetchedAt: fetchedAt + 60_000, freshUntil: fetchedAt + 65_000, stale: true }
      const again = await get(rest, { url: same, tag: `"other", ${tag}` })
      expect([same, again.statusCode, again.body]).toEqual([same, 304, ''])
      expect(again.headers).toMatchObject({ etag: tag, 'weir-stale': 'true', 'cache-control': 'no-store', age: '0' })
      expect(again.headers['x-upstream-calls']).toBeDefined()
      expect(again.headers.vary).toContain('Accept')
      rest.services.freshness = { fetchedAt, freshUntil: fetchedAt + 5_000, stale: false }
    }
  })

  test('are answered whole when the data is another', async () => {
    const rest = await build()
    for (const moved of [url, streamUrl, '/v1/live-streams', '/v1/accounts/tencent-main']) {
      const tag = String((await get(rest, { url: moved })).headers.etag)
      rest.services.addAccount('tencent-main', {
        liveTotals: { streamCount: 9, onlineViewers: 9, bandwidthBitsPerSecond: 9 },
        streams: { a: { pushSamples: [], live: { ...reading, onlineViewers: 6 } } },
      })
      expect([moved, (await get(rest, { url: moved, tag })).statusCode]).toEqual([moved, 200])
      rest.services.addAccount('tencent-main', { streams: { a: { pushSamples: [sample], live: reading } } })
    }
  })

  test('tell JSON from CSV', async () => {
    const rest = await build()
    const tag = String((await get(rest)).headers.etag)
    expect((await get(rest, { tag, accept: 'text/csv' })).statusCode).toBe(200)
  })

  test('take * for any answer', async () => {
    expect((await get(await build(), { tag: '*' })).statusCode).toBe(304)
  })

  test('do not apply to POST', async () => {
    const { app } = await build()
    const response = await app.inject({
      method: 'POST',
      url: '/v1/accounts/tencent-main/push-sessions',
      headers: { 'if-none-match': '*' },
      body: { keys: ['a'], from: '2026-11-21T03:00:00Z', to: '2026-11-21T04:00:00Z' },
    })
    expect(response.statusCode).toBe(200)
  })
})

describe('HEAD', () => {
  test('answers the headers of GET and no body', async () => {
    const { app } = await build()
    const get = await app.inject(url)
    const head = await app.inject({ method: 'HEAD', url })
    expect(head.statusCode).toBe(200)
    expect(head.body).toBe('')
    for (const name of [
      'etag',
      'cache-control',
      'age',
      'content-type',
      'content-length',
      'x-upstream-calls',
      'weir-missing',
    ])
      expect([name, head.headers[name]]).toEqual([name, get.headers[name]])
  })

  test('takes If-None-Match', async () => {
    const { app } = await build()
    expect((await app.inject({ method: 'HEAD', url, headers: { 'if-none-match': '*' } })).statusCode).toBe(304)
  })

  test('answers errors by their status', async () => {
    const { app } = await build()
    const response = await app.inject({ method: 'HEAD', url: '/v1/accounts/gone' })
    expect([response.statusCode, response.body]).toEqual([404, ''])
  })
})

describe('CSV', () => {
  test('comes with its age and its gaps in headers', async () => {
    const { app, services } = await build()
    services.freshness = { ...services.freshness, stale: true }
    const response = await app.inject({ url, headers: { accept: 'text/csv' } })
    expect(response.headers).toMatchObject({
      'content-type': 'text/csv; charset=utf-8; header=present',
      'weir-stale': 'true',
      'weir-missing': '0',
      'cache-control': 'no-store',
    })
    expect(response.body).toBe(
      'observedAt,frameRate,bitrateBitsPerSecond,clientIp,serverIp\r\n2026-11-21T03:30:00.000Z,25,1500000,,\r\n',
    )
  })

  test('is given on sample and session routes only', async () => {
    const { app } = await build()
    const typeOf = async (path: string) =>
      (await app.inject({ url: path, headers: { accept: 'text/csv' } })).headers['content-type']
    for (const path of ['push-samples', 'play-samples', 'push-sessions'])
      expect(await typeOf(`${streamUrl}/${path}?${RANGE}`)).toContain('text/csv')
    expect(await typeOf(`/v1/accounts/tencent-main/play-samples?${RANGE}`)).toContain('text/csv')
    for (const path of [
      streamUrl,
      `${streamUrl}/recordings`,
      `${streamUrl}/snapshots`,
      '/v1/accounts',
      '/v1/live-streams',
    ])
      expect(await typeOf(path)).toContain('application/json')
  })

  test('gives way to JSON when the client accepts neither', async () => {
    const { app } = await build()
    const response = await app.inject({ url, headers: { accept: 'image/png' } })
    expect([response.statusCode, response.headers['content-type']]).toEqual([200, 'application/json; charset=utf-8'])
  })

  test('does not stand for errors, which stay problems', async () => {
    const { app } = await build()
    const response = await app.inject({ url: url.replace('from', 'form'), headers: { accept: 'text/csv' } })
    expect([response.statusCode, response.headers['content-type']]).toEqual([
      400,
      'application/problem+json; charset=utf-8',
    ])
  })
})
