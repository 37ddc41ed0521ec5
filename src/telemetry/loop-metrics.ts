// How late the event loop is, and what the garbage collector takes of it. Both are watched all the time, and until
// they are closed.
import { constants, monitorEventLoopDelay, PerformanceObserver } from 'node:perf_hooks'
import { Gauge, Histogram, type Registry } from 'prom-client'
import type { ReadingGroup } from './metrics.ts'

/** What is watched, as `monitorEventLoopDelay` does: times from one look to the next, in nanoseconds. */
export interface LoopMonitor {
  /** Looks since the last reset. */
  readonly count: number
  percentile(percentile: number): number
  enable(): unknown
  reset(): void
  disable(): unknown
}

/** The numbers, and their end. */
export interface LoopMetrics extends ReadingGroup {
  /** Stops to watch. */
  close(): void
}

/** Milliseconds between two looks: 50 of them a second cost an idle process nothing to speak of. */
const RESOLUTION_MS = 20
/** Fewer looks than in a second say little: a second scraper in the same moment is told what the first one was. */
const MIN_COUNT = 1000 / RESOLUTION_MS
const quantiles = [0.5, 0.99] as const
const GC_SECONDS = [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1]

/** Begins to watch. @param monitor what tells of the loop, every 20 ms; the runtime's own when left out */
export function openLoopMetrics(
  registry: Registry,
  monitor: LoopMonitor = monitorEventLoopDelay({ resolution: RESOLUTION_MS }),
): LoopMetrics {
  monitor.enable()
  const observer = watchCollector(registry)
  let delays = quantiles.map((quantile) => ({ quantile, seconds: 0 }))
  return {
    read({ registry: scraped }) {
      const delay = new Gauge({
        name: 'weir_event_loop_delay_seconds',
        help: 'How much later than due the event loop got to its work, since the last scrape at least a second ago.',
        labelNames: ['quantile'],
        registers: [scraped],
      })
      if (monitor.count >= MIN_COUNT) {
        delays = quantiles.map((quantile) => ({ quantile, seconds: toLateSeconds(monitor.percentile(quantile * 100)) }))
        monitor.reset()
      }
      for (const { quantile, seconds } of delays) delay.set({ quantile }, seconds)
    },
    close() {
      monitor.disable()
      observer.disconnect()
    },
  }
}

/** A time between two looks includes the one that was meant to be between them. */
function toLateSeconds(nanoseconds: number): number {
  return Math.max(0, nanoseconds / 1e9 - RESOLUTION_MS / 1000)
}

function watchCollector(registry: Registry): PerformanceObserver {
  const pauses = new Histogram({
    name: 'weir_nodejs_gc_duration_seconds',
    help: 'How long the garbage collector took, by kind: minor, major, incremental or weakcb.',
    labelNames: ['kind'],
    buckets: GC_SECONDS,
    registers: [registry],
  })
  const kinds = new Map<unknown, string>([
    [constants.NODE_PERFORMANCE_GC_MINOR, 'minor'],
    [constants.NODE_PERFORMANCE_GC_MAJOR, 'major'],
    [constants.NODE_PERFORMANCE_GC_INCREMENTAL, 'incremental'],
    [constants.NODE_PERFORMANCE_GC_WEAKCB, 'weakcb'],
  ])
  for (const kind of kinds.values()) pauses.zero({ kind })
  const observer = new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) {
      // The types leave out what only some kinds of entries have.
      const detail = 'detail' in entry ? entry.detail : undefined
      const kind =
        typeof detail === 'object' && detail !== null && 'kind' in detail ? kinds.get(detail.kind) : undefined
      if (kind !== undefined) pauses.observe({ kind }, entry.duration / 1000)
    }
  })
  observer.observe({ entryTypes: ['gc'] })
  return observer
}
