import { describe, expect, it } from 'vitest'
import { UpstreamError } from '#model/errors.ts'
import { toRaw } from '#test/support/fake-upstream.ts'
import { connectTencent } from './connect.ts'

type Role = 'statistics' | 'control'
const marker = 'SECRET-OF-THE-PROVIDER'

async function fail(role: Role, content: unknown, status = 200, headers = {}): Promise<UpstreamError> {
  const { get, ask } = connectTencent(toRaw(content, status, headers))
  const answer =
    role === 'statistics' ? get('getLiveReading')({ key: 'a' }, ask) : get('getStreamStatus')({ key: 'a' }, ask)
  const error: unknown = await answer.catch((thrown: unknown) => thrown)
  if (!(error instanceof UpstreamError)) throw new Error('it did not fail as it should')
  return error
}

describe('numbers', () => {
  it.each([
    ['statistics', 1000, 'UPSTREAM_REJECTED', 0],
    ['statistics', 1001, 'UPSTREAM_REJECTED', 0],
    ['statistics', 1201, 'UPSTREAM_UNAVAILABLE', 2],
    ['statistics', 1202, 'UPSTREAM_THROTTLED', 1],
    ['statistics', 1204, 'UPSTREAM_REJECTED', 0],
    ['control', 1000, 'UPSTREAM_REJECTED', 0],
    ['control', 1003, 'UPSTREAM_REJECTED', 0],
    ['control', 3000, 'UPSTREAM_UNAVAILABLE', 2],
    ['control', 4001, 'UPSTREAM_REJECTED', 0],
    ['control', 20102, 'UPSTREAM_UNAVAILABLE', 1],
    ['control', 20104, 'UPSTREAM_UNAVAILABLE', 1],
    ['control', 20301, 'UPSTREAM_REJECTED', 0],
    ['control', 20321, 'UPSTREAM_UNAVAILABLE', 1],
    ['control', 20328, 'UPSTREAM_REJECTED', 0],
    ['control', 77777, 'UPSTREAM_REJECTED', 0],
    ['statistics', -1, 'UPSTREAM_REJECTED', 0],
  ] as const)('on the %s host, %i is %s with %i repeats', async (role, ret, code, times) => {
    const error = await fail(role, { ret, message: marker })
    expect(error).toMatchObject({ code, providerCode: String(ret), provider: 'tencent' })
    expect(error.retry.times).toBe(times)
  })

  it('go by the role of the host: 1000 is not activated on one, a wrong parameter on the other', async () => {
    expect((await fail('statistics', { ret: 1000 })).message).toContain('not activated')
    expect((await fail('control', { ret: 1000 })).message).toContain('parameter')
    expect(await fail('control', { ret: 1202 })).toMatchObject({ code: 'UPSTREAM_REJECTED' })
    expect(await fail('control', { ret: 1201 })).toMatchObject({ code: 'UPSTREAM_REJECTED' })
  })

  it('ask for tens of seconds of patience after 1202', async () => {
    const error = await fail('statistics', { ret: '1202', message: 'request frequency exceeds limit' })
    expect(error.retryAfterMs).toBe(30_000)
    expect(error.retry.afterMs).toBe(30_000)
  })

  it('of results of one call are refusals of another: 20601 on statistics, 1301 on control', async () => {
    expect(await fail('statistics', { ret: 20601 })).toMatchObject({ code: 'UPSTREAM_REJECTED' })
    expect(await fail('control', { ret: 1301 })).toMatchObject({ code: 'UPSTREAM_REJECTED' })
  })
})

describe('texts of the access layer', () => {
  it.each([
    ['cmd is invalid', 0],
    ['Appid Is Invalid', 0],
    ['error: SIGN INVALID.', 0],
    ['time expired', 1],
    ['Time  Expired', 1],
  ])('%j is UPSTREAM_CREDENTIAL with %i repeats, whatever the undocumented number', async (message, times) => {
    for (const role of ['statistics', 'control'] as const)
      for (const ret of [9001, -7, 55]) {
        const error = await fail(role, { ret, message })
        expect(error.code).toBe('UPSTREAM_CREDENTIAL')
        expect(error.retry.times).toBe(times)
      }
  })

  it('are also read from the twin, errmsg', async () => {
    expect(await fail('control', { ret: 5, errmsg: 'appid is invalid' })).toMatchObject({ code: 'UPSTREAM_CREDENTIAL' })
  })

  it('win over numbers of the older list, not over documented ones', async () => {
    expect(await fail('control', { ret: 1000, message: 'appid is invalid' })).toMatchObject({
      code: 'UPSTREAM_CREDENTIAL',
    })
    expect(await fail('statistics', { ret: 1202, message: 'cmd is invalid' })).toMatchObject({
      code: 'UPSTREAM_THROTTLED',
    })
  })

  it('suggest a look at the clock when the signature is said to have expired', async () => {
    expect((await fail('control', { ret: 9, message: 'time expired' })).message).toMatch(/clock.*signatureTtlSeconds/)
  })
})

describe('HTTP', () => {
  it.each([
    [400, 'UPSTREAM_REJECTED', 0],
    [401, 'UPSTREAM_CREDENTIAL', 0],
    [403, 'UPSTREAM_REJECTED', 0],
    [404, 'UPSTREAM_REJECTED', 0],
    [429, 'UPSTREAM_THROTTLED', 1],
    [500, 'UPSTREAM_UNAVAILABLE', 2],
    [503, 'UPSTREAM_UNAVAILABLE', 2],
    [302, 'UPSTREAM_RESPONSE', 2],
  ])('%i is %s with %i repeats', async (status, code, times) => {
    for (const content of [marker, '', { ret: 0, output: [{ status: 1 }] }, { ret: 424242, message: marker }]) {
      const error = await fail('control', content, status)
      expect(error.code).toBe(code)
      expect(error.retry.times).toBe(times)
    }
  })

  it('waits as long as Retry-After says, also a fraction, up to 300 s', async () => {
    expect(await fail('control', '', 429, { 'retry-after': '1.5' })).toMatchObject({ retryAfterMs: 1500 })
    expect((await fail('control', '', 429, { 'retry-after': '1.5' })).retry.afterMs).toBe(1500)
    expect(await fail('control', '', 503, { 'retry-after': '7' })).toMatchObject({ retryAfterMs: 7000 })
    expect(await fail('control', '', 429, { 'retry-after': '9999' })).toMatchObject({ retryAfterMs: 300_000 })
    expect(await fail('control', '', 429)).toMatchObject({ retryAfterMs: 30_000 })
  })

  it('lets an envelope with a known number or text say more than the status, but for 429', async () => {
    expect(await fail('control', { ret: 8, message: 'sign invalid' }, 403)).toMatchObject({
      code: 'UPSTREAM_CREDENTIAL',
    })
    expect(await fail('statistics', { ret: 1202 }, 500)).toMatchObject({ code: 'UPSTREAM_THROTTLED' })
    expect(await fail('control', { ret: 8, message: 'sign invalid' }, 429)).toMatchObject({
      code: 'UPSTREAM_THROTTLED',
    })
    expect(await fail('control', { ret: 20601 }, 500)).toMatchObject({ code: 'UPSTREAM_UNAVAILABLE' })
  })
})

describe('answers that cannot be understood', () => {
  it.each([
    ['<html><body>busy</body></html>'],
    [''],
    ['null'],
    ['[]'],
    ['"ok"'],
    ['{'],
    ['{}'],
    ['{"ret":null}'],
    ['{"ret":"ok"}'],
    ['{"ret":true}'],
    ['{"ret":[0]}'],
    ['{"ret":1.5}'],
    ['{"retcode":0}'],
    ['{"__proto__":{"ret":0}}'],
  ])('%j is UPSTREAM_RESPONSE, repeated twice', async (content) => {
    const error = await fail('statistics', content)
    expect(error.code).toBe('UPSTREAM_RESPONSE')
    expect(error.retry.times).toBe(2)
  })

  it('does not care what the answer calls its type', async () => {
    const { get, ask } = connectTencent(
      toRaw({ ret: 0, output: [{ status: 1 }] }, 200, { 'content-type': 'text/html' }),
    )
    expect(await get('getStreamStatus')({ key: 'a' }, ask)).toMatchObject({ state: 'LIVE' })
  })

  it('takes ret as text, and a byte order mark', async () => {
    const { get, ask } = connectTencent(toRaw('\ufeff{"ret":"0","output":{"status":"1"}}'))
    expect(await get('getStreamStatus')({ key: 'a' }, ask)).toMatchObject({ state: 'LIVE' })
  })
})

it('says nothing in the words of the provider', async () => {
  const contents = [marker, { ret: marker }, { ret: 1, message: marker, errmsg: marker, output: marker }]
  for (const content of [...contents, { ret: 0, message: marker, output: { stream_info: marker } }])
    for (const status of [200, 403, 429, 500]) {
      const error = await fail('statistics', content, status, { 'retry-after': marker })
      expect(JSON.stringify([error.message, error.providerCode, error.retry])).not.toContain(marker)
    }
})
