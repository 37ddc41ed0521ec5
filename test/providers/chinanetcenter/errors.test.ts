import { describe, expect, it } from 'vitest'
import { UpstreamError } from '#model/errors.ts'
import { toRaw } from '#test/support/fake-upstream.ts'
import { connectChinanetcenter, toDay } from './connect.ts'

const marker = 'SECRET-OF-THE-PROVIDER'

async function fail(content: unknown, status = 400, headers = {}): Promise<UpstreamError> {
  const { list, ask } = connectChinanetcenter(toRaw(content, status, headers))
  const query = { keys: ['push.example.com/live/room1'], firstDay: toDay('2021-09-01'), lastDay: toDay('2021-09-02') }
  const error: unknown = await list(query, ask).catch((thrown: unknown) => thrown)
  if (!(error instanceof UpstreamError)) throw new Error('it did not fail as it should')
  return error
}

describe('codes', () => {
  it.each([
    ['24102002', 400, 'UPSTREAM_REJECTED', 0],
    ['24102006', 400, 'UPSTREAM_REJECTED', 0],
    ['24102007', 400, 'UPSTREAM_REJECTED', 0],
    ['24102008', 400, 'UPSTREAM_REJECTED', 0],
    ['24102013', 400, 'UPSTREAM_REJECTED', 0],
    ['24102014', 400, 'UPSTREAM_REJECTED', 0],
    ['24102019', 400, 'UPSTREAM_REJECTED', 0],
    ['24102020', 400, 'UPSTREAM_REJECTED', 0],
    ['24102500', 500, 'UPSTREAM_UNAVAILABLE', 2],
    ['InternalError', 500, 'UPSTREAM_UNAVAILABLE', 2],
    ['MissingBody', 400, 'UPSTREAM_REJECTED', 0],
    ['NotAcceptable', 400, 'UPSTREAM_REJECTED', 0],
    ['InvalidHTTPRequest', 400, 'UPSTREAM_REJECTED', 0],
    ['InvalidDatePeriod', 400, 'UPSTREAM_REJECTED', 0],
    ['DateSpanError', 400, 'UPSTREAM_REJECTED', 0],
    ['PARAM_INVALID', 400, 'UPSTREAM_REJECTED', 0],
    ['NoSuchDomain', 404, 'UPSTREAM_REJECTED', 0],
    ['SomethingNew', 400, 'UPSTREAM_REJECTED', 0],
    ['99999999', 200, 'UPSTREAM_REJECTED', 0],
  ])('%s with HTTP %i is %s with %i repeats', async (code, status, expected, times) => {
    const error = await fail({ code, message: marker }, status)
    expect(error).toMatchObject({ code: expected, providerCode: code, provider: 'chinanetcenter' })
    expect(error.retry.times).toBe(times)
  })

  it('decide, not the status: an internal error with HTTP 400 or 200 is repeated all the same', async () => {
    for (const status of [200, 400, 403, 500])
      expect(await fail({ code: '24102500' }, status)).toMatchObject({ code: 'UPSTREAM_UNAVAILABLE' })
    expect(await fail({ code: '24102019' }, 500)).toMatchObject({ code: 'UPSTREAM_REJECTED' })
  })

  it('name the setting to change when there were too many domains', async () => {
    const message = 'The request was rejected because the number of Domain(2) exceeds the limit (1).'
    expect((await fail({ code: '24102019', message })).message).toContain('maxDomainsPerCall')
  })

  it('may be numbers', async () => {
    expect(await fail({ code: 24102019 })).toMatchObject({ providerCode: '24102019' })
  })

  it('that are no number and no word are not repeated', async () => {
    expect((await fail({ code: 'a secret 5f3a' })).providerCode).toBeUndefined()
  })

  it('0 is a success as text and as number', async () => {
    for (const code of ['0', 0, ' 0 ']) {
      const { list, ask } = connectChinanetcenter(toRaw({ code, message: 'success', data: [] }))
      const query = { keys: ['a/b/c'], firstDay: toDay('2021-09-01'), lastDay: toDay('2021-09-02') }
      expect((await list(query, ask)).droppedDomains).toEqual(['a'])
    }
  })

  it('0 is no success under an HTTP error', async () => {
    expect(await fail({ code: '0', data: [] }, 500)).toMatchObject({ code: 'UPSTREAM_UNAVAILABLE' })
    expect(await fail({ code: '0', data: [] }, 404)).toMatchObject({ code: 'UPSTREAM_REJECTED' })
  })
})

describe('HTTP', () => {
  it.each([
    [401, 'UPSTREAM_CREDENTIAL', 1],
    [403, 'UPSTREAM_CREDENTIAL', 1],
    [429, 'UPSTREAM_THROTTLED', 1],
    [500, 'UPSTREAM_UNAVAILABLE', 2],
    [502, 'UPSTREAM_UNAVAILABLE', 2],
    [503, 'UPSTREAM_UNAVAILABLE', 2],
  ])('%i is %s with %i repeats, whatever the body', async (status, code, times) => {
    for (const content of [marker, '', '<html></html>', { code: 'Whatever', message: marker }]) {
      const error = await fail(content, status)
      expect(error.code).toBe(code)
      expect(error.retry.times).toBe(times)
    }
  })

  it('waits as long as Retry-After says, else for the window of 5 minutes', async () => {
    expect(await fail('', 429, { 'retry-after': '2.5' })).toMatchObject({ retryAfterMs: 2500 })
    expect(await fail('', 429)).toMatchObject({ retryAfterMs: 300_000 })
    expect(await fail('', 503, { 'retry-after': '7' })).toMatchObject({ retryAfterMs: 7000 })
  })
})

it.each([
  ['QuotaExceeded', ''],
  ['Throttling', ''],
  ['24109999', 'API calls quota exceeded'],
  ['24109999', 'Request frequency is too high'],
  ['TooFast', 'Too many requests'],
  ['24109999', '调用频率超过限制'],
])('code %j with text %j is a refusal for frequency', async (code, message) => {
  for (const status of [200, 400])
    expect(await fail({ code, message }, status)).toMatchObject({ code: 'UPSTREAM_THROTTLED' })
})

it.each([
  ['<?xml version="1.0"?><response><code>0</code></response>', 200],
  ['<html></html>', 200],
  ['<html></html>', 400],
  ['', 200],
  ['[]', 200],
  ['null', 200],
  ['{{"code":"0"}', 200],
  ['{}', 200],
  ['{"data":[]}', 200],
  ['{"code":null}', 200],
  ['{"code":true}', 200],
  ['{"code":["0"]}', 200],
  ['{"__proto__":{"code":"0"}}', 200],
])('takes %j with HTTP %i for malformed, repeated at most twice', async (content, status) => {
  const error = await fail(content, status)
  expect(error.code).toBe('UPSTREAM_RESPONSE')
  expect(error.retry.times).toBe(2)
})

it('says nothing in the words of the provider', async () => {
  const contents = [marker, { code: marker }, { code: '1', message: marker }, { code: '0', data: marker }]
  for (const content of contents)
    for (const status of [200, 400, 403, 429, 500]) {
      const error = await fail(content, status, { 'retry-after': marker })
      expect(JSON.stringify([error.message, error.providerCode])).not.toContain(marker)
    }
})
