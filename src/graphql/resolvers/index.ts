// Every resolver, by type. Types that are not named here read plain properties.
import type { Resolvers } from '../generated.ts'
import { DateTime } from '../scalars.ts'
import { Account, QuarantinedBatch, Quota } from './account.ts'
import { LiveStreamConnection, RecordingConnection, SnapshotConnection } from './connection.ts'
import { LiveStat, LiveTotals } from './live.ts'
import { Query } from './query.ts'
import { PlaySample, PlaySampleSeries, PushSampleSeries, PushSessionSeries, StreamPushSessions } from './series.ts'
import { Snapshot } from './snapshot.ts'
import { Node, Stream } from './stream.ts'

/** Resolvers of the whole schema. */
export const resolvers = {
  Account,
  DateTime,
  LiveStat,
  LiveStreamConnection,
  LiveTotals,
  Node,
  PlaySample,
  PlaySampleSeries,
  PushSampleSeries,
  PushSessionSeries,
  QuarantinedBatch,
  Query,
  Quota,
  RecordingConnection,
  Snapshot,
  SnapshotConnection,
  Stream,
  StreamPushSessions,
} satisfies Omit<Resolvers, 'DateTime'> & { DateTime: typeof DateTime }
