import { Registry } from 'prom-client'
import { describe, expect, test } from 'vitest'
import { createProviderMetrics } from '#telemetry/provider-metrics.ts'
import { findValue, toSamples } from './samples.ts'

function create() {
  const registry = new Registry()
  const count = createProviderMetrics(registry).toCount('a', ['Get_LiveStat'])
  return { count, read: () => registry.metrics() }
}

const calls = (outcome: string, attempt: string) =>
  `weir_provider_calls_total{account="a",interface="Get_LiveStat",outcome="${outcome}",attempt="${attempt}"}`

describe('metrics of provider calls', () => {
  test('begin at 0 for what alerts look for', async () => {
    const text = await create().read()
    const refusals = ['UPSTREAM_THROTTLED', 'UPSTREAM_CREDENTIAL', 'UPSTREAM_REJECTED', 'UPSTREAM_RESPONSE']
    for (const outcome of ['OK', 'UPSTREAM_TIMEOUT', 'UPSTREAM_UNAVAILABLE', ...refusals])
      expect(findValue(text, calls(outcome, 'first'))).toBe(0)
    for (const lane of ['interactive', 'background']) {
      expect(findValue(text, `weir_quota_refusals_total{account="a",lane="${lane}"}`)).toBe(0)
      expect(findValue(text, `weir_quota_wait_seconds_count{account="a",lane="${lane}"}`)).toBe(0)
    }
  })

  test('tell first attempts from others, and how they ended', async () => {
    const { count, read } = create()
    count.called({ operation: 'Get_LiveStat', attempt: 1, outcome: 'UPSTREAM_TIMEOUT', tookMs: 900 })
    count.called({ operation: 'Get_LiveStat', attempt: 2, outcome: 'OK', tookMs: 40 })
    count.called({ operation: 'Get_LiveStat', attempt: 3, outcome: 'OK', tookMs: 40 })
    const text = await read()
    expect(findValue(text, calls('UPSTREAM_TIMEOUT', 'first'))).toBe(1)
    expect(findValue(text, calls('OK', 'retry'))).toBe(2)
    const time = 'weir_provider_call_duration_seconds'
    const labels = 'account="a",interface="Get_LiveStat"'
    expect(findValue(text, `${time}_sum{${labels}}`)).toBeCloseTo(0.98)
    expect(findValue(text, `${time}_bucket{le="0.05",${labels}}`)).toBe(2)
    expect(findValue(text, `${time}_bucket{le="1",${labels}}`)).toBe(3)
  })

  test('count waits by lane, and refusals apart from them', async () => {
    const { count, read } = create()
    count.waited({ lane: 'interactive', waitedMs: 30, outcome: 'granted' })
    count.waited({ lane: 'interactive', waitedMs: 3000, outcome: 'left' })
    count.waited({ lane: 'background', waitedMs: 0, outcome: 'refused' })
    const text = await read()
    expect(findValue(text, 'weir_quota_wait_seconds_count{account="a",lane="interactive"}')).toBe(2)
    expect(findValue(text, 'weir_quota_wait_seconds_sum{account="a",lane="interactive"}')).toBeCloseTo(3.03)
    expect(findValue(text, 'weir_quota_wait_seconds_count{account="a",lane="background"}')).toBe(0)
    expect(findValue(text, 'weir_quota_refusals_total{account="a",lane="background"}')).toBe(1)
  })

  test('have an end: no more series than accounts, interfaces and codes', async () => {
    const { count, read } = create()
    const before = toSamples(await read()).length
    for (let attempt = 1; attempt < 50; attempt += 1)
      count.called({ operation: 'Get_LiveStat', attempt, outcome: 'OK', tookMs: attempt })
    // One of retries, and the times with their 11 bounds, the open one, sum and count.
    expect(toSamples(await read())).toHaveLength(before + 1 + 14)
  })
})
