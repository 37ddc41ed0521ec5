// Puts the use cases together over the accounts, the cache and the store they are handed.
import type { Cache } from '#cache/cache.ts'
import type { Ask } from '#contract/ask.ts'
import type { AnswerObserver } from '#contract/given-answer.ts'
import type { CollectorReadings, SpendingReadings } from '#contract/readings.ts'
import type { SingleFlight } from '#fleet/single-flight.ts'
import type { Clock } from '#model/clock.ts'
import { InvalidInputError } from '#model/errors.ts'
import { fromStreamId, type StreamRef, type StreamState } from '#model/stream.ts'
import type { BatchStore } from '#snapshot-store/batch-store.ts'
import type { SnapshotStore } from '#snapshot-store/snapshot-store.ts'
import { Asker } from './ask.ts'
import type { RevalidateOptions } from './background-refresh.ts'
import { SessionDayReader } from './day-sessions.ts'
import { mapAnswer } from './freshness.ts'
import { HistoryReader } from './history-windows.ts'
import type { LiveHub } from './live-hub.ts'
import { LiveListReader } from './live-list.ts'
import { createLiveReads, type LiveReads } from './live-reads.ts'
import { LiveStreamPager } from './live-streams.ts'
import { listPlaySamples } from './play-samples.ts'
import { type ConnectedAccount, ProviderRegistry, requireOps, toAccountView } from './provider-registry.ts'
import { listPushSamples } from './push-samples.ts'
import { listManyPushSessions } from './push-sessions.ts'
import { listQuotaSpenders, readQuota } from './quota.ts'
import { checkDomain } from './range.ts'
import { listRecordings } from './recordings.ts'
import type { Services } from './services.ts'
import { type SnapshotFeed, watchSnapshots } from './snapshot-events.ts'
import { listQuarantinedSnapshots, listSnapshots } from './snapshots.ts'
import { watchStream } from './stream-events.ts'
import { StreamNowReader } from './stream-now.ts'
import type { Answer, WatchedKind, WatchRequest } from './views.ts'

/** What the use cases work with. */
export interface ServiceOptions {
  /** In the order of the settings. */
  readonly accounts: readonly ConnectedAccount[]
  readonly cache: Cache
  readonly flights: SingleFlight
  readonly snapshotStore: Pick<SnapshotStore, 'list'>
  /** Where answers lie that could not be read. */
  readonly batchStore: Pick<BatchStore, 'listQuarantined'>
  /** Where snapshots are told of that are new, by account. */
  readonly snapshotFeed: SnapshotFeed
  /** Where watched streams are told of. */
  readonly hub: Pick<LiveHub, 'watch' | 'findSampling' | 'findSince'>
  /** How snapshots are collected. Left out: nobody collects any. */
  readonly collectors?: CollectorReadings
  readonly clock: Clock
  /** How long past its life an answer may still be shown when nothing newer can be had. */
  readonly maxStaleMs: number
  /** Longest time that an answer is kept, however long it stays true. Left out: no limit. */
  readonly maxKeepMs?: number
  /** When an old answer is given at once and renewed behind the caller's back. Left out: never. */
  readonly revalidate?: RevalidateOptions
  /** How long after its end a history window can still change. */
  readonly closedAfterMs: number
  /** How long after its end a reported day can still change. */
  readonly closedDayAfterMs: number
  /** Told of every answer. Left out: nobody is. */
  readonly answers?: AnswerObserver
  /** Who has spent the quotas. Left out: nobody counts. */
  readonly spending?: SpendingReadings
}

/** The use cases, and what samplers read by the same questions. */
export interface UseCases {
  readonly services: Services
  /** The readings of an account that is watched. */
  readonly createLiveReads: (account: ConnectedAccount) => LiveReads
}

/** Binds every use case. */
export function createServices(options: ServiceOptions): Services {
  return createUseCases(options).services
}

/** Binds every use case, and lets samplers share what they know. */
export function createUseCases(options: ServiceOptions): UseCases {
  const { clock, snapshotStore, batchStore, snapshotFeed, hub } = options
  const registry = new ProviderRegistry(options.accounts)
  const asker = new Asker(options)
  const history = new HistoryReader(asker, options.closedAfterMs)
  const days = new SessionDayReader(asker, options.closedDayAfterMs)
  const liveLists = new LiveListReader(asker)
  const liveStreams = new LiveStreamPager(liveLists, registry, clock)
  const streamNow = new StreamNowReader(asker, liveLists)
  const readers = { asker, history, days }

  /** With since when those who watch the stream have been told so. */
  function addSince<Told extends { readonly state: StreamState }>(ref: StreamRef, answer: Answer<Told>) {
    return mapAnswer(answer, (told) => ({ ...told, since: hub.findSince(ref, told.state) }))
  }

  // Who waits for what is new is not given what is old at once.
  const { revalidate: _revalidate, ...patient } = options
  const samplerAsker = new Asker(patient)
  const samplerParts = {
    asker: samplerAsker,
    history: new HistoryReader(samplerAsker, options.closedAfterMs),
    lists: new LiveListReader(samplerAsker),
  }

  const services: Services = {
    listAccounts: (names, ask) => {
      const wanted = names && new Set(names)
      return registry
        .list(ask)
        .filter((account) => !wanted || wanted.has(account.name))
        .map(toAccountView)
    },
    getAccount: (name, ask) => toAccountView(registry.get(name, ask)),
    getQuota: async (name, ask) => {
      const account = registry.get(name, ask)
      ask.meter.holdNot()
      return readQuota(account, options.spending, clock.now())
    },
    listQuotaSpenders: (name, ask) => {
      // Before the account is looked for: a reader learns nothing of those it may not see.
      requireOps(ask.caller, 'who spends a quota is shown')
      ask.meter.holdNot()
      return listQuotaSpenders(registry.get(name, ask), options.spending)
    },
    getHealth: (name, ask) => {
      const account = registry.get(name, ask)
      ask.meter.holdNot()
      return account.readings.health()
    },
    getSampling: (name, ask) => {
      const account = registry.get(name, ask)
      ask.meter.holdNot()
      return hub.findSampling(account.name)
    },
    getCollector: async (name, ask) => {
      // Before the account is looked for: a reader learns nothing of those it may not see.
      requireOps(ask.caller, 'how snapshots are collected is shown')
      ask.meter.holdNot()
      return (await options.collectors?.find(registry.get(name, ask).name)) ?? null
    },
    getLiveTotals: async (account, ask) => liveLists.readTotals(registry.get(account, ask), ask),

    getStream: (ref, ask) => registry.getStream(ref, ask).stream,
    getStreamById: (id, ask) => {
      const ref = fromStreamId(id)
      if (!ref) throw new InvalidInputError('id', 'is no node id; pass an id as this API gave it')
      return registry.getStream(ref, ask, 'id').stream
    },

    listLiveStreams: (query, ask) => liveStreams.listOfMany(query, ask),
    listAccountLiveStreams: async (account, query, ask) =>
      liveStreams.listOfAccount(registry.get(account, ask), { ...query, domain: checkDomain(query.domain) }, ask),

    getStreamState: async (ref, ask) => {
      const { account } = registry.getStream(ref, ask)
      return addSince(ref, await streamNow.getState(account, ref.key, ask))
    },
    getStreamStatus: async (ref, ask) => {
      const { account } = registry.getStream(ref, ask)
      return addSince(ref, await streamNow.getStatus(account, ref.key, ask))
    },
    getLiveReading: async (ref, ask) => streamNow.getReading(registry.getStream(ref, ask).account, ref.key, ask),

    listPushSamples: async (ref, query, ask) =>
      listPushSamples(history, clock.now(), registry.getStream(ref, ask).account, ref.key, query, ask),
    listPlaySamples: async (ref, query, ask) => {
      const { account } = registry.getStream(ref, ask)
      return listPlaySamples(history, clock.now(), account, { key: ref.key, domain: null }, query, ask)
    },
    listAccountPlaySamples: async (name, { domain, ...query }, ask) =>
      listPlaySamples(
        history,
        clock.now(),
        registry.get(name, ask),
        { key: null, domain: checkDomain(domain) },
        query,
        ask,
      ),

    listPushSessions: async (ref, query, ask) => {
      const { account } = registry.getStream(ref, ask)
      const [view] = await listManyPushSessions(readers, account, { ...query, keys: [ref.key] }, ask)
      if (!view) throw new Error('a question for one stream gave no answer')
      if (view.loss) throw view.loss
      const { stream: _stream, loss: _loss, ...series } = view
      return series
    },
    listManyPushSessions: async (account, query, ask) =>
      listManyPushSessions(readers, registry.get(account, ask), query, ask),

    listRecordings: async (ref, query, ask) =>
      listRecordings(asker, registry.getStream(ref, ask).account, ref.key, query, ask),
    listSnapshots: async (ref, query, ask) => {
      const { account } = registry.getStream(ref, ask)
      return listSnapshots(snapshotStore, clock.now(), account, ref.key, query, ask)
    },
    listAccountSnapshots: async (account, query, ask) =>
      listSnapshots(snapshotStore, clock.now(), registry.get(account, ask), null, query, ask),
    watchSnapshots: (name, key, ask) => {
      const account = key === null ? registry.get(name, ask) : registry.getStream({ account: name, key }, ask).account
      return watchSnapshots(snapshotFeed, account, key, ask.signal)
    },
    watchStream: <Kind extends WatchedKind>(ref: StreamRef, request: WatchRequest<Kind>, ask: Ask) => {
      const { account } = registry.getStream(ref, ask)
      return watchStream({ hub, snapshotFeed }, account, ref.key, request, ask.signal)
    },
    listQuarantinedSnapshots: async (account, first, ask) => {
      // Before the account is looked for: a reader learns nothing of those it may not see.
      requireOps(ask.caller, 'what could not be read is shown')
      return listQuarantinedSnapshots(batchStore, clock.now(), registry.get(account, ask), first, ask)
    },
  }
  return {
    services,
    createLiveReads: (account) => createLiveReads(samplerParts, account),
  }
}
