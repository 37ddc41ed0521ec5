import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { ClientLimitError, createClientLimit, toRateLimitHeaders } from '#access/client-limit.ts'
import type { Caller } from '#model/caller.ts'

const web: Caller = { name: 'web', role: 'reader', accounts: 'all' }
const anonymous: Caller = { name: 'anonymous', role: 'ops', accounts: 'all' }

// The library reads the machine's clock, so it is the machine's clock that stands still here.
beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date', 'setTimeout', 'clearTimeout'] })
})
afterEach(() => {
  vi.useRealTimers()
})

async function findRefusal(act: Promise<unknown>): Promise<ClientLimitError> {
  const error = await act.then(
    () => undefined,
    (refusal: unknown) => refusal,
  )
  if (error instanceof ClientLimitError) return error
  throw new Error('nothing was refused')
}

describe('client limit', () => {
  test('counts down, refuses with the time to wait, and begins anew after a minute', async () => {
    const limit = createClientLimit({ requestsPerMinute: 2 })
    expect(await limit.take(web, '10.0.0.1')).toEqual({ limit: 2, remaining: 1, resetSeconds: 60 })
    vi.advanceTimersByTime(18_500)
    expect(await limit.take(web, '10.0.0.2')).toEqual({ limit: 2, remaining: 0, resetSeconds: 42 })

    const refusal = await findRefusal(limit.take(web, '10.0.0.3'))
    expect(refusal).toMatchObject({
      code: 'RATE_LIMITED',
      retryAfterMs: 41_500,
      reading: { limit: 2, remaining: 0, resetSeconds: 42 },
    })
    vi.advanceTimersByTime(41_500)
    expect(await limit.take(web, '10.0.0.1')).toMatchObject({ remaining: 1 })
  })

  test('counts each key apart, and anonymous callers by address', async () => {
    const limit = createClientLimit({ requestsPerMinute: 1 })
    const other = { ...web, name: '10.0.0.1' }
    for (const [caller, address] of [
      [web, '10.0.0.1'],
      [other, '10.0.0.1'],
      [anonymous, '10.0.0.1'],
      [anonymous, '10.0.0.2'],
    ] as const)
      expect(await limit.take(caller, address)).toMatchObject({ remaining: 0 })
    await findRefusal(limit.take(anonymous, '10.0.0.2'))
  })

  test('counts a whole IPv6 /64 as one client, however it is spelled', async () => {
    const limit = createClientLimit({ requestsPerMinute: 1 })
    await limit.take(anonymous, '2001:db8::1')
    await findRefusal(limit.take(anonymous, '2001:0DB8:0:0:ffff::2'))
    await limit.take(anonymous, '2001:db8:0:1::1')
    await limit.take(anonymous, '::1')
    await findRefusal(limit.take(anonymous, '::2'))
    await limit.take(anonymous, '::ffff:10.0.0.1')
    await limit.take(anonymous, '::ffff:10.0.0.2')
  })

  test('never promises a wait longer than the minute, even after the clock was set back', async () => {
    const limit = createClientLimit({ requestsPerMinute: 1 })
    await limit.take(web, '10.0.0.1')
    vi.setSystemTime(Date.now() - 600_000)
    expect((await findRefusal(limit.take(web, '10.0.0.1'))).retryAfterMs).toBe(60_000)
  })

  test('lets everybody pass, and says nothing, without a limit', async () => {
    const limit = createClientLimit({ requestsPerMinute: null })
    expect(await limit.take(web, '10.0.0.1')).toBeNull()
    expect(toRateLimitHeaders(null)).toEqual({})
  })

  test('spells the headers as the IETF draft does', () => {
    expect(toRateLimitHeaders({ limit: 600, remaining: 599, resetSeconds: 42 })).toEqual({
      'RateLimit-Policy': '"default";q=600;w=60',
      RateLimit: '"default";r=599;t=42',
    })
  })
})
