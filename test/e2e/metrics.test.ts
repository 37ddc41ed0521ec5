// What Prometheus reads of a whole gateway: every group of numbers moves with what happens, and nobody reads of
// accounts that he may not see.
import { createHash, randomUUID } from 'node:crypto'
import { afterEach, describe, expect, it, onTestFinished } from 'vitest'
import { type Gateway, type GatewayOptions, startGateway } from '#test/support/gateway.ts'
import { openTestRedis } from '#test/support/redis-server.ts'
import { waitUntil } from '#test/support/wait-until.ts'
import type { Sandbox } from '../../sandbox/handle.ts'
import { findValue, toSamples } from '../telemetry/samples.ts'

let gateway: Gateway | undefined
afterEach(() => gateway?.close())

async function start(options?: GatewayOptions): Promise<Gateway> {
  gateway = await startGateway(options)
  return gateway
}

const headers = (key: string) => ({ 'x-api-key': `key-of-${key}` })
const toKey = (name: string, role: string, accounts?: string[]) => ({
  name,
  role,
  ...(accounts && { accounts }),
  sha256: createHash('sha256').update(`key-of-${name}`).digest('hex'),
})
const keys = {
  access: { mode: 'keys', keys: [toKey('team', 'ops'), toKey('guest', 'ops', ['cnc-main'])] },
}

const readMetrics = async (weir: Gateway, key?: string) =>
  (await weir.get('/metrics', key === undefined ? {} : headers(key))).text()

/** What the series with this name and these labels among theirs add up to. */
function sum(text: string, name: string, ...labels: readonly string[]): number {
  return toSamples(text)
    .filter((line) => line.startsWith(`${name}{`) && labels.every((label) => line.includes(label)))
    .reduce((total, line) => total + Number(line.slice(line.lastIndexOf(' '))), 0)
}

const live = (key: string) => `{ stream(account: "tencent-main", key: "${key}") { live { onlineViewers } } }`

describe('/metrics of a gateway', () => {
  it('stands at 0 from the start, with all that never moves', async () => {
    const text = await readMetrics(await start())
    expect(sum(text, 'weir_build_info', `node="${process.versions.node}"`)).toBe(1)
    for (const account of ['account="tencent-main"', 'account="cnc-main"']) {
      expect(sum(text, 'weir_provider_up', account)).toBe(1)
      expect(
        toSamples(text).some((line) => line.startsWith('weir_quota_refusals_total{') && line.includes(account)),
      ).toBe(true)
    }
    expect(sum(text, 'weir_provider_calls_total')).toBe(0)
    expect(findValue(text, 'weir_quota_window_seconds{account="tencent-main"}')).toBeGreaterThan(0)
    expect(findValue(text, 'weir_event_loop_delay_seconds{quantile="0.99"}')).toBeGreaterThanOrEqual(0)
    expect(findValue(text, 'weir_process_resident_memory_bytes')).toBeGreaterThan(1e6)
    expect(text).not.toMatch(/^weir_redis_up \d/m)
    expect(text).not.toMatch(/^(?!#|weir_|$)/m)
  })

  it('shows calls, the waits before them, what they spent and where answers were found', async () => {
    const weir = await start({ overrides: { keepsAnswers: false } })
    await weir.query(live('8888_room1'))
    await weir.query(live('8888_room1'))
    const text = await readMetrics(weir)
    const calls = weir.sandbox.countCalls()
    const account = 'account="tencent-main"'
    expect(calls).toBeGreaterThan(0)
    expect(sum(text, 'weir_provider_calls_total', account, 'outcome="OK"', 'attempt="first"')).toBe(calls)
    expect(sum(text, 'weir_provider_calls_total', 'account="cnc-main"')).toBe(0)
    expect(sum(text, 'weir_provider_call_duration_seconds_count', account)).toBe(calls)
    expect(sum(text, 'weir_quota_wait_seconds_count', account, 'lane="interactive"')).toBe(calls)
    expect(findValue(text, `weir_quota_used{${account}}`)).toBe(calls)
    expect(sum(text, 'weir_cache_reads_total', 'tier="memory"')).toBeGreaterThan(0)
    expect(sum(text, 'weir_cache_reads_total', 'tier="none"')).toBeGreaterThan(0)
  })

  it('shows who is refused a start of the quota', async () => {
    const weir = await start({
      settings: { upstream: { deadlineMs: 1000 } },
      tencent: { quota: { limit: 1, windowSeconds: 60 } },
    })
    await weir.query(live('8888_room1'))
    const { errors } = await weir.query(
      '{ stream(account: "tencent-main", key: "8888_room1") { recordings(first: 1) { totalCount } } }',
    )
    expect(errors?.[0]?.extensions['code']).toBe('QUOTA_EXHAUSTED')
    const text = await readMetrics(weir)
    expect(findValue(text, 'weir_quota_refusals_total{account="tencent-main",lane="interactive"}')).toBe(1)
    expect(findValue(text, 'weir_quota_remaining{account="tencent-main"}')).toBe(0)
  })

  it('shows a provider that fails until its breaker opens', async () => {
    const weir = await start({ overrides: { keepsAnswers: false } })
    weir.sandbox.setFault({ kind: 'error', status: 500, provider: 'tencent' })
    await waitUntil('the breaker is open', async () => {
      await Promise.all(Array.from({ length: 10 }, (_, index) => weir.query(live(`8888_gone${index}`))))
      return findValue(await readMetrics(weir), 'weir_breaker_open{account="tencent-main"}') === 1
    })
    const text = await readMetrics(weir)
    expect(findValue(text, 'weir_provider_up{account="tencent-main"}')).toBe(0)
    expect(findValue(text, 'weir_breaker_open{account="cnc-main"}')).toBe(0)
    expect(sum(text, 'weir_provider_calls_total', 'outcome="UPSTREAM_UNAVAILABLE"', 'attempt="first"')).toBeGreaterThan(
      9,
    )
    expect(sum(text, 'weir_provider_calls_total')).toBe(weir.sandbox.countCalls())
  })

  it('shows refusals at the door, and streams of events while they are open', async () => {
    const weir = await start({ settings: { ...keys, limits: { requestsPerMinute: 3 } } })
    expect((await weir.get('/v1/accounts')).status).toBe(401)
    const leaving = new AbortController()
    const events = await fetch(`${weir.address}/v1/accounts/tencent-main/streams/8888_room1/events`, {
      headers: headers('team'),
      signal: leaving.signal,
    })
    expect(events.status).toBe(200)
    expect(findValue(await readMetrics(weir, 'team'), 'weir_sockets')).toBe(1)
    for (let request = 0; request < 4; request += 1) await weir.get('/v1/accounts', headers('team'))
    leaving.abort()
    const text = await readMetrics(weir, 'guest')
    expect(findValue(text, 'weir_refusals_total{reason="access"}')).toBe(1)
    expect(findValue(text, 'weir_refusals_total{reason="client_limit"}')).toBe(3)
    expect(findValue(text, 'weir_refusals_total{reason="overload"}')).toBe(0)
  })

  it('shows what replicas find in Redis, and whether it is there', async () => {
    const redis = await openTestRedis()
    onTestFinished(() => redis.close())
    const settings = { redis: { url: redis.url, prefix: `w${randomUUID().slice(0, 8)}` } }
    const open = async (over?: Sandbox) => {
      const weir = await startGateway({ settings, ...(over && { over }), overrides: { keepsAnswers: false } })
      onTestFinished(() => weir.close())
      const isUp = async () => findValue(await readMetrics(weir), 'weir_redis_up') === 1
      await waitUntil('Redis is in reach', isUp)
      return weir
    }
    const one = await open()
    await one.query(live('8888_room1'))
    const other = await open(one.sandbox)
    await waitUntil('the entry is where it is shared', async () => {
      await other.query(live('8888_room1'))
      return sum(await readMetrics(other), 'weir_cache_reads_total', 'tier="redis"') > 0
    })
  })

  it('tells a key that sees one account of no other', async () => {
    const weir = await start({ settings: keys })
    await weir.query(live('8888_room1'), {}, headers('team'))
    const all = toSamples(await readMetrics(weir, 'team'))
    const own = toSamples(await readMetrics(weir, 'guest'))
    expect(all.some((line) => line.includes('tencent-main'))).toBe(true)
    expect(own.filter((line) => line.includes('tencent'))).toEqual([])
    const toNames = (lines: readonly string[]) =>
      lines.filter((line) => line.includes('cnc-main')).map((line) => line.slice(0, line.lastIndexOf(' ')))
    expect(toNames(own)).toEqual(toNames(all))
    expect(toNames(own).length).toBeGreaterThan(10)
  })
})
