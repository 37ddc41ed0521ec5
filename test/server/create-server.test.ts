import { connect } from 'node:net'
import websocket from '@fastify/websocket'
import type { FastifyInstance } from 'fastify'
import { afterEach, describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { formatError, showErrors, toStatus } from '#graphql/error-formatter.ts'
import { GatewayError } from '#model/errors.ts'
import { buildErrorHandler } from '#rest/error-handler.ts'
import { toProblem } from '#rest/schemas/problem.ts'
import { FakeClock } from '#test/support/fake-clock.ts'
import { createQuietServer } from '#test/support/quiet-server.ts'
import { waitUntil } from '#test/support/wait-until.ts'
import type { ServerOptions } from '../../src/server/create-server.ts'
import { overloadRefusal } from '../../src/server/overload-refusal.ts'

let app: FastifyInstance | undefined
afterEach(() => app?.close())

async function create(options: Partial<ServerOptions> = {}) {
  app = await createQuietServer(options)
  app.setErrorHandler(buildErrorHandler({ error: () => {} }))
  app.get('/', async (request) => ({ id: request.id, address: request.ip }))
  return app
}

function countSockets({ server }: FastifyInstance): Promise<number> {
  return new Promise((resolve, reject) => {
    server.getConnections((error, count) => (error ? reject(error) : resolve(count)))
  })
}

describe('the server', () => {
  it('lets pages load nothing from elsewhere and run nothing inline', async () => {
    const { headers } = await (await create()).inject('/')
    const policy = String(headers['content-security-policy'])
    expect(policy).toContain("default-src 'self'")
    expect(policy).not.toMatch(/script-src|unsafe-eval|https:|\*/)
    expect(headers['x-content-type-options']).toBe('nosniff')
  })

  it('takes a request id that is one, and replaces any other', async () => {
    const server = await create()
    const named = await server.inject({ url: '/', headers: { 'x-request-id': 'abc-1' } })
    expect(named.json().id).toBe('abc-1')
    const forged = await server.inject({ url: '/', headers: { 'x-request-id': '{"level":"fatal"}' } })
    expect(forged.json().id).toMatch(/^[0-9a-f-]{36}$/)
  })

  it('believes forwarding headers of named proxies only', async () => {
    const headers = { 'x-forwarded-for': '203.0.113.9' }
    expect((await (await create()).inject({ url: '/', headers })).json().address).toBe('127.0.0.1')
    await app?.close()
    const behind = await create({ trustProxy: ['127.0.0.1'] })
    expect((await behind.inject({ url: '/', headers })).json().address).toBe('203.0.113.9')
  })

  it.each([
    ['the last that no proxy is', '203.0.113.9, 198.51.100.7, 10.0.0.2', '198.51.100.7'],
    ['of several headers the last', ['203.0.113.9', '198.51.100.7'], '198.51.100.7'],
    ['all that are named', '10.0.0.3, 10.0.0.2', '10.0.0.3'],
    ['what a proxy let through garbled', '203.0.113.9, ,;[::1', ';[::1'],
    ['nothing but commas', ', ,, ', '127.0.0.1'],
  ])('takes for the client, hop by hop: %s', async (_name, sent, address) => {
    const server = await create({ trustProxy: ['127.0.0.1', '10.0.0.0/8'] })
    const answer = await server.inject({ url: '/', headers: { 'x-forwarded-for': sent } })
    expect(answer.statusCode).toBe(200)
    expect(answer.json().address).toBe(address)
  })

  it('answers what is no HTTP request with a problem', async () => {
    const server = await create()
    await server.listen({ port: 0, host: '127.0.0.1' })
    const address = server.server.address()
    const port = typeof address === 'object' && address ? address.port : 0
    const ask = (text: string) =>
      new Promise<string>((resolve) => {
        const socket = connect(port, '127.0.0.1', () => socket.write(text))
        let answer = ''
        socket.on('data', (chunk) => {
          answer += chunk
        })
        socket.on('close', () => resolve(answer))
      })
    const malformed = await ask('NOT HTTP\r\n\r\n')
    expect(malformed).toMatch(/^HTTP\/1\.1 400 /)
    expect(malformed).toContain('application/problem+json')
    expect(malformed).toContain('"code":"INVALID_INPUT"')
    const oversized = await ask(`GET / HTTP/1.1\r\nhost: x\r\nx: ${'y'.repeat(20_000)}\r\n\r\n`)
    expect(oversized).toMatch(/^HTTP\/1\.1 431 /)
  })

  it('lets pages of listed origins call, and no others', async () => {
    const server = await create({ corsOrigins: ['https://studio.example.com'] })
    const asked = async (origin: string) =>
      (await server.inject({ url: '/', headers: { origin } })).headers['access-control-allow-origin']
    expect(await asked('https://studio.example.com')).toBe('https://studio.example.com')
    expect(await asked('https://evil.example.com')).not.toBe('https://evil.example.com')
  })

  it('tells all origins the same when all may call, and asks for no cookies', async () => {
    const server = await create({ corsOrigins: ['*'] })
    const { headers } = await server.inject({ url: '/', headers: { origin: 'https://any.example' } })
    expect(headers['access-control-allow-origin']).toBe('*')
    expect(headers['access-control-allow-credentials']).toBeUndefined()
  })

  it('limits slow heads, slow bodies and idle sockets', async () => {
    const { server } = await create()
    expect(server).toMatchObject({ headersTimeout: 5000, requestTimeout: 8000, keepAliveTimeout: 72_000 })
    expect(server.maxConnections).toBe(8000)
  })

  it('tells browsers nothing of TLS that it does not speak', async () => {
    const { headers } = await (await create()).inject('/')
    expect(headers['strict-transport-security']).toBeUndefined()
  })
})

describe('a server with more to do than it can', () => {
  const line: NonNullable<ServerOptions['line']> = { offer: (_work, refuse) => refuse(), admits: () => false }

  async function listen(options: Partial<ServerOptions> = {}) {
    const server = await create({ line, ...options })
    for (const url of ['/healthz', '/readyz', '/metrics', '/v1/accounts']) server.get(url, async () => 'answered')
    server.post('/graphql', async () => 'answered')
    return server.listen({ port: 0, host: '127.0.0.1' })
  }

  it('refuses with a problem, and says when to come again', async () => {
    const answer = await fetch(`${await listen()}/v1/accounts?first=1`, { headers: { 'x-request-id': 'abc-1' } })
    expect(answer.status).toBe(503)
    expect(answer.headers.get('content-type')).toBe('application/problem+json; charset=utf-8')
    expect(answer.headers.get('retry-after')).toBe('1')
    expect(answer.headers.get('cache-control')).toBe('no-store')
    const error = new GatewayError('OVERLOADED', overloadRefusal.message, overloadRefusal)
    expect(await answer.json()).toEqual(toProblem(error, 503, 'abc-1'))
  })

  it('refuses in the words of GraphQL at /graphql, without reading the body', async () => {
    const address = await listen()
    const ask = (accept: string) =>
      fetch(`${address}/graphql`, {
        method: 'POST',
        headers: { accept, 'content-type': 'application/json', 'x-request-id': 'abc-1' },
        body: 'no JSON',
      })
    const answer = await ask('application/json')
    expect(answer.status).toBe(503)
    expect(answer.headers.get('content-type')).toBe('application/json; charset=utf-8')
    const [shown] = showErrors([new GatewayError('OVERLOADED', overloadRefusal.message, overloadRefusal)])
    expect(shown && toStatus([shown], { hasData: false, isGraphqlResponse: false })).toBe(503)
    expect(await answer.json()).toEqual({
      errors: [JSON.parse(JSON.stringify(shown && formatError(shown, 'abc-1')))],
      extensions: { upstream: { calls: 0, cached: 0, coalesced: 0 } },
    })
    const other = await ask('application/graphql-response+json')
    expect(other.headers.get('content-type')).toBe('application/graphql-response+json; charset=utf-8')
  })

  it.each(['/healthz', '/readyz', '/metrics', '/healthz?probe=1'])('always answers %s', async (path) => {
    const answer = await fetch((await listen()) + path)
    expect(await answer.text()).toBe('answered')
  })

  it.each(['/healthzz', '/metrics/../v1/accounts', '/v1/accounts?/healthz'])(
    'takes nothing else for these: %s',
    async (path) => {
      const answer = await fetch((await listen()) + path)
      expect(answer.status).toBe(503)
    },
  )

  it('lets pages of listed origins read the refusal, and no others', async () => {
    const address = await listen({ corsOrigins: ['https://studio.example.com'] })
    const asked = async (origin: string) => (await fetch(`${address}/v1/accounts`, { headers: { origin } })).headers
    expect((await asked('https://studio.example.com')).get('access-control-allow-origin')).toBe(
      'https://studio.example.com',
    )
    expect((await asked('https://evil.example.com')).get('access-control-allow-origin')).toBeNull()
  })

  it('keeps the connection for a small body, and ends it rather than wait for a large one', async () => {
    const address = await listen()
    const ask = async (body: string) =>
      (await fetch(`${address}/graphql`, { method: 'POST', body })).headers.get('connection')
    expect(await ask('small')).toBe('keep-alive')
    expect(await ask('x'.repeat(65_537))).toBe('close')
  })

  it('does no work for who has left while he stood in line', async () => {
    const standing: (() => void)[] = []
    let handled = 0
    const server = await create({ line: { offer: (work) => void standing.push(work), admits: () => true } })
    server.get('/slow', async () => {
      handled += 1
    })
    const address = await server.listen({ port: 0, host: '127.0.0.1' })
    const leaving = new AbortController()
    const left = fetch(`${address}/slow`, { signal: leaving.signal }).catch(() => 'left')
    const stayed = fetch(`${address}/slow`)
    await waitUntil('both stand in line', async () => standing.length === 2)
    leaving.abort()
    expect(await left).toBe('left')
    await waitUntil('one has left', async () => (await countSockets(server)) === 1)
    for (const work of standing) work()
    expect((await stayed).status).toBe(200)
    expect(handled).toBe(1)
  })

  it('answers who stands in line when it closes, although his socket was idle before', async () => {
    const standing: (() => void)[] = []
    let isBusy = false
    const clock = new FakeClock()
    const server = await create({
      socketClock: clock,
      line: { offer: (work) => (isBusy ? void standing.push(work) : work()), admits: () => true },
    })
    const socket = connect(Number(new URL(await server.listen({ port: 0, host: '127.0.0.1' })).port), '127.0.0.1')
    let answers = ''
    socket.on('data', (chunk) => {
      answers += chunk
    })
    const ended = new Promise((resolve) => socket.on('error', resolve).on('close', resolve))
    socket.write('GET / HTTP/1.1\r\nhost: x\r\n\r\n')
    await waitUntil('it is answered', async () => answers !== '')
    await clock.advance(20_000)
    answers = ''
    isBusy = true
    socket.write('GET / HTTP/1.1\r\nhost: x\r\n\r\n')
    await waitUntil('it stands in line', async () => standing.length === 1)
    const closed = server.close()
    await clock.advance(1000)
    for (const work of standing) work()
    await closed
    await ended
    expect(answers).toMatch(/^HTTP\/1\.1 200 /)
  })

  it('refuses WebSockets as well', async () => {
    const server = await create({ line })
    await server.register(websocket)
    server.get('/socket', { websocket: true }, (socket) => socket.close())
    const address = await server.listen({ port: 0, host: '127.0.0.1' })
    const socket = new WebSocket(`${address.replace('http', 'ws')}/socket`)
    const status = await new Promise((resolve) => {
      socket.on('unexpected-response', (_request, { statusCode }) => resolve(statusCode))
      socket.on('open', () => resolve('open'))
      socket.on('error', resolve)
      socket.on('error', () => undefined)
    })
    expect(status).toBe(503)
  })
})

describe('a server with WebSockets', () => {
  it('closes without cutting them: how they end is said by their own rule', async () => {
    const server = await create()
    await server.register(websocket, {
      preClose(done) {
        for (const client of this.websocketServer.clients) client.close(1012)
        done()
      },
    })
    server.get('/socket', { websocket: true }, (socket) => socket.send('welcome'))
    const address = await server.listen({ port: 0, host: '127.0.0.1' })
    const socket = new WebSocket(`${address.replace('http', 'ws')}/socket`)
    const ended = new Promise((resolve) => socket.on('close', resolve))
    await new Promise((resolve) => socket.on('message', resolve))
    await server.close()
    expect(await ended).toBe(1012)
  })
})
