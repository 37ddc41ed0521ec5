import { register } from 'prom-client'
import { describe, expect, test } from 'vitest'
import { createMetrics, type SnapshotReadings } from '#telemetry/metrics.ts'
import { FakeClock } from '#test/support/fake-clock.ts'

const tally = { popped: 120, stored: 117, quarantined: 3, batchesUnknown: 1, messagesUnknown: 10 }

function toReadings(account: string, overrides: Partial<SnapshotReadings> = {}): SnapshotReadings {
  return {
    account,
    readTally: async () => tally,
    countUnread: async () => 4,
    readLagSeconds: () => 12.5,
    isLeaseHeld: () => true,
    ...overrides,
  }
}

function create(...readings: SnapshotReadings[]) {
  const clock = new FakeClock()
  const logged: object[] = []
  const metrics = createMetrics({ clock, log: { warn: (details) => logged.push(details) } })
  for (const each of readings) metrics.addSnapshots(each)
  const samples = async (maySee = (_account: string) => true) =>
    (await metrics.render(maySee)).split('\n').filter((line) => line !== '' && !line.startsWith('#'))
  return { metrics, clock, logged, samples }
}

describe('metrics', () => {
  test('hold the totals of the journal and the gauges of the collector, by account', async () => {
    const { samples } = create(toReadings('a'))
    expect(await samples()).toEqual([
      'weir_snapshot_popped_total{account="a"} 120',
      'weir_snapshot_stored_total{account="a"} 117',
      'weir_snapshot_quarantined_total{account="a"} 3',
      'weir_snapshot_batches_unknown_total{account="a"} 1',
      'weir_snapshot_messages_unknown_total{account="a"} 10',
      'weir_snapshot_backlog{account="a"} 4',
      'weir_snapshot_lag_seconds{account="a"} 12.5',
      'weir_snapshot_lease_held{account="a"} 1',
      'weir_snapshot_store_up{account="a"} 1',
    ])
  })

  test('are read anew each time, and never added up', async () => {
    const { samples } = create(toReadings('a'))
    expect(await samples()).toEqual(await samples())
    const together = await Promise.all([samples(), samples()])
    expect(together[0]).toEqual(together[1])
  })

  test('count answers by face and by where they came from', async () => {
    const metrics = createMetrics({ clock: new FakeClock(), log: { warn: () => undefined } })
    let count = 3
    metrics.addAnswers(() => [{ face: 'graphql', from: 'memory', count }])
    expect(await metrics.render(() => false)).toContain('weir_answers_total{face="graphql",from="memory"} 3')
    count = 4
    expect(await metrics.render(() => false)).toContain('weir_answers_total{face="graphql",from="memory"} 4')
  })

  test('describe themselves, with a type, also before there is an account', async () => {
    const { metrics } = create()
    const text = await metrics.render(() => true)
    expect(text).toContain('# TYPE weir_snapshot_popped_total counter')
    expect(text).toContain('# TYPE weir_snapshot_backlog gauge')
    expect([...text.matchAll(/# HELP (\w+) \S+/g)].map(([, name]) => name)).toHaveLength(10)
  })

  test('leave out what a failing store does not tell, and show everything else', async () => {
    const broken = toReadings('a', {
      readTally: () => Promise.reject(new Error('disk')),
      countUnread: () => {
        throw new Error('redis')
      },
      readLagSeconds: () => null,
      isLeaseHeld: () => false,
    })
    const { samples, logged } = create(broken, toReadings('b'))
    const lines = await samples()
    expect(lines.filter((line) => line.includes('"a"'))).toEqual([
      'weir_snapshot_lease_held{account="a"} 0',
      'weir_snapshot_store_up{account="a"} 0',
    ])
    expect(lines.filter((line) => line.includes('"b"'))).toHaveLength(9)
    expect(logged).toHaveLength(2)
  })

  test('do not wait for a store that never answers', async () => {
    const { samples, clock } = create(toReadings('a', { countUnread: () => new Promise(() => {}) }))
    const answer = samples()
    await clock.advance(2000)
    expect(await answer).toContain('weir_snapshot_store_up{account="a"} 0')
    expect(clock.waiting).toBe(0)
  })

  test('show only the accounts that may be seen', async () => {
    const { samples } = create(toReadings('a'), toReadings('b'))
    expect((await samples((account) => account === 'b')).join()).not.toContain('"a"')
  })

  test('leave the registry of the package alone', async () => {
    await create(toReadings('a')).samples()
    expect(register.getMetricsAsArray()).toEqual([])
  })
})
