// Who reads what is watched, and who is told of it. It builds, like the composition root it belongs to.
import { Meter } from '#contract/ask.ts'
import { createProcessFeed, type Feed } from '#fleet/feed.ts'
import { createProcessLease, LEASE_BEAT_MS, type Lease, SAMPLER_LEASE } from '#fleet/lease.ts'
import { createRedisFeed } from '#fleet/redis-feed.ts'
import { createRedisLease } from '#fleet/redis-lease.ts'
import type { Clock } from '#model/clock.ts'
import type { LiveBatch } from '#model/live-event.ts'
import { liveBatchSchema } from '#services/live-batch-schema.ts'
import { LiveHub } from '#services/live-hub.ts'
import type { LiveReads } from '#services/live-reads.ts'
import type { ConnectedAccount } from '#services/provider-registry.ts'
import type { SamplerMetrics } from '#telemetry/sampler-metrics.ts'
import { createLiveSampler, type LiveSampler, type SamplerLog } from '#workers/live-sampler.ts'
import type { Replicas } from './replicas.ts'

/** What is built from. */
export interface LivePartsOptions {
  readonly replicas: Pick<Replicas, 'shared' | 'demand'>
  readonly clock: Clock
  readonly log: SamplerLog
  /** How long a reading may take, in milliseconds. */
  readonly deadlineMs: number
  /** Most replicas that share a quota, ≥ 1. */
  readonly maxReplicas: number
}

/** Everything about watching. */
export interface LiveParts {
  /** Where it is watched. */
  readonly hub: LiveHub
  /** Builds the samplers of all accounts. Starts nothing. */
  createSamplers(
    accounts: readonly ConnectedAccount[],
    createReads: (account: ConnectedAccount) => LiveReads,
    metrics: SamplerMetrics,
  ): readonly LiveSampler[]
  /** Nobody is told of anything any more. Before what replicas share is closed. */
  close(): void
}

/** What is told is kept for so long, for who was away, and no more of it. */
const KEEP = { events: 300, ms: 120_000 }
/** For so long out of reach replicas are taken to be gone. */
const APART_AFTER_MS = 3000

/** Opens the way from samplers to watchers. */
export function openLiveParts({ replicas, clock, log, deadlineMs, maxReplicas }: LivePartsOptions): LiveParts {
  const { shared, demand: board } = replicas
  const feed: Feed<LiveBatch> = shared
    ? createRedisFeed({ ...shared, clock, name: 'live', item: liveBatchSchema, log, keep: KEEP })
    : createProcessFeed({ clock, keep: KEEP })
  const hub = new LiveHub({ feed, board, clock })

  function openLease(account: string): Lease {
    if (!shared) return createProcessLease()
    const name = { scope: account, key: 'sampler' }
    return createRedisLease({ ...shared, name, holder: 'sampler', clock, terms: SAMPLER_LEASE })
  }

  function isApart(): boolean {
    if (!shared) return false
    const { health, sinceMs } = shared.link.state()
    return health !== 'up' && clock.monotonicMs() - sinceMs >= APART_AFTER_MS
  }

  return {
    hub,
    createSamplers: (accounts, createReads, metrics) =>
      accounts.map((account) => {
        const { name } = account
        const sampler = createLiveSampler({
          account: name,
          reads: createReads(account),
          findLatest: (topic) => hub.findLatest(name, topic),
          lease: openLease(name),
          beatMs: shared ? SAMPLER_LEASE.beatMs : LEASE_BEAT_MS,
          board,
          publish: (batch) => feed.publish(name, [batch]),
          readQuota: () => account.readings.quota(),
          isApart,
          apartShare: 1 / maxReplicas,
          createAsk: (signal) => ({
            caller: { name: 'live-sampler', role: 'ops', accounts: new Set([name]) },
            lane: 'background',
            meter: new Meter(),
            signal,
            deadlineAtMs: clock.monotonicMs() + deadlineMs,
          }),
          clock,
          log,
          onEvents: (events) => metrics.count(name, events),
        })
        metrics.add({
          account: name,
          isHolder: () => sampler.isHolder() && sampler.sampling !== null,
          readSampling: () => sampler.sampling,
        })
        return sampler
      }),
    close: () => feed.close(),
  }
}
