import { Histogram, Registry } from 'prom-client'
import { expect, test } from 'vitest'
import { CountedHistogram } from '#telemetry/counted-histogram.ts'
import { createMetrics } from '#telemetry/metrics.ts'
import { SpendingLedger } from '#telemetry/spending-ledger.ts'
import { createSpendingMetrics } from '#telemetry/spending-metrics.ts'
import { FakeClock } from '#test/support/fake-clock.ts'

function createRig() {
  const clock = new FakeClock()
  const accounts = ['main', 'spare']
  const ledger = new SpendingLedger({
    accounts: accounts.map((name) => ({ name, windowSeconds: 300 })),
    replicas: 1,
    clock,
  })
  const metrics = createMetrics({ clock, log: { warn: () => undefined } })
  metrics.addReadings(createSpendingMetrics({ accounts, ledger }))
  return { ledger, metrics }
}

const answer = { operation: 'getLiveReading', client: 'wall', isStale: false, ageMs: 1500 } as const

test('tells calls, savings and answers by client and account', async () => {
  const { ledger, metrics } = createRig()
  ledger.called('main', 'greedy', 'getLiveReading')
  ledger.gave({ ...answer, account: 'main', from: 'kept', savedByCache: 2, savedBySharing: 0 })
  ledger.gave({ ...answer, account: 'main', from: 'shared', savedByCache: 0, savedBySharing: 1, isStale: true })
  const lines = (await metrics.render(() => true)).split('\n')
  const labels = 'account="main",operation="getLiveReading"'
  expect(lines).toEqual(
    expect.arrayContaining([
      'weir_client_calls_total{account="main",client="greedy",operation="getLiveReading"} 1',
      'weir_client_saved_total{account="main",client="wall",operation="getLiveReading",by="cache"} 2',
      'weir_client_saved_total{account="main",client="wall",operation="getLiveReading",by="sharing"} 1',
      `weir_given_total{${labels},from="kept",freshness="fresh"} 1`,
      `weir_given_total{${labels},from="shared",freshness="stale"} 1`,
      `weir_given_age_seconds_bucket{le="1",${labels}} 0`,
      `weir_given_age_seconds_bucket{le="2",${labels}} 2`,
      `weir_given_age_seconds_bucket{le="+Inf",${labels}} 2`,
      `weir_given_age_seconds_sum{${labels}} 3`,
      `weir_given_age_seconds_count{${labels}} 2`,
    ]),
  )
})

test('shows nothing of an account that may not be seen', async () => {
  const { ledger, metrics } = createRig()
  for (const account of ['main', 'spare']) {
    ledger.called(account, 'greedy', 'getLiveReading')
    ledger.gave({ ...answer, account, from: 'kept', savedByCache: 1, savedBySharing: 0 })
  }
  const text = await metrics.render((account) => account === 'spare')
  expect(text).toContain('account="spare"')
  expect(text).not.toContain('"main"')
})

test('a histogram of counts is written like one that observed each value', async () => {
  const ours = new Registry()
  const theirs = new Registry()
  const shape = { name: 'weir_test', help: 'A test.', labelNames: ['account'], buckets: [1, 2] }
  new CountedHistogram({
    ...shape,
    registers: [ours],
    listSeries: () => [{ labels: { account: 'main' }, observed: { counts: [1, 0, 2], sum: 10.5 } }],
  })
  const observed = new Histogram({ ...shape, registers: [theirs] })
  for (const value of [0.5, 3, 7]) observed.observe({ account: 'main' }, value)
  expect(await ours.metrics()).toBe(await theirs.metrics())
})
