import { afterEach, describe, expect, it } from 'vitest'
import { type ErrorCode, GatewayError } from '#model/errors.ts'
import {
  answering,
  type Behaviour,
  type HostileUpstream,
  startHostileUpstream,
  toAnswer,
} from '#test/support/hostile-upstream.ts'
import { toAsk, toJsonRequest, toTestClient } from '#test/support/upstream-client.ts'
import type { UpstreamClient } from '#upstream/upstream-client.ts'

/** Short where the deadline is what ends the call, roomy where it must not. */
const SHORT_MS = 300
const ROOMY_MS = 5000

let server: HostileUpstream | undefined
let client: UpstreamClient | undefined

async function start(behaviour: Behaviour, deadlineMs = ROOMY_MS): Promise<UpstreamClient> {
  server = await startHostileUpstream(behaviour)
  client = toTestClient(server.url, { deadlineMs })
  return client
}

afterEach(async () => {
  await client?.close()
  await server?.close()
})

async function failureOf(call: Promise<unknown>): Promise<GatewayError> {
  const error: unknown = await call.then(
    () => undefined,
    (reason) => reason,
  )
  if (!(error instanceof GatewayError)) throw new Error('expected a GatewayError', { cause: error })
  return error
}

const cases: readonly (readonly [title: string, code: ErrorCode, behaviour: Behaviour])[] = [
  ['accepts and never answers', 'UPSTREAM_TIMEOUT', () => undefined],
  ['resets when the request comes', 'UPSTREAM_UNAVAILABLE', (socket) => socket.resetAndDestroy()],
  [
    'resets after the headers',
    'UPSTREAM_UNAVAILABLE',
    (socket) => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n', () => socket.resetAndDestroy()),
  ],
  [
    'resets in the middle of the body',
    'UPSTREAM_UNAVAILABLE',
    (socket) => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{"a"', () => socket.resetAndDestroy()),
  ],
  ['closes without an answer', 'UPSTREAM_UNAVAILABLE', (socket) => socket.end()],
  [
    'drips one byte at a time',
    'UPSTREAM_TIMEOUT',
    (socket) => {
      socket.write('HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n')
      const drip = setInterval(() => socket.write(' '), 20)
      socket.on('close', () => clearInterval(drip))
    },
  ],
  ['answers HTML with status 200', 'UPSTREAM_RESPONSE', answering('<html>sorry</html>')],
  ['answers more than is allowed', 'UPSTREAM_RESPONSE', answering('x'.repeat(200_000))],
  [
    'sends chunks without an end',
    'UPSTREAM_RESPONSE',
    (socket) => {
      socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n')
      const flood = setInterval(() => socket.write(`4000\r\n${'x'.repeat(0x4000)}\r\n`), 1)
      socket.on('close', () => clearInterval(flood))
    },
  ],
  ['compresses although not asked', 'UPSTREAM_RESPONSE', answering('\u001f\u008b', ['Content-Encoding: gzip'])],
  [
    'gives two lengths',
    'UPSTREAM_RESPONSE',
    (socket) => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}'),
  ],
  ['sends more than the length it gave', 'UPSTREAM_RESPONSE', (socket) => socket.write(`${toAnswer('{}')}{"b":1}`)],
  ['sends two answers to one request', 'UPSTREAM_RESPONSE', (socket) => socket.write(toAnswer('{}').repeat(2))],
  [
    'sends less than the length it gave',
    'UPSTREAM_RESPONSE',
    (socket) => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{}'),
  ],
  [
    'sends less than its length and says it closes',
    'UPSTREAM_RESPONSE',
    (socket) => socket.end('HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 9\r\n\r\n{}'),
  ],
  ['sends 100 KB of headers', 'UPSTREAM_RESPONSE', answering('{}', [`X-Long: ${'x'.repeat(100_000)}`])],
  ['sends no HTTP at all', 'UPSTREAM_RESPONSE', (socket) => socket.write('SSH-2.0-nothing\r\n\r\n')],
  ['wants to switch protocols', 'UPSTREAM_RESPONSE', answering('', ['Upgrade: x', 'Connection: upgrade'], '101 x')],
  ['redirects', 'UPSTREAM_RESPONSE', answering('', ['Location: http://127.0.0.1:1/'], '302 Found')],
]

describe('a provider that', () => {
  for (const [title, code, behaviour] of cases)
    it(`${title} is ${code} in time, without a word of what was sent`, async () => {
      const deadlineMs = code === 'UPSTREAM_TIMEOUT' ? SHORT_MS : ROOMY_MS
      const { call } = await start(behaviour, deadlineMs)
      const startedAt = performance.now()
      const error = await failureOf(call(toJsonRequest({ query: [['stream', 'canary-stream']] }), toAsk()))
      expect(performance.now() - startedAt).toBeLessThan(SHORT_MS + 600)
      expect(error).toMatchObject({ code, account: 'main', provider: 'tencent' })
      expect(`${error.stack} ${JSON.stringify(error)} ${String(error.cause)}`).not.toMatch(/canary|common_access/)
    })

  it('is not there at all is UPSTREAM_UNAVAILABLE, and no start of the quota is spent on it', async () => {
    const { call, readings } = await start(answering('{}'))
    await server?.close()
    const ask = toAsk()
    expect(await failureOf(call(toJsonRequest(), ask))).toMatchObject({ code: 'UPSTREAM_UNAVAILABLE' })
    expect(ask.meter.calls).toBe(0)
    expect((await readings.quota()).used).toBe(0)
  })

  it('has an unknown host name is UPSTREAM_UNAVAILABLE', async () => {
    client = toTestClient('http://nowhere.invalid', { deadlineMs: ROOMY_MS })
    const error = await failureOf(client.call(toJsonRequest(), toAsk()))
    expect(['UPSTREAM_UNAVAILABLE', 'UPSTREAM_TIMEOUT']).toContain(error.code)
    expect(error.message).not.toContain('nowhere')
  })

  it('does not speak TLS is UPSTREAM_UNAVAILABLE and gets nothing to read', async () => {
    server = await startHostileUpstream(answering('{}'), (socket) => socket.write('HTTP/1.1 400 Bad Request\r\n\r\n'))
    client = toTestClient(server.url.replace('http:', 'https:'), { deadlineMs: ROOMY_MS })
    expect(await failureOf(client.call(toJsonRequest(), toAsk()))).toMatchObject({ code: 'UPSTREAM_UNAVAILABLE' })
    expect(server.requests).toEqual([])
  })
})

describe('after a bad answer', () => {
  it('a connection with surplus bytes is never used again', async () => {
    const { call } = await start((socket, { number }) =>
      socket.write(number === 1 ? `${toAnswer('{"a":1}')}HTTP/1.1 200 OK\r\n` : toAnswer('{"a":2}')),
    )
    // Read again after the first answer, which is refused.
    expect(await call(toJsonRequest(), toAsk())).toEqual({ a: 2 })
    expect(server?.requests.map(({ connection }) => connection)).toEqual([1, 2])
  })

  it('surplus bytes that come late reach nobody', async () => {
    const { call } = await start((socket, { number }) => {
      socket.write(toAnswer(`{"a":${number}}`))
      if (number === 1) setTimeout(() => socket.write(toAnswer('{"a":"poison"}')), 20)
    })
    expect(await call(toJsonRequest(), toAsk())).toEqual({ a: 1 })
    await new Promise((resolve) => setTimeout(resolve, 60))
    expect(await call(toJsonRequest(), toAsk())).toEqual({ a: 2 })
  })

  it('a good connection is used again', async () => {
    const { call } = await start(answering('{}'))
    await call(toJsonRequest(), toAsk())
    await call(toJsonRequest(), toAsk())
    expect(server?.connections).toBe(1)
  })
})
