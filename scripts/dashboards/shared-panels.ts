// Panels that stand on more than one dashboard.
import { grown, here, ofAccount, type Panel, rate } from './dashboard.ts'

/** Who has spent how much over what is shown. @param more conditions, such as one on the client */
export function spenders(width: number, ...more: readonly string[]): Panel {
  const by = 'account, client, operation'
  return {
    title: 'Spenders',
    description:
      'Provider calls spent over the shown range by client and operation, and those that the cache and sharing saved them. Account.quota.spenders tells the same of the present window.',
    kind: 'table',
    unit: 'short',
    width,
    queries: [
      { expr: grown(ofAccount('weir_client_calls_total', ...more), by), legend: 'Calls' },
      { expr: grown(ofAccount('weir_client_saved_total', 'by="cache"', ...more), by), legend: 'Saved by cache' },
      { expr: grown(ofAccount('weir_client_saved_total', 'by="sharing"', ...more), by), legend: 'Saved by sharing' },
    ],
  }
}

/** What was answered, and how fresh it was. */
export function answersByFreshness(width: number): Panel {
  return {
    title: 'Answers',
    description:
      'By where they came from (kept: the cache; shared: the call of another; asked: a call of their own) and whether they were stale.',
    kind: 'areas',
    unit: 'ops',
    width,
    queries: [{ expr: rate(ofAccount('weir_given_total'), 'from, freshness'), legend: '{{from}} {{freshness}}' }],
  }
}

/** Looks into the cache. */
export function cacheReads(width: number): Panel {
  return {
    title: 'Looks into the cache',
    description:
      'Found in this process, found in Redis, or nowhere. A replica that has just begun finds more in Redis.',
    kind: 'areas',
    unit: 'ops',
    width,
    queries: [{ expr: rate(here('weir_cache_reads_total'), 'tier'), legend: '{{tier}}' }],
  }
}
