// The use cases, as both faces see them. An edge turns its own words into one of these calls and the answer
// back; nothing in here knows HTTP or GraphQL. Every method throws GatewayErrors only, and an account that the
// caller may not see fails exactly like one that does not exist (NOT_FOUND).
import type { Ask } from '#contract/ask.ts'
import type { CollectorReading, HealthReading } from '#contract/readings.ts'
import type { Sampling } from '#model/live-event.ts'
import type { PageRequest } from '#model/page.ts'
import type { PushSession } from '#model/push-session.ts'
import type { Recording } from '#model/recording.ts'
import type { PushSample } from '#model/sample.ts'
import type { LiveReading, LiveTotals, StreamRef } from '#model/stream.ts'
import type {
  AccountView,
  Answer,
  FreshPage,
  LiveStreamPageView,
  PlaySeries,
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
} from './views.ts'

/** Every use case. */
export interface Services {
  /** Accounts the caller may see, in the order of the settings; of `names`, unknown ones are left out. */
  listAccounts(names: readonly string[] | null, ask: Ask): readonly AccountView[]
  /** One account. @throws NotFoundError */
  getAccount(name: string, ask: Ask): AccountView
  /** Where its quota stands. */
  getQuota(account: string, ask: Ask): Promise<QuotaView>
  /**
   * Who has spent it by calls of this process, most calls first, then most calls saved; at most 50.
   * @throws GatewayError FORBIDDEN for any other role than `ops`; NotFoundError
   */
  listQuotaSpenders(account: string, ask: Ask): readonly QuotaSpenderView[]
  /** How its provider has been answering. */
  getHealth(account: string, ask: Ask): HealthReading
  /** How its watched streams are being read. */
  getSampling(account: string, ask: Ask): Sampling
  /**
   * How its snapshots are being collected; null where its provider has none.
   * @throws GatewayError FORBIDDEN for any other role than `ops`
   */
  getCollector(account: string, ask: Ask): Promise<CollectorReading | null>
  /** Totals over its live streams. */
  getLiveTotals(account: string, ask: Ask): Promise<Answer<LiveTotals>>

  /** Addresses a stream; asks the provider nothing. @throws NotFoundError, InvalidInputError */
  getStream(ref: StreamRef, ask: Ask): StreamView
  /** The stream a node id stands for. @throws InvalidInputError for a text that is no id; NotFoundError */
  getStreamById(id: string, ask: Ask): StreamView

  /**
   * Live streams of several accounts, page by page: accounts in the order of the settings, streams by key.
   * `accounts: null` asks those that can list; a named one that cannot, or does not exist, is a failure.
   * A whole page of failures is still an answer.
   */
  listLiveStreams(
    query: PageRequest & { readonly accounts: readonly string[] | null },
    ask: Ask,
  ): Promise<LiveStreamPageView>
  /** Live streams of one account, optionally of one of the provider's domains; a part that fails is a failure. */
  listAccountLiveStreams(
    account: string,
    query: PageRequest & { readonly domain: string | null },
    ask: Ask,
  ): Promise<LiveStreamPageView>

  /** State of a stream: from the account's list of live streams where that is cheaper and tells it. */
  getStreamState(ref: StreamRef, ask: Ask): Promise<Answer<SourcedState>>
  /** State and ingest of a stream, by the provider's status call. */
  getStreamStatus(ref: StreamRef, ask: Ask): Promise<Answer<StreamStatusView>>
  /** Reading of a stream; null when it is not live. From the account's list where that is cheaper. */
  getLiveReading(ref: StreamRef, ask: Ask): Promise<Answer<LiveReading | null>>

  /** Ingest history. */
  listPushSamples(ref: StreamRef, query: SampleRequest, ask: Ask): Promise<Series<PushSample>>
  /** Playback history of a stream. */
  listPlaySamples(ref: StreamRef, query: SampleRequest, ask: Ask): Promise<PlaySeries>
  /** Playback history of a whole account, optionally of one of its playback domains. */
  listAccountPlaySamples(
    account: string,
    query: SampleRequest & { readonly domain: string | null },
    ask: Ask,
  ): Promise<PlaySeries>

  /** Push sessions of one stream. */
  listPushSessions(ref: StreamRef, query: RangeRequest, ask: Ask): Promise<Series<PushSession>>
  /**
   * Push sessions of many streams in the fewest provider calls, in the order of `keys`, repeats folded. A stream
   * none of whose pieces could be had stands there with the whole range missing and its `loss`; an edge that shows
   * the batch as a whole throws when that is so for all (`throwWhenAllLost`).
   */
  listManyPushSessions(
    account: string,
    query: RangeRequest & { readonly keys: readonly string[] },
    ask: Ask,
  ): Promise<readonly StreamPushSessionsView[]>

  /** Recorded files, oldest first; in a range, those that overlap it. */
  listRecordings(ref: StreamRef, query: RangedPageRequest, ask: Ask): Promise<FreshPage<Recording>>
  /** Collected screenshots of a stream, newest first; in a range, those taken in it. */
  listSnapshots(ref: StreamRef, query: RangedPageRequest, ask: Ask): Promise<FreshPage<SnapshotView>>
  /** Collected screenshots of an account, newest first. */
  listAccountSnapshots(account: string, query: RangedPageRequest, ask: Ask): Promise<FreshPage<SnapshotView>>
  /**
   * Screenshots of a stream, or with `key: null` of the whole account, each as it is collected and stored, until
   * `ask.signal` aborts; the deadline is of no meaning here. What is refused is refused by this call. The iteration
   * watches from its beginning on, and throws SlowReaderError to a reader for whom too many wait.
   * @throws NotFoundError, InvalidInputError, CapabilityUnsupportedError
   */
  watchSnapshots(account: string, key: string | null, ask: Ask): AsyncIterable<SnapshotView>
  /**
   * What happens to a stream, until `ask.signal` aborts; the deadline is of no meaning here. First, unless `after` is
   * given, what is known of it: its state, its reading, its last samples; then what is new, each once, samples in order.
   * One poller of all replicas reads the provider for all who watch. What is refused is refused by this call. The
   * iteration watches from its beginning on, and throws SlowReaderError to a reader for whom too many wait.
   * @throws NotFoundError, InvalidInputError; CapabilityUnsupportedError for a kind that the provider cannot tell, and
   * where there is none that it can
   */
  watchStream<Kind extends WatchedKind>(
    ref: StreamRef,
    request: WatchRequest<Kind>,
    ask: Ask,
  ): AsyncIterable<Extract<StreamEvent, { readonly kind: Kind | 'gap' }>>
  /**
   * Answers of the account's snapshot queue that could not be read, newest first, for role `ops`.
   * @param first at most so many, 1..300; 50 when left out
   * @throws GatewayError FORBIDDEN for any other role
   */
  listQuarantinedSnapshots(
    account: string,
    first: number | null | undefined,
    ask: Ask,
  ): Promise<Answer<readonly QuarantinedBatchView[]>>
}
