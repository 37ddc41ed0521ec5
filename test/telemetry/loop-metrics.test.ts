import { Registry } from 'prom-client'
import { describe, expect, onTestFinished, test } from 'vitest'
import { type LoopMonitor, openLoopMetrics } from '#telemetry/loop-metrics.ts'
import { createMetrics } from '#telemetry/metrics.ts'
import { FakeClock } from '#test/support/fake-clock.ts'
import { findValue } from './samples.ts'

/** A loop whose delays are what a test says. */
class FakeMonitor implements LoopMonitor {
  isOn = false
  count = 0
  delaysMs: Readonly<Record<number, number>> = {}
  percentile(percentile: number): number {
    return (this.delaysMs[percentile] ?? 0) * 1e6
  }
  enable(): void {
    this.isOn = true
  }
  reset(): void {
    this.count = 0
  }
  disable(): void {
    this.isOn = false
  }
}

function create(monitor?: LoopMonitor) {
  const metrics = createMetrics({ clock: new FakeClock(), log: { warn: () => undefined } })
  const loop = openLoopMetrics(metrics.registry, monitor)
  onTestFinished(() => loop.close())
  metrics.addReadings(loop)
  return { loop, render: () => metrics.render(() => false) }
}

const series = (quantile: number) => `weir_event_loop_delay_seconds{quantile="${quantile}"}`

describe('metrics of the event loop', () => {
  test('tell how late it was, without the time that was meant to pass', async () => {
    const monitor = new FakeMonitor()
    const { render } = create(monitor)
    Object.assign(monitor, { count: 500, delaysMs: { 50: 19.9, 99: 320 } })
    const text = await render()
    expect(findValue(text, series(0.5))).toBe(0)
    expect(findValue(text, series(0.99))).toBeCloseTo(0.3)
  })

  test('begin anew with every scrape, and say the same to a second one at once', async () => {
    const monitor = new FakeMonitor()
    const { render } = create(monitor)
    Object.assign(monitor, { count: 500, delaysMs: { 99: 320 } })
    await render()
    Object.assign(monitor, { count: 3, delaysMs: { 99: 40 } })
    expect(findValue(await render(), series(0.99))).toBeCloseTo(0.3)
    Object.assign(monitor, { count: 50 })
    expect(findValue(await render(), series(0.99))).toBeCloseTo(0.02)
    expect(monitor.count).toBe(0)
  })

  test('watch the loop of this process until they are closed', async () => {
    const monitor = new FakeMonitor()
    const { loop } = create(monitor)
    expect(monitor.isOn).toBe(true)
    loop.close()
    expect(monitor.isOn).toBe(false)
    expect(findValue(await create().render(), series(0.99))).toBe(0)
  })

  test('count what the garbage collector takes', async () => {
    const registry = new Registry()
    const loop = openLoopMetrics(registry, new FakeMonitor())
    onTestFinished(() => loop.close())
    const count = async () =>
      findValue(await registry.metrics(), 'weir_nodejs_gc_duration_seconds_count{kind="minor"}') ?? Number.NaN
    expect(await count()).toBe(0)
    let kept: unknown[] = []
    for (let turn = 0; turn < 200 && (await count()) === 0; turn += 1) {
      kept = Array.from({ length: 50_000 }, (_, index) => ({ index, kept: kept.length }))
      await new Promise((resolve) => setImmediate(resolve))
    }
    expect(await count()).toBeGreaterThan(0)
  })
})
