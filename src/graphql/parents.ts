// What resolvers of each schema type are handed. Mostly what the services answer; the rest is put together by the
// resolver of the field above.

import type { PushSession } from '#model/push-session.ts'
import type { Recording } from '#model/recording.ts'
import type { PlaySample, PushSample } from '#model/sample.ts'
import type { LiveReading, LiveTotals } from '#model/stream.ts'
import type {
  AccountFailure,
  AccountView,
  Freshness,
  FreshPage,
  LiveStreamView,
  PlaySeries,
  QuarantinedBatchView,
  QuotaView,
  Series,
  SnapshotView,
  StreamPushSessionsView,
  StreamView,
} from '#services/views.ts'

/** An account. */
export type AccountParent = AccountView

/** Where an account's quota stands. */
export interface QuotaParent extends QuotaView {
  readonly account: string
}

/** A stream; one out of a list of live streams brings its reading along. */
export type StreamParent = StreamView | LiveStreamView

/** A reading with the age of the answer it came in. */
export type LiveStatParent = LiveReading & Pick<Freshness, 'fetchedAt' | 'stale'>

/** Totals with the age of the answer they came in. */
export type LiveTotalsParent = LiveTotals & Pick<Freshness, 'fetchedAt' | 'stale'>

/** A playback measurement. */
export type PlaySampleParent = PlaySample

/** Ingest history. */
export type PushSampleSeriesParent = Series<PushSample>

/** Playback history. */
export type PlaySampleSeriesParent = PlaySeries

/** Pushes of one stream. */
export type PushSessionSeriesParent = Series<PushSession>

/** Pushes of one stream of a batch. */
export type StreamPushSessionsParent = StreamPushSessionsView

/** A recorded file. */
export type RecordingParent = Recording

/** A screenshot. */
export type SnapshotParent = SnapshotView

/** An answer of a snapshot queue that could not be read. */
export type QuarantinedBatchParent = QuarantinedBatchView

/** A page, and whether it was asked for with a cursor. */
export interface ConnectionParent<Item> extends FreshPage<Item> {
  readonly hasPreviousPage: boolean
}

/** A page of live streams, of one account or of several. */
export interface LiveStreamConnectionParent extends ConnectionParent<LiveStreamView> {
  readonly failures: readonly AccountFailure[]
}

/** A page of recordings. */
export type RecordingConnectionParent = ConnectionParent<Recording>

/** A page of screenshots. */
export type SnapshotConnectionParent = ConnectionParent<SnapshotView>
