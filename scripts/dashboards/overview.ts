// All accounts on one page: is it well, who spends the quota, how fresh is what is answered.
import { type Dashboard, here, ofAccount, quantile, type Row, rate, variables } from './dashboard.ts'
import { glance } from './glance.ts'
import { answersByFreshness, cacheReads, spenders } from './shared-panels.ts'
import { requestBuckets, staleShare, usedShare } from './shared-queries.ts'

const quota: Row = {
  title: 'Who spends the quota',
  panels: [
    {
      title: 'Quota used',
      description:
        'Starts in the rolling window against what may be started in all, by account. With Redis that is the limit without the reserve (quota.outageReserve), while it is away a replica’s own part.',
      kind: 'lines',
      unit: 'percentunit',
      width: 8,
      warnFrom: [0.9, 1],
      max: 1,
      queries: [{ expr: usedShare, legend: '{{account}}' }],
    },
    {
      title: 'Used up in',
      description: 'At the present pace. No line: not at this pace.',
      kind: 'lines',
      unit: 's',
      width: 8,
      queries: [{ expr: `min by (account) (${ofAccount('weir_quota_exhausted_in_seconds')})`, legend: '{{account}}' }],
    },
    {
      title: 'Refused for want of quota',
      description: 'Calls that could not have a start before their deadline, by account and lane. Normal is none.',
      kind: 'lines',
      unit: 'cps',
      width: 8,
      queries: [
        { expr: rate(ofAccount('weir_quota_refusals_total'), 'account, lane'), legend: '{{account}} {{lane}}' },
      ],
    },
    spenders(24),
  ],
}

const freshness: Row = {
  title: 'How fresh the data is',
  panels: [
    {
      title: 'Stale answers',
      description: 'Share by account. Above 5 % for ten minutes: WeirStaleServed.',
      kind: 'lines',
      unit: 'percentunit',
      width: 8,
      warnFrom: [0.05, 0.2],
      queries: [{ expr: staleShare(' by (account)'), legend: '{{account}}' }],
    },
    {
      title: 'Age of answers (p95)',
      description:
        'How old the oldest part of an answer was when it was given, by account. Push data lives 5 s, play data 60 s.',
      kind: 'lines',
      unit: 's',
      width: 8,
      queries: [{ expr: quantile(0.95, ofAccount('weir_given_age_seconds_bucket'), 'account'), legend: '{{account}}' }],
    },
    answersByFreshness(8),
  ],
}

const faces: Row = {
  title: 'Faces',
  panels: [
    {
      title: 'Requests',
      description: 'By face. Operations over WebSockets are among those of graphql.',
      kind: 'areas',
      unit: 'reqps',
      width: 6,
      queries: [{ expr: rate(here('weir_requests_total'), 'face'), legend: '{{face}}' }],
    },
    {
      title: 'Requests that failed',
      description:
        'By code. INVALID_INPUT, NOT_FOUND and the like are the callers’ own; docs/errors.md says whose each is.',
      kind: 'areas',
      unit: 'reqps',
      width: 6,
      queries: [{ expr: rate(here('weir_requests_total', 'code!="OK"'), 'code'), legend: '{{code}}' }],
    },
    {
      title: 'Time of a request',
      description: 'Median and p99, by face.',
      kind: 'lines',
      unit: 's',
      width: 6,
      queries: [
        { expr: quantile(0.5, requestBuckets, 'face'), legend: '{{face}} p50' },
        { expr: quantile(0.99, requestBuckets, 'face'), legend: '{{face}} p99' },
      ],
    },
    {
      title: 'Time of a request (p99), by operation',
      description: 'Operations that ask a provider are slow when it is, or while they wait for the quota.',
      kind: 'lines',
      unit: 's',
      width: 6,
      queries: [{ expr: quantile(0.99, requestBuckets, 'face, operation'), legend: '{{face}} {{operation}}' }],
    },
    {
      title: 'Refused at the door',
      description:
        'Before anybody looked at what was asked: more to do than can be done (overload), limits of clients, too many connections, no access.',
      kind: 'areas',
      unit: 'reqps',
      width: 12,
      queries: [{ expr: rate(here('weir_refusals_total'), 'reason'), legend: '{{reason}}' }],
    },
    {
      title: 'Connections that stay open',
      description: 'WebSockets and event streams, by replica.',
      kind: 'areas',
      unit: 'short',
      width: 12,
      queries: [{ expr: here('weir_sockets'), legend: '{{instance}}' }],
    },
  ],
}

const cache: Row = {
  title: 'Cache',
  panels: [
    cacheReads(8),
    {
      title: 'Whole answers',
      description: 'Sent again as kept bytes from memory or from what replicas share, or made.',
      kind: 'areas',
      unit: 'reqps',
      width: 8,
      queries: [{ expr: rate(here('weir_answers_total'), 'from'), legend: '{{from}}' }],
    },
    {
      title: 'Calls saved',
      description:
        'Provider calls that a cache, or sharing the call of another, has made unnecessary; and those that were made.',
      kind: 'areas',
      unit: 'cps',
      width: 8,
      queries: [
        { expr: rate(ofAccount('weir_client_saved_total'), 'by'), legend: 'saved by {{by}}' },
        { expr: `sum(rate(${ofAccount('weir_client_calls_total')}[$__rate_interval]))`, legend: 'made' },
      ],
    },
  ],
}

const providers: Row = {
  title: 'Providers',
  panels: [
    {
      title: 'Provider up',
      description:
        '1: the last call went well, or there was none yet. 0.5: it failed. 0: a breaker is open. The worst replica counts.',
      kind: 'lines',
      unit: 'short',
      width: 8,
      max: 1,
      queries: [{ expr: `min by (account) (${ofAccount('weir_provider_up')})`, legend: '{{account}}' }],
    },
    {
      title: 'Provider calls',
      description: 'Sent, by account: what the provider counts.',
      kind: 'areas',
      unit: 'cps',
      width: 8,
      queries: [{ expr: rate(ofAccount('weir_provider_calls_total'), 'account'), legend: '{{account}}' }],
    },
    {
      title: 'Provider calls that failed',
      description: 'By account and outcome. UPSTREAM_CREDENTIAL is the operator’s to mend: key, id or clock.',
      kind: 'areas',
      unit: 'cps',
      width: 8,
      queries: [
        {
          expr: rate(ofAccount('weir_provider_calls_total', 'outcome!~"OK|CLIENT_LEFT"'), 'account, outcome'),
          legend: '{{account}} {{outcome}}',
        },
      ],
    },
  ],
}

const processes: Row = {
  title: 'Redis and processes',
  panels: [
    {
      title: 'Redis up',
      description: 'By replica. No line: this installation has no Redis. More than five minutes at 0: WeirRedisAway.',
      kind: 'lines',
      unit: 'short',
      width: 6,
      max: 1,
      queries: [{ expr: here('weir_redis_up'), legend: '{{instance}}' }],
    },
    {
      title: 'Event loop delay (p99)',
      description: 'How late a process is with what it wants to do. Above 200 ms for ten minutes: WeirEventLoopSlow.',
      kind: 'lines',
      unit: 's',
      width: 6,
      warnFrom: [0.1, 0.2],
      queries: [{ expr: here('weir_event_loop_delay_seconds', 'quantile="0.99"'), legend: '{{instance}}' }],
    },
    {
      title: 'Memory',
      description: 'Resident memory of each process. It levels off some hours after the start.',
      kind: 'lines',
      unit: 'bytes',
      width: 6,
      queries: [{ expr: here('weir_process_resident_memory_bytes'), legend: '{{instance}}' }],
    },
    {
      title: 'CPU',
      description:
        'Share of one core that each process is busy. A process uses one core for answering, and some more for packing.',
      kind: 'lines',
      unit: 'percentunit',
      width: 6,
      queries: [{ expr: `rate(${here('weir_process_cpu_seconds_total')}[$__rate_interval])`, legend: '{{instance}}' }],
    },
  ],
}

/** Everything on one page. */
export const overview: Dashboard = {
  uid: 'weir-overview',
  title: 'Weir / Overview',
  description: 'Is it well, who spends the quota, how fresh is what is answered.',
  variables: [variables.namespace, variables.job, variables.account],
  rows: [glance, quota, freshness, faces, cache, providers, processes],
}
