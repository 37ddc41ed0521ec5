import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  ClientLimitError,
  type ClientLimitOptions,
  createClientLimit,
  type SharedCounter,
  toRateLimitHeaders,
} from '#access/client-limit.ts'
import type { Caller } from '#model/caller.ts'
import { FakeClock } from '#test/support/fake-clock.ts'
import { refusalOf } from '#test/support/refusal.ts'

const web: Caller = { name: 'web', role: 'reader', accounts: 'all' }
const anonymous: Caller = { name: 'anonymous', role: 'ops', accounts: 'all' }

function openLimit(options: Omit<ClientLimitOptions, 'clock'>, clock = new FakeClock()) {
  return createClientLimit({ ...options, clock })
}

function createCounter() {
  const counts = new Map<string, number>()
  const rig = {
    isAway: false,
    keys: counts,
    add: (async (key, points) => {
      if (rig.isAway) throw new Error('away')
      const total = (counts.get(key) ?? 0) + points
      counts.set(key, total)
      return { total, msLeft: 41_500 }
    }) satisfies SharedCounter['add'],
  }
  return rig
}

async function findRefusal(act: Promise<unknown>): Promise<ClientLimitError> {
  const refusal = await refusalOf(act)
  if (refusal instanceof ClientLimitError) return refusal
  throw refusal
}

/** Where the client stands, let through or not. */
const standingOf = (act: Promise<unknown>) => act.catch(async () => (await findRefusal(act)).reading)

describe('client limit', () => {
  test('counts down, refuses with the time to wait, and begins anew after a minute', async () => {
    const clock = new FakeClock()
    const limit = openLimit({ requestsPerMinute: 2 }, clock)
    expect(await limit.take(web, '10.0.0.1')).toEqual({ limit: 2, remaining: 1, resetSeconds: 60 })
    await clock.advance(18_500)
    expect(await limit.take(web, '10.0.0.2')).toEqual({ limit: 2, remaining: 0, resetSeconds: 42 })

    const refusal = await findRefusal(limit.take(web, '10.0.0.3'))
    expect(refusal).toMatchObject({
      code: 'RATE_LIMITED',
      retryAfterMs: 41_500,
      reading: { limit: 2, remaining: 0, resetSeconds: 42 },
    })
    await clock.advance(41_500)
    expect(await limit.take(web, '10.0.0.1')).toMatchObject({ remaining: 1 })
  })

  test('counts each key apart, and anonymous callers by address', async () => {
    const limit = openLimit({ requestsPerMinute: 1 })
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
    const limit = openLimit({ requestsPerMinute: 1 })
    await limit.take(anonymous, '2001:db8::1')
    await findRefusal(limit.take(anonymous, '2001:0DB8:0:0:ffff::2'))
    await limit.take(anonymous, '2001:db8:0:1::1')
    await limit.take(anonymous, '::1')
    await findRefusal(limit.take(anonymous, '::2'))
    await limit.take(anonymous, '::ffff:10.0.0.1')
    await limit.take(anonymous, '::ffff:10.0.0.2')
  })

  test('never promises a wait longer than the minute, even after the clock was set back', async () => {
    const clock = new FakeClock()
    const limit = openLimit({ requestsPerMinute: 1 }, clock)
    await limit.take(web, '10.0.0.1')
    clock.stepWall(-600_000)
    expect((await findRefusal(limit.take(web, '10.0.0.1'))).retryAfterMs).toBe(60_000)
  })

  test('lets everybody pass, and says nothing, without a limit', async () => {
    const limit = openLimit({ requestsPerMinute: null })
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

describe('limit of an address', () => {
  test('counts all its clients together, and tells of the limit that is nearer its end', async () => {
    const limit = openLimit({ requestsPerMinute: 3, requestsPerMinutePerAddress: 4 })
    const other = { ...web, name: 'other' }
    expect(await limit.take(web, '10.0.0.1')).toMatchObject({ limit: 3, remaining: 2 })
    expect(await limit.take(web, '10.0.0.1')).toMatchObject({ limit: 3, remaining: 1 })
    expect(await limit.take(other, '10.0.0.1')).toMatchObject({ limit: 4, remaining: 1 })
    expect(await limit.take(other, '10.0.0.1')).toMatchObject({ limit: 4, remaining: 0 })
    expect(await findRefusal(limit.take(other, '10.0.0.1'))).toMatchObject({ reading: { limit: 4, remaining: 0 } })
    expect(await limit.take(web, '10.0.0.2')).toMatchObject({ limit: 3, remaining: 0 })
  })

  test('holds without one for each client', async () => {
    const limit = openLimit({ requestsPerMinute: null, requestsPerMinutePerAddress: 1 })
    expect(await limit.take(web, '2001:db8::1')).toEqual({ limit: 1, remaining: 0, resetSeconds: 60 })
    await findRefusal(limit.take(anonymous, '2001:db8::2'))
  })

  test('counts requests of which the client is not known, each once', async () => {
    const limit = openLimit({ requestsPerMinute: null, requestsPerMinutePerAddress: 3 })
    await limit.takeAddress('10.0.0.1')
    expect(await limit.take(web, '10.0.0.1')).toMatchObject({ remaining: 1 })
    await limit.takeAddress('10.0.0.1')
    expect(await findRefusal(limit.takeAddress('10.0.0.1'))).toMatchObject({
      code: 'RATE_LIMITED',
      reading: { limit: 3 },
    })
    await findRefusal(limit.take(web, '10.0.0.1'))
    await limit.takeAddress('10.0.0.2')
  })

  test('is known beforehand to be used up, until a minute begins anew', async () => {
    const clock = new FakeClock()
    const limit = createClientLimit({ requestsPerMinute: null, requestsPerMinutePerAddress: 1, clock })
    for (let time = 0; time < 5; time += 1) limit.checkAddress('10.0.0.1')
    await limit.takeAddress('10.0.0.1')
    limit.checkAddress('10.0.0.1')
    await findRefusal(limit.takeAddress('10.0.0.1'))
    await clock.advance(18_000)
    const check = async () => limit.checkAddress('10.0.0.1')
    expect(await findRefusal(check())).toMatchObject({
      retryAfterMs: 42_000,
      reading: { limit: 1, remaining: 0, resetSeconds: 42 },
    })
    limit.checkAddress('10.0.0.2')
    await clock.advance(42_000)
    limit.checkAddress('10.0.0.1')
    openLimit({ requestsPerMinute: 1 }).checkAddress('10.0.0.1')
  })

  test('is not used up by a client that is over its own', async () => {
    const limit = openLimit({ requestsPerMinute: 1, requestsPerMinutePerAddress: 3 })
    await limit.take(web, '10.0.0.1')
    for (let request = 0; request < 10; request += 1) await findRefusal(limit.take(web, '10.0.0.1'))
    expect(await limit.take({ ...web, name: 'other' }, '10.0.0.1')).toMatchObject({ remaining: 0, limit: 1 })
    expect(await limit.take({ ...web, name: 'third' }, '10.0.0.1')).toMatchObject({ remaining: 0 })
  })
})

describe('limit over replicas', () => {
  test('is one for all of them, by client and by address', async () => {
    const shared = createCounter()
    const replicas = [1, 2].map(() => openLimit({ requestsPerMinute: 2, requestsPerMinutePerAddress: 9, shared }))
    const [one, two] = replicas
    expect(await one?.take(web, '10.0.0.1')).toEqual({ limit: 2, remaining: 1, resetSeconds: 42 })
    expect(await two?.take(web, '10.0.0.1')).toEqual({ limit: 2, remaining: 0, resetSeconds: 42 })
    for (const replica of replicas)
      expect(await findRefusal(replica.take(web, '10.0.0.1'))).toMatchObject({
        retryAfterMs: 41_500,
        reading: { limit: 2, remaining: 0, resetSeconds: 42 },
      })
    expect(shared.keys.size).toBe(2)
    for (const replica of replicas) replica.close()
  })

  test('is that of the process alone while the shared count is out of reach', async () => {
    const shared = createCounter()
    const clock = new FakeClock()
    const limit = openLimit({ requestsPerMinute: 3, shared }, clock)
    await limit.take(web, '10.0.0.1')
    shared.isAway = true
    expect(await limit.take(web, '10.0.0.1')).toEqual({ limit: 3, remaining: 1, resetSeconds: 60 })
    expect(await limit.take(web, '10.0.0.1')).toMatchObject({ remaining: 0 })
    await findRefusal(limit.take(web, '10.0.0.1'))
    await clock.advance(60_000)
    expect(await limit.take(web, '10.0.0.1')).toMatchObject({ remaining: 2 })
  })
})

describe('what can be decided at once', () => {
  test('is counted as otherwise, for the client and for its address', async () => {
    const limit = openLimit({ requestsPerMinute: 3, requestsPerMinutePerAddress: 4 })
    expect(limit.takeNow(web, '10.0.0.1')).toEqual({ limit: 3, remaining: 2, resetSeconds: 60 })
    expect(await limit.take(web, '10.0.0.1')).toEqual({ limit: 3, remaining: 1, resetSeconds: 60 })
    expect(limit.takeNow({ ...web, name: 'other' }, '10.0.0.1')).toEqual({ limit: 4, remaining: 1, resetSeconds: 60 })
    expect(openLimit({ requestsPerMinute: null }).takeNow(web, '10.0.0.1')).toBeNull()
  })

  test('is no refusal: nothing is counted then, and `take` says why', async () => {
    const limit = openLimit({ requestsPerMinute: 1, requestsPerMinutePerAddress: 3 })
    const other = { ...web, name: 'other' }
    expect(limit.takeNow(web, '10.0.0.1')).toMatchObject({ remaining: 0 })
    for (let time = 0; time < 10; time += 1) expect(limit.takeNow(web, '10.0.0.1')).toBeUndefined()
    await findRefusal(limit.take(web, '10.0.0.1'))
    // Nobody else of that address has paid for it.
    expect(limit.takeNow(other, '10.0.0.1')).toMatchObject({ limit: 1, remaining: 0 })
    await limit.takeAddress('10.0.0.1')
    const third = { ...web, name: 'third' }
    for (let time = 0; time < 10; time += 1) expect(limit.takeNow(third, '10.0.0.1')).toBeUndefined()
    // Nor has a client for its address.
    expect(limit.takeNow(third, '10.0.0.2')).toMatchObject({ limit: 1, remaining: 0 })
  })

  test('is not what waits for the count of the replicas', async () => {
    const shared = createCounter()
    const clock = new FakeClock()
    const limit = openLimit({ requestsPerMinute: 600, requestsPerMinutePerAddress: 6000, shared }, clock)
    expect(limit.takeNow(web, '10.0.0.1')).toBeUndefined()
    await clock.advance(1000)
    expect(shared.keys.size).toBe(0)
    expect(await limit.take(web, '10.0.0.1')).toMatchObject({ remaining: 599 })
    for (let request = 2; request <= 101; request += 1)
      expect(limit.takeNow(web, '10.0.0.1')).toMatchObject({ limit: 600, remaining: 600 - request, resetSeconds: 42 })
    // More than this process may keep to itself.
    expect(limit.takeNow(web, '10.0.0.1')).toBeUndefined()
    await clock.advance(100)
    expect([...shared.keys]).toEqual([
      ['client key web', 101],
      ['all of 10.0.0.1', 101],
    ])
    limit.close()
  })

  test('is decided by the process alone while the count of the replicas is known to be out of reach', async () => {
    const shared = createCounter()
    const clock = new FakeClock()
    const limit = openLimit({ requestsPerMinute: 3, shared }, clock)
    shared.isAway = true
    expect(limit.takeNow(web, '10.0.0.1')).toBeUndefined()
    expect(await limit.take(web, '10.0.0.1')).toMatchObject({ remaining: 2 })
    expect(limit.takeNow(web, '10.0.0.1')).toEqual({ limit: 3, remaining: 1, resetSeconds: 60 })
    expect(limit.takeNow(web, '10.0.0.1')).toMatchObject({ remaining: 0 })
    expect(limit.takeNow(web, '10.0.0.1')).toBeUndefined()
    await findRefusal(limit.take(web, '10.0.0.1'))
    shared.isAway = false
    await clock.advance(1000)
    // It was refused for the rest of the minute, whatever the others say.
    expect(limit.takeNow(web, '10.0.0.1')).toBeUndefined()
    limit.close()
  })

  test('is what would have been decided anyway', async () => {
    const request = fc.record({
      client: fc.nat(2),
      address: fc.nat(1),
      pauseMs: fc.constantFrom(0, 0, 0, 7, 150, 20_000),
      isNow: fc.boolean(),
    })
    const limits = fc.record({
      requestsPerMinute: fc.option(fc.integer({ min: 1, max: 12 })),
      requestsPerMinutePerAddress: fc.option(fc.integer({ min: 1, max: 20 })),
    })
    await fc.assert(
      fc.asyncProperty(
        limits,
        fc.boolean(),
        fc.array(request, { maxLength: 30 }),
        async (options, isShared, requests) => {
          const clock = new FakeClock()
          const open = () => openLimit({ ...options, ...(isShared && { shared: createCounter() }) }, clock)
          const [limit, patient] = [open(), open()]
          for (const { client, address, pauseMs, isNow } of requests) {
            if (pauseMs > 0) await clock.advance(pauseMs)
            const caller = { ...web, name: `client-${client}` }
            const reading = isNow ? limit.takeNow(caller, `10.0.0.${address}`) : undefined
            const outcomes = [
              reading === undefined ? standingOf(limit.take(caller, `10.0.0.${address}`)) : reading,
              standingOf(patient.take(caller, `10.0.0.${address}`)),
            ]
            const [outcome, expected] = await Promise.all(outcomes)
            expect(outcome).toEqual(expected)
          }
          limit.close()
          patient.close()
        },
      ),
      { numRuns: 20 },
    )
  })
})
