// How WebSockets begin and end.
import { request } from 'node:http'
import { createClient } from 'graphql-ws'
import { describe, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { MAX_STRANGERS } from '#graphql/socket.ts'
import { IDLE_MS, INTRODUCTION_MS } from '#graphql/socket-connection.ts'
import { PING_EVERY_MS, PONG_WITHIN_MS } from '#graphql/socket-pulse.ts'
import type { Caller } from '#model/caller.ts'
import { GatewayError } from '#model/errors.ts'
import { FakeServices, fetchedAt } from '#test/support/fake-services.ts'
import { waitUntil } from '#test/support/wait-until.ts'
import { type SocketRigOptions, snapshot, startSockets } from './socket-rig.ts'

const reader: Caller = { name: 'web', role: 'reader', accounts: 'all' }
const watch = { id: '1', type: 'subscribe', payload: { query: 'subscription { snapshot(account: "a") { id } }' } }

/** Keys `good`, `banned` and `eager`, as header or in the payload. */
const authenticate: SocketRigOptions['authenticate'] = async ({ headers, payload }) => {
  const shown: unknown = headers['x-api-key'] ?? (payload instanceof Object && 'apiKey' in payload && payload.apiKey)
  if (shown === 'good') return reader
  if (shown === 'banned') throw new GatewayError('FORBIDDEN', 'no role')
  if (shown === 'eager') throw new GatewayError('RATE_LIMITED', 'too many', { retryAfterMs: 11_500 })
  if (shown === 'early') throw new GatewayError('ACCESS_UNAVAILABLE', 'not now')
  if (shown === 'odd') throw new Error('the key was odd-key')
  throw new GatewayError('UNAUTHENTICATED', 'no key')
}

describe('a client that introduces itself', () => {
  test('is accepted by a key in the headers or in the payload', async () => {
    const { open, connect } = await startSockets({ authenticate })
    await connect({ apiKey: 'good' })
    const opened = await open({ headers: { 'x-api-key': 'good' } })
    opened.send({ type: 'connection_init' })
    expect(await opened.next()).toEqual({ type: 'connection_ack' })
    expect(opened.socket.extensions).toBe('')
  })

  test('is told why it is not', async () => {
    const { open, log } = await startSockets({ authenticate })
    const ends = ['none', 'banned', 'eager', 'early', 'odd'].map(async (apiKey) => {
      const opened = await open()
      opened.send({ type: 'connection_init', payload: { apiKey } })
      opened.send(watch)
      return [apiKey, await opened.closed, opened.waiting]
    })
    expect(await Promise.all(ends)).toEqual([
      ['none', '4401 Unauthorized', []],
      ['banned', '4403 Forbidden', []],
      ['eager', '4429 Too many; try again in 12 s', []],
      ['early', '1013 Try again later', []],
      ['odd', '1011 Internal error', []],
    ])
    expect(log()).toContain('internal error')
  })

  test('may ask nothing before it is accepted, and introduces itself once', async () => {
    const { open, connect, services } = await startSockets()
    const stranger = await open()
    stranger.send(watch)
    expect(await stranger.closed).toBe('4401 Unauthorized')
    const twice = await connect()
    twice.send({ type: 'connection_init' })
    expect(await twice.closed).toBe('4429 Too many initialisation requests')
    expect(services.calls).toEqual([])
  })

  test('has 3 s to begin', async () => {
    const { open, connect, clock } = await startSockets()
    const silent = await open()
    await clock.advance(INTRODUCTION_MS - 1)
    const known = await connect()
    await clock.advance(1000)
    expect(await silent.closed).toBe('4408 Connection initialisation timeout')
    await clock.advance(INTRODUCTION_MS)
    expect(known.socket.readyState).toBe(WebSocket.OPEN)
  })

  test('has a place among those that stay open until it leaves', async () => {
    const { connect, open } = await startSockets({ perClient: 2 })
    const [first] = [await connect(), await connect()]
    const third = await open()
    third.send({ type: 'connection_init' })
    expect(await third.closed).toBe('4429 Too many; try again in 3 s')
    first.socket.close()
    await first.closed
    await waitUntil('there is room', async () => (await connect()).socket.readyState === WebSocket.OPEN)
  })
})

describe('an upgrade', () => {
  test('is refused to pages of other sites', async () => {
    const { open, address } = await startSockets({ origins: ['https://console.example.com'] })
    const end = async (origin: string, host = new URL(address).host) => {
      const opened = await open({ headers: { origin, host } })
      opened.socket.close(1000)
      return opened.closed
    }
    expect(await end(address)).toBe('1000')
    expect(await end('https://console.example.com')).toBe('1000')
    expect(await end('https://weir.example.com', 'weir.example.com')).toBe('1000')
    for (const origin of [
      'https://evil.example.com',
      'null',
      'file://',
      `${address}0`,
      'https://console.example.com.evil',
    ])
      expect(await end(origin), origin).toBe('4403 Origin not allowed')
  })

  test('needs the protocol graphql-transport-ws', async () => {
    const { open } = await startSockets()
    const [none, several] = [await open({}, []), await open({}, ['graphql-ws', 'graphql-transport-ws'])]
    expect(await none.closed).toBe('4406 Subprotocol not acceptable')
    expect(several.socket.protocol).toBe('graphql-transport-ws')
  })

  test('of another kind, or elsewhere, is answered as if it had not been asked for', async () => {
    const { address } = await startSockets()
    const ask = (path: string, upgrade: string) =>
      new Promise((resolve, reject) => {
        const headers = { connection: 'Upgrade', upgrade, 'graphql-require-preflight': '1' }
        const sent = request(`${address}${path}`, { headers }, (response) => {
          response.resume()
          resolve(response.statusCode)
        })
        sent.on('upgrade', () => reject(new Error('upgraded')))
        sent.on('error', reject).end()
      })
    expect(await ask('/healthz', 'websocket')).toBe(200)
    expect(await ask('/healthz', 'h2c')).toBe(200)
    expect(await ask('/graphql?query={__typename}', 'h2c')).toBe(200)
  })

  test('is refused to an address with too many clients that say nothing', async () => {
    const { open, clock } = await startSockets()
    const silent = await Promise.all(Array.from({ length: MAX_STRANGERS.perClient }, () => open()))
    const ends = await Promise.all(Array.from({ length: 20 }, async () => (await open()).closed))
    expect(new Set(ends)).toEqual(new Set(['1013 Too many connections']))
    await clock.advance(INTRODUCTION_MS + 1000)
    await Promise.all(silent.map(({ closed }) => closed))
    const late = await open()
    late.send({ type: 'connection_init' })
    expect(await late.next()).toEqual({ type: 'connection_ack' })
  }, 60_000)
})

describe('a connection', () => {
  test('ends when the token of its client expires', async () => {
    const expiresAtMs = fetchedAt + 60_000
    const { connect, clock } = await startSockets({ authenticate: async () => ({ ...reader, expiresAtMs }) })
    const { send, closed, socket } = await connect()
    send(watch)
    await clock.advance(59_000)
    expect(socket.readyState).toBe(WebSocket.OPEN)
    await clock.advance(1000)
    expect(await closed).toBe('4403 Token expired')
  })

  test('whose token never expires stays', async () => {
    const never = { ...reader, expiresAtMs: Number.MAX_SAFE_INTEGER }
    const { connect, clock } = await startSockets({ authenticate: async () => never })
    const { send, socket } = await connect()
    send(watch)
    await clock.advance(60_000)
    expect(socket.readyState).toBe(WebSocket.OPEN)
  })

  test('ends when nothing is said on it for 5 min, unless something is watched', async () => {
    const { connect, clock } = await startSockets()
    const [idle, busy] = [await connect(), await connect()]
    busy.send(watch)
    // Pings of the connection itself keep it from being taken for dead, and from nothing else.
    for (let passedMs = 0; passedMs < IDLE_MS; passedMs += 5000) await clock.advance(5000)
    expect(await idle.closed).toBe('1000 Idle')
    expect(busy.socket.readyState).toBe(WebSocket.OPEN)
  })

  test('is idle only 5 min after what was watched on it has ended', async () => {
    const services = new FakeServices({ a: { streams: { k: {} } } })
    const { connect, clock, publish } = await startSockets({ services, requestsPerMinute: 1 })
    const { send, next, socket, closed } = await connect()
    send({ ...watch, payload: { query: 'subscription { snapshot(account: "a") { stream { state } } }' } })
    await waitUntil('it is watched', async () => services.count('watchSnapshots') === 1)
    const pass = async (ms: number) => {
      for (let passedMs = 0; passedMs < ms; passedMs += 5000) await clock.advance(5000)
    }
    await pass(2 * IDLE_MS)
    // The one request of this minute, so that the next event is one too many.
    send({ id: '2', type: 'subscribe', payload: { query: '{ __typename }' } })
    expect(await next()).toMatchObject({ id: '2', type: 'next' })
    expect(await next()).toMatchObject({ id: '2', type: 'complete' })
    await publish(snapshot('n'))
    expect(await next()).toMatchObject({ id: '1', type: 'error' })
    await pass(IDLE_MS - 5000)
    expect(socket.readyState).toBe(WebSocket.OPEN)
    await pass(5000)
    expect(await closed).toBe('1000 Idle')
  })

  test('that we fail to take is ended and logged, whatever the failure is called', async () => {
    let failure: Error = new GatewayError('INTERNAL', 'a fault with a code of ours')
    const includes = () => {
      throw failure
    }
    const { open, log } = await startSockets({ origins: Object.assign([], { includes }) })
    const end = async () => (await open({ headers: { origin: 'https://console.example.com' } })).closed
    expect(await end()).toBe('1006')
    expect(log()).toContain('a fault with a code of ours')
    failure = Object.assign(new Error('gone away'), { code: 'ECONNRESET' })
    expect(await end()).toBe('1006')
    expect(log()).not.toContain('gone away')
  })

  test('is asked for a sign of life after 15 s, and cut without one', async () => {
    const { open, clock } = await startSockets()
    const [alive, dead] = [await open(), await open({ autoPong: false })]
    for (const { send } of [alive, dead]) send({ type: 'connection_init' })
    await Promise.all([alive.next(), dead.next()])
    const asked = new Promise((resolve) => dead.socket.once('ping', resolve))
    await clock.advance(PING_EVERY_MS)
    await asked
    await waitUntil('the other one has answered', async () => alive.socket.readyState === WebSocket.OPEN)
    await clock.advance(PONG_WITHIN_MS + 1000)
    expect(await dead.closed).toBe('1006')
    expect(alive.socket.readyState).toBe(WebSocket.OPEN)
  })

  test('ends when clients are to go elsewhere, with all that is watched on it', async () => {
    const draining = new AbortController()
    const { connect, open, publish, clock } = await startSockets({ draining: draining.signal })
    const opened = await connect()
    opened.send(watch)
    opened.send({ type: 'ping' })
    expect(await opened.next()).toEqual({ type: 'pong' })
    draining.abort()
    expect(await opened.closed).toBe('1012 Service restart')
    expect(await (await open()).closed).toBe('1012 Service restart')
    await publish(snapshot('n'))
    expect(opened.waiting).toEqual([])
    await waitUntil('nothing waits', async () => clock.waiting === 0)
  })

  test('holds up the end of the process for a second at most', async () => {
    const { app, connect, clock } = await startSockets()
    const [polite, rude] = [await connect(), await connect()]
    rude.socket.pause()
    const beganAt = performance.now()
    await app.close()
    expect(performance.now() - beganAt).toBeLessThan(3000)
    expect(await polite.closed).toBe('1012 Service restart')
    expect(clock.waiting).toBe(0)
  })

  test('serves the client of graphql-ws', async () => {
    const { address, publish, services } = await startSockets({ authenticate })
    const client = createClient({
      url: `${address.replace('http', 'ws')}/graphql`,
      webSocketImpl: WebSocket,
      connectionParams: { apiKey: 'good' },
    })
    const events = client.iterate({ query: 'subscription { snapshot(account: "a") { id stream { key } } }' })
    const first = events.next()
    await waitUntil('it is watched', async () => services.count('watchSnapshots') === 1)
    await publish(snapshot('n1'))
    expect((await first).value).toMatchObject({ data: { snapshot: { id: 'n1', stream: { key: 'k' } } } })
    await events.return?.()
    for await (const answer of client.iterate({ query: '{ accounts { name } }' }))
      expect(answer).toMatchObject({ data: { accounts: [{ name: 'a' }] } })
    await client.dispose()
  })
})
