// What is told of the running process, and to whom: the observers that the layers call, and the metrics that are made
// of what they are told. It builds, like the composition root it belongs to.
import type { Logger } from 'pino'
import type { Connections } from '#access/connections.ts'
import type { CacheObserver } from '#cache/cache-observer.ts'
import type { RequestObserver } from '#contract/answered-request.ts'
import type { Clock } from '#model/clock.ts'
import { noTracer, type Tracer } from '#model/tracer.ts'
import { providers } from '#providers/index.ts'
import type { ConnectedAccount } from '#services/provider-registry.ts'
import { createAccountMetrics } from '#telemetry/account-metrics.ts'
import { CacheMetrics } from '#telemetry/cache-metrics.ts'
import { createEdgeMetrics } from '#telemetry/edge-metrics.ts'
import { type LoopMetrics, openLoopMetrics } from '#telemetry/loop-metrics.ts'
import { createMetrics, type Metrics } from '#telemetry/metrics.ts'
import { createProcessMetrics } from '#telemetry/process-metrics.ts'
import { createProviderMetrics } from '#telemetry/provider-metrics.ts'
import type { StandingQuota } from '#telemetry/quota-forecast.ts'
import { RefusalCount } from '#telemetry/refusal-count.ts'
import { createRequestLog } from '#telemetry/request-log.ts'
import { createRequestMetrics } from '#telemetry/request-metrics.ts'
import { createRequestSpans } from '#telemetry/request-spans.ts'
import { SamplerMetrics } from '#telemetry/sampler-metrics.ts'
import { createSnapshotMetrics, type SnapshotMetrics } from '#telemetry/snapshot-metrics.ts'
import { SpendingLedger } from '#telemetry/spending-ledger.ts'
import { createSpendingMetrics } from '#telemetry/spending-metrics.ts'
import type { UpstreamClient } from '#upstream/upstream-client.ts'
import type { UpstreamObserver } from '#upstream/upstream-observer.ts'
import type { Config } from './config.ts'
import type { Replicas } from './replicas.ts'
import type { KeptFront } from './server/kept-front.ts'
import type { RequestLine } from './server/request-line.ts'
import type { RequestScope } from './server/request-scope.ts'

/** What is built from. */
export interface TelemetryPartsOptions {
  readonly config: Pick<Config, 'accounts' | 'log' | 'redis'>
  /** Of the program. */
  readonly version: string
  readonly clock: Clock
  readonly log: Logger
  /** Follows work; nobody does when left out. */
  readonly tracer: Tracer | undefined
}

/** What is read when Prometheus asks. */
export interface WatchedParts {
  readonly accounts: readonly {
    readonly account: Pick<ConnectedAccount, 'name' | 'readings'>
    readonly client: Pick<UpstreamClient, 'isBroken'>
  }[]
  readonly replicas: Pick<Replicas, 'isWell'>
  readonly connections: Pick<Connections, 'count' | 'countRefused'>
  readonly line: Pick<RequestLine, 'countRefused'>
  /** Undefined where nothing is answered from kept bytes. */
  readonly front: Pick<KeptFront, 'listCounts'> | undefined
}

/** What the layers are handed. */
export interface TelemetryParts {
  readonly metrics: Metrics
  readonly tracer: Tracer
  /** Told of the answers of the use cases; of the calls it hears by `toUpstreamObserver`. */
  readonly spending: SpendingLedger
  /** Told of reads of the cache. */
  readonly cache: CacheObserver
  /** Numbers of the accounts that are collected. */
  readonly snapshots: SnapshotMetrics
  /** Numbers of what is watched. */
  readonly samplers: SamplerMetrics
  /** Told of every request that is over: counts it, and writes its line. */
  readonly requests: RequestObserver
  /** Told of the calls of one account of the settings. */
  toUpstreamObserver(account: string): UpstreamObserver
  /** The same scope, whose refusals are counted. */
  watchScope(scope: RequestScope): RequestScope
  /** Begins to read the rest, once it is there, and to watch the event loop. */
  watch(parts: WatchedParts): void
  /** Ends what measures. After everything that is measured. */
  close(): void
}

/** Builds all of it. */
export function createTelemetryParts({
  config,
  version,
  clock,
  log,
  tracer = noTracer,
}: TelemetryPartsOptions): TelemetryParts {
  const metrics = createMetrics({ clock, log })
  const calls = createProviderMetrics(metrics.registry)
  const counted = createRequestMetrics(metrics.registry)
  const logged = createRequestLog(log, config.log.requests)
  const told: RequestObserver = {
    answered: (request) => {
      counted.answered(request)
      logged.answered(request)
    },
  }
  const cache = new CacheMetrics()
  const snapshots = createSnapshotMetrics()
  const samplers = new SamplerMetrics()
  const refusals = new RefusalCount()
  const spending = new SpendingLedger({
    accounts: config.accounts.map(({ name, quota }) => ({ name, windowSeconds: quota.windowSeconds })),
    replicas: config.redis?.maxReplicas ?? 1,
    clock,
  })
  const names = config.accounts.map(({ name }) => name)
  metrics.addReadings(createSpendingMetrics({ accounts: names, ledger: spending }))
  let loop: LoopMetrics | undefined
  for (const group of [createProcessMetrics({ version }), cache, snapshots, samplers]) metrics.addReadings(group)
  return {
    metrics,
    tracer,
    spending,
    cache: cache.told,
    snapshots,
    samplers,
    requests: tracer.isOn ? createRequestSpans(tracer, told) : told,
    toUpstreamObserver: (name) => {
      const account = config.accounts.find((each) => each.name === name)
      const provider = providers.find(({ id }) => id === account?.provider)
      const counted = calls.toCount(name, provider?.operations ?? [])
      return {
        ...counted,
        called: (call) => {
          counted.called(call)
          spending.called(name, call.client, call.capability ?? call.operation)
        },
      }
    },
    watchScope: (scope) => ({
      ...scope,
      authenticate: refusals.watch(scope.authenticate),
      createAsk: refusals.watch(scope.createAsk),
      createOperationAsk: refusals.watch(scope.createOperationAsk),
    }),
    watch: ({ accounts, replicas, connections, line, front }) => {
      const sources = accounts.map(({ account: { name, readings }, client }) => ({
        account: name,
        readQuota: () => readings.quota(),
        findExhaustionMs: (quota: StandingQuota) => spending.findExhaustionMs(name, quota),
        readHealth: () => readings.health().state,
        isBroken: () => client.isBroken(),
      }))
      metrics.addReadings(createAccountMetrics(sources))
      metrics.addReadings(
        createEdgeMetrics({
          listAnswers: () => front?.listCounts() ?? [],
          countSockets: () => connections.count(),
          countRefusals: () => ({
            overload: line.countRefused(),
            connections: connections.countRefused(),
            ...refusals.read(),
          }),
          isRedisWell: () => replicas.isWell(),
        }),
      )
      loop = openLoopMetrics(metrics.registry)
      metrics.addReadings(loop)
    },
    close: () => loop?.close(),
  }
}
