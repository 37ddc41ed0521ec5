// One account: its quota, its provider, its data.
import { type Dashboard, ofAccount, type Panel, quantile, type Row, rate, variables } from './dashboard.ts'
import { answersByFreshness, spenders } from './shared-panels.ts'

const max = (metric: string) => `max by (account) (${ofAccount(metric)})`
const waits = ofAccount('weir_quota_wait_seconds_bucket')
const calls = ofAccount('weir_provider_calls_total')
const callBuckets = ofAccount('weir_provider_call_duration_seconds_bucket')
const ages = ofAccount('weir_given_age_seconds_bucket')

const quota: Row = {
  title: 'Quota',
  panels: [
    {
      title: 'Used and limit',
      description:
        'Starts in the rolling window, those of all replicas, as far as they are known; the limit; and what may still start now (never the reserve).',
      kind: 'lines',
      unit: 'short',
      width: 8,
      queries: [
        { expr: max('weir_quota_used'), legend: '{{account}} used' },
        { expr: max('weir_quota_limit'), legend: '{{account}} limit' },
        { expr: max('weir_quota_remaining'), legend: '{{account}} remaining' },
      ],
    },
    {
      title: 'Used up in',
      description: 'At the present pace, beside the length of the window. No line: not at this pace.',
      kind: 'lines',
      unit: 's',
      width: 8,
      queries: [
        { expr: `min by (account) (${ofAccount('weir_quota_exhausted_in_seconds')})`, legend: '{{account}}' },
        { expr: max('weir_quota_window_seconds'), legend: '{{account}} window' },
      ],
    },
    {
      title: 'Refusals',
      description:
        'Calls that could not have a start before their deadline, by lane. Interactive ones were seen by somebody.',
      kind: 'areas',
      unit: 'cps',
      width: 8,
      queries: [
        { expr: rate(ofAccount('weir_quota_refusals_total'), 'account, lane'), legend: '{{account}} {{lane}}' },
      ],
    },
    {
      title: 'Wait for a start',
      description: 'Median and p99 by lane. Near zero while the quota has room.',
      kind: 'lines',
      unit: 's',
      width: 8,
      queries: [
        { expr: quantile(0.5, waits, 'account, lane'), legend: '{{account}} {{lane}} p50' },
        { expr: quantile(0.99, waits, 'account, lane'), legend: '{{account}} {{lane}} p99' },
      ],
    },
    spenders(16),
  ],
}

const provider: Row = {
  title: 'Provider',
  panels: [
    {
      title: 'Calls by interface',
      description: 'Sent, by the provider’s name of the interface: what the provider counts, retries included.',
      kind: 'areas',
      unit: 'cps',
      width: 8,
      queries: [{ expr: rate(calls, 'account, interface'), legend: '{{account}} {{interface}}' }],
    },
    {
      title: 'Calls by outcome',
      description:
        'OK, or the error code. UPSTREAM_THROTTLED: the provider refuses although Weir counts fewer; somebody else uses the account.',
      kind: 'areas',
      unit: 'cps',
      width: 8,
      queries: [{ expr: rate(calls, 'account, outcome'), legend: '{{account}} {{outcome}}' }],
    },
    {
      title: 'Retries',
      description: 'Share of calls that were sent again. At most a tenth, by design.',
      kind: 'lines',
      unit: 'percentunit',
      width: 8,
      queries: [
        {
          // No series of retries before the first one: that is none.
          expr: `(${rate(ofAccount('weir_provider_calls_total', 'attempt="retry"'), 'account')} or 0 * ${rate(calls, 'account')}) / ${rate(calls, 'account')}`,
          legend: '{{account}}',
        },
      ],
    },
    {
      title: 'Time of a call (p50)',
      description: 'From the first byte that left to the answer or failure, by interface.',
      kind: 'lines',
      unit: 's',
      width: 8,
      queries: [{ expr: quantile(0.5, callBuckets, 'account, interface'), legend: '{{account}} {{interface}}' }],
    },
    {
      title: 'Time of a call (p99)',
      description: 'A call that takes longer than half of its time, or 5 s, counts as a failure for the breaker.',
      kind: 'lines',
      unit: 's',
      width: 8,
      queries: [{ expr: quantile(0.99, callBuckets, 'account, interface'), legend: '{{account}} {{interface}}' }],
    },
    {
      title: 'Up, and breaker',
      description:
        'By replica. Up is 1, 0.5 (the last call failed) or 0 (a breaker is open); the breaker is 1 while it is open.',
      kind: 'lines',
      unit: 'short',
      width: 8,
      max: 1,
      queries: [
        { expr: ofAccount('weir_provider_up'), legend: '{{account}} {{instance}} up' },
        { expr: ofAccount('weir_breaker_open'), legend: '{{account}} {{instance}} breaker' },
      ],
    },
  ],
}

const freshness: Row = {
  title: 'Freshness',
  panels: [
    answersByFreshness(8),
    {
      title: 'Age of answers (p50)',
      description: 'How old the oldest part was when it was given, by operation.',
      kind: 'lines',
      unit: 's',
      width: 8,
      queries: [{ expr: quantile(0.5, ages, 'account, operation'), legend: '{{account}} {{operation}}' }],
    },
    {
      title: 'Age of answers (p95)',
      description:
        'Far above the pace of the data (5 s for push data, 60 s for play data): stale answers, or histories that are final.',
      kind: 'lines',
      unit: 's',
      width: 8,
      queries: [{ expr: quantile(0.95, ages, 'account, operation'), legend: '{{account}} {{operation}}' }],
    },
  ],
}

/** A panel of the collector's numbers. */
function ofCollector(panel: Pick<Panel, 'title' | 'description' | 'unit' | 'queries'>): Panel {
  return { kind: 'lines', width: 6, ...panel }
}

const snapshots: Row = {
  title: 'Snapshots',
  panels: [
    ofCollector({
      title: 'Lag of the collector',
      description:
        'Since the provider’s queue was last known to be empty. No line: nobody collects. Above 600 s: WeirCollectorLag.',
      unit: 's',
      queries: [{ expr: max('weir_snapshot_lag_seconds'), legend: '{{account}}' }],
    }),
    ofCollector({
      title: 'Backlog, and who collects',
      description: 'Answers that nobody has read yet; and how many replicas hold the lease: always one.',
      unit: 'short',
      queries: [
        { expr: max('weir_snapshot_backlog'), legend: '{{account}} backlog' },
        { expr: `sum by (account) (${ofAccount('weir_snapshot_lease_held')})`, legend: '{{account}} collectors' },
      ],
    }),
    ofCollector({
      title: 'Rows and snapshots',
      description: 'Rows that were popped, and snapshots that were new to the store.',
      unit: 'cps',
      queries: [
        { expr: rate(ofAccount('weir_snapshot_popped_total'), 'account'), legend: '{{account}} popped' },
        { expr: rate(ofAccount('weir_snapshot_stored_total'), 'account'), legend: '{{account}} stored' },
      ],
    }),
    ofCollector({
      title: 'Unknown and unreadable',
      description:
        'What the journals have counted since they were made: pops of which nobody knows whether they took messages, the most messages that those took, and answers in quarantine. A step up: WeirBatchesUnknown.',
      unit: 'short',
      queries: [
        {
          expr: `sum by (account) (${ofAccount('weir_snapshot_batches_unknown_total')})`,
          legend: '{{account}} batches',
        },
        {
          expr: `sum by (account) (${ofAccount('weir_snapshot_messages_unknown_total')})`,
          legend: '{{account}} messages',
        },
        {
          expr: `sum by (account) (${ofAccount('weir_snapshot_quarantined_total')})`,
          legend: '{{account}} unreadable',
        },
        { expr: `min by (account) (${ofAccount('weir_snapshot_store_up')})`, legend: '{{account}} stores up' },
      ],
    }),
  ],
}

const live: Row = {
  title: 'Live',
  panels: [
    {
      title: 'Watched streams',
      description: 'Streams that somebody watches, at any replica. No line: nobody watches.',
      kind: 'lines',
      unit: 'short',
      width: 6,
      queries: [{ expr: max('weir_sampler_watched_streams'), legend: '{{account}}' }],
    },
    {
      title: 'Who reads them',
      description:
        'The replica that reads the provider for all who watch: one of an installation, none while nobody watches, each for itself while Redis is away.',
      kind: 'lines',
      unit: 'short',
      width: 6,
      max: 1,
      queries: [{ expr: ofAccount('weir_sampler_lease_held'), legend: '{{account}} {{instance}}' }],
    },
    {
      title: 'Time between two readings',
      description:
        'Of ingest and states (5 s while the quota has room) and of playback (60 s). Above that, watching has been slowed so that questions keep their share of the quota.',
      kind: 'lines',
      unit: 's',
      width: 6,
      queries: [
        { expr: max('weir_sampler_push_interval_seconds'), legend: '{{account}} ingest' },
        { expr: max('weir_sampler_play_interval_seconds'), legend: '{{account}} playback' },
      ],
    },
    {
      title: 'Events',
      description: 'What was told to all replicas, once each however many hear it, by kind.',
      kind: 'areas',
      unit: 'cps',
      width: 6,
      queries: [
        { expr: rate(ofAccount('weir_sampler_events_total'), 'account, event'), legend: '{{account}} {{event}}' },
      ],
    },
  ],
}

/** One account, or some. */
export const account: Dashboard = {
  uid: 'weir-account',
  title: 'Weir / Account',
  description: 'One account: what it may still ask, how its provider answers, how fresh its data is.',
  variables: [variables.namespace, variables.job, variables.account],
  rows: [quota, provider, freshness, live, snapshots],
}
