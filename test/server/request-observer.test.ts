import { once } from 'node:events'
import { get } from 'node:http'
import { promisify } from 'node:util'
import websocket from '@fastify/websocket'
import { afterEach, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import type { AnsweredRequest } from '#contract/answered-request.ts'
import { Meter } from '#contract/ask.ts'
import { noTracer, type Tracer } from '#model/tracer.ts'
import { buildErrorHandler, buildFrameworkErrorHandler } from '#rest/error-handler.ts'
import { FakeClock } from '#test/support/fake-clock.ts'
import { createQuietServer } from '#test/support/quiet-server.ts'
import { waitUntil } from '#test/support/wait-until.ts'
import { FollowedRequests } from '../../src/server/request-observer.ts'

const open: (() => unknown)[] = []
afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close()
})

/** Notes what each request's span was begun below. */
function toTracer(spans: (string | undefined)[]): Tracer {
  const begin: Tracer['begin'] = (traceParent) => {
    spans.push(traceParent)
    return noTracer.begin(traceParent)
  }
  return { ...noTracer, isOn: true, begin }
}

async function start(isFull = false, tracer?: Tracer) {
  const standing: (() => void)[] = []
  let isBusy = false
  const told: AnsweredRequest[] = []
  const clock = new FakeClock()
  const requests = new FollowedRequests({
    observer: { answered: (request) => void told.push(request) },
    clock,
    tracer,
  })
  const log = { error: () => undefined }
  const app = await createQuietServer({
    frameworkErrors: buildFrameworkErrorHandler(log, requests.note),
    line: {
      offer: (work, refuse) => (isFull ? refuse() : isBusy ? void standing.push(work) : work()),
      admits: () => !isFull,
    },
    requests,
    clock,
  })
  await app.register(websocket)
  app.get('/v1/socket', { websocket: true }, (socket) => socket.close())
  app.setErrorHandler(buildErrorHandler(log, requests.note))
  const meter = new Meter()
  app.get('/v1/known', async (request) => {
    requests.note(request.raw, { operation: 'listKnown', client: 'web', meter })
    meter.calls += 2
    return { id: request.id }
  })
  app.get('/v1/slow', (_request, reply) => void reply.raw.writeHead(200).write('begun'))
  app.get('/v1/silent', (_request, reply) => void reply.hijack())
  app.get('/v1/failing', async () => {
    throw new Error('planned')
  })
  app.get('/page', async () => 'page')
  app.get('/healthz', async () => 'well')
  app.get('/readyz', async (_request, reply) => reply.code(503).send('draining'))
  const address = await app.listen({ host: '127.0.0.1', port: 0 })
  open.push(() => app.close())
  const ask = async (path: string, headers: Record<string, string> = {}) => {
    const from = told.length
    const response = await fetch(address + path, { headers })
    const text = await response.text()
    await waitUntil('the request is over', async () => told.length > from)
    return { text, headers: response.headers, told: told.slice(from) }
  }
  /** Has whoever comes from now on stand in line. */
  const beBusy = () => {
    isBusy = true
  }
  return { address, told, ask, clock, app, standing, beBusy }
}

it('a request is told of once, with what was noted of it, and by the id that its route saw', async () => {
  const { ask } = await start()
  const { told, text } = await ask('/v1/known')
  expect(told).toEqual([
    {
      ...{ face: 'rest', operation: 'listKnown', operationName: null, code: 'OK', status: 200, isLasting: false },
      ...{ tookMs: 0, client: 'web', from: 'made', calls: 2, cached: 0, coalesced: 0 },
      requestId: JSON.parse(text).id,
    },
  ])
})

it.each([
  ['/v1/failing', { face: 'rest', operation: 'unknown', code: 'INTERNAL', status: 500 }],
  ['/v1/%zz', { face: 'rest', operation: 'unknown', code: 'INVALID_INPUT', status: 400 }],
  ['/page', { face: 'page', operation: 'page', code: 'OK', status: 200 }],
  ['/healthz', { face: 'page', operation: 'health', code: 'OK', status: 200 }],
  ['/readyz', { face: 'page', operation: 'health', code: 'OK', status: 503 }],
])('%s is told of by its face and its code', async (path, expected) => {
  const { ask } = await start()
  expect((await ask(path)).told).toMatchObject([expected])
})

it('who leaves before the end of the answer is told of as such, with the time that he stayed', async () => {
  const { address, told, clock } = await start()
  const request = get(`${address}/v1/slow`)
  await once(request, 'response')
  await clock.advance(1500)
  request.destroy()
  await waitUntil('it is over', async () => told.length === 1)
  expect(told).toMatchObject([{ code: 'CLIENT_LEFT', tookMs: 1500, status: 200 }])
})

it('who leaves before an answer has begun has had no status', async () => {
  const { address, told, app } = await start()
  const request = get(`${address}/v1/silent`).on('error', () => undefined)
  await once(app.server, 'request')
  request.destroy()
  await waitUntil('it is over', async () => told.length === 1)
  expect(told).toMatchObject([{ code: 'CLIENT_LEFT', status: null }])
})

it('who leaves while he stands in line is told of, once, in a trace of his own', async () => {
  const spans: (string | undefined)[] = []
  const { address, told, app, clock, standing, beBusy } = await start(false, toTracer(spans))
  const countSockets = promisify(app.server.getConnections.bind(app.server))
  beBusy()
  const traceparent = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`
  const request = get(`${address}/v1/known`, { headers: { traceparent } }).on('error', () => undefined)
  await waitUntil('he stands in line', async () => standing.length === 1)
  request.destroy()
  await waitUntil('he has left', async () => (await countSockets()) === 0)
  await clock.advance(700)
  for (const work of standing) work()
  expect(told).toMatchObject([{ face: 'rest', code: 'CLIENT_LEFT', status: null, tookMs: 700, client: null }])
  expect(spans).toEqual([traceparent])
})

it('who is refused at the door is told of', async () => {
  const { ask } = await start(true)
  expect((await ask('/v1/known')).told).toMatchObject([{ face: 'rest', operation: 'unknown', code: 'OVERLOADED' }])
})

it('who is refused at the door is followed by no span', async () => {
  const spans: (string | undefined)[] = []
  const { ask } = await start(true, toTracer(spans))
  await ask('/v1/known')
  expect(spans).toEqual([])
})

it('a WebSocket that is refused at the door is told of', async () => {
  const { address, told } = await start(true)
  const socket = new WebSocket(`${address.replace('http', 'ws')}/v1/socket`)
  socket.on('error', () => undefined)
  await waitUntil('it is refused', async () => told.length === 1)
  expect(told).toMatchObject([{ face: 'rest', code: 'OVERLOADED', status: 503 }])
})
