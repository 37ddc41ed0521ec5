// The first row of the overview: one number for each question.
import { here, ofAccount, ourCodes, type Row } from './dashboard.ts'
import { requestBuckets, requests, staleShare, usedShare } from './shared-queries.ts'

/** Is it well? */
export const glance: Row = {
  title: 'At a glance',
  panels: [
    {
      title: 'Replicas',
      description: 'Processes that Prometheus can read. None, or fewer than there should be: WeirDown.',
      kind: 'number',
      unit: 'short',
      width: 3,
      goodFrom: 1,
      queries: [{ expr: `count(${here('weir_build_info')}) or vector(0)`, legend: 'replicas' }],
    },
    {
      title: 'Requests',
      description: 'Operations that were answered on both faces, in a second.',
      kind: 'number',
      unit: 'reqps',
      width: 3,
      queries: [{ expr: `sum(rate(${requests}[$__rate_interval]))`, legend: 'requests' }],
    },
    {
      title: 'Failed, not by the caller',
      description: 'Share of requests that ended with a code that is the fault of Weir, its operator or a provider.',
      kind: 'number',
      unit: 'percentunit',
      width: 3,
      warnFrom: [0.01, 0.05],
      queries: [
        {
          expr: `(sum(rate(${here('weir_requests_total', 'face=~"graphql|rest"', ourCodes)}[$__rate_interval])) or vector(0)) / sum(rate(${requests}[$__rate_interval]))`,
          legend: 'failed',
        },
      ],
    },
    {
      title: 'Time of a request (p99)',
      description:
        'Nearly all requests take less. One that waits for a provider or for the quota takes up to the deadline.',
      kind: 'number',
      unit: 's',
      width: 3,
      queries: [
        { expr: `histogram_quantile(0.99, sum by (le) (rate(${requestBuckets}[$__rate_interval])))`, legend: 'p99' },
      ],
    },
    {
      title: 'Quota used, the fullest account',
      description:
        'Starts in the rolling window against what may be started in all. Above 90 % for ten minutes: WeirQuotaNearlySpent.',
      kind: 'number',
      unit: 'percentunit',
      width: 3,
      warnFrom: [0.7, 0.9],
      queries: [{ expr: `max(${usedShare})`, legend: 'used' }],
    },
    {
      title: 'Stale answers',
      description:
        'Share of the answers put together that held something older than it should be. Above 5 %: WeirStaleServed.',
      kind: 'number',
      unit: 'percentunit',
      width: 3,
      warnFrom: [0.01, 0.05],
      queries: [{ expr: staleShare(''), legend: 'stale' }],
    },
    {
      title: 'Cache hits',
      description: 'Share of the looks into the cache that found something, in this process or in Redis.',
      kind: 'number',
      unit: 'percentunit',
      width: 3,
      queries: [
        {
          expr: `sum(rate(${here('weir_cache_reads_total', 'tier!="none"')}[$__rate_interval])) / sum(rate(${here('weir_cache_reads_total')}[$__rate_interval]))`,
          legend: 'hits',
        },
      ],
    },
    {
      title: 'Accounts whose provider is down',
      description:
        'Accounts with an open breaker on some replica, where one stays open until somebody asks. With calls that fail: WeirProviderDown.',
      kind: 'number',
      unit: 'short',
      width: 3,
      warnFrom: [1, 1],
      queries: [
        { expr: `count(min by (account) (${ofAccount('weir_provider_up')}) == 0) or vector(0)`, legend: 'down' },
      ],
    },
  ],
}
