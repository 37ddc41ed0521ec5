import { describe, expect, test } from 'vitest'
import { GatewayError } from '#model/errors.ts'
import { CacheMetrics } from '#telemetry/cache-metrics.ts'
import { createEdgeMetrics, type EdgeSource } from '#telemetry/edge-metrics.ts'
import { createMetrics, type ReadingGroup } from '#telemetry/metrics.ts'
import { RefusalCount } from '#telemetry/refusal-count.ts'
import { FakeClock } from '#test/support/fake-clock.ts'
import { findValue, toSamples } from './samples.ts'

function render(group: ReadingGroup): Promise<string> {
  const metrics = createMetrics({ clock: new FakeClock(), log: { warn: () => undefined } })
  metrics.addReadings(group)
  return metrics.render(() => false)
}

const toSource = (overrides: Partial<EdgeSource> = {}): EdgeSource => ({
  listAnswers: () => [{ face: 'graphql', from: 'memory', count: 3 }],
  countSockets: () => 7,
  countRefusals: () => ({ overload: 1, client_limit: 2, connections: 3, access: 0 }),
  isRedisWell: () => true,
  ...overrides,
})

describe('metrics of the edge', () => {
  test('count answers, open connections and refusals', async () => {
    expect(toSamples(await render(createEdgeMetrics(toSource())))).toEqual([
      'weir_answers_total{face="graphql",from="memory"} 3',
      'weir_sockets 7',
      'weir_refusals_total{reason="overload"} 1',
      'weir_refusals_total{reason="client_limit"} 2',
      'weir_refusals_total{reason="connections"} 3',
      'weir_refusals_total{reason="access"} 0',
      'weir_redis_up 1',
    ])
  })

  test('say when Redis is away, and nothing where there is none', async () => {
    expect(findValue(await render(createEdgeMetrics(toSource({ isRedisWell: () => false }))), 'weir_redis_up')).toBe(0)
    const alone = await render(createEdgeMetrics(toSource({ isRedisWell: () => undefined })))
    expect(findValue(alone, 'weir_redis_up')).toBeUndefined()
    expect(alone).toContain('# TYPE weir_redis_up gauge')
  })
})

describe('metrics of the cache', () => {
  test('count reads by where entries were found, from 0', async () => {
    const cache = new CacheMetrics()
    expect(findValue(await render(cache), 'weir_cache_reads_total{tier="redis"}')).toBe(0)
    cache.told.read('memory', 40)
    cache.told.read('memory', 2)
    cache.told.read('none', 1)
    const text = await render(cache)
    expect(findValue(text, 'weir_cache_reads_total{tier="memory"}')).toBe(42)
    expect(findValue(text, 'weir_cache_reads_total{tier="none"}')).toBe(1)
  })
})

describe('the count of refusals', () => {
  test('tells those over a limit from those without access, and hands everything on', async () => {
    const refusals = new RefusalCount()
    const work = refusals.watch(async (error?: Error) => {
      if (error) throw error
      return 'let in'
    })
    expect(await work()).toBe('let in')
    for (const code of ['RATE_LIMITED', 'UNAUTHENTICATED', 'FORBIDDEN', 'ACCESS_UNAVAILABLE', 'INTERNAL'] as const) {
      const error = new GatewayError(code, 'no')
      await expect(work(error)).rejects.toBe(error)
    }
    await expect(work(new Error('other'))).rejects.toThrow('other')
    expect(refusals.read()).toEqual({ client_limit: 1, access: 3 })
  })
})
