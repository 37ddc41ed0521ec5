// Who spends the quotas, and what answers are made of, as Prometheus reads it.
import { Counter } from 'prom-client'
import { CountedHistogram } from './counted-histogram.ts'
import { AGE_BUCKETS } from './given-counts.ts'
import type { ReadingGroup } from './metrics.ts'
import type { SpendingLedger } from './spending-ledger.ts'

/** What is read. */
export interface SpendingMetricsOptions {
  /** Names of all accounts. */
  readonly accounts: readonly string[]
  readonly ledger: Pick<SpendingLedger, 'listTotals' | 'listGiven'>
}

const sources = ['kept', 'shared', 'asked'] as const

/** Builds them. */
export function createSpendingMetrics({ accounts, ledger }: SpendingMetricsOptions): ReadingGroup {
  return {
    read({ registry, maySee }) {
      const shown = accounts.filter(maySee)
      const registers = [registry]
      const calls = new Counter({
        name: 'weir_client_calls_total',
        help: 'Provider calls that were sent for a client, by what was asked. At most 200 clients are told apart; the rest is other.',
        labelNames: ['account', 'client', 'operation'],
        registers,
      })
      const saved = new Counter({
        name: 'weir_client_saved_total',
        help: 'Provider calls that a client did not need: because of what was kept (cache), or of a call that was under way (sharing).',
        labelNames: ['account', 'client', 'operation', 'by'],
        registers,
      })
      for (const account of shown)
        for (const { client, operation, ...counts } of ledger.listTotals(account)) {
          calls.inc({ account, client, operation }, counts.calls)
          saved.inc({ account, client, operation, by: 'cache' }, counts.savedByCache)
          saved.inc({ account, client, operation, by: 'sharing' }, counts.savedBySharing)
        }
      const given = new Counter({
        name: 'weir_given_total',
        help: "Answers of the accounts' data by where they came from: kept, from another client's call (shared), or asked for.",
        labelNames: ['account', 'operation', 'from', 'freshness'],
        registers,
      })
      const rows = shown.flatMap((account) =>
        [...ledger.listGiven(account)].map(([operation, counts]) => ({ labels: { account, operation }, counts })),
      )
      for (const { labels, counts } of rows)
        for (const from of sources) {
          given.inc({ ...labels, from, freshness: 'fresh' }, counts.fresh[from])
          given.inc({ ...labels, from, freshness: 'stale' }, counts.stale[from])
        }
      new CountedHistogram({
        name: 'weir_given_age_seconds',
        help: 'How old the oldest part of such an answer was when it was given.',
        labelNames: ['account', 'operation'],
        buckets: AGE_BUCKETS,
        registers,
        listSeries: () => rows.map(({ labels, counts }) => ({ labels, observed: counts.ages })),
      })
    },
  }
}
