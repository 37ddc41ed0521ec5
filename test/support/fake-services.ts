// The use cases in memory, for tests of the edges: filled by hand, counting what is asked.
import type { Ask } from '#contract/ask.ts'
import type { ProviderId } from '#contract/provider.ts'
import type { CollectorReading, HealthReading, QuotaReading } from '#contract/readings.ts'
import { createProcessFeed } from '#fleet/feed.ts'
import { maySee } from '#model/caller.ts'
import { GatewayError, InvalidInputError, NotFoundError } from '#model/errors.ts'
import type { Sampling } from '#model/live-event.ts'
import type { PageRequest } from '#model/page.ts'
import type { PushSession } from '#model/push-session.ts'
import type { Recording } from '#model/recording.ts'
import type { PlaySample, PushSample } from '#model/sample.ts'
import type { Snapshot } from '#model/snapshot.ts'
import {
  findKeyProblem,
  fromStreamId,
  type LiveReading,
  type LiveTotals,
  type StreamRef,
  type StreamStatus,
  toStreamId,
} from '#model/stream.ts'
import type { Instant } from '#model/time-range.ts'
import { queueEvents } from '#services/event-queue.ts'
import { findTotalLoss } from '#services/range.ts'
import type { Services } from '#services/services.ts'
import type {
  AccountView,
  Answer,
  Freshness,
  FreshPage,
  Gap,
  LiveStreamPageView,
  LiveStreamView,
  PlaySeries,
  PublicCapability,
  QuarantinedBatchView,
  QuotaSpenderView,
  QuotaView,
  RangedPageRequest,
  RangeRequest,
  SampleRequest,
  Series,
  SnapshotView,
  SourcedState,
  StreamEvent,
  StreamPushSessionsView,
  StreamStatusView,
  StreamView,
  WatchedKind,
  WatchRequest,
} from '#services/views.ts'
import { listCapabilities, toAnswer, toNameParts, toPage, toPlaySeries, toSeries, within } from './fake-answers.ts'

/** Name of a use case. */
export type UseCase = keyof Services

/** What is known of a stream; everything left out is empty. */
export interface FakeStream {
  status?: StreamStatus
  /** Since when it has been in that state, as far as anybody watched. */
  since?: Instant
  live?: LiveReading | null
  pushSamples?: readonly PushSample[]
  playSamples?: readonly PlaySample[]
  pushSessions?: readonly PushSession[]
  recordings?: readonly Recording[]
  snapshots?: readonly Snapshot[]
  /** Pieces missing from every history of it. */
  missing?: readonly Gap[]
}

/** What is known of an account; everything left out has a plain default. */
export interface FakeAccount {
  provider?: ProviderId
  quota?: QuotaReading & Partial<QuotaView>
  spenders?: readonly QuotaSpenderView[]
  health?: HealthReading
  liveTotals?: LiveTotals
  playSamples?: readonly PlaySample[]
  quarantined?: readonly QuarantinedBatchView[]
  sampling?: Sampling
  /** Null: its provider has no snapshot queue. */
  collector?: CollectorReading | null
  /** Capability → why it is not there. */
  unsupported?: Partial<Record<PublicCapability, string>>
  streams?: Record<string, FakeStream>
}

interface Failure {
  readonly useCase: UseCase
  readonly error: unknown
  readonly concerns: (...args: readonly unknown[]) => boolean
}

/** An instant that tests can rely on: every answer was fetched then. */
export const fetchedAt: Instant = Date.UTC(2026, 10, 21, 4, 0, 0)

/** `Services` over what a test put in. One call of a costly use case counts as one provider call. */
export class FakeServices implements Services {
  /** Every call so far, in order. */
  readonly calls: { readonly useCase: UseCase; readonly args: readonly unknown[] }[] = []
  /** Freshness of every answer. */
  freshness: Freshness = { fetchedAt, freshUntil: fetchedAt + 5_000, stale: false }
  /** What `watchSnapshots` shows, by account; `watchStream` as well. */
  readonly snapshotFeed = createProcessFeed<Snapshot>()
  private readonly watchers = new Set<(ref: StreamRef, event: StreamEvent) => void>()
  private readonly accounts = new Map<string, FakeAccount>()
  private readonly failures: Failure[] = []

  constructor(accounts: Record<string, FakeAccount> = {}) {
    for (const [name, account] of Object.entries(accounts)) this.accounts.set(name, account)
  }

  /** Adds or replaces an account. */
  addAccount(name: string, account: FakeAccount = {}): this {
    this.accounts.set(name, account)
    return this
  }

  /** Makes a use case throw from now on, everywhere or only where `concerns` says so of its arguments. */
  fail(useCase: UseCase, error: unknown, concerns: (...args: readonly unknown[]) => boolean = () => true): this {
    this.failures.push({ useCase, error, concerns })
    return this
  }

  /** Tells those who watch a stream what happens to it. */
  tell(ref: StreamRef, ...events: readonly StreamEvent[]): void {
    for (const event of events) for (const watcher of [...this.watchers]) watcher(ref, event)
  }

  /** How often a use case was asked. */
  count(useCase: UseCase): number {
    return this.calls.filter((call) => call.useCase === useCase).length
  }

  listAccounts(names: readonly string[] | null, ask: Ask): readonly AccountView[] {
    this.enter('listAccounts', ask, names)
    return [...this.accounts.keys()]
      .filter((name) => maySee(ask.caller, name) && (names?.includes(name) ?? true))
      .map((name) => this.viewAccount(name, ask))
  }

  getAccount(name: string, ask: Ask): AccountView {
    this.enter('getAccount', ask, name)
    return this.viewAccount(name, ask)
  }

  async getQuota(account: string, ask: Ask): Promise<QuotaView> {
    this.enter('getQuota', ask, account)
    const unused = { limit: 300, windowSeconds: 300, used: 0, remaining: 300, nextFreeAt: null }
    return { exhaustedAt: null, ...unused, ...this.find(account, ask).quota }
  }

  listQuotaSpenders(account: string, ask: Ask): readonly QuotaSpenderView[] {
    this.enter('listQuotaSpenders', ask, account)
    if (ask.caller.role !== 'ops') throw new GatewayError('FORBIDDEN', 'for ops only')
    return this.find(account, ask).spenders ?? []
  }

  getHealth(account: string, ask: Ask): HealthReading {
    this.enter('getHealth', ask, account)
    return this.find(account, ask).health ?? { state: 'UP', since: fetchedAt, lastErrorCode: null }
  }

  getSampling(account: string, ask: Ask): Sampling {
    this.enter('getSampling', ask, account)
    const idle = { watchedStreams: 0, pushEverySeconds: null, playEverySeconds: null, slowedBecause: null }
    return this.find(account, ask).sampling ?? idle
  }

  async getCollector(account: string, ask: Ask): Promise<CollectorReading | null> {
    this.enter('getCollector', ask, account)
    if (ask.caller.role !== 'ops') throw new GatewayError('FORBIDDEN', 'for ops only')
    return this.find(account, ask).collector ?? null
  }

  async getLiveTotals(account: string, ask: Ask): Promise<Answer<LiveTotals>> {
    this.pay('getLiveTotals', ask, account)
    const { liveTotals } = this.find(account, ask)
    return toAnswer(this.freshness, liveTotals ?? { streamCount: 0, onlineViewers: 0, bandwidthBitsPerSecond: 0 })
  }

  getStream(ref: StreamRef, ask: Ask): StreamView {
    this.enter('getStream', ask, ref)
    return this.viewStream(ref, ask)
  }

  getStreamById(id: string, ask: Ask): StreamView {
    this.enter('getStreamById', ask, id)
    const ref = fromStreamId(id)
    if (!ref) throw new InvalidInputError('id', 'is no node id; pass one that an answer gave')
    return this.viewStream(ref, ask)
  }

  async listLiveStreams(
    query: PageRequest & { readonly accounts: readonly string[] | null },
    ask: Ask,
  ): Promise<LiveStreamPageView> {
    this.pay('listLiveStreams', ask, query)
    const names = query.accounts ?? [...this.accounts.keys()].filter((name) => maySee(ask.caller, name))
    const known = names.filter((name) => this.accounts.has(name) && maySee(ask.caller, name))
    const failures = names
      .filter((name) => !known.includes(name))
      .map((account) => ({ account, code: 'NOT_FOUND' as const, message: `there is no account ${account}` }))
    const items = known.flatMap((name) => this.listLive(name, ask))
    return { ...toPage(this.freshness, ['liveStreams', ...names], items, query), failures }
  }

  async listAccountLiveStreams(
    account: string,
    query: PageRequest & { readonly domain: string | null },
    ask: Ask,
  ): Promise<LiveStreamPageView> {
    this.pay('listAccountLiveStreams', ask, account, query)
    const items = this.listLive(account, ask).filter((item) => !query.domain || item.domain === query.domain)
    return { ...toPage(this.freshness, ['liveStreams', account, query.domain], items, query), failures: [] }
  }

  async getStreamState(ref: StreamRef, ask: Ask): Promise<Answer<SourcedState>> {
    this.pay('getStreamState', ask, ref)
    const { status, since = null } = this.findStream(ref, ask)
    return toAnswer(this.freshness, { state: status?.state ?? 'NEVER_SEEN', source: 'STATUS', since })
  }

  async getStreamStatus(ref: StreamRef, ask: Ask): Promise<Answer<StreamStatusView>> {
    this.pay('getStreamStatus', ask, ref)
    const { status = { state: 'NEVER_SEEN', ingest: null }, since = null } = this.findStream(ref, ask)
    return toAnswer(this.freshness, { ...status, since })
  }

  async getLiveReading(ref: StreamRef, ask: Ask): Promise<Answer<LiveReading | null>> {
    this.pay('getLiveReading', ask, ref)
    return toAnswer(this.freshness, this.findStream(ref, ask).live ?? null)
  }

  async listPushSamples(ref: StreamRef, query: SampleRequest, ask: Ask): Promise<Series<PushSample>> {
    this.pay('listPushSamples', ask, ref, query)
    const stream = this.findStream(ref, ask)
    return toSeries(this.freshness, within(stream.pushSamples, query), query, stream.missing)
  }

  async listPlaySamples(ref: StreamRef, query: SampleRequest, ask: Ask): Promise<PlaySeries> {
    this.pay('listPlaySamples', ask, ref, query)
    const stream = this.findStream(ref, ask)
    return toPlaySeries(this.freshness, within(stream.playSamples, query), query, stream.missing)
  }

  async listAccountPlaySamples(
    account: string,
    query: SampleRequest & { readonly domain: string | null },
    ask: Ask,
  ): Promise<PlaySeries> {
    this.pay('listAccountPlaySamples', ask, account, query)
    return toPlaySeries(this.freshness, within(this.find(account, ask).playSamples, query), query)
  }

  async listPushSessions(ref: StreamRef, query: RangeRequest, ask: Ask): Promise<Series<PushSession>> {
    this.pay('listPushSessions', ask, ref, query)
    const stream = this.findStream(ref, ask)
    return toSeries(this.freshness, stream.pushSessions ?? [], query, stream.missing)
  }

  async listManyPushSessions(
    account: string,
    query: RangeRequest & { readonly keys: readonly string[] },
    ask: Ask,
  ): Promise<readonly StreamPushSessionsView[]> {
    this.pay('listManyPushSessions', ask, account, query)
    return [...new Set(query.keys)].map((key) => {
      const stream = this.findStream({ account, key }, ask)
      const series = toSeries(this.freshness, stream.pushSessions ?? [], query, stream.missing)
      const asked = { from: query.from, to: Math.min(query.to, this.freshness.fetchedAt) }
      const loss = series.items.length === 0 ? findTotalLoss(series.missing, asked, account) : undefined
      return { ...series, stream: this.viewStream({ account, key }, ask), loss }
    })
  }

  async listRecordings(ref: StreamRef, query: RangedPageRequest, ask: Ask): Promise<FreshPage<Recording>> {
    this.pay('listRecordings', ask, ref, query)
    return toPage(
      this.freshness,
      ['recordings', ref.account, ref.key],
      this.findStream(ref, ask).recordings ?? [],
      query,
    )
  }

  async listSnapshots(ref: StreamRef, query: RangedPageRequest, ask: Ask): Promise<FreshPage<SnapshotView>> {
    this.enter('listSnapshots', ask, ref, query)
    const items = (this.findStream(ref, ask).snapshots ?? []).map((item) => ({
      ...item,
      stream: this.getStream(item, ask),
    }))
    return toPage(this.freshness, ['snapshots', ref.account, ref.key], items, query)
  }

  async listAccountSnapshots(account: string, query: RangedPageRequest, ask: Ask): Promise<FreshPage<SnapshotView>> {
    this.enter('listAccountSnapshots', ask, account, query)
    const items = Object.values(this.find(account, ask).streams ?? {})
      .flatMap((stream) => stream.snapshots ?? [])
      .map((item) => ({ ...item, stream: this.getStream(item, ask) }))
    return toPage(this.freshness, ['snapshots', account], items, query)
  }

  watchSnapshots(account: string, key: string | null, ask: Ask): AsyncIterable<SnapshotView> {
    this.enter('watchSnapshots', ask, account, key)
    this.find(account, ask)
    return queueEvents(
      (listener) =>
        this.snapshotFeed.watch(account, (item) => {
          if (key === null || item.key === key) listener({ ...item, stream: this.viewStream(item, ask) })
        }),
      ask.signal,
    )
  }

  watchStream<Kind extends WatchedKind>(
    ref: StreamRef,
    request: WatchRequest<Kind>,
    ask: Ask,
  ): AsyncIterable<Extract<StreamEvent, { readonly kind: Kind | 'gap' }>> {
    this.enter('watchStream', ask, { account: ref.account, key: ref.key }, request)
    this.findStream(ref, ask)
    const kinds: readonly WatchedKind[] | null = request.kinds
    type Told = Extract<StreamEvent, { readonly kind: Kind | 'gap' }>
    const isWanted = (event: StreamEvent): event is Told =>
      event.kind === 'gap' || kinds === null || kinds.includes(event.kind)
    return queueEvents<Told>((listener) => {
      const watcher = (of: StreamRef, event: StreamEvent) => {
        if (of.account === ref.account && of.key === ref.key && isWanted(event)) listener(event)
      }
      this.watchers.add(watcher)
      const stop = this.snapshotFeed.watch(ref.account, (item) =>
        watcher(item, { kind: 'snapshot', snapshot: { ...item, stream: this.viewStream(item, ask) }, place: item.id }),
      )
      return () => {
        this.watchers.delete(watcher)
        stop()
      }
    }, ask.signal)
  }

  async listQuarantinedSnapshots(
    account: string,
    first: number | null | undefined,
    ask: Ask,
  ): Promise<Answer<readonly QuarantinedBatchView[]>> {
    this.enter('listQuarantinedSnapshots', ask, account, first)
    if (ask.caller.role !== 'ops') throw new GatewayError('FORBIDDEN', 'for ops only')
    return toAnswer(this.freshness, (this.find(account, ask).quarantined ?? []).slice(0, first ?? 50))
  }

  private enter(useCase: UseCase, ask: Ask, ...args: readonly unknown[]): void {
    this.calls.push({ useCase, args })
    const failure = this.failures.find((one) => one.useCase === useCase && one.concerns(...args, ask))
    if (failure) throw failure.error
  }

  private pay(useCase: UseCase, ask: Ask, ...args: readonly unknown[]): void {
    ask.meter.plan(1)
    ask.meter.calls += 1
    this.enter(useCase, ask, ...args)
  }

  private find(name: string, ask: Ask): FakeAccount {
    const account = maySee(ask.caller, name) ? this.accounts.get(name) : undefined
    if (!account) throw new NotFoundError(`there is no account ${name}`, { account: name })
    return account
  }

  private findStream(ref: StreamRef, ask: Ask): FakeStream {
    return this.find(ref.account, ask).streams?.[ref.key] ?? {}
  }

  private viewAccount(name: string, ask: Ask): AccountView {
    const { provider = 'tencent', unsupported = {} } = this.find(name, ask)
    return { name, provider, capabilities: listCapabilities(unsupported) }
  }

  private viewStream(ref: StreamRef, ask: Ask): StreamView {
    const { provider = 'tencent' } = this.find(ref.account, ask)
    const problem = findKeyProblem(ref.key)
    if (problem) throw new InvalidInputError('key', problem)
    return { ...ref, ...toNameParts(provider, ref.key), id: toStreamId(ref) }
  }

  private listLive(account: string, ask: Ask): LiveStreamView[] {
    return Object.entries(this.find(account, ask).streams ?? {}).flatMap(([key, { live }]) =>
      live ? [{ ...this.viewStream({ account, key }, ask), ...this.freshness, reading: live }] : [],
    )
  }
}
