// Traces of whole gateways, as a collector gets them: what hangs below what, and what never stands there.
import { createHash } from 'node:crypto'
import { request } from 'node:http'
import { createClient } from 'graphql-ws'
import { afterEach, describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { systemClock } from '#model/clock.ts'
import { openTracing } from '#telemetry/tracing.ts'
import { type Gateway, startGateway } from '#test/support/gateway.ts'
import { openTestRedis } from '#test/support/redis-server.ts'
import { type CollectedSpan, startTraceCollector, type TraceCollector } from '#test/support/trace-collector.ts'

const PARENT = { traceId: '0af7651916cd43dd8448eb211c80319c', spanId: 'b7ad6b7169203331' }
const traceparent = `00-${PARENT.traceId}-${PARENT.spanId}-01`
const readLive = '{ stream(account: "tencent-main", key: "8888_room1") { live { onlineViewers } } }'

const closing: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close()
})

/** @returns also `end`: closes the gateway, and has everything arrive */
async function start({ sampleRatio = 1, settings = {} }: { sampleRatio?: number; settings?: object } = {}) {
  const collector = await startTraceCollector()
  const tracing = openTracing({
    settings: { endpoint: collector.url, sampleRatio },
    version: '1.2.3',
    clock: systemClock,
    gatherMs: 20,
  })
  const gateway = await startGateway({ settings: { ...settings }, overrides: { tracing } })
  let ended: Promise<void> | undefined
  const end = () => {
    ended ??= gateway.close().then(() => tracing.close())
    return ended
  }
  closing.push(() => collector.close(), end)
  return { gateway, collector, end }
}

/** A trace as text: a line per span, below what it belongs to. */
function toTree({ spans }: TraceCollector, root: CollectedSpan, depth = 0): string[] {
  const below = spans
    .filter(({ parentSpanId }) => parentSpanId === root.spanId)
    .toSorted((one, other) => Number(one.startTimeUnixNano - other.startTimeUnixNano))
  return [
    `${'  '.repeat(depth)}${root.name}`,
    ...below.flatMap((span) => toTree({ spans } as TraceCollector, span, depth + 1)),
  ]
}

/** The lines of the log that tell of a request, with the trace they name. */
function readLines(gateway: Gateway): { operation?: string; traceId?: string; spanId?: string; from?: string }[] {
  return gateway
    .log()
    .split('\n')
    .filter((line) => line.includes('"operation"'))
    .map((line) => JSON.parse(line))
}

describe('a trace', () => {
  it('shows what a cold question over GraphQL is made of, below the span of who asks', async () => {
    const redis = await openTestRedis()
    closing.push(() => redis.close())
    const prefix = `traces-${Date.now().toString(36)}`
    const { gateway, collector, end } = await start({ settings: { redis: { url: redis.url, prefix } } })
    const answer = await gateway.query(readLive, {}, { traceparent })
    expect(answer.errors).toBeUndefined()
    await end()

    const request = await collector.find('graphql stream')
    expect(request).toMatchObject({
      traceId: PARENT.traceId,
      parentSpanId: PARENT.spanId,
      kind: 2,
      status: { code: 0 },
    })
    expect(request.attributes).toEqual({
      'http.request.method': 'POST',
      'http.route': '/graphql',
      'http.response.status_code': 200,
      'graphql.operation.type': 'query',
      'weir.face': 'graphql',
      'weir.operation': 'stream',
      'weir.client': 'anonymous',
      'weir.from': 'made',
      'weir.calls': 1,
      'weir.cached': 0,
      'weir.coalesced': 0,
    })
    const tree = toTree(collector, request)
    expect(tree.slice(0, 2)).toEqual(['graphql stream', '  getLiveReading'])
    expect(tree.filter((line) => line.startsWith('    redis '))).not.toEqual([])
    const call = await collector.find('provider Get_LiveStat')
    const field = await collector.find('getLiveReading')
    expect(call).toMatchObject({ traceId: PARENT.traceId, parentSpanId: field.spanId, kind: 3 })
    expect(call.attributes).toEqual({
      'weir.account': 'tencent-main',
      'weir.interface': 'Get_LiveStat',
      'weir.attempt': 1,
      'weir.outcome': 'OK',
      'weir.quota.wait_ms': expect.any(Number),
    })
    const others = collector.spans.filter(({ traceId }) => traceId !== PARENT.traceId)
    expect(others.filter(({ name }) => name.startsWith('redis'))).toEqual([])
  })

  it('is named by the line of its request in the log', async () => {
    const { gateway, collector, end } = await start()
    await gateway.get('/v1/accounts/tencent-main/streams/8888_room1')
    await end()
    const request = await collector.find('rest getStream')
    expect(request.attributes).toMatchObject({
      'http.request.method': 'GET',
      'http.route': '/v1/accounts/:account/streams/:key',
    })
    const [line] = readLines(gateway).filter(({ operation }) => operation === 'getStream')
    expect(line).toMatchObject({ traceId: request.traceId, spanId: request.spanId })
  })

  it('tells of an answer from kept bytes too, below the span of who asked', async () => {
    const { gateway, collector, end } = await start()
    for (let time = 0; time < 3; time += 1) await gateway.query(readLive)
    await gateway.query(readLive, {}, { traceparent })
    await end()
    const kept = collector.spans.filter(({ attributes }) => attributes['weir.from'] === 'memory')
    expect(kept.at(-1)).toMatchObject({ name: 'graphql stream', traceId: PARENT.traceId, parentSpanId: PARENT.spanId })
  })

  it('goes on behind a body that comes later than its head', async () => {
    const { gateway, collector, end } = await start()
    const body = JSON.stringify({ query: readLive })
    const headers = { 'content-type': 'application/json', 'content-length': body.length }
    await new Promise<void>((resolve, reject) => {
      const sending = request(`${gateway.address}/graphql`, { method: 'POST', headers }, (answer) =>
        answer.resume().once('end', resolve),
      )
      sending.once('error', reject).flushHeaders()
      sending.once('socket', () => setTimeout(() => sending.end(body), 50))
    })
    await end()
    const root = await collector.find('graphql stream')
    expect(toTree(collector, root).slice(0, 2)).toEqual(['graphql stream', '  getLiveReading'])
  })

  it('follows an operation of a WebSocket', async () => {
    const { gateway, collector, end } = await start()
    const client = createClient({ url: `${gateway.address.replace('http', 'ws')}/graphql`, webSocketImpl: WebSocket })
    for await (const answer of client.iterate({ query: readLive })) expect(answer.errors).toBeUndefined()
    await client.dispose()
    await end()
    const request = await collector.find('graphql stream')
    expect(toTree(collector, request).slice(0, 3)).toEqual([
      'graphql stream',
      '  getLiveReading',
      '    provider Get_LiveStat',
    ])
  })

  it('that its client does not keep sends nothing', async () => {
    const { gateway, collector, end } = await start()
    await gateway.query(readLive, {}, { traceparent: traceparent.replace(/01$/, '00') })
    await gateway.get('/healthz')
    await end()
    expect(collector.text).toBe('')
    expect(readLines(gateway).filter(({ traceId }) => traceId !== undefined)).toEqual([])
  })

  it('holds no key, no signature, no address of a call, no name of a stream and no words of a provider', async () => {
    const clientKey = 'a-client-key-of-some-length'
    const access = {
      mode: 'keys',
      keys: [{ name: 'web', sha256: createHash('sha256').update(clientKey).digest('hex') }],
    }
    const { gateway, collector, end } = await start({ settings: { access, upstream: { deadlineMs: 1000 } } })
    const { sandbox } = gateway
    const headers = { 'x-api-key': clientKey }
    const range = `from=${new Date(Date.now() - 600_000).toISOString()}&to=${new Date().toISOString()}`
    const faults = [undefined, 'html', 'throttled', 'wrong-types', 'truncated'] as const
    for (const [index, kind] of faults.entries()) {
      sandbox.clearFaults()
      if (kind !== undefined) sandbox.setFault({ kind, times: 10 })
      const stream = `secret-stream-${index}`
      await gateway.query(`query Ask { stream(account: "tencent-main", key: "${stream}") { state } }`, {}, headers)
      await gateway.get(`/v1/accounts/tencent-main/streams/${stream}/push-samples?${range}`, headers)
      await gateway.get(
        `/v1/accounts/cnc-main/streams/push.example.com%2Flive%2F${stream}/push-sessions?${range}`,
        headers,
      )
      await gateway.get(`/v1/accounts/${stream}?key=${clientKey}`, headers)
    }
    await gateway.query(readLive, {}, { 'x-api-key': 'a-wrong-key-of-some-length' })
    const { tencent, chinanetcenter } = sandbox.credentials
    const signatures = sandbox.calls.flatMap(({ target, headers: { authorization } }) => [
      /[?&]sign=([^&]+)/.exec(target)?.[1] ?? '',
      String(authorization ?? '').split(' ')[1] ?? '',
    ])
    await end()
    const wanted = [tencent.apiKey, chinanetcenter.apiKey, clientKey, 'a-wrong-key', ...signatures].filter(Boolean)
    expect(wanted.length).toBeGreaterThan(8)
    expect(collector.spans.length).toBeGreaterThan(40)
    for (const secret of wanted) expect(collector.text).not.toContain(secret)
    expect(collector.text).not.toMatch(/secret-stream|common_access|sign=|interface=|Param\.|<html/i)
    // Nothing is told in words: neither in the state of a span nor as an event of it.
    expect(collector.spans.filter(({ status, events }) => status.message !== undefined || events.length > 0)).toEqual(
      [],
    )
  })
})
