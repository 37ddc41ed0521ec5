import type { CapabilityName } from '#contract/capability.ts'
import type { ProviderId } from '#contract/provider.ts'
import type { QuotaReading, Spending } from '#contract/readings.ts'
import type { ErrorCode, GatewayError } from '#model/errors.ts'
import type { Page, PageRequest } from '#model/page.ts'
import type { PushSession } from '#model/push-session.ts'
import type { PlaySample, PushSample } from '#model/sample.ts'
import type { Snapshot } from '#model/snapshot.ts'
import type { LiveReading, StateSource, StreamNameParts, StreamRef, StreamState, StreamStatus } from '#model/stream.ts'
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

/** A state, and what it was read from. */
export interface SourcedState {
  readonly state: StreamState
  readonly source: StateSource
  /** Since when it has been that, as far as the gateway has watched; null where it has not. */
  readonly since: Instant | null
}

/** What the provider's status call tells of a stream. */
export interface StreamStatusView extends StreamStatus {
  /** See `SourcedState.since`: since when it has been in this state. */
  readonly since: Instant | null
}

/** What happens to a stream that is watched. Each carries where it stands, for who comes back: see `watchStream`. */
export type StreamEvent = StreamNews & {
  /** Opaque, one line of letters, digits, `.`, `-` and `_`; null for what nobody can come back to. */
  readonly place: string | null
}

/** The news itself. */
export type StreamNews =
  | { readonly kind: 'pushSample'; readonly sample: PushSample }
  | { readonly kind: 'playSample'; readonly sample: PlaySample }
  /** `live` null: it is not live, or not any more. */
  | { readonly kind: 'liveStat'; readonly live: (LiveReading & Pick<Freshness, 'fetchedAt' | 'stale'>) | null }
  | {
      readonly kind: 'streamState'
      readonly state: StreamState
      /** When it was first seen like that by whoever watched. */
      readonly stateSince: Instant
      readonly stateSource: StateSource
    }
  | { readonly kind: 'snapshot'; readonly snapshot: SnapshotView }
  /** What came after the place that was asked for is not kept any more, or not all of it. */
  | { readonly kind: 'gap' }

/** What can be watched. */
export type WatchedKind = Exclude<StreamNews['kind'], 'gap'>

/** Every kind, and the capability that it comes from. */
export const watchedKinds: Readonly<Record<WatchedKind, PublicCapability>> = {
  streamState: 'STREAM_STATE',
  liveStat: 'LIVE_STAT',
  pushSample: 'PUSH_SAMPLES',
  playSample: 'PLAY_SAMPLES',
  snapshot: 'SNAPSHOTS',
}

/** What is watched of a stream. */
export interface WatchRequest<Kind extends WatchedKind = WatchedKind> {
  /** Null: everything that the account's provider can tell. */
  readonly kinds: readonly Kind[] | null
  /**
   * A place that an earlier event had: what came after it comes first, as far as it is kept, after a `gap` where not
   * all of it is. Left out, and for a text that is none: what is known now, then what comes.
   */
  readonly after?: string | undefined
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
