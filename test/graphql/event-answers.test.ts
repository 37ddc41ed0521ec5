// What is asked for as server-sent events: the same verdicts as by POST and on a WebSocket, in the words of graphql-sse.
import { createClient } from 'graphql-sse'
import { describe, expect, test } from 'vitest'
import { HEARTBEAT_MS } from '#events/event-stream.ts'
import { CapabilityUnsupportedError, GatewayError } from '#model/errors.ts'
import { FakeServices, fetchedAt } from '#test/support/fake-services.ts'
import { waitUntil } from '#test/support/wait-until.ts'
import { eventHeaders, openEvents, startEvents } from './event-rig.ts'
import { type SocketRigOptions, snapshot } from './socket-rig.ts'

const subscription = 'subscription ($key: String) { snapshot(account: "a", key: $key) { id stream { key } } }'
const upstream = { calls: 0, cached: 0, coalesced: 0 }
const comment = { event: 'comment', data: '' }
const complete = { event: 'complete', data: '' }

/** Whose providers answer when they are told to. */
class SlowServices extends FakeServices {
  readonly answer = Promise.withResolvers<void>()

  override async getStreamState(...args: Parameters<FakeServices['getStreamState']>) {
    const state = await super.getStreamState(...args)
    await this.answer.promise
    return state
  }
}

async function start(options: SocketRigOptions = {}) {
  const rig = await startEvents(options)
  return {
    ...rig,
    watched: (times: number) => waitUntil('it is watched', async () => rig.services.count('watchSnapshots') === times),
  }
}

describe('a query', () => {
  test('is answered by one event, and one that says there are no more', async () => {
    const services = new FakeServices({ a: { streams: { k: { status: { state: 'LIVE', ingest: null } } } } })
    const { ask } = await start({ services })
    const { response, rest } = await ask({ query: '{ stream(account: "a", key: "k") { state } }' })
    expect(response.status).toBe(200)
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'content-type': 'text/event-stream',
      'cache-control': 'no-store',
      'x-accel-buffering': 'no',
      vary: expect.stringContaining('accept'),
    })
    const data = { data: { stream: { state: 'LIVE' } }, extensions: { upstream: { ...upstream, calls: 1 } } }
    expect(await rest()).toEqual([comment, { event: 'next', data }, complete])
  })

  test('may be a GET, with a header that no page of another site can send', async () => {
    const { address } = await start()
    const url = `${address}/graphql?query=${encodeURIComponent('{ accounts { name } }')}`
    const { rest } = await openEvents(url, { headers: { ...eventHeaders, 'graphql-require-preflight': '1' } })
    expect(await rest()).toMatchObject([
      comment,
      { event: 'next', data: { data: { accounts: [{ name: 'a' }] } } },
      complete,
    ])
    const { response } = await openEvents(url, { headers: eventHeaders })
    expect([response.status, response.headers.get('content-type')]).toEqual([400, 'application/json; charset=utf-8'])
  })

  test('that fails says so field by field, and a fault of ours is shown bare and logged', async () => {
    const services = new FakeServices({ a: {} }).fail('getAccount', new Error('secret of a fault'))
    const { ask, log } = await start({ services })
    const { rest } = await ask({ query: '{ account(name: "a") { name } stream(account: "b", key: "k") { id } }' })
    const [, next] = await rest()
    expect(next?.data).toMatchObject({
      data: { account: null, stream: null },
      errors: [{ extensions: { code: 'INTERNAL' } }, { extensions: { code: 'NOT_FOUND' } }],
    })
    expect(JSON.stringify(next)).not.toContain('secret')
    expect(log()).toContain('secret of a fault')
  })

  test('is answered with JSON by whoever takes that as well', async () => {
    const { address } = await start()
    const response = await fetch(`${address}/graphql`, {
      ...{ method: 'POST', body: '{"query":"{ accounts { name } }"}' },
      headers: { accept: 'application/json, text/event-stream', 'content-type': 'application/json' },
    })
    expect(await response.json()).toEqual({ data: { accounts: [{ name: 'a' }] }, extensions: { upstream } })
  })

  test('is answered whole while the process drains and its server closes, also one that comes then', async () => {
    const draining = new AbortController()
    const services = new SlowServices({ a: { streams: { k: { status: { state: 'LIVE', ingest: null } } } } })
    const { app, ask, clock } = await start({ services, draining: draining.signal })
    const query = '{ stream(account: "a", key: "k") { state } }'
    const first = await ask({ query })
    draining.abort()
    const second = await ask({ query })
    await waitUntil('both are asked', async () => services.count('getStreamState') === 2)
    const closed = app.close()
    await clock.advance(5000)
    services.answer.resolve()
    for (const { rest } of [first, second])
      expect(await rest()).toMatchObject([comment, { data: { data: { stream: { state: 'LIVE' } } } }, complete])
    await closed
    expect(clock.waiting).toBe(0)
  })
})

describe('a subscription', () => {
  test('shows each event, and a comment after 15 s without one', async () => {
    const { ask, watched, publish, clock } = await start()
    const { next } = await ask({ query: subscription, variables: { key: 'k' } })
    await watched(1)
    expect(await next()).toEqual(comment)
    await publish(snapshot('n1'), snapshot('n2', 'other'), snapshot('n3'))
    const ids = [(await next())?.data, (await next())?.data].map(({ data }) => data.snapshot.id)
    expect(ids).toEqual(['n1', 'n3'])
    await clock.advance(HEARTBEAT_MS)
    expect(await next()).toEqual(comment)
  })

  test('is watched for as long as its client is there, and leaves no timer', async () => {
    const { ask, watched, publish, clock, log } = await start({ perClient: 1 })
    const { next, leave } = await ask({ query: subscription })
    await watched(1)
    await next()
    leave()
    await waitUntil('nothing waits', async () => clock.waiting === 0)
    await publish(snapshot('n1'))
    const { response } = await ask({ query: subscription })
    expect(response.status).toBe(200)
    expect(log()).not.toContain('"level":50')
  })

  test('that is refused by its account says why, and is over', async () => {
    const services = new FakeServices({ a: {} })
    services.fail('watchSnapshots', new CapabilityUnsupportedError('no such call'), (_account, key) => key === 'none')
    const { ask } = await start({ services })
    const refuse = async (query: string) => {
      const [, next, last] = await (await ask({ query })).rest()
      expect(last).toEqual(complete)
      return next?.data.errors[0].extensions.code
    }
    expect(await refuse('subscription { snapshot(account: "b") { id } }')).toBe('NOT_FOUND')
    expect(await refuse('subscription { snapshot(account: "a", key: "none") { id } }')).toBe('CAPABILITY_UNSUPPORTED')
  })

  test('asks for each event like a request: with a cost of its own, counted, and over the limit the last', async () => {
    const services = new FakeServices({ a: { streams: { k: { status: { state: 'LIVE', ingest: null } } } } })
    const { ask, watched, publish } = await start({ services, requestsPerMinute: 3 })
    const { next, rest } = await ask({ query: 'subscription { snapshot(account: "a") { stream { state } } }' })
    await watched(1)
    await next()
    await publish(snapshot('n1'), snapshot('n2'), snapshot('n3'))
    for (const _ of ['n1', 'n2'])
      expect((await next())?.data).toEqual({
        data: { snapshot: { stream: { state: 'LIVE' } } },
        extensions: { upstream: { ...upstream, calls: 1 } },
      })
    expect(await rest()).toMatchObject([
      { event: 'next', data: { errors: [{ extensions: { code: 'RATE_LIMITED', retryable: true } }] } },
      complete,
    ])
  })

  test('ends with the token of its client, and says so', async () => {
    const caller = { name: 'web', role: 'reader', accounts: 'all', expiresAtMs: fetchedAt + 10_000 } as const
    const { ask, watched, clock } = await start({ authenticate: async () => caller })
    const { next, rest } = await ask({ query: subscription })
    await watched(1)
    await next()
    await clock.advance(10_000)
    expect(await rest()).toMatchObject([
      { event: 'next', data: { errors: [{ extensions: { code: 'UNAUTHENTICATED' } }], extensions: { upstream } } },
      complete,
    ])
    await waitUntil('nothing waits', async () => clock.waiting === 0)
  })

  test('comes by events to whoever takes them at all, and to nobody else', async () => {
    const { address, publish, watched, services } = await start()
    const headers = { 'content-type': 'application/json' }
    const body = JSON.stringify({ query: subscription })
    const accept = 'application/json, text/event-stream;q=0.1'
    const url = `${address}/graphql`
    const { response, next } = await openEvents(url, { method: 'POST', body, headers: { ...headers, accept } })
    expect(response.headers.get('content-type')).toBe('text/event-stream')
    await watched(1)
    await next()
    await publish(snapshot('n1'))
    expect((await next())?.data.data.snapshot.id).toBe('n1')
    for (const other of ['application/json', '*/*', 'application/json, text/event-stream;q=0']) {
      const refused = await fetch(url, { method: 'POST', body, headers: { ...headers, accept: other } })
      expect(await refused.json()).toMatchObject({ errors: [{ extensions: { code: 'INVALID_INPUT' } }] })
    }
    expect(services.count('watchSnapshots')).toBe(1)
  })

  test('needs a place among all that stay open', async () => {
    const { ask, watched } = await start({ perClient: 1 })
    const first = await ask({ query: subscription })
    await watched(1)
    const { response } = await ask({ query: subscription })
    expect([response.status, response.headers.get('retry-after')]).toEqual([429, '3'])
    expect(await response.json()).toMatchObject({ errors: [{ extensions: { code: 'RATE_LIMITED' } }] })
    first.leave()
    await waitUntil('there is room', async () => {
      const next = await ask({ query: '{ __typename }' })
      await next.rest()
      return next.response.status === 200
    })
  })

  test('is none for HEAD, which tells the same and watches nothing', async () => {
    const { address, services, clock } = await start()
    const headers = { ...eventHeaders, 'graphql-require-preflight': '1' }
    const url = `${address}/graphql?query=${encodeURIComponent('subscription { snapshot(account: "a") { id } }')}`
    const response = await fetch(url, { method: 'HEAD', headers })
    expect([response.status, response.headers.get('content-type')]).toEqual([200, 'text/event-stream'])
    expect(response.headers.get('content-length')).toBeNull()
    expect([services.count('watchSnapshots'), clock.waiting]).toEqual([0, 0])
  })
})

describe('a refusal', () => {
  const unknown = new GatewayError('UNAUTHENTICATED', 'an unknown key')

  test.each<[string, unknown, string]>([
    ['that cannot be parsed', { query: '{ accounts {' }, 'INVALID_INPUT'],
    ['that is not valid', { query: '{ accounts { nam } }' }, 'INVALID_INPUT'],
    ['that is too large', { query: `{ ${'a { '.repeat(11)}b${' }'.repeat(11)} }` }, 'QUERY_TOO_COMPLEX'],
    ['that changes something', { query: 'mutation { __typename }' }, 'INVALID_INPUT'],
    ['that nobody knows', { documentId: 'none' }, 'NOT_FOUND'],
  ])('of a document %s is an event', async (_what, payload, code) => {
    const { ask, clock } = await start()
    const { response, rest } = await ask(payload)
    expect(response.status).toBe(200)
    expect(await rest()).toEqual([
      comment,
      {
        event: 'next',
        data: {
          errors: [expect.objectContaining({ extensions: expect.objectContaining({ code }) })],
          extensions: { upstream },
        },
      },
      complete,
    ])
    await waitUntil('nothing waits', async () => clock.waiting === 0)
  })

  test.each<[string, SocketRigOptions, unknown, RequestInit, number, string]>([
    ['of a request that is none', {}, { query: 7 }, {}, 400, 'INVALID_INPUT'],
    ['of a body that is no JSON', {}, {}, { body: '{' }, 400, 'INVALID_INPUT'],
    ['of a body that is too large', {}, {}, { body: `{"query":"${'x'.repeat(70_000)}"}` }, 413, 'INVALID_INPUT'],
    ['of a method', {}, {}, { method: 'PUT' }, 405, 'NOT_FOUND'],
    ['of a stranger', { authenticate: () => Promise.reject(unknown) }, {}, {}, 401, 'UNAUTHENTICATED'],
    ['of what is not his to ask', {}, { query: '{ __schema { description } }' }, {}, 403, 'FORBIDDEN'],
  ])('%s has its status, and is JSON', async (_what, options, payload, request, status, code) => {
    const { ask } = await start(options)
    const { response } = await ask(payload, request)
    expect([response.status, response.headers.get('content-type')]).toEqual([status, 'application/json; charset=utf-8'])
    expect(await response.json()).toMatchObject({ errors: [{ extensions: { code } }] })
  })

  test('of one request too many has its status as well', async () => {
    const { ask } = await start({ requestsPerMinute: 1 })
    await (await ask({ query: '{ __typename }' })).rest()
    expect((await ask({ query: subscription })).response.status).toBe(429)
  })
})

describe('the client of graphql-sse', () => {
  test('gets events and answers', async () => {
    const { address, publish, watched } = await start()
    const client = createClient({ url: `${address}/graphql`, retryAttempts: 0 })
    const events = client.iterate({ query: subscription })
    const first = events.next()
    await watched(1)
    await publish(snapshot('n1'))
    expect((await first).value).toMatchObject({ data: { snapshot: { id: 'n1', stream: { key: 'k' } } } })
    await events.return?.()
    const answers: unknown[] = []
    for await (const answer of client.iterate({ query: '{ accounts { name } }' })) answers.push(answer.data)
    expect(answers).toEqual([{ accounts: [{ name: 'a' }] }])
    for await (const answer of client.iterate({ query: '{ accounts { nam } }' }))
      expect(answer.errors).toMatchObject([{ extensions: { code: 'INVALID_INPUT' } }])
    client.dispose()
  })

  test('is told by an end without a last event that it has to connect anew', async () => {
    const draining = new AbortController()
    const { address, watched, clock } = await start({ draining: draining.signal })
    const client = createClient({ url: `${address}/graphql`, retryAttempts: 0 })
    const first = client.iterate({ query: subscription }).next()
    await watched(1)
    const ended = expect(first).rejects.toMatchObject({ name: 'NetworkError' })
    draining.abort()
    await ended
    await waitUntil('nothing waits', async () => clock.waiting === 0)
  })
})
