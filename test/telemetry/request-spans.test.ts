import { expect, test } from 'vitest'
import { systemClock } from '#model/clock.ts'
import { createRequestSpans, type EndedRequest } from '#telemetry/request-spans.ts'
import { openTracing } from '#telemetry/tracing.ts'
import { startTraceCollector } from '#test/support/trace-collector.ts'

const answered: EndedRequest = {
  face: 'graphql',
  operation: 'stream',
  operationName: 'Ask',
  code: 'OK',
  status: 200,
  tookMs: 5,
  client: 'web',
  from: 'made',
  calls: 2,
  cached: 1,
  coalesced: 0,
}

async function open() {
  const collector = await startTraceCollector()
  const settings = { endpoint: collector.url, sampleRatio: 1 }
  const tracing = openTracing({ settings, version: '1.2.3', clock: systemClock })
  const told: { readonly request: EndedRequest; readonly spanId: string | undefined }[] = []
  const { tracer } = tracing
  const observer = createRequestSpans<EndedRequest>(tracer, {
    answered: (request) => told.push({ request, spanId: tracer.findIds()?.spanId }),
  })
  const end = async () => {
    await tracing.close()
    await collector.close()
    return collector.spans
  }
  return { observer, tracer, told, end }
}

test('ends the span that is under way, and tells everybody else within it', async () => {
  const { observer, tracer, told, end } = await open()
  tracer.begin(undefined).run(() => observer.answered(answered))
  const spans = await end()
  expect(spans.map(({ name }) => name)).toEqual(['graphql stream'])
  expect(told).toEqual([{ request: answered, spanId: spans[0]?.spanId }])
  expect(spans[0]?.attributes).toMatchObject({ 'graphql.operation.name': 'Ask', 'weir.client': 'web', 'weir.calls': 2 })
})

test('makes up the span of a kept answer, wherever it is sent', async () => {
  const { observer, tracer, end } = await open()
  const other = tracer.begin(undefined)
  other.run(() => observer.answered({ ...answered, from: 'memory' }))
  other.end('the request in whose course it was sent', {}, 'OK')
  const spans = await end()
  expect(spans.map(({ name }) => name)).toEqual(['graphql stream', 'the request in whose course it was sent'])
  expect(spans[0]?.traceId).not.toBe(spans[1]?.traceId)
})

test('makes no span of pages, whose numbers and lines are as ever', async () => {
  const { observer, told, end } = await open()
  observer.answered({ ...answered, face: 'page', operation: 'health' })
  expect(told).toHaveLength(1)
  expect(await end()).toEqual([])
})

test('makes no span of a refusal for want of time', async () => {
  const { observer, told, end } = await open()
  observer.answered({ ...answered, code: 'OVERLOADED', status: 503 })
  expect(told).toHaveLength(1)
  expect(await end()).toEqual([])
})
