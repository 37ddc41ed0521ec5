import { expect, test } from 'vitest'
import { createMetrics } from '#telemetry/metrics.ts'
import { SamplerMetrics } from '#telemetry/sampler-metrics.ts'
import { FakeClock } from '#test/support/fake-clock.ts'
import { toSamples } from './samples.ts'

test('tells who reads what is watched, how often, and how much comes of it', async () => {
  const metrics = createMetrics({ clock: new FakeClock(), log: { warn: () => undefined } })
  const samplers = new SamplerMetrics()
  metrics.addReadings(samplers)
  const sampling = { watchedStreams: 3, pushEverySeconds: 7.5, playEverySeconds: null, slowedBecause: null }
  samplers.add({ account: 'a', isHolder: () => true, readSampling: () => sampling })
  samplers.add({ account: 'b', isHolder: () => false, readSampling: () => null })
  samplers.count('a', [{ kind: 'liveStat', key: 'room', reading: null, fetchedAt: 0, stale: false }])
  samplers.count('nobody', [{ kind: 'liveStat', key: 'room', reading: null, fetchedAt: 0, stale: false }])
  expect(toSamples(await metrics.render(() => true))).toEqual([
    'weir_sampler_lease_held{account="a"} 1',
    'weir_sampler_lease_held{account="b"} 0',
    'weir_sampler_watched_streams{account="a"} 3',
    'weir_sampler_push_interval_seconds{account="a"} 7.5',
    'weir_sampler_events_total{account="a",event="streamState"} 0',
    'weir_sampler_events_total{account="a",event="liveStat"} 1',
    'weir_sampler_events_total{account="a",event="pushSample"} 0',
    'weir_sampler_events_total{account="a",event="playSample"} 0',
    'weir_sampler_events_total{account="b",event="streamState"} 0',
    'weir_sampler_events_total{account="b",event="liveStat"} 0',
    'weir_sampler_events_total{account="b",event="pushSample"} 0',
    'weir_sampler_events_total{account="b",event="playSample"} 0',
  ])
  expect(toSamples(await metrics.render((account) => account === 'b'))).not.toContainEqual(
    expect.stringContaining('"a"'),
  )
})
