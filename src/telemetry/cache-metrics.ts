// Reads of the cache. A history may look for hundreds of pieces, so that they are counted in plain numbers.
import { Counter } from 'prom-client'
import type { ReadingGroup } from './metrics.ts'

/** Counts reads of the cache by where their entries were found. */
export class CacheMetrics implements ReadingGroup {
  private readonly counts = { memory: 0, redis: 0, none: 0 }

  /** So many entries were looked for and found there. */
  readonly told = {
    read: (tier: 'memory' | 'redis' | 'none', count: number): void => {
      this.counts[tier] += count
    },
  }

  read({ registry }: Parameters<ReadingGroup['read']>[0]): void {
    const reads = new Counter({
      name: 'weir_cache_reads_total',
      help: 'Entries that were looked for, by where they were found, fresh or not: in memory, in Redis, or nowhere.',
      labelNames: ['tier'],
      registers: [registry],
    })
    for (const [tier, count] of Object.entries(this.counts)) reads.inc({ tier }, count)
  }
}
