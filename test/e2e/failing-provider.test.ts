// A provider that refuses, breaks or falls silent: typed errors, stale answers, the rest intact, nothing leaked.
import { createHash } from 'node:crypto'
import { afterEach, describe, expect, it } from 'vitest'
import { type Gateway, type GatewayOptions, startGateway } from '#test/support/gateway.ts'

const HOUR_MS = 3_600_000

let gateway: Gateway | undefined
afterEach(() => gateway?.close())

async function start(options?: GatewayOptions): Promise<Gateway> {
  gateway = await startGateway(options)
  return gateway
}

const live = '{ stream(account: "tencent-main", key: "8888_room1") { live { onlineViewers stale fetchedAt } } }'

describe('a provider that refuses', () => {
  it('is a credential error for a wrong key, which shows up nowhere', async () => {
    const apiKey = 'f00dfeedf00dfeedf00dfeedf00dfeed'
    const weir = await start({ tencent: { credentials: { appId: 1250000000, apiKey } } })
    const { data, errors } = await weir.query(live)
    expect(data.stream.live).toBeNull()
    expect(errors?.[0]?.extensions).toMatchObject({
      code: 'UPSTREAM_CREDENTIAL',
      account: 'tencent-main',
      provider: 'tencent',
    })
    const health = await weir.query('{ account(name: "tencent-main") { health { state lastErrorCode } } }')
    expect(health.data.account.health).toEqual({ state: 'DEGRADED', lastErrorCode: 'UPSTREAM_CREDENTIAL' })
    const told = weir.log() + JSON.stringify(errors)
    for (const canary of [
      apiKey,
      createHash('md5').update(apiKey).digest('hex'),
      Buffer.from(apiKey).toString('base64'),
      'sign=',
    ])
      expect(told).not.toContain(canary)
  })

  it('is a credential error that speaks of the clock, after one more try, when the clock is a day off', async () => {
    const weir = await start()
    weir.sandbox.setClockOffset(24 * HOUR_MS)
    const { errors } = await weir.query(live)
    expect(errors?.[0]?.extensions['code']).toBe('UPSTREAM_CREDENTIAL')
    expect(errors?.[0]?.message).toMatch(/clock/i)
    expect(weir.sandbox.countCalls()).toBe(2)
    const cnc = await weir.query(
      `{ stream(account: "cnc-main", key: "push.example.com/live/room1") { pushSessions(from: "${new Date(Date.now() - HOUR_MS).toISOString()}", to: "${new Date().toISOString()}") { stale } } }`,
    )
    expect(cnc.errors?.[0]?.extensions['code']).toBe('UPSTREAM_CREDENTIAL')
  })
})

describe('a provider that breaks', () => {
  it('leaves the last known answer standing, marked stale', async () => {
    const weir = await start()
    const fresh = await weir.query(live)
    weir.sandbox.setFault({ kind: 'reset', at: 'headers' })
    await new Promise((resolve) => setTimeout(resolve, 5100))
    const { data, errors } = await weir.query(live)
    expect(errors).toBeUndefined()
    expect(data.stream.live).toEqual({ ...fresh.data.stream.live, stale: true })
  })

  it.each([
    ['html', 'UPSTREAM_RESPONSE'],
    ['truncated', 'UPSTREAM_RESPONSE'],
    ['throttled', 'UPSTREAM_THROTTLED'],
    ['oversize', 'UPSTREAM_RESPONSE'],
  ] as const)('is a typed error when it answers with %s', async (kind, code) => {
    const weir = await start()
    weir.sandbox.setFault({ kind })
    const { errors } = await weir.query(live)
    expect(errors?.[0]?.extensions['code']).toBe(code)
  })

  it('answers within the deadline when it hangs', async () => {
    const weir = await start({ settings: { upstream: { deadlineMs: 800 } } })
    weir.sandbox.setFault({ kind: 'hang' })
    const startedAt = performance.now()
    const { errors } = await weir.query(live)
    expect(errors?.[0]?.extensions).toMatchObject({ code: 'UPSTREAM_TIMEOUT', retryable: true })
    expect(performance.now() - startedAt).toBeLessThan(1400)
  })

  it.each(['strings', 'wrapped', 'extra'] as const)(
    'reads an answer whose types are off by "%s" as it is meant',
    async (variant) => {
      const weir = await start()
      weir.sandbox.setFault({ kind: 'wrong-types', variant })
      const { data, errors } = await weir.query(
        '{ stream(account: "tencent-main", key: "8888_room1") { state live { onlineViewers } recordings(first: 1) { totalCount nodes { id } } } }',
      )
      expect(errors).toBeUndefined()
      expect(data.stream.state).toBe('LIVE')
      expect(data.stream.live.onlineViewers).toBeGreaterThan(0)
      expect(data.stream.recordings.nodes).toHaveLength(1)
    },
  )

  it.each(['null', 'empty-text', 'missing'] as const)('takes an output of "%s" for nothing there', async (variant) => {
    const weir = await start()
    weir.sandbox.setFault({ kind: 'wrong-types', variant })
    const { data, errors } = await weir.query(
      '{ stream(account: "tencent-main", key: "8888_room1") { live { onlineViewers } recordings { nodes { id } } } liveStreams { nodes { key } failures { code } } }',
    )
    expect(errors).toBeUndefined()
    expect(data).toEqual({
      stream: { live: null, recordings: { nodes: [] } },
      liveStreams: { nodes: [], failures: [] },
    })
  })

  it('names the account among the failures and shows the others', async () => {
    const weir = await start()
    weir.sandbox.setFault({ kind: 'error', status: 500, provider: 'tencent' })
    const { data, errors } = await weir.query('{ liveStreams { nodes { key } failures { account code message } } }')
    expect(errors).toBeUndefined()
    expect(data.liveStreams.failures).toMatchObject([{ account: 'tencent-main', code: 'UPSTREAM_UNAVAILABLE' }])
    const rest = await weir.get('/v1/live-streams')
    expect(rest.headers.get('cache-control')).toBe('no-store')
  })

  it('names the window that failed and keeps the rest', async () => {
    const weir = await start()
    weir.sandbox.setFault({ kind: 'error', status: 500, interface: 'Get_LivePlayStatHistory', times: 3 })
    const to = Date.now()
    const { data } = await weir.query(
      'query ($from: DateTime!, $to: DateTime!) { stream(account: "tencent-main", key: "8888_room1") { playSamples(from: $from, to: $to) { samples { observedAt } missing { from to code } } } }',
      { from: new Date(to - 12 * HOUR_MS).toISOString(), to: new Date(to).toISOString() },
    )
    const { samples, missing } = data.stream.playSamples
    for (const sample of samples)
      for (const gap of missing) expect(sample.observedAt > gap.from && sample.observedAt < gap.to).toBe(false)
    expect(samples.length).toBeGreaterThan(0)
  })
})

describe('the quota', () => {
  it('is never overrun: what finds no start before the deadline is told when one is free', async () => {
    const weir = await start({
      sandbox: { quota: { limit: 20, windowSeconds: 3 } },
      tencent: { quota: { limit: 20, windowSeconds: 3 } },
      settings: { upstream: { deadlineMs: 1000 } },
    })
    const answers = await Promise.all(
      Array.from({ length: 60 }, (_, index) =>
        weir.query('query ($key: String!) { stream(account: "tencent-main", key: $key) { ingest { rendition } } }', {
          key: `8888_room${index}`,
        }),
      ),
    )
    expect(weir.sandbox.mostCallsInWindow(3000)).toBeLessThanOrEqual(20)
    expect(weir.sandbox.countCalls({ verdict: 'throttled' })).toBe(0)
    const refused = answers.flatMap((answer) => answer.errors ?? [])
    expect(refused.length).toBe(40)
    for (const error of refused) {
      expect(error.extensions).toMatchObject({ code: 'QUOTA_EXHAUSTED', retryable: true })
      expect(error.extensions['retryAfterMs']).toBeGreaterThan(0)
      expect(error.extensions['retryAfterMs']).toBeLessThanOrEqual(3300)
    }
    const { data } = await weir.query('{ account(name: "tencent-main") { quota { limit used remaining nextFreeAt } } }')
    expect(data.account.quota).toMatchObject({ limit: 20, used: 20, remaining: 0 })
    expect(Date.parse(data.account.quota.nextFreeAt)).toBeGreaterThan(Date.now() - 1000)
  })
})
