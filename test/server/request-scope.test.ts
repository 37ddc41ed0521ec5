import { connect } from 'node:net'
import { type FastifyInstance, fastify } from 'fastify'
import { afterEach, describe, expect, it } from 'vitest'
import type { AccessRequest } from '#access/authenticator.ts'
import { createClientLimit } from '#access/client-limit.ts'
import type { Ask } from '#contract/ask.ts'
import type { Caller } from '#model/caller.ts'
import { GatewayError } from '#model/errors.ts'
import { FakeClock } from '#test/support/fake-clock.ts'
import { addRequestScope } from '../../src/server/request-scope.ts'

const anonymous: Caller = { name: 'anonymous', role: 'ops', accounts: 'all' }
let app: FastifyInstance | undefined
afterEach(() => app?.close())

function create(requestsPerMinute: number | null = null, requestsPerMinutePerAddress: number | null = null) {
  const server = fastify()
  app = server
  const clock = new FakeClock()
  const seen: AccessRequest[] = []
  const scope = addRequestScope(server, {
    authenticator: {
      authenticate: async (shown) => {
        seen.push(shown)
        if (shown.headers['x-api-key'] === 'wrong') throw new GatewayError('UNAUTHENTICATED', 'the key is not known')
        return anonymous
      },
    },
    clientLimit: createClientLimit({ requestsPerMinute, requestsPerMinutePerAddress, clock }),
    clock,
    deadlineMs: 10_000,
    maxProviderCalls: 3,
  })
  return { server, clock, seen, ...scope }
}

describe('the scope of a request', () => {
  it('gives every ask its deadline, its meter and its caller', async () => {
    const { server, clock, createAsk } = create()
    server.get('/', async (request) => {
      const ask = await createAsk(request)
      expect(ask).toMatchObject({
        lane: 'interactive',
        deadlineAtMs: clock.monotonicMs() + 10_000,
        caller: { role: 'ops' },
      })
      expect(() => ask.meter.plan(4)).toThrow(GatewayError)
      return 'good'
    })
    expect((await server.inject('/')).body).toBe('good')
  })

  it('tells a client where it stands in its own limit, also when it is over', async () => {
    const { server, createAsk } = create(2)
    server.get('/', async (request) => (await createAsk(request)).caller.name)
    server.setErrorHandler((error, _request, reply) => reply.code(error instanceof GatewayError ? 429 : 500).send())
    const first = await server.inject('/')
    expect(first.headers).toMatchObject({ 'ratelimit-policy': '"default";q=2;w=60' })
    expect(first.headers['ratelimit']).toMatch(/^"default";r=1;t=\d+$/)
    await server.inject('/')
    const third = await server.inject('/')
    expect(third.statusCode).toBe(429)
    expect(third.headers['ratelimit']).toMatch(/^"default";r=0;t=\d+$/)
  })

  it('aborts the signal when the client leaves before its answer, and not after it', async () => {
    const { server, createAsk } = create()
    const asks: Ask[] = []
    server.get('/fast', async (request) => {
      asks.push(await createAsk(request))
      return 'good'
    })
    const left = new Promise<unknown>((resolve) => {
      server.get('/slow', async (request) => {
        const { signal } = await createAsk(request)
        return new Promise(() => signal.addEventListener('abort', () => resolve(signal.reason), { once: true }))
      })
    })
    await server.listen({ port: 0, host: '127.0.0.1' })
    const address = server.server.address()
    const port = typeof address === 'object' && address ? address.port : 0
    await (await fetch(`http://127.0.0.1:${port}/fast`)).text()
    const socket = connect(port, '127.0.0.1', () => socket.write('GET /slow HTTP/1.1\r\nhost: x\r\n\r\n'))
    setTimeout(() => socket.destroy(), 100)
    expect(await left).toBeInstanceOf(Error)
    expect(asks[0]?.signal.aborted).toBe(false)
  })

  it('counts a request once for its address, whether or not it can be told who asks, and refuses early', async () => {
    const { server, seen, createAsk } = create(null, 3)
    server.get('/', async (request) => (await createAsk(request)).caller.name)
    server.setErrorHandler((error, _request, reply) =>
      reply.code(error instanceof GatewayError && error.code === 'RATE_LIMITED' ? 429 : 401).send(),
    )
    const ask = (key: string) => server.inject({ url: '/', headers: { 'x-api-key': key } })
    expect((await ask('right')).headers['ratelimit']).toMatch(/r=2;/)
    expect((await ask('wrong')).statusCode).toBe(401)
    expect((await ask('right')).headers['ratelimit']).toMatch(/r=0;/)
    const late = await ask('wrong')
    expect([late.statusCode, late.headers['ratelimit-policy']]).toEqual([429, '"default";q=3;w=60'])
    const looks = seen.length
    for (const key of ['wrong', 'right']) expect((await ask(key)).statusCode).toBe(429)
    expect(seen).toHaveLength(looks)
  })

  it('repeats the request id of the server in the answer', async () => {
    const { server } = create()
    server.get('/', async (request) => request.id)
    const response = await server.inject('/')
    expect(response.headers['x-request-id']).toBe(response.body)
  })

  it('tells who opened a socket by its request and its payload, and counts nothing for that', async () => {
    const { server, seen, authenticate, createAsk } = create(1)
    server.get('/', async (request) => {
      await authenticate(request, { apiKey: 'k' })
      return (await createAsk(request)).caller.name
    })
    expect((await server.inject({ url: '/', headers: { 'x-api-key': 'h' } })).statusCode).toBe(200)
    expect(seen).toMatchObject([
      { address: '127.0.0.1', headers: { 'x-api-key': 'h' }, payload: { apiKey: 'k' } },
      { address: '127.0.0.1', headers: { 'x-api-key': 'h' }, payload: undefined },
    ])
  })

  it('counts operations of a socket with the requests of its client, and gives each its deadline', async () => {
    const { clock, createOperationAsk } = create(2)
    const leaving = new AbortController()
    await createOperationAsk(anonymous, '192.0.2.1', leaving.signal)
    await clock.advance(1000)
    const ask = await createOperationAsk(anonymous, '192.0.2.1', leaving.signal)
    expect(ask).toMatchObject({ caller: anonymous, deadlineAtMs: clock.monotonicMs() + 10_000 })
    expect(ask.signal).toBe(leaving.signal)
    await expect(createOperationAsk(anonymous, '192.0.2.1', leaving.signal)).rejects.toMatchObject({
      code: 'RATE_LIMITED',
    })
    await expect(createOperationAsk(anonymous, '192.0.2.2', leaving.signal)).resolves.toBeDefined()
  })

  it('renews a deadline and a meter for the same caller', async () => {
    const { clock, createOperationAsk, renewAsk } = create()
    const first = await createOperationAsk(anonymous, '192.0.2.1', new AbortController().signal)
    first.meter.plan(3)
    await clock.advance(60_000)
    const second = renewAsk(first)
    expect([second.caller, second.signal]).toEqual([first.caller, first.signal])
    expect(second.deadlineAtMs).toBe(clock.monotonicMs() + 10_000)
    expect(second.meter.canPlan(3)).toBe(true)
  })
})
