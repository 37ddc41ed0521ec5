import { describe, expect, test } from 'vitest'
import { createMetrics } from '#telemetry/metrics.ts'
import { createSnapshotMetrics, type SnapshotReadings } from '#telemetry/snapshot-metrics.ts'
import { FakeClock } from '#test/support/fake-clock.ts'
import { toSamples } from './samples.ts'

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
  const snapshots = createSnapshotMetrics()
  metrics.addReadings(snapshots)
  for (const each of readings) snapshots.add(each)
  const samples = async (maySee = (_account: string) => true) => toSamples(await metrics.render(maySee))
  return { metrics, clock, logged, samples }
}

describe('metrics of snapshots', () => {
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

  test('describe themselves, with a type, also before there is an account', async () => {
    const text = await create().metrics.render(() => true)
    expect(text).toContain('# TYPE weir_snapshot_popped_total counter')
    expect(text).toContain('# TYPE weir_snapshot_backlog gauge')
    expect([...text.matchAll(/# HELP (\w+) \S+/g)].map(([, name]) => name)).toHaveLength(9)
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
    expect(logged).toMatchObject([{ account: 'a' }, { account: 'a' }])
  })

  test('do not wait for a store that never answers', async () => {
    const { samples, clock } = create(toReadings('a', { countUnread: () => new Promise(() => {}) }))
    const answer = samples()
    await clock.advance(2000)
    expect(await answer).toContain('weir_snapshot_store_up{account="a"} 0')
    expect(clock.waiting).toBe(0)
  })

  test('are not even read for accounts that may not be seen', async () => {
    let reads = 0
    const counting = toReadings('a', {
      readTally: async () => {
        reads += 1
        return tally
      },
    })
    const { samples } = create(counting, toReadings('b'))
    expect((await samples((account) => account === 'b')).join()).not.toContain('"a"')
    expect(reads).toBe(0)
  })
})
