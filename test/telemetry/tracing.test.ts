import { setTimeout as delay } from 'node:timers/promises'
import { afterEach, describe, expect, test } from 'vitest'
import { systemClock } from '#model/clock.ts'
import { UpstreamError } from '#model/errors.ts'
import { openTracing, type Tracing } from '#telemetry/tracing.ts'
import { startTraceCollector, type TraceCollector } from '#test/support/trace-collector.ts'

const PARENT = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'

const opened: (Pick<Tracing, 'close'> | TraceCollector)[] = []
afterEach(async () => {
  for (const one of opened.splice(0).toReversed()) await one.close()
})

async function open({
  answer = 200,
  sampleRatio = 1,
  path = '',
  ...options
}: {
  answer?: number | 'never'
  sampleRatio?: number
  path?: string
  clock?: typeof systemClock
} = {}) {
  const collector = await startTraceCollector(answer)
  const settings = { endpoint: collector.url + path, sampleRatio }
  const tracing = openTracing({ settings, version: '1.2.3', clock: systemClock, gatherMs: 10, ...options })
  opened.push(collector, tracing)
  return { collector, tracing, tracer: tracing.tracer }
}

describe('traces', () => {
  test('leave by OTLP over HTTP, and say who sends them', async () => {
    const { collector, tracing, tracer } = await open({ path: '/otlp/' })
    tracer.begin(undefined).end('graphql liveStreams', { 'weir.face': 'graphql' }, 'OK')
    await tracing.close()
    expect(collector.text).toMatch(/^POST \/otlp\/v1\/traces /)
    expect(collector.resource).toEqual({
      'service.name': 'weir',
      'service.version': '1.2.3',
      'service.instance.id': expect.stringMatching(/^[0-9a-f-]{36}$/),
    })
    expect(collector.spans).toMatchObject([
      { name: 'graphql liveStreams', kind: 2, attributes: { 'weir.face': 'graphql' }, status: {} },
    ])
  })

  test('hang together by the work itself, however many go on at a time', async () => {
    const { collector, tracing, tracer } = await open()
    const ask = async (name: string) => {
      const request = tracer.begin(undefined)
      await request.run(async () => {
        await delay(1)
        await tracer.follow('work', `field ${name}`, {}, async () => {
          await delay(1)
          await tracer.follow('call', `call ${name}`, { 'weir.account': name }, async (span) => {
            await delay(1)
            span.tell({ 'weir.stale': false })
          })
        })
      })
      request.end(`request ${name}`, {}, 'OK')
    }
    await Promise.all([ask('a'), ask('b')])
    await tracing.close()
    for (const name of ['a', 'b']) {
      const [request, field, call] = ['request', 'field', 'call'].map((kind) =>
        collector.spans.find((span) => span.name === `${kind} ${name}`),
      )
      expect(request?.parentSpanId ?? '').toBe('')
      expect(field).toMatchObject({ parentSpanId: request?.spanId, traceId: request?.traceId, kind: 1 })
      expect(call).toMatchObject({ parentSpanId: field?.spanId, traceId: request?.traceId, kind: 3 })
      expect(call?.attributes).toEqual({ 'weir.account': name, 'weir.stale': false })
    }
  })

  test("go on from the client's own span, and are kept when it keeps its own", async () => {
    const { collector, tracing, tracer } = await open({ sampleRatio: 0 })
    tracer.begin(PARENT).end('kept', {}, 'OK')
    tracer.begin(PARENT.replace(/01$/, '00')).end('not kept by the client', {}, 'OK')
    tracer.begin(undefined).end('not kept by us', {}, 'OK')
    await tracing.close()
    expect(collector.spans).toMatchObject([
      { name: 'kept', traceId: PARENT.slice(3, 35), parentSpanId: PARENT.slice(36, 52) },
    ])
  })

  test('that are not kept send nothing at all, and tell no line of the log', async () => {
    const { collector, tracing, tracer } = await open({ sampleRatio: 0 })
    const request = tracer.begin(undefined)
    const ids = await request.run(() => tracer.follow('work', 'field', {}, async () => tracer.findIds()))
    request.end('request', {}, 'OK')
    await tracing.close()
    expect(ids).toBeUndefined()
    expect(collector.text).toBe('')
  })

  test.each([
    'nonsense',
    '00-00000000000000000000000000000000-b7ad6b7169203331-01',
    'ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
    '00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01',
    '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-more',
  ])('begin anew for a client whose header is %s', async (header) => {
    const { collector, tracing, tracer } = await open()
    tracer.begin(header).end('request', {}, 'OK')
    await tracing.close()
    expect(collector.spans[0]?.parentSpanId ?? '').toBe('')
  })

  test('tell of errors by their codes alone', async () => {
    const { collector, tracing, tracer } = await open()
    const fail = (name: string, error: Error) =>
      tracer.follow('call', name, {}, () => Promise.reject(error)).catch(() => undefined)
    await fail('ours', new UpstreamError('UPSTREAM_TIMEOUT', 'a secret'))
    await fail('of the system', Object.assign(new Error('a secret'), { code: 'ECONNRESET' }))
    await fail('of somebody', Object.assign(new Error('a secret'), { code: 'a secret' }))
    tracer.begin(undefined).end('ours to answer for', {}, 'UPSTREAM_TIMEOUT')
    tracer.begin(undefined).end('the fault of who asks', {}, 'INVALID_INPUT')
    tracer.begin(undefined).end('of nobody', {}, 'CLIENT_LEFT')
    await tracing.close()
    expect(collector.text).not.toContain('a secret')
    expect(collector.spans.map(({ name, attributes, status }) => [name, attributes['error.type'], status])).toEqual([
      ['ours', 'UPSTREAM_TIMEOUT', { code: 2 }],
      ['of the system', 'ECONNRESET', { code: 2 }],
      ['of somebody', '_OTHER', { code: 2 }],
      ['ours to answer for', 'UPSTREAM_TIMEOUT', { code: 2 }],
      ['the fault of who asks', 'INVALID_INPUT', { code: 0 }],
      ['of nobody', 'CLIENT_LEFT', { code: 0 }],
    ])
  })

  test('tell of what is over already with the time that it took', async () => {
    const { collector, tracing, tracer } = await open()
    tracer.begin(PARENT, 250).end('a kept answer', {}, 'OK')
    await tracing.close()
    const [span] = collector.spans
    expect(Number((span?.endTimeUnixNano ?? 0n) - (span?.startTimeUnixNano ?? 0n)) / 1e6).toBeCloseTo(250, 0)
    expect(span?.parentSpanId).toBe(PARENT.slice(36, 52))
  })

  test('end with their request: what goes on long after it is a trace of its own that points there', async () => {
    let lateMs = 0
    const clock = { ...systemClock, monotonicMs: () => performance.now() + lateMs }
    const { collector, tracing, tracer } = await open({ clock })
    const request = tracer.begin(undefined)
    await request.run(async () => {
      request.end('request', {}, 'OK')
      expect(tracer.isFollowing).toBe(true)
      lateMs = 2000
      expect(tracer.isFollowing).toBe(false)
      await tracer.follow('call', 'soon', {}, async () => undefined)
      lateMs = 60_000
      await tracer.follow('call', 'late', {}, async () => undefined)
    })
    await tracing.close()
    const [first, soon, late] = ['request', 'soon', 'late'].map((name) =>
      collector.spans.find((span) => span.name === name),
    )
    expect(soon?.traceId).toBe(first?.traceId)
    expect(late?.traceId).not.toBe(first?.traceId)
    expect(late?.links).toMatchObject([{ spanId: first?.spanId }])
  })

  test('of two gateways in one process know nothing of each other', async () => {
    const one = await open()
    const other = await open()
    const request = one.tracer.begin(undefined)
    request.run(() => expect([one.tracer.isFollowing, other.tracer.isFollowing]).toEqual([true, false]))
    request.end('request', {}, 'OK')
    await Promise.all([one.tracing.close(), other.tracing.close()])
    expect([one.collector.spans.length, other.collector.spans.length]).toEqual([1, 0])
  })
})

describe('a collector that takes nothing', () => {
  test('costs one line a minute, which says nothing of what it has answered', async () => {
    let nowMs = 0
    const clock = { ...systemClock, monotonicMs: () => nowMs }
    const { tracing, tracer, collector } = await open({ answer: 400, clock })
    const lines: unknown[] = []
    tracing.reportTo({ warn: (details, message) => lines.push({ ...details, message }) })
    const lose = async (times: number) => {
      for (let time = 0; time < times; time += 1) {
        const before = collector.spans.length
        tracer.begin(undefined).end('request', {}, 'OK')
        while (collector.spans.length === before) await delay(5)
        await delay(20)
      }
    }
    await lose(3)
    nowMs = 60_000
    await lose(1)
    const message = 'the collector of traces takes nothing; spans were lost'
    expect(lines).toEqual([
      { spans: 1, reason: 400, message },
      { spans: 3, reason: 400, message },
    ])
  })

  test('does not hold up the end beyond a bound', async () => {
    const { tracing, tracer } = await open({ answer: 'never' })
    tracer.begin(undefined).end('request', {}, 'OK')
    const begunAt = performance.now()
    await tracing.close()
    expect(performance.now() - begunAt).toBeLessThan(3000)
  })

  test('is held no more than so many spans for', async () => {
    const clock = { ...systemClock, delay: (_ms: number, signal?: AbortSignal) => systemClock.delay(200, signal) }
    const { tracing, tracer, collector } = await open({ answer: 'never', clock })
    for (let span = 0; span < 10_000; span += 1) tracer.begin(undefined).end('request', {}, 'OK')
    await tracing.close()
    expect(collector.text.split('"traceId"').length - 1).toBeLessThanOrEqual(2048 + 512)
  })
})
