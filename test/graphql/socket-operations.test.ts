// What is asked on WebSockets: the same verdicts as by HTTP, and events until somebody wants no more of them.
import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createPersistedOperations } from '#graphql/persisted-operations.ts'
import { CapabilityUnsupportedError } from '#model/errors.ts'
import { MAX_WAITING_EVENTS } from '#services/event-queue.ts'
import { FakeServices } from '#test/support/fake-services.ts'
import { waitUntil } from '#test/support/wait-until.ts'
import { type Message, type SocketRig, type SocketRigOptions, snapshot, startSockets } from './socket-rig.ts'

const subscription = 'subscription ($key: String) { snapshot(account: "a", key: $key) { id url stream { key } } }'

async function start(options: SocketRigOptions = {}) {
  const rig = await startSockets(options)
  const connection = await rig.connect()
  let asked = 0
  const nextId = () => {
    asked += 1
    return `${asked}`
  }
  return {
    ...rig,
    ...connection,
    /** Asks something; returns its id. */
    subscribe: (payload: unknown, id = nextId()) => {
      connection.send({ id, type: 'subscribe', payload })
      return id
    },
    watched: (times: number) => waitUntil('it is watched', async () => rig.services.count('watchSnapshots') === times),
  }
}

describe('a query', () => {
  test('is answered once, with what it cost', async () => {
    const services = new FakeServices({ a: { streams: { k: { status: { state: 'LIVE', ingest: null } } } } })
    const { subscribe, next } = await start({ services })
    const id = subscribe({ query: '{ stream(account: "a", key: "k") { state } }' })
    expect(await next()).toEqual({
      id,
      type: 'next',
      payload: {
        data: { stream: { state: 'LIVE' } },
        extensions: { upstream: { calls: 1, cached: 0, coalesced: 0 } },
      },
    })
    expect(await next()).toEqual({ id, type: 'complete' })
  })

  test('that fails is told so field by field, and a fault of ours shown bare and logged under its id', async () => {
    const services = new FakeServices({ a: {} }).fail('getAccount', new Error('secret of a fault'))
    const { subscribe, next, log } = await start({ services })
    subscribe({ query: '{ account(name: "a") { name } stream(account: "b", key: "k") { id } }' })
    const { payload } = await next()
    expect(payload.data).toEqual({ account: null, stream: null })
    const codes = payload.errors.map((error: Message) => [error.path[0], error.extensions.code])
    expect(codes).toEqual([
      ['account', 'INTERNAL'],
      ['stream', 'NOT_FOUND'],
    ])
    expect(JSON.stringify(payload)).not.toContain('secret')
    const { requestId } = payload.errors[0].extensions
    expect(
      log()
        .split('\n')
        .filter((line) => line.includes(`"${requestId}"`)),
    ).toHaveLength(1)
  })

  test('counts as a request', async () => {
    const { subscribe, next } = await start({ requestsPerMinute: 1 })
    subscribe({ query: '{ __typename }' })
    expect([(await next()).type, (await next()).type]).toEqual(['next', 'complete'])
    subscribe({ query: '{ __typename }' })
    const { type, payload } = await next()
    expect(type).toBe('error')
    expect(payload[0].extensions).toMatchObject({ code: 'RATE_LIMITED', retryable: true })
    expect(payload[0].extensions.retryAfterMs).toBeGreaterThan(0)
  })

  test('that is given up is not waited for', async () => {
    let hasEnded = false
    const services = new FakeServices({ a: {} })
    services.getLiveTotals = (_account, { signal }) =>
      new Promise((_resolve, reject) =>
        signal.addEventListener('abort', () => {
          hasEnded = true
          reject(signal.reason)
        }),
      )
    const { subscribe, send, waiting, log } = await start({ services })
    const id = subscribe({ query: '{ account(name: "a") { liveTotals { streamCount } } }' })
    await waitUntil('it runs', async () => services.count('getAccount') === 1)
    send({ id, type: 'complete' })
    await waitUntil('it has ended', async () => hasEnded)
    expect(waiting).toEqual([])
    expect(log()).not.toContain('internal error')
  })
})

describe('a subscription', () => {
  test('shows each event, of one stream or of all, until its client wants no more', async () => {
    const { subscribe, send, next, publish, watched, clock, waiting } = await start()
    const one = subscribe({ query: subscription, variables: { key: 'k' } })
    const all = subscribe({ query: subscription })
    await watched(2)
    await publish(snapshot('n1'), snapshot('n2', 'other'))
    const events = [await next(), await next(), await next()].map(({ id, payload }) => [id, payload.data.snapshot])
    expect(events).toContainEqual([one, { id: 'n1', url: null, stream: { key: 'k' } }])
    expect(events.filter(([id]) => id === all).map(([, event]) => event.id)).toEqual(['n1', 'n2'])
    send({ id: one, type: 'complete' })
    subscribe({ query: subscription, variables: { key: 'k' } }, one)
    await watched(3)
    await publish(snapshot('n3'))
    await Promise.all([next(), next()])
    await clock.advance(0)
    expect(waiting).toEqual([])
  })

  test('asks for each event like a request: with a cost and a time of its own', async () => {
    const services = new FakeServices({ a: { streams: { k: { status: { state: 'LIVE', ingest: null } } } } })
    const { subscribe, next, publish, watched } = await start({ services })
    subscribe({ query: 'subscription { snapshot(account: "a") { stream { state } } }' })
    await watched(1)
    await publish(snapshot('n1'), snapshot('n2'))
    for (const { payload } of [await next(), await next()])
      expect(payload).toEqual({
        data: { snapshot: { stream: { state: 'LIVE' } } },
        extensions: { upstream: { calls: 1, cached: 0, coalesced: 0 } },
      })
  })

  test('that is refused says why', async () => {
    const services = new FakeServices({ a: {} })
    services.fail('watchSnapshots', new CapabilityUnsupportedError('no such call'), (_account, key) => key === 'none')
    const { subscribe, next } = await start({ services })
    const refuse = async (query: string) => {
      const id = subscribe({ query })
      const { payload } = await next()
      expect(await next()).toEqual({ id, type: 'complete' })
      return payload.errors[0].extensions.code
    }
    expect(await refuse('subscription { snapshot(account: "b") { id } }')).toBe('NOT_FOUND')
    expect(await refuse('subscription { snapshot(account: "a", key: "none") { id } }')).toBe('CAPABILITY_UNSUPPORTED')
  })

  test('ends with an error for a client that reads more slowly than events come', async () => {
    const { subscribe, next, publish, watched } = await start()
    const id = subscribe({ query: subscription })
    await watched(1)
    await publish(...Array.from({ length: MAX_WAITING_EVENTS + 2 }, (_, index) => snapshot(`n${index}`)))
    const messages: Message[] = []
    while (messages.at(-1)?.type !== 'error') messages.push(await next())
    expect(messages.at(-1)).toMatchObject({ id, payload: [{ extensions: { code: 'RATE_LIMITED', retryable: true } }] })
  })

  test('is one of so many at a time, and gives its place back', async () => {
    const { subscribe, send, next, watched } = await start({ operationsPerSocket: 2 })
    const first = subscribe({ query: subscription })
    subscribe({ query: subscription })
    await watched(2)
    const refused = subscribe({ query: subscription })
    expect(await next()).toMatchObject({
      ...{ id: refused, type: 'error' },
      payload: [{ extensions: { code: 'RATE_LIMITED', retryable: true } }],
    })
    send({ id: first, type: 'complete' })
    await waitUntil('there is room', async () => {
      const id = subscribe({ query: '{ __typename }' })
      const { type } = await next()
      if (type === 'next') expect(await next()).toEqual({ id, type: 'complete' })
      return type === 'next'
    })
  })

  test('cannot have the id of one that runs', async () => {
    const { subscribe, closed, watched } = await start()
    subscribe({ query: subscription }, 'same')
    await watched(1)
    subscribe({ query: subscription }, 'same')
    expect(await closed).toBe('4409 Subscriber already exists')
  })
})

describe('the verdict', () => {
  /** Code of what refuses a payload, on the socket and by POST. */
  async function judge(
    { address, ...rig }: Pick<SocketRig, 'address'> & Awaited<ReturnType<typeof start>>,
    payload: unknown,
  ) {
    const id = rig.subscribe(payload)
    const { type, payload: answer } = await rig.next()
    if (type === 'next') await rig.next()
    const onSocket = type === 'error' ? answer : (answer.errors ?? [])
    const response = await fetch(`${address}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(payload),
    })
    const { errors = [] }: Message = await response.json()
    const show = (error: Message) => [error.extensions.code, error.message, error.path]
    expect(id).toBeDefined()
    return { onSocket: onSocket.map(show), byPost: errors.map(show) }
  }

  const deep = (levels: number) => `{ ${'a { '.repeat(levels)}b${' }'.repeat(levels)} }`
  const aliases = (count: number) =>
    `{ ${Array.from({ length: count }, (_, index) => `x${index}: __typename`).join(' ')} }`
  const payloads: readonly unknown[] = [
    { query: deep(11) },
    { query: deep(1000) },
    { query: deep(10_000) },
    { query: aliases(31) },
    { query: aliases(3000) },
    { query: `{ ${'__typename '.repeat(5000)} }` },
    { query: `{ __typename ${'@include(if: true) '.repeat(1000)} }` },
    { query: 'query __schema { accounts { name } }' },
    { query: '{ __schema { types { name } } }' },
    { query: '{ accounts { nam } }' },
    { query: '{ accounts {' },
    { query: '' },
    { query: 7 },
    {},
    [],
    null,
    'text',
    { query: '{ __typename }', variables: [] },
    { query: '{ __typename }', variables: 'x' },
    { query: '{ __typename }', operationName: 1 },
    { query: '{ __typename }', operationName: 'other' },
    { query: '{ __typename }', extensions: 1 },
    { query: 'mutation { __typename }' },
    { query: 'query ($n: Int!) { liveStreams(first: $n) { totalCount } }' },
    { query: 'query ($n: Int!) { liveStreams(first: $n) { totalCount } }', variables: { n: 2 ** 31 } },
    { documentId: 'none' },
    { documentId: 'x', query: '{ __typename }' },
    { extensions: { persistedQuery: { version: 1, sha256Hash: 'short' } } },
  ]

  test('on a document that is refused is the one by POST', async () => {
    const rig = await start({ persisted: createPersistedOperations({ automatic: true }), messagesPerSecond: 1000 })
    for (const payload of payloads) {
      const { onSocket, byPost } = await judge(rig, payload)
      const what = JSON.stringify(payload)?.slice(0, 80)
      // What each transport may carry is the one thing in which they differ.
      if (what?.includes('mutation')) expect(onSocket[0]?.[0]).toBe(byPost[0]?.[0])
      else expect(onSocket, what).toEqual(byPost)
    }
  })

  test('is the one by POST for whatever is made up', async () => {
    const rig = await start({ messagesPerSecond: 10_000 })
    const leaf = fc.constantFrom(
      'name',
      'provider',
      '__typename',
      'nam',
      'quota { used }',
      'x: name',
      '...f',
      '... on Account { name }',
    )
    const document = fc
      .tuple(fc.array(leaf, { maxLength: 40 }), fc.constantFrom('', 'query q', 'query ($v: Int)', '{'), fc.nat(12))
      .map(
        ([leaves, head, depth]) =>
          `${head} { accounts { ${'... { '.repeat(depth)}${leaves.join(' ')}${' }'.repeat(depth)} } }`,
      )
    await fc.assert(
      fc.asyncProperty(document, async (query) => {
        const { onSocket, byPost } = await judge(rig, { query })
        expect(onSocket).toEqual(byPost)
      }),
      { numRuns: 150 },
    )
  })

  test('on a document asked for by its digest is the same', async () => {
    const rig = await start({ persisted: createPersistedOperations({ automatic: true }) })
    const query = '{ accounts { name } }'
    const extensions = { persistedQuery: { version: 1, sha256Hash: createHash('sha256').update(query).digest('hex') } }
    const ask = async (payload: object) => {
      rig.subscribe(payload)
      const { type, payload: answer } = await rig.next()
      if (type === 'next') await rig.next()
      return answer
    }
    expect(await ask({ extensions })).toMatchObject([{ message: 'PersistedQueryNotFound' }])
    expect(await ask({ query, extensions })).toMatchObject({ data: { accounts: [{ name: 'a' }] } })
    expect(await ask({ extensions })).toMatchObject({ data: { accounts: [{ name: 'a' }] } })
  })
})
