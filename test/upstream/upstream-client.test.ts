import { afterEach, describe, expect, it } from 'vitest'
import { Meter } from '#contract/ask.ts'
import type { RawAnswer } from '#contract/upstream-call.ts'
import { systemClock } from '#model/clock.ts'
import { NotFoundError, UpstreamError } from '#model/errors.ts'
import { answering, type HostileUpstream, startHostileUpstream, toAnswer } from '#test/support/hostile-upstream.ts'
import { createTestQuota } from '#test/support/test-quota.ts'
import { toAsk, toJsonRequest, toTestClient } from '#test/support/upstream-client.ts'
import type { Permit, Quota } from '#upstream/quota.ts'
import type { UpstreamClient, UpstreamClientOptions } from '#upstream/upstream-client.ts'

let server: HostileUpstream
let client: UpstreamClient

async function start(
  behaviour = answering('{}'),
  overrides: Partial<UpstreamClientOptions> = {},
): Promise<UpstreamClient> {
  server = await startHostileUpstream(behaviour)
  client = toTestClient(server.url, { deadlineMs: 2000, ...overrides })
  return client
}

afterEach(async () => {
  await client.close()
  await server.close()
})

/** The real clock with an offset of the test's own. */
function toSkippingClock() {
  let offsetMs = 0
  const clock = { ...systemClock, monotonicMs: () => systemClock.monotonicMs() + offsetMs }
  return {
    clock,
    skip: (ms: number) => {
      offsetMs += ms
    },
  }
}

describe('a request', () => {
  it('goes below the endpoint, its values percent-encoded and its names as they are', async () => {
    const { call } = await start()
    await call(
      toJsonRequest({
        path: '/sub',
        query: [
          ['Param.s.stream_id', "a&b=c+d#e@f g!'()*/?%é"],
          ['t', '1'],
        ],
      }),
      toAsk(),
    )
    expect(server.requests[0]?.target).toMatch(
      /^\/common_access\/sub\?Param\.s\.stream_id=a%26b%3Dc%2Bd%23e%40f%20g%21%27%28%29%2A%2F%3F%25%C3%A9&t=1&sign=canary-sign-\d+$/,
    )
  })

  it('carries no cookie and asks for no compression', async () => {
    const { call } = await start(answering('{}', ['Set-Cookie: skey=1']))
    await call(toJsonRequest(), toAsk())
    await call(toJsonRequest({ headers: { 'accept-encoding': 'gzip' } }), toAsk())
    for (const { head } of server.requests) {
      expect(head).not.toMatch(/cookie/i)
      expect(head).toMatch(/accept-encoding: identity/i)
    }
  })

  it('posts its body', async () => {
    const { call } = await start()
    await call(
      toJsonRequest({ method: 'POST', body: '{"é":1}', headers: { 'content-type': 'application/json' } }),
      toAsk(),
    )
    expect(server.requests[0]).toMatchObject({ method: 'POST', body: Buffer.from('{"é":1}').toString('latin1') })
  })

  it('for an endpoint the account does not have is our own fault and goes nowhere', async () => {
    const { call } = await start()
    await expect(call(toJsonRequest({ endpoint: 'other' }), toAsk())).rejects.toThrow('the account has no endpoint')
    expect(server.requests).toEqual([])
  })

  it('is counted when it leaves', async () => {
    const { call, readings } = await start()
    const ask = toAsk()
    await call(toJsonRequest(), ask)
    expect(ask.meter.calls).toBe(1)
    expect((await readings.quota()).used).toBe(1)
  })
})

describe('a permit', () => {
  it('that has gone stale is replaced before anything is sent', async () => {
    let granted = 0
    const quota: Quota = {
      take: async (_operation, _ask, gate): Promise<Permit> => {
        await new Promise<void>((resolve) => {
          gate?.watch({ opened: () => gate.tryEnter() && resolve(), failed: () => undefined })
          if (gate?.tryEnter() !== false) resolve()
        })
        granted += 1
        return { goodUntilMs: systemClock.monotonicMs() + (granted < 3 ? -50 : 100) }
      },
      read: () => Promise.reject(new Error('not asked')),
      pause: () => undefined,
      pausedUntilMs: Number.NEGATIVE_INFINITY,
      close: () => Promise.resolve(),
    }
    const { call } = await start(answering('{"a":1}'), { quota })
    const ask = toAsk()
    expect(await call(toJsonRequest(), ask)).toEqual({ a: 1 })
    expect(granted).toBe(3)
    expect(ask.meter.calls).toBe(1)
    expect(server.requests).toHaveLength(1)
    expect(server.connections).toBe(1)
  })

  it('is not spent on waiting for a slow connection', async () => {
    const { buildConnector } = await import('undici')
    const connect = buildConnector({ allowH2: false })
    const { call, readings } = await start(answering('{}'), {
      connector: (options, callback) =>
        connect(options, (...result) => void setTimeout(() => callback(...result), 150)),
    })
    await call(toJsonRequest(), toAsk())
    expect((await readings.quota()).used).toBe(1)
    expect(server.requests).toHaveLength(1)
  })

  it('is not spent on waiting for a busy connection', async () => {
    const { call, readings } = await start((socket) => void setTimeout(() => socket.write(toAnswer('{}')), 120), {
      maxConnections: 1,
    })
    await Promise.all([1, 2, 3].map(() => call(toJsonRequest(), toAsk())))
    expect((await readings.quota()).used).toBe(3)
    expect(server.connections).toBe(1)
  })
})

describe('an exhausted quota', () => {
  it('refuses at once, with account and time, and is no failure of the provider', async () => {
    const quota = createTestQuota({ limit: 1, windowSeconds: 60 }, systemClock)
    const { call, readings } = await start(answering('{}'), { quota })
    await call(toJsonRequest(), toAsk())
    const startedAt = performance.now()
    await expect(call(toJsonRequest(), toAsk())).rejects.toMatchObject({
      code: 'QUOTA_EXHAUSTED',
      account: 'main',
      provider: 'tencent',
      retryAfterMs: expect.any(Number),
    })
    expect(performance.now() - startedAt).toBeLessThan(500)
    expect(readings.health()).toMatchObject({ state: 'UP', lastErrorCode: null })
    await quota.close()
  })
})

describe('a failed call', () => {
  it('is sent again with a new start and a new signature', async () => {
    const { call, readings } = await start(
      (socket, { number }) => socket.write(number < 3 ? toAnswer('', [], '503 Busy') : toAnswer('{"a":1}')),
      {
        signer: (request, { now }) => ({ ...request, query: [...request.query, ['sign', `${now}-${Math.random()}`]] }),
      },
    )
    const ask = toAsk()
    expect(await call(toJsonRequest(), ask)).toEqual({ a: 1 })
    expect(ask.meter.calls).toBe(3)
    expect((await readings.quota()).used).toBe(3)
    expect(new Set(server.requests.map(({ target }) => target)).size).toBe(3)
  })

  it('keeps what the adapter said about it', async () => {
    const { call } = await start()
    const failing = toJsonRequest({
      read: () => {
        throw new UpstreamError('UPSTREAM_CREDENTIAL', 'the provider refused the signature', { providerCode: '4100' })
      },
    })
    await expect(call(failing, toAsk())).rejects.toMatchObject({
      code: 'UPSTREAM_CREDENTIAL',
      providerCode: '4100',
      account: 'main',
    })
    expect(server.requests).toHaveLength(1)
  })

  it('with an error that is no failure of the provider is passed on as it is', async () => {
    const { call, readings } = await start()
    const error = new NotFoundError('no such stream')
    const failing = toJsonRequest({
      read: () => {
        throw error
      },
    })
    await expect(call(failing, toAsk())).rejects.toBe(error)
    expect(readings.health().state).toBe('UP')
  })
})

describe('a throttled account', () => {
  const throttle = (retryAfterMs: number, isTold = true) =>
    toJsonRequest({
      read: () => {
        throw new UpstreamError('UPSTREAM_THROTTLED', 'too often', { retryAfterMs, retry: { times: 0, isTold } })
      },
    })

  it('is left alone for as long as the provider asked, and says how long', async () => {
    const { clock, skip } = toSkippingClock()
    const { call } = await start(answering('{}'), { clock })
    await expect(call(throttle(30_000), toAsk())).rejects.toMatchObject({ code: 'UPSTREAM_THROTTLED' })
    skip(10_000)
    const error: unknown = await call(toJsonRequest(), toAsk()).catch((reason) => reason)
    expect(error).toMatchObject({ code: 'UPSTREAM_THROTTLED', account: 'main' })
    expect(error instanceof UpstreamError && error.retryAfterMs).toBeCloseTo(20_000, -3)
    expect(server.requests).toHaveLength(1)
    skip(20_000)
    expect(await call(toJsonRequest(), toAsk())).toEqual({})
  })

  it('is left alone by calls too that were already waiting for their start', async () => {
    const quota = createTestQuota({ limit: 1, windowSeconds: 0.3 }, systemClock)
    const { call } = await start(answering('{}'), { quota })
    const both = [call(throttle(30_000), toAsk()), call(toJsonRequest(), toAsk())]
    const codes = await Promise.all(both.map((each) => each.catch((error) => error.code)))
    expect(codes).toEqual(['UPSTREAM_THROTTLED', 'UPSTREAM_THROTTLED'])
    expect(server.requests).toHaveLength(1)
    await quota.close()
  })

  it('is left alone for a second after a refusal without a time of its own', async () => {
    const { clock, skip } = toSkippingClock()
    const { call } = await start(answering('{}'), { clock, deadlineMs: 500 })
    await expect(call(throttle(30_000, false), toAsk())).rejects.toMatchObject({ code: 'UPSTREAM_THROTTLED' })
    const error: unknown = await call(toJsonRequest(), toAsk()).catch((reason) => reason)
    expect(error).toMatchObject({ code: 'UPSTREAM_THROTTLED', account: 'main' })
    expect(error instanceof UpstreamError && error.retryAfterMs).toBeLessThanOrEqual(1000)
    expect(server.requests).toHaveLength(1)
    skip(1000)
    expect(await call(toJsonRequest(), toAsk())).toEqual({})
  })

  it('is left alone by all who share its quota', async () => {
    const quota = createTestQuota({ limit: 1000, windowSeconds: 1 }, systemClock)
    const { call } = await start(answering('{}'), { quota })
    const other = toTestClient(server.url, { quota, deadlineMs: 2000 })
    await expect(call(throttle(30_000), toAsk())).rejects.toMatchObject({ code: 'UPSTREAM_THROTTLED' })
    await expect(other.call(toJsonRequest(), toAsk())).rejects.toMatchObject({
      code: 'UPSTREAM_THROTTLED',
      retryAfterMs: expect.any(Number),
    })
    expect(server.requests).toHaveLength(1)
    await other.close()
    await quota.close()
  })

  it('is sent nothing on a start that was granted before it asked to be left alone', async () => {
    const quota = createTestQuota({ limit: 1000, windowSeconds: 1 }, systemClock)
    const signer: UpstreamClientOptions['signer'] = (request) => {
      // Between the grant and the first byte.
      quota.pause(30_000)
      return { ...request, query: [...(request.query ?? [])] }
    }
    const { call, readings } = await start(answering('{}'), { quota, signer })
    await expect(call(toJsonRequest(), toAsk())).rejects.toMatchObject({ code: 'UPSTREAM_THROTTLED' })
    expect(server.requests).toHaveLength(0)
    expect((await readings.quota()).used).toBe(1)
    await quota.close()
  })

  it('is asked again by a call that may wait as long as its adapter advises', async () => {
    const { call } = await start()
    let refusals = 0
    const request = toJsonRequest({
      read: (raw) => {
        if (refusals > 0) return JSON.parse(raw.body.toString())
        refusals += 1
        throw new UpstreamError('UPSTREAM_THROTTLED', 'too often', { retry: { times: 1, afterMs: 1200 } })
      },
    })
    const startedAt = performance.now()
    expect(await call(request, toAsk())).toEqual({})
    expect(performance.now() - startedAt).toBeGreaterThan(1150)
    expect(server.requests).toHaveLength(2)
  })

  it('is waited for when the time comes before the deadline', async () => {
    const { call } = await start()
    await expect(call(throttle(100), toAsk())).rejects.toMatchObject({ code: 'UPSTREAM_THROTTLED' })
    const startedAt = performance.now()
    expect(await call(toJsonRequest(), toAsk())).toEqual({})
    expect(performance.now() - startedAt).toBeGreaterThan(80)
  })

  it.each([
    [99_999_999_000, 300_000],
    [Number.NaN, 0],
    [-1, 0],
  ])('does not believe %d ms', async (claimedMs, pauseMs) => {
    const { clock, skip } = toSkippingClock()
    const { call } = await start(answering('{}'), { clock })
    await expect(call(throttle(claimedMs), toAsk())).rejects.toMatchObject({ code: 'UPSTREAM_THROTTLED' })
    skip(pauseMs)
    expect(await call(toJsonRequest(), toAsk())).toEqual({})
  })
})

describe('a call that takes away what it answers', () => {
  function toPop(kept: RawAnswer[], overrides = {}) {
    return toJsonRequest({
      operation: 'Live_Queue_Get',
      keep: (raw) => {
        kept.push(raw)
        return Promise.resolve()
      },
      ...overrides,
    })
  }

  it('has its answer kept before it is read', async () => {
    const { call } = await start(answering('not JSON'))
    const kept: RawAnswer[] = []
    await expect(call(toPop(kept), toAsk())).rejects.toMatchObject({ code: 'UPSTREAM_RESPONSE' })
    expect(kept.map(({ body }) => body.toString())).toEqual(['not JSON'])
    expect(server.requests).toHaveLength(1)
  })

  it('is not read when keeping fails', async () => {
    const { call } = await start()
    let wasRead = false
    const pop = toPop([], {
      keep: () => Promise.reject(new Error('disk full')),
      read: () => {
        wasRead = true
      },
    })
    await expect(call(pop, toAsk())).rejects.toThrow('disk full')
    expect(wasRead).toBe(false)
  })

  it('is never sent twice once it has left', async () => {
    const { call } = await start((socket) => socket.resetAndDestroy())
    await expect(call(toPop([]), toAsk())).rejects.toMatchObject({ code: 'UPSTREAM_UNAVAILABLE' })
    expect(server.requests).toHaveLength(1)
  })

  it('is tried again when it could not leave', async () => {
    const { buildConnector } = await import('undici')
    const connect = buildConnector({ allowH2: false })
    let attempts = 0
    const { call } = await start(answering('{"a":1}'), {
      connector: (options, callback) => {
        attempts += 1
        if (attempts === 1) queueMicrotask(() => callback(new Error('refused'), null))
        else connect(options, callback)
      },
    })
    expect(await call(toPop([]), toAsk())).toEqual({ a: 1 })
    expect(server.requests).toHaveLength(1)
  })

  it('has kept what arrived of an answer that broke off', async () => {
    const { call } = await start((socket) => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{"ret":0,'))
    const kept: RawAnswer[] = []
    await expect(call(toPop(kept), toAsk())).rejects.toMatchObject({ code: 'UPSTREAM_RESPONSE' })
    expect(kept.map(({ body }) => body.toString())).toEqual(['{"ret":0,'])
  })

  it('is read to its end although the deadline passes and the caller leaves', async () => {
    const { call } = await start((socket) => void setTimeout(() => socket.write(toAnswer('{"a":1}')), 600))
    const kept: RawAnswer[] = []
    const controller = new AbortController()
    const ask = toAsk({ deadlineAtMs: systemClock.monotonicMs() + 400, signal: controller.signal })
    setTimeout(() => controller.abort(), 500)
    expect(await call(toPop(kept), ask)).toEqual({ a: 1 })
    expect(kept).toHaveLength(1)
  })

  it('is read no longer than its own limit', async () => {
    const { call } = await start(() => undefined, { consumingMs: 100 })
    await expect(call(toPop([]), toAsk())).rejects.toMatchObject({ code: 'UPSTREAM_TIMEOUT' })
  })
})

describe('a caller that leaves', () => {
  it('ends its call with its own reason, which is no failure of the provider', async () => {
    const { call, readings } = await start(() => undefined)
    const controller = new AbortController()
    setTimeout(() => controller.abort(new Error('left')), 30)
    await expect(call(toJsonRequest(), toAsk({ signal: controller.signal }))).rejects.toThrow('left')
    expect(readings.health().state).toBe('UP')
  })
})

describe('in-flight calls', () => {
  it('never exceed the connections allowed; the rest times out in line', async () => {
    const { call, readings } = await start(() => undefined, { maxConnections: 2, deadlineMs: 400 })
    const codes = await Promise.all(
      [1, 2, 3, 4, 5].map(() => call(toJsonRequest(), toAsk()).catch((error) => error.code)),
    )
    expect(codes).toEqual(Array(5).fill('UPSTREAM_TIMEOUT'))
    expect(server.requests).toHaveLength(2)
    expect((await readings.quota()).used).toBe(2)
  })

  it('find a way although the provider closes each connection after an answer', async () => {
    const { call } = await start((socket) => socket.end(toAnswer('{}', ['Connection: close'])), {
      maxConnections: 2,
    })
    for (let round = 0; round < 20; round += 1)
      expect(await Promise.all([1, 2, 3].map(() => call(toJsonRequest(), toAsk())))).toEqual([{}, {}, {}])
  })

  it('of a hanging host hold up no other host', async () => {
    const other = await startHostileUpstream(answering('{"ok":true}'))
    server = await startHostileUpstream(() => undefined)
    client = toTestClient(server.url, {
      endpoints: { statistics: server.url, control: other.url },
      maxConnections: 1,
      deadlineMs: 800,
    })
    const hung = [1, 2, 3].map(() => client.call(toJsonRequest(), toAsk()).catch((error) => error.code))
    expect(
      await client.call(toJsonRequest({ endpoint: 'control', operation: 'Live_Channel_GetStatus' }), toAsk()),
    ).toEqual({ ok: true })
    expect(await Promise.all(hung)).toEqual(Array(3).fill('UPSTREAM_TIMEOUT'))
    await other.close()
  })
})

describe('health', () => {
  it('follows the last call, and the breaker', async () => {
    const { clock, skip } = toSkippingClock()
    const { call, readings } = await start(answering('{}'), { clock })
    expect(readings.health()).toMatchObject({ state: 'UP', lastErrorCode: null })
    server.behave(answering('<html>'))
    await call(toJsonRequest(), toAsk()).catch(() => undefined)
    expect(readings.health()).toMatchObject({ state: 'DEGRADED', lastErrorCode: 'UPSTREAM_RESPONSE' })
    server.behave(answering('{}'))
    await call(toJsonRequest(), toAsk())
    expect(readings.health()).toMatchObject({ state: 'UP', lastErrorCode: 'UPSTREAM_RESPONSE' })
    server.behave(answering('<html>'))
    for (let count = 0; count < 12; count += 1) await call(toJsonRequest(), toAsk()).catch(() => undefined)
    expect(readings.health()).toMatchObject({ state: 'DEGRADED' })
    const outOfOrder = toJsonRequest({
      read: () => {
        throw new UpstreamError('UPSTREAM_UNAVAILABLE', 'out of order', { retry: { times: 0 } })
      },
    })
    for (let count = 0; count < 24; count += 1) await call(outOfOrder, toAsk()).catch(() => undefined)
    expect(readings.health()).toMatchObject({ state: 'DOWN' })
    const asked = server.requests.length
    await expect(call(toJsonRequest(), toAsk())).rejects.toMatchObject({
      code: 'UPSTREAM_UNAVAILABLE',
      account: 'main',
    })
    expect(server.requests).toHaveLength(asked)
    server.behave(answering('{}'))
    skip(5000)
    await call(toJsonRequest(), toAsk())
    expect(readings.health()).toMatchObject({ state: 'UP' })
  })
})

describe('a provider that hangs', () => {
  it('is down before the first call has reached its deadline, and then costs nobody any time', async () => {
    const { call, readings } = await start(() => undefined, { deadlineMs: 1000, maxConnections: 25 })
    const startedAt = performance.now()
    const hung = Array.from({ length: 25 }, () => call(toJsonRequest(), toAsk()).catch((error) => error.code))
    while (readings.health().state !== 'DOWN') await systemClock.delay(10)
    expect(performance.now() - startedAt).toBeLessThan(900)
    await expect(call(toJsonRequest(), toAsk())).rejects.toMatchObject({ code: 'UPSTREAM_UNAVAILABLE' })
    expect(performance.now() - startedAt).toBeLessThan(950)
    expect(await Promise.all(hung)).toEqual(Array(25).fill('UPSTREAM_TIMEOUT'))
    expect(server.requests).toHaveLength(25)
  })

  it('is tried by one of the replicas that share a turn', async () => {
    const { clock, skip } = toSkippingClock()
    const names: object[] = []
    const turn = {
      mayTry: (name: object, everyMs: number) => Promise.resolve(names.push({ ...name, everyMs }) === 2),
    }
    const { call, readings } = await start((socket) => socket.resetAndDestroy(), { clock, turn })
    for (let count = 0; count < 20; count += 1) await call(toJsonRequest(), toAsk()).catch(() => undefined)
    expect(readings.health()).toMatchObject({ state: 'DOWN' })
    server.behave(answering('{}'))
    skip(5000)
    await expect(call(toJsonRequest(), toAsk())).rejects.toMatchObject({ code: 'UPSTREAM_UNAVAILABLE' })
    skip(1000)
    expect(await call(toJsonRequest(), toAsk())).toEqual({})
    expect(names).toEqual(Array(2).fill({ scope: 'main', key: 'trial:statistics', everyMs: 5000 }))
  })
})

describe('closing', () => {
  it('lets calls in flight end and starts no others', async () => {
    const { call, close } = await start((socket) => void setTimeout(() => socket.write(toAnswer('{"a":1}')), 100))
    const running = call(toJsonRequest(), toAsk({ meter: new Meter() }))
    const closing = close()
    await expect(call(toJsonRequest(), toAsk())).rejects.toMatchObject({ code: 'UPSTREAM_UNAVAILABLE' })
    expect(await running).toEqual({ a: 1 })
    await closing
  })
})
