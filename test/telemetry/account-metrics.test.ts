import { describe, expect, test } from 'vitest'
import { type AccountSource, createAccountMetrics } from '#telemetry/account-metrics.ts'
import { createMetrics } from '#telemetry/metrics.ts'
import { FakeClock } from '#test/support/fake-clock.ts'
import { findValue, toSamples } from './samples.ts'

const toSource = (account: string, overrides: Partial<AccountSource> = {}): AccountSource => ({
  account,
  readQuota: async () => ({ limit: 100, windowSeconds: 60, used: 40, remaining: 50 }),
  readHealth: () => 'UP',
  isBroken: () => false,
  ...overrides,
})

function render(sources: readonly AccountSource[], clock = new FakeClock()) {
  const metrics = createMetrics({ clock, log: { warn: () => undefined } })
  metrics.addReadings(createAccountMetrics(sources))
  return metrics.render(() => true)
}

describe('metrics of accounts', () => {
  test('tell where the quota stands', async () => {
    expect(toSamples(await render([toSource('a')]))).toEqual([
      'weir_quota_limit{account="a"} 100',
      'weir_quota_used{account="a"} 40',
      'weir_quota_remaining{account="a"} 50',
      'weir_quota_window_seconds{account="a"} 60',
      'weir_breaker_open{account="a"} 0',
      'weir_provider_up{account="a"} 1',
    ])
  })

  test.each([
    ['UP', 1],
    ['DEGRADED', 0.5],
    ['DOWN', 0],
  ] as const)('say that a provider that is %s is up by %d', async (state, value) => {
    const text = await render([toSource('a', { readHealth: () => state })])
    expect(findValue(text, 'weir_provider_up{account="a"}')).toBe(value)
  })

  test('say when a breaker is open', async () => {
    const text = await render([toSource('a', { isBroken: () => true }), toSource('b')])
    expect(findValue(text, 'weir_breaker_open{account="a"}')).toBe(1)
    expect(findValue(text, 'weir_breaker_open{account="b"}')).toBe(0)
  })

  test('leave out the quota that cannot be read in time, and nothing else', async () => {
    const clock = new FakeClock()
    const answer = render([toSource('a', { readQuota: () => new Promise(() => {}) }), toSource('b')], clock)
    await clock.advance(2000)
    const text = await answer
    expect(findValue(text, 'weir_quota_used{account="a"}')).toBeUndefined()
    expect(findValue(text, 'weir_quota_used{account="b"}')).toBe(40)
    expect(findValue(text, 'weir_provider_up{account="a"}')).toBe(1)
  })
})
