import { afterEach, describe, expect, test } from 'vitest'
import { type ErrorCode, errorTable, GatewayError } from '#model/errors.ts'
import { FakeServices } from '#test/support/fake-services.ts'
import { createAsk, createFace, type Face, toAnswer } from './harness.ts'

const graphqlResponse = { accept: 'application/graphql-response+json' }
const codes = Object.keys(errorTable).filter((code): code is ErrorCode => code in errorTable)
const zeros = { calls: 0, cached: 0, coalesced: 0 }

let face: Face
afterEach(() => face.app.close())

async function faceThatFails(error: unknown): Promise<Face> {
  const services = new FakeServices({ main: {} })
  face = await createFace(services.fail('getStreamState', error).fail('getStreamStatus', error))
  return face
}

const stateOf = '{ stream(account: "main", key: "a") { key state } }'

describe('a field that fails', () => {
  const details = { retryAfterMs: 1500, account: 'main', provider: 'tencent', providerCode: '20601' }

  test.each(codes)('is null with its error, %s', async (code) => {
    await faceThatFails(new GatewayError(code, 'what happened', details))
    const { data, errors, upstream } = await face.ask(stateOf)
    expect(data).toEqual({ stream: { key: 'a', state: null } })
    expect(errors).toEqual([
      {
        message: 'what happened',
        path: ['stream', 'state'],
        locations: [{ line: 1, column: 43 }],
        extensions: { code, retryable: errorTable[code].retryable, ...details, requestId: 'req-1' },
      },
    ])
    expect(upstream).toEqual({ ...zeros, calls: 1 })
  })

  test.each([
    ['UPSTREAM_TIMEOUT', 200],
    ['NOT_FOUND', 200],
    ['QUERY_TOO_COMPLEX', 400],
    ['RATE_LIMITED', 429],
    ['FORBIDDEN', 403],
  ] as const)(
    'answers %s as application/json with %i, and with 200 where data stands beside it',
    async (code, status) => {
      await faceThatFails(new GatewayError(code, 'what happened'))
      expect((await face.ask(stateOf)).status).toBe(status)
      expect((await face.ask(stateOf, undefined, graphqlResponse)).status).toBe(200)
    },
  )

  test('leaves out what does not apply', async () => {
    await faceThatFails(new GatewayError('UPSTREAM_REJECTED', 'refused'))
    const { errors } = await face.ask(stateOf)
    expect(Object.keys(errors[0]?.extensions ?? {})).toEqual(['code', 'retryable', 'requestId'])
  })

  test('that does not exist is null with NOT_FOUND, without hiding its neighbours', async () => {
    await faceThatFails(new Error())
    const { data, errors } = await face.ask(
      '{ account(name: "b") { name } stream(account: "b", key: "k") { key } accounts { name } }',
    )
    expect(data).toEqual({ account: null, stream: null, accounts: [{ name: 'main' }] })
    expect(errors.map(({ path, extensions }) => [path, extensions['code']])).toEqual([
      [['account'], 'NOT_FOUND'],
      [['stream'], 'NOT_FOUND'],
    ])
  })
})

describe('a fault of our own', () => {
  test('is shown bare and logged in full, once', async () => {
    await faceThatFails(new Error('connect to 10.0.0.1 with s3cret'))
    const { data, errors, text } = await face.ask(
      '{ stream(account: "main", key: "a") { state ingest { rendition } stateStale } }',
    )
    expect(data).toEqual({ stream: { state: null, ingest: null, stateStale: null } })
    expect(errors).toHaveLength(3)
    expect(errors[0]).toMatchObject({
      message: 'internal error',
      extensions: { code: 'INTERNAL', retryable: false, requestId: 'req-1' },
    })
    expect(text).not.toContain('s3cret')
    expect(face.log).toMatchObject([
      { reqId: 'req-1', msg: 'internal error', err: { message: 'connect to 10.0.0.1 with s3cret' } },
    ])
  })

  test('where nothing can be null takes the whole answer with it', async () => {
    face = await createFace(new FakeServices().fail('listAccounts', new TypeError('broken')))
    expect(await face.ask('{ accounts { name } }')).toMatchObject({ status: 200, data: null })
    expect(await face.ask('{ accounts { name } }', undefined, graphqlResponse)).toMatchObject({
      status: 500,
      data: null,
    })
  })

  test('is a value that its type cannot carry', async () => {
    face = await createFace(
      new FakeServices({
        main: { liveTotals: { streamCount: 1, onlineViewers: 1, bandwidthBitsPerSecond: Number.NaN } },
      }),
    )
    const { data, errors } = await face.ask('{ account(name: "main") { liveTotals { bandwidthBitsPerSecond } } }')
    expect(data.account.liveTotals).toEqual({ bandwidthBitsPerSecond: null })
    expect(errors).toMatchObject([{ message: 'internal error', extensions: { code: 'INTERNAL' } }])
  })

  test('is not seen in a caller who has left', async () => {
    const leaving = new AbortController()
    const services = new FakeServices({ main: {} })
    const left = new DOMException('left', 'AbortError')
    face = await createFace(services.fail('getStreamState', left), {
      createAsk: () => ({ ...createAsk(), signal: leaving.signal }),
    })
    leaving.abort(left)
    expect((await face.ask(stateOf)).errors).toMatchObject([{ extensions: { code: 'INTERNAL' } }])
    expect(face.log).toEqual([])
  })
})

test('a count beyond Int is an error of its field, because null would say it was not measured', async () => {
  face = await createFace(
    new FakeServices({
      main: { liveTotals: { streamCount: 2 ** 31 - 1, onlineViewers: 2 ** 31, bandwidthBitsPerSecond: 2 ** 53 } },
    }),
  )
  const { data, errors } = await face.ask(
    '{ account(name: "main") { liveTotals { streamCount onlineViewers bandwidthBitsPerSecond } } }',
  )
  expect(data.account.liveTotals).toEqual({
    streamCount: 2 ** 31 - 1,
    onlineViewers: null,
    bandwidthBitsPerSecond: 2 ** 53,
  })
  expect(errors).toMatchObject([
    {
      message: 'onlineViewers is 2147483648, more than an Int can carry (2147483647)',
      extensions: { code: 'UPSTREAM_RESPONSE' },
    },
  ])
})

describe('a request that is refused', () => {
  test.each([
    ['UNAUTHENTICATED', 401, { 'www-authenticate': 'Bearer realm="weir"' }],
    ['FORBIDDEN', 403, {}],
    ['RATE_LIMITED', 429, { 'retry-after': '3' }],
  ] as const)('for %s has status %i and no data', async (code, status, headers) => {
    face = await createFace(undefined, {
      createAsk: () => {
        throw new GatewayError(code, 'not now', code === 'RATE_LIMITED' ? { retryAfterMs: 2100 } : {})
      },
    })
    for (const accept of [{}, graphqlResponse]) {
      const answer = await face.ask('{ __typename }', undefined, accept)
      expect(answer).toMatchObject({ status, upstream: zeros, headers })
      expect(answer.errors).toMatchObject([{ message: 'not now', extensions: { code } }])
      expect(answer.text).not.toContain('"data"')
    }
    // Before the body is read, so that nobody unknown makes work.
    const broken = await face.app.inject({ method: 'POST', url: '/graphql', payload: '{' })
    expect(broken.statusCode).toBe(status)
    expect(face.log).toEqual([])
  })

  test.each([
    ['a syntax error', '{', 'Syntax Error: Expected Name, found <EOF>.'],
    ['an unknown field', '{ acounts { name } }', 'Cannot query field "acounts" on type "Query".'],
    [
      'a missing argument',
      '{ account { name } }',
      'Field "account" argument "name" of type "String!" is required, but it was not provided.',
    ],
    ['an unknown directive', '{ __typename @defer }', 'Unknown directive "@defer".'],
    [
      'a time without a zone',
      '{ stream(account: "main", key: "a") { pushSamples(from: "2026-11-21T10:00:00", to: "2026-11-21T11:00:00Z") { stale } } }',
      'a DateTime is RFC 3339 with a zone, like "2026-11-21T10:00:00Z" or "2026-11-21T18:00:00.5+08:00", not "2026-11-21T10:00:00"',
    ],
    [
      'two operations and no name',
      'query A { __typename } query B { __typename }',
      'operationName must be the name of one of the operations in query',
    ],
    ['no operation', 'fragment A on Query { __typename }', 'query holds no operation'],
    [
      'a mutation',
      'mutation { __typename }',
      'query is a mutation; allowed are queries, and subscriptions on a WebSocket or with Accept: text/event-stream',
    ],
    [
      'a document that is no text of GraphQL',
      JSON.stringify({ kind: 'Document', definitions: [] }),
      'Syntax Error: Expected Name, found String "kind".',
    ],
  ])('for %s carries INVALID_INPUT: 200 as application/json, else 400', async (_what, query, message) => {
    face = await createFace()
    // Twice: the second one meets the kept document.
    for (const [accept, status] of [
      [{}, 200],
      [graphqlResponse, 400],
      [{}, 200],
    ] as const) {
      const answer = await face.ask(query, undefined, accept)
      expect(answer.status).toBe(status)
      expect(answer.errors).toMatchObject([{ message, extensions: { code: 'INVALID_INPUT', retryable: false } }])
      expect(answer.text).not.toContain('"data"')
      expect(answer.upstream).toEqual(zeros)
    }
    expect(face.log).toEqual([])
  })

  test.each([
    [{ from: 'yesterday' }, 'not "yesterday"'],
    [{ from: '2026-02-30T00:00:00Z' }, 'not "2026-02-30T00:00:00Z"'],
    [{ from: 1_700_000_000 }, 'not a number'],
    [{}, 'was not provided'],
    [{ from: null }, 'must not be null'],
    [{ from: 'x'.repeat(50_000) }, 'not "xxx'],
  ])('for variables %o says what is allowed', async (variables, words) => {
    face = await createFace(new FakeServices({ main: {} }))
    const query = `query ($from: DateTime!) { stream(account: "main", key: "a") { pushSamples(from: $from, to: "2026-11-21T11:00:00+08:00") { stale } } }`
    for (const _ of [1, 2]) {
      const { errors, status, text } = await face.ask(query, variables)
      expect(status).toBe(200)
      expect(errors).toMatchObject([{ extensions: { code: 'INVALID_INPUT' } }])
      expect(errors[0]?.message).toContain(words)
      expect(text.length).toBeLessThan(1000)
    }
  })

  test('for a null that only its field could judge carries INVALID_INPUT', async () => {
    face = await createFace(new FakeServices({ main: {} }))
    const { data, errors } = await face.ask('query ($name: String = "main") { account(name: $name) { name } }', {
      name: null,
    })
    expect(data).toEqual({ account: null })
    expect(errors).toMatchObject([{ path: ['account'], extensions: { code: 'INVALID_INPUT' } }])
    expect(face.log).toEqual([])
  })

  test.each([
    ['no JSON', '{"query":', 'application/json'],
    ['an empty body', '', 'application/json'],
    ['a list', '[{"query":"{__typename}"}]', 'application/json'],
    ['no query', '{"extensions":{}}', 'application/json'],
    ['an empty query', '{"query":""}', 'application/json'],
    ['a prototype', '{"query":"{__typename}","__proto__":{"a":1}}', 'application/json'],
    ['a form', 'query=%7B__typename%7D', 'application/x-www-form-urlencoded'],
    ['plain text', '{"query":"{__typename}"}', 'text/plain'],
    ['several parts', '--x--', 'multipart/form-data; boundary=x'],
  ])('for %s has status 400', async (_what, payload, type) => {
    face = await createFace()
    for (const accept of ['application/json', graphqlResponse.accept]) {
      const response = await face.app.inject({
        method: 'POST',
        url: '/graphql',
        payload,
        headers: { 'content-type': type, accept },
      })
      const answer = toAnswer(response)
      expect(answer).toMatchObject({ status: 400, upstream: zeros })
      expect(answer.errors).toMatchObject([{ extensions: { code: 'INVALID_INPUT' } }])
      expect(answer.headers['content-type']).toBe(`${accept}; charset=utf-8`)
    }
    expect(face.log).toEqual([])
  })

  test('for its size has status 413', async () => {
    face = await createFace()
    const answer = await face.ask(`#${'x'.repeat(64 * 1024)}`)
    expect(answer.status).toBe(413)
    expect(answer.errors).toMatchObject([{ extensions: { code: 'INVALID_INPUT' } }])
  })

  test.each(['PUT', 'PATCH', 'DELETE'] as const)('for the method %s has status 405', async (method) => {
    face = await createFace()
    const answer = toAnswer(await face.app.inject({ method, url: '/graphql' }))
    expect(answer).toMatchObject({ status: 405, headers: { allow: 'GET, POST' } })
    expect(answer.errors).toMatchObject([{ extensions: { code: 'NOT_FOUND' } }])
  })

  test('for a mutation by GET has status 405', async () => {
    face = await createFace()
    const answer = await face.get({ query: 'mutation { __typename }' })
    expect(answer.status).toBe(405)
    expect(answer.errors).toMatchObject([{ extensions: { code: 'NOT_FOUND' } }])
  })

  test.each([
    [{}],
    [{ query: '{__typename}', variables: '[1]' }],
    [{ query: '{__typename}', variables: '{"a":' }],
    [{ query: '{__typename}', extensions: '1' }],
    [{ query: ['{__typename}', '{__typename}'] }],
  ])('for the query string %o has status 400', async (query) => {
    face = await createFace()
    const answer = await face.get(query)
    expect(answer.status).toBe(400)
    expect(answer.errors).toMatchObject([{ extensions: { code: 'INVALID_INPUT' } }])
  })
})
