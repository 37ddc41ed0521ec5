import { describe, expect, test } from 'vitest'
import {
  type ErrorCode,
  errorTable,
  GatewayError,
  NotFoundError,
  QuotaExhaustedError,
  UpstreamError,
} from '#model/errors.ts'
import { problemSchema } from '#rest/schemas/problem.ts'
import { buildRestApp, RANGE } from './rest-app.ts'

const codes = Object.keys(errorTable).filter((code): code is ErrorCode => Object.hasOwn(errorTable, code))
const url = '/v1/accounts/tencent-main'

async function answerTo(error: unknown) {
  const rest = await buildRestApp({ 'tencent-main': {} })
  rest.services.fail('getAccount', error)
  const response = await rest.app.inject(url)
  return { ...rest, response, problem: problemSchema.parse(response.json()) }
}

describe('every code', () => {
  test.each(codes.filter((code) => code !== 'INTERNAL'))('%s has its status and body', async (code) => {
    const { response, problem, logged } = await answerTo(
      new GatewayError(code, 'what happened', { account: 'tencent-main', provider: 'tencent', providerCode: '-1006' }),
    )
    expect(response.statusCode).toBe(errorTable[code].status)
    expect(response.headers['content-type']).toContain('application/problem+json')
    expect(response.headers['cache-control']).toBe('no-store')
    expect(response.headers['etag']).toBeUndefined()
    expect(problem).toEqual({
      type: `/docs/errors#${code}`,
      title: expect.stringMatching(/^[A-Z][a-z ]+$/),
      status: errorTable[code].status,
      detail: 'what happened',
      code,
      retryable: errorTable[code].retryable,
      account: 'tencent-main',
      provider: 'tencent',
      providerCode: '-1006',
      requestId: expect.any(String),
    })
    expect(logged).toEqual([])
  })

  test('has an anchor on the page its type leads to', async () => {
    const { app } = await buildRestApp()
    const page = await app.inject('/docs/errors')
    expect(page.headers['content-type']).toContain('text/html')
    for (const code of codes) expect(page.body).toContain(`id="${code}"`)
  })
})

describe('Retry-After', () => {
  test('is whole seconds, rounded up', async () => {
    const { response, problem } = await answerTo(new QuotaExhaustedError('none free', { retryAfterMs: 1_001 }))
    expect(response.headers['retry-after']).toBe('2')
    expect(problem.retryAfterMs).toBe(1_001)
  })

  test('is at least one second', async () => {
    const { response } = await answerTo(new GatewayError('RATE_LIMITED', 'slower', { retryAfterMs: 0 }))
    expect(response.headers['retry-after']).toBe('1')
  })

  test('is there for a throttled call even when the provider gave no time', async () => {
    const { response, problem } = await answerTo(new UpstreamError('UPSTREAM_THROTTLED', 'too often'))
    expect(response.headers['retry-after']).toBe('10')
    expect(problem.retryAfterMs).toBeUndefined()
  })

  test('is not there for other codes', async () => {
    const { response } = await answerTo(new UpstreamError('UPSTREAM_TIMEOUT', 'late', { retryAfterMs: 5_000 }))
    expect(response.headers['retry-after']).toBeUndefined()
  })
})

describe('unforeseen errors', () => {
  test('are shown bare and logged in full, once', async () => {
    const error = new TypeError('secret internals of x')
    const { response, problem, logged } = await answerTo(error)
    expect(response.statusCode).toBe(500)
    expect(problem.code).toBe('INTERNAL')
    expect(response.body).not.toContain('secret')
    expect(logged).toEqual([{ err: error, requestId: problem.requestId, route: '/v1/accounts/:account' }])
  })

  test('are logged even when they carry the code INTERNAL', async () => {
    const { problem, logged } = await answerTo(new GatewayError('INTERNAL', 'an invariant of ours broke'))
    expect(problem.detail).not.toContain('invariant')
    expect(logged).toHaveLength(1)
  })

  test('that are no errors at all are answered too', async () => {
    const { response, logged } = await answerTo('thrown text')
    expect(response.statusCode).toBe(500)
    expect(logged).toHaveLength(1)
  })
})

test('a client that has left is no error of ours', async () => {
  const { app, services, leaving, logged } = await buildRestApp({ 'tencent-main': {} })
  leaving.abort(new Error('the client left'))
  services.fail('listAccounts', leaving.signal.reason)
  expect((await app.inject('/v1/accounts')).statusCode).toBe(499)
  expect(logged).toEqual([])
})

describe('who may ask', () => {
  const authenticate = () => {
    throw new GatewayError('UNAUTHENTICATED', 'send a key')
  }

  test('is decided before anything of the request is read', async () => {
    const { app, services } = await buildRestApp({ 'tencent-main': {} }, { authenticate })
    const response = await app.inject({
      method: 'POST',
      url: `${url}/push-sessions`,
      headers: { 'content-type': 'application/json' },
      body: '{broken',
    })
    expect(response.statusCode).toBe(401)
    expect(response.headers['www-authenticate']).toBe('Bearer realm="weir"')
    expect(response.json().code).toBe('UNAUTHENTICATED')
    expect(services.calls).toEqual([])
  })

  test('does not matter for the documentation', async () => {
    const { app } = await buildRestApp({}, { authenticate })
    for (const open of ['/docs', '/docs/errors', '/openapi.json']) expect((await app.inject(open)).statusCode).toBe(200)
  })

  test('hides accounts like ones that do not exist', async () => {
    const caller = { name: 'web', role: 'reader' as const, accounts: new Set(['tencent-main']) }
    const { app } = await buildRestApp({ 'tencent-main': {}, hidden: {} }, { caller })
    const hidden = await app.inject('/v1/accounts/hidden')
    const absent = await app.inject('/v1/accounts/absent')
    expect(hidden.statusCode).toBe(404)
    const bare = (text: string, name: string) => text.replaceAll(name, '').replace(/req-\w+/, '')
    expect(bare(hidden.body, 'hidden')).toBe(bare(absent.body, 'absent'))
  })
})

describe('requests that no route takes', () => {
  test('unknown addresses are 404 NOT_FOUND', async () => {
    const { app } = await buildRestApp()
    for (const unknown of ['/v1/nothing', '/v1', '/v1/', '/v1/accounts/a/b/c', '/v1/streams']) {
      const response = await app.inject(unknown)
      expect([unknown, response.statusCode, response.json().code]).toEqual([unknown, 404, 'NOT_FOUND'])
      expect(response.headers['content-type']).toContain('application/problem+json')
    }
  })

  test.each([
    ['DELETE', '/v1/accounts', 'GET, HEAD'],
    ['PUT', '/v1/accounts/a/streams/b', 'GET, HEAD'],
    ['POST', '/v1/streams/x/push-samples', 'GET, HEAD'],
    ['PATCH', '/v1/live-streams', 'GET, HEAD'],
    ['GET', '/v1/accounts/a/push-sessions', 'POST'],
    ['HEAD', '/v1/accounts/a/push-sessions', 'POST'],
    ['OPTIONS', '/v1/accounts', 'GET, HEAD'],
  ] as const)('%s %s is 405 with Allow: %s', async (method, path, allow) => {
    const { app } = await buildRestApp({ a: {} })
    const response = await app.inject({ method, url: path, headers: { 'content-type': 'application/json' } })
    expect(response.statusCode).toBe(405)
    expect(response.headers['allow']).toBe(allow)
    if (method !== 'HEAD') expect(response.json()).toMatchObject({ code: 'NOT_FOUND', status: 405 })
  })
})

describe('requests that cannot be read', () => {
  const post = (rest: { body?: string; type?: string }) => ({
    method: 'POST' as const,
    url: `${url}/push-sessions`,
    headers: { 'content-type': rest.type ?? 'application/json' },
    body: rest.body ?? '',
  })

  test.each([
    ['a body over 64 KiB', { body: JSON.stringify({ keys: ['x'.repeat(65 * 1024)] }) }, 413, 'body is too large'],
    ['another content type', { body: '<x/>', type: 'application/xml' }, 415, 'content-type is not understood'],
    ['plain text', { body: 'x', type: 'text/plain' }, 415, 'content-type is not understood'],
    ['broken JSON', { body: '{"keys":' }, 400, 'body cannot be read'],
    ['an empty body', { body: '' }, 400, 'body cannot be read'],
    ['a poisoned body', { body: '{"__proto__":{"x":1}}' }, 400, 'body cannot be read'],
  ])('%s is INVALID_INPUT', async (_name, request, status, detail) => {
    const { app, logged } = await buildRestApp({ 'tencent-main': {} })
    const response = await app.inject(post(request))
    expect(response.statusCode).toBe(status)
    expect(response.json()).toMatchObject({ code: 'INVALID_INPUT', status, detail: expect.stringContaining(detail) })
    expect(logged).toEqual([])
  })

  test.each([
    '/v1/accounts/tencent-main/streams/%',
    '/v1/accounts/tencent-main/streams/%zz',
    '/v1/accounts/tencent-main/streams/%ff',
    '/v1/accounts/tencent-main/streams/%c3%28',
    `/v1/accounts/tencent-main/play-samples?${RANGE}&domain=%zz`,
  ])('malformed percent-encoding is INVALID_INPUT: %s', async (bad) => {
    const { app } = await buildRestApp({ 'tencent-main': {} })
    const response = await app.inject(bad)
    expect(response.statusCode).toBe(400)
    expect(response.json()).toMatchObject({
      code: 'INVALID_INPUT',
      detail: expect.stringContaining('percent-encoding'),
    })
    expect(response.headers['content-type']).toContain('application/problem+json')
  })

  test('a path segment longer than any key is INVALID_INPUT', async () => {
    const { app } = await buildRestApp({ 'tencent-main': {} })
    const response = await app.inject(`/v1/accounts/tencent-main/streams/${'x'.repeat(5_000)}`)
    expect([response.statusCode, response.json().code]).toEqual([400, 'INVALID_INPUT'])
  })
})

test('an error says what it cost', async () => {
  const { app, services } = await buildRestApp({ 'tencent-main': {} })
  services.fail('listPushSamples', new NotFoundError('gone'))
  const response = await app.inject(`/v1/accounts/tencent-main/streams/a/push-samples?${RANGE}`)
  expect(response.headers['x-upstream-calls']).toBe('1')
})

test('an operation over its call limit is QUERY_TOO_COMPLEX', async () => {
  const { app } = await buildRestApp({ 'tencent-main': {} }, { maxProviderCalls: 0 })
  const response = await app.inject('/v1/live-streams')
  expect([response.statusCode, response.json().code]).toEqual([400, 'QUERY_TOO_COMPLEX'])
})
