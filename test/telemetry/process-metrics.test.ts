import { describe, expect, test } from 'vitest'
import { createMetrics } from '#telemetry/metrics.ts'
import { createProcessMetrics } from '#telemetry/process-metrics.ts'
import { FakeClock } from '#test/support/fake-clock.ts'
import { findValue } from './samples.ts'

function render(clock = new FakeClock()) {
  const metrics = createMetrics({ clock, log: { warn: () => undefined } })
  metrics.addReadings(createProcessMetrics({ version: '1.2.3' }))
  return metrics.render(() => false)
}

describe('metrics of the process', () => {
  test('say what runs here', async () => {
    const series = `weir_build_info{version="1.2.3",node="${process.versions.node}"}`
    expect(findValue(await render(), series)).toBe(1)
  })

  test('tell its memory, and its processor time, which only grows', async () => {
    const first = await render()
    for (const name of [
      'weir_process_resident_memory_bytes',
      'weir_nodejs_heap_size_used_bytes',
      'weir_nodejs_heap_space_size_used_bytes{space="old"}',
      'weir_process_start_time_seconds',
    ])
      expect(findValue(first, name), name).toBeGreaterThan(0)
    const second = await render()
    const name = 'weir_process_cpu_seconds_total'
    expect(findValue(second, name)).toBeGreaterThanOrEqual(findValue(first, name) ?? Number.POSITIVE_INFINITY)
  })

  test.runIf(process.platform === 'linux')('tell its files', async () => {
    const text = await render()
    const open = findValue(text, 'weir_process_open_fds') ?? 0
    expect(open).toBeGreaterThan(3)
    expect(findValue(text, 'weir_process_max_fds')).toBeGreaterThan(open)
    expect(findValue(text, 'weir_process_virtual_memory_bytes')).toBeGreaterThan(1e6)
  })
})
