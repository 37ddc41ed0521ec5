// The use cases, as both faces see them. An edge turns its own words into one of these calls and the answer
// back; nothing in here knows HTTP or GraphQL. Every method throws GatewayErrors only, and an account that the
// caller may not see fails exactly like one that does not exist (NOT_FOUND).
import type { Ask } from '#contract/ask.ts'
import type { CapabilityName } from '#contract/capability.ts'
import type { ProviderId } from '#contract/provider.ts'
import type { HealthReading, QuotaReading, Spending } from '#contract/readings.ts'
import type { ErrorCode, GatewayError } from '#model/errors.ts'
import type { Page, PageRequest } from '#model/page.ts'
import type { PushSession } from '#model/push-session.ts'
import type { Recording } from '#model/recording.ts'
import type { PlaySample, PushSample } from '#model/sample.ts'
import type { Snapshot } from '#model/snapshot.ts'
import type { LiveReading, LiveTotals, StreamNameParts, StreamRef, StreamState, StreamStatus } from '#model/stream.ts'
import type { Instant, TimeRange } from '#model/time-range.ts'
import type { QuarantinedBatch } from '#snapshot-store/batch-store.ts'

/** How old an answer is, and how long nothing newer can exist. */
export interface Freshness {
  /** When the oldest provider answer in it was received. */
  readonly fetchedAt: Instant
  /** Until when asking again gives the same: the shortest life of its parts. */
  readonly freshUntil: Instant
  /** Whether a part is past its life and shown because nothing newer could be had. */
  readonly stale: boolean
}

/** A value with its freshness. */
export interface Answer<Value> extends Freshness {
  readonly value: Value
  /** Why nothing newer could be had, on a stale answer. */
  readonly staleBecause?: GatewayError | undefined
}

/** A piece of a range that could not be had. */
export interface Gap extends TimeRange {
  readonly code: ErrorCode
  readonly message: string
  /** The failure itself, when there was one; not for clients. */
  readonly cause?: GatewayError | undefined
}

/** A piece of what is kept of a history. */
export interface SampleSlice<Item> {
  /** All of the kept piece, in order of time: the same array for everybody who reads it while it is kept, and frozen. */
  readonly samples: readonly Item[]
  /** Which of them are meant: the first, and the one behind the last. */
  readonly begin: number
  readonly end: number
}

/** A history in a range. `from` and `to` are as asked. */
export interface Series<Item> extends TimeRange, Freshness {
  /** In order of time, without repeats. */
  readonly items: readonly Item[]
  /** The same items as pieces of what is kept, one behind the other; left out where they were made for this answer. */
  readonly slices?: readonly SampleSlice<Item>[]
  readonly missing: readonly Gap[]
}

/** Playback history with its sum. */
export interface PlaySeries extends Series<PlaySample> {
  /** Bytes over the samples in the range; null when there are samples and none carries traffic. */
  readonly totalTrafficBytes: number | null
}

/** What one capability of an account is worth. */
export interface CapabilitySupport {
  readonly capability: PublicCapability
  /** True also where the gateway derives the answer from another capability. */
  readonly supported: boolean
  /** Why not, or how; null when there is nothing to say. */
  readonly reason: string | null
}

/** Capabilities by their public names. */
export type PublicCapability =
  | 'LIVE_STREAMS'
  | 'LIVE_STAT'
  | 'STREAM_STATE'
  | 'PUSH_SAMPLES'
  | 'PLAY_SAMPLES'
  | 'PUSH_SESSIONS'
  | 'RECORDINGS'
  | 'SNAPSHOTS'

/** The operation behind each public capability. */
export const publicCapabilities: Readonly<Record<PublicCapability, CapabilityName>> = {
  LIVE_STREAMS: 'listLiveStreams',
  LIVE_STAT: 'getLiveReading',
  STREAM_STATE: 'getStreamStatus',
  PUSH_SAMPLES: 'listPushSamples',
  PLAY_SAMPLES: 'listPlaySamples',
  PUSH_SESSIONS: 'listPushSessions',
  RECORDINGS: 'listRecordings',
  SNAPSHOTS: 'popSnapshots',
}

/** Where an account's quota stands, and where it is going. */
export interface QuotaView extends QuotaReading {
  /** When it is used up at the pace of late; null when it is not within a window, or has been already. */
  readonly exhaustedAt: Instant | null
}

/** Who has spent an account's quota on what, in its last window. */
export interface QuotaSpenderView extends Omit<Spending, 'operation'> {
  readonly operation: PublicCapability
}

/** An account the caller may see. */
export interface AccountView {
  readonly name: string
  readonly provider: ProviderId
  readonly capabilities: readonly CapabilitySupport[]
}

/** A stream, addressed and taken apart; nothing about it was asked of the provider. */
export interface StreamView extends StreamRef, StreamNameParts {
  /** Opaque node id. */
  readonly id: string
}

/** A screenshot with the stream it shows. */
export interface SnapshotView extends Snapshot {
  readonly stream: StreamView
}

/** An answer of a snapshot queue that could not be read, or not whole. Its bytes are not for clients. */
export type QuarantinedBatchView = QuarantinedBatch

/** A live stream as its account's list shows it: `reading` and the state LIVE cost no further call. */
export interface LiveStreamView extends StreamView, Freshness {
  readonly reading: LiveReading
}

/** A fan-out's account that could not answer. */
export interface AccountFailure {
  readonly account: string
  readonly code: ErrorCode
  readonly message: string
}

/** A page of live streams over several accounts. */
export interface LiveStreamPageView extends Page<LiveStreamView>, Freshness {
  readonly failures: readonly AccountFailure[]
}

/** A page with its freshness. */
export interface FreshPage<Item> extends Page<Item>, Freshness {}

/** Push sessions of one stream of a batch. */
export interface StreamPushSessionsView extends Series<PushSession> {
  readonly stream: StreamView
  /** The error of a stream of which no piece of the range could be had. */
  readonly loss: GatewayError | undefined
}

/** A range as callers give it. */
export interface RangeRequest {
  readonly from: Instant
  readonly to: Instant
}

/** A range of samples, optionally grouped. */
export interface SampleRequest extends RangeRequest {
  /** Width of the groups in seconds, 1..86400; as measured when left out. */
  readonly everySeconds?: number | null | undefined
}

/** A list in an optional range; an absent edge is open. */
export interface RangedPageRequest extends PageRequest {
  readonly from?: Instant | null | undefined
  readonly to?: Instant | null | undefined
}

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
  getStreamState(ref: StreamRef, ask: Ask): Promise<Answer<StreamState>>
  /** State and ingest of a stream, by the provider's status call. */
  getStreamStatus(ref: StreamRef, ask: Ask): Promise<Answer<StreamStatus>>
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
