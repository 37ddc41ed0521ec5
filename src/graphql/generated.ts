// Generated from schema.graphql by scripts/generate-graphql-types.ts. Do not edit.
import type { GraphQLResolveInfo, GraphQLScalarType, GraphQLScalarTypeConfig } from 'graphql';
import type { AccountParent, LiveStatParent, LiveStreamConnectionParent, LiveTotalsParent, PlaySampleParent, PlaySampleSeriesParent, PushSampleSeriesParent, PushSessionSeriesParent, QuarantinedBatchParent, QuotaParent, RecordingParent, RecordingConnectionParent, SnapshotParent, SnapshotConnectionParent, StreamParent, StreamPushSessionsParent } from './parents.ts';
import type { Context } from './context.ts';
export type Maybe<T> = T | null;
export type InputMaybe<T> = Maybe<T>;
export type Omit<T, K extends keyof T> = Pick<T, Exclude<keyof T, K>>;
export type RequireFields<T, K extends keyof T> = Omit<T, K> & { [P in K]-?: NonNullable<T[P]> };
/** All built-in and custom scalars, mapped to their actual values */
export type Scalars = {
  ID: { input: string; output: string; }
  String: { input: string; output: string; }
  Boolean: { input: boolean; output: boolean; }
  Int: { input: number; output: number; }
  Float: { input: number; output: number; }
  /**
   * An instant, RFC 3339 with a zone: `2026-11-21T10:00:00Z`, `2026-11-21T18:00:00.5+08:00`. Kept to the millisecond, answered in
   * UTC. A text without a zone, a date that no calendar has, or a number is `INVALID_INPUT`.
   */
  DateTime: { input: number; output: number; }
};

/** What can be asked. */
export type Query = {
  readonly __typename?: 'Query';
  /**
   * The object of a node id. No provider call.
   * Errors: `INVALID_INPUT` for a text that is no node id, `NOT_FOUND` when its account is gone or not the caller's.
   */
  readonly node: Maybe<Node>;
  /** The accounts the caller may see, in the order of the settings. No provider call. */
  readonly accounts: ReadonlyArray<Account>;
  /** One account. No provider call. Errors: `NOT_FOUND`. */
  readonly account: Maybe<Account>;
  /**
   * One stream, by its address; it need not exist at the provider. No provider call by itself.
   * Errors: `NOT_FOUND` for the account, `INVALID_INPUT` for a key that is none of its provider's.
   */
  readonly stream: Maybe<Stream>;
  /**
   * Streams that are live now, over several accounts: accounts in the order of the settings, streams by key. One provider
   * call for each page of each account's list. An account that cannot answer is named in `failures` and hides no other.
   */
  readonly liveStreams: Maybe<LiveStreamConnection>;
  /**
   * Push sessions of many streams of one account in the fewest provider calls, in the order of `keys`, repeats folded. Where
   * the provider reports sessions one call covers many streams and days; where they are derived each stream costs what its
   * `pushSamples` of a range 30 s longer at both ends cost. When nothing could be had for any stream the field is null with the error.
   * Errors: `INVALID_INPUT`, `NOT_FOUND`, `CAPABILITY_UNSUPPORTED`, `RANGE_UNAVAILABLE`, `QUERY_TOO_COMPLEX`.
   */
  readonly pushSessions: Maybe<ReadonlyArray<StreamPushSessions>>;
};


/** What can be asked. */
export type QueryNodeArgs = {
  id: Scalars['ID']['input'];
};


/** What can be asked. */
export type QueryAccountsArgs = {
  names: InputMaybe<ReadonlyArray<Scalars['String']['input']>>;
};


/** What can be asked. */
export type QueryAccountArgs = {
  name: Scalars['String']['input'];
};


/** What can be asked. */
export type QueryStreamArgs = {
  account: Scalars['String']['input'];
  key: Scalars['String']['input'];
};


/** What can be asked. */
export type QueryLiveStreamsArgs = {
  accounts: InputMaybe<ReadonlyArray<Scalars['String']['input']>>;
  first: InputMaybe<Scalars['Int']['input']>;
  after: InputMaybe<Scalars['String']['input']>;
};


/** What can be asked. */
export type QueryPushSessionsArgs = {
  account: Scalars['String']['input'];
  keys: ReadonlyArray<Scalars['String']['input']>;
  from: Scalars['DateTime']['input'];
  to: Scalars['DateTime']['input'];
};

/**
 * What can be watched, on a WebSocket (`graphql-transport-ws`) or by server-sent events (`Accept: text/event-stream`) at
 * `/graphql`. One poller of all replicas reads the provider for all who watch, at the pace at which it measures (5 s, of playback
 * 60 s), or more slowly where the quota wants it: see `Account.sampling`. Every event is answered like a request of its
 * own: what its fields cost counts anew, and its `extensions.upstream` says so. One of which more is read than it holds itself
 * counts as a request of its client too, and over the limit ends with `RATE_LIMITED`. Nothing is sent twice; after a pause ask
 * for the list.
 */
export type Subscription = {
  readonly __typename?: 'Subscription';
  /**
   * What is measured of a stream right now: first as it is known, then each new reading; null when it is not live, told once,
   * after three readings without it where it was live before. Stale once, when the provider cannot be read any more.
   * Errors: `NOT_FOUND`, `INVALID_INPUT`, `CAPABILITY_UNSUPPORTED`; `RATE_LIMITED` ends it for a client that reads too slowly.
   */
  readonly liveStat: Maybe<LiveStat>;
  /**
   * Each new ingest measurement of a stream once, in order; first the last one that is known. Read from its history, or, where many
   * streams are watched, from the account's list, whose readings are dated by their arrival. Errors as `liveStat`.
   */
  readonly pushSample: Maybe<PushSample>;
  /**
   * Each new playback measurement of a stream once, in order; first the last one that is known. Read from its history, or, where
   * many streams are watched, from the account's list, which tells no traffic. Errors as `liveStat`.
   */
  readonly playSample: Maybe<PlaySample>;
  /**
   * What a stream is doing: first as it is known, then each change. One that was seen live is told to be anything else only after
   * three readings without it. Errors as `liveStat`.
   */
  readonly streamState: Maybe<StreamStateChange>;
  /**
   * Each screenshot of an account as it is collected, once it is stored. No provider call by itself.
   * Errors: `NOT_FOUND`, `CAPABILITY_UNSUPPORTED`, `INVALID_INPUT` for a key that is none of its provider's; `RATE_LIMITED` ends
   * it for a client that reads more slowly than screenshots come.
   */
  readonly snapshot: Maybe<Snapshot>;
};


/**
 * What can be watched, on a WebSocket (`graphql-transport-ws`) or by server-sent events (`Accept: text/event-stream`) at
 * `/graphql`. One poller of all replicas reads the provider for all who watch, at the pace at which it measures (5 s, of playback
 * 60 s), or more slowly where the quota wants it: see `Account.sampling`. Every event is answered like a request of its
 * own: what its fields cost counts anew, and its `extensions.upstream` says so. One of which more is read than it holds itself
 * counts as a request of its client too, and over the limit ends with `RATE_LIMITED`. Nothing is sent twice; after a pause ask
 * for the list.
 */
export type SubscriptionLiveStatArgs = {
  account: Scalars['String']['input'];
  key: Scalars['String']['input'];
};


/**
 * What can be watched, on a WebSocket (`graphql-transport-ws`) or by server-sent events (`Accept: text/event-stream`) at
 * `/graphql`. One poller of all replicas reads the provider for all who watch, at the pace at which it measures (5 s, of playback
 * 60 s), or more slowly where the quota wants it: see `Account.sampling`. Every event is answered like a request of its
 * own: what its fields cost counts anew, and its `extensions.upstream` says so. One of which more is read than it holds itself
 * counts as a request of its client too, and over the limit ends with `RATE_LIMITED`. Nothing is sent twice; after a pause ask
 * for the list.
 */
export type SubscriptionPushSampleArgs = {
  account: Scalars['String']['input'];
  key: Scalars['String']['input'];
};


/**
 * What can be watched, on a WebSocket (`graphql-transport-ws`) or by server-sent events (`Accept: text/event-stream`) at
 * `/graphql`. One poller of all replicas reads the provider for all who watch, at the pace at which it measures (5 s, of playback
 * 60 s), or more slowly where the quota wants it: see `Account.sampling`. Every event is answered like a request of its
 * own: what its fields cost counts anew, and its `extensions.upstream` says so. One of which more is read than it holds itself
 * counts as a request of its client too, and over the limit ends with `RATE_LIMITED`. Nothing is sent twice; after a pause ask
 * for the list.
 */
export type SubscriptionPlaySampleArgs = {
  account: Scalars['String']['input'];
  key: Scalars['String']['input'];
};


/**
 * What can be watched, on a WebSocket (`graphql-transport-ws`) or by server-sent events (`Accept: text/event-stream`) at
 * `/graphql`. One poller of all replicas reads the provider for all who watch, at the pace at which it measures (5 s, of playback
 * 60 s), or more slowly where the quota wants it: see `Account.sampling`. Every event is answered like a request of its
 * own: what its fields cost counts anew, and its `extensions.upstream` says so. One of which more is read than it holds itself
 * counts as a request of its client too, and over the limit ends with `RATE_LIMITED`. Nothing is sent twice; after a pause ask
 * for the list.
 */
export type SubscriptionStreamStateArgs = {
  account: Scalars['String']['input'];
  key: Scalars['String']['input'];
};


/**
 * What can be watched, on a WebSocket (`graphql-transport-ws`) or by server-sent events (`Accept: text/event-stream`) at
 * `/graphql`. One poller of all replicas reads the provider for all who watch, at the pace at which it measures (5 s, of playback
 * 60 s), or more slowly where the quota wants it: see `Account.sampling`. Every event is answered like a request of its
 * own: what its fields cost counts anew, and its `extensions.upstream` says so. One of which more is read than it holds itself
 * counts as a request of its client too, and over the limit ends with `RATE_LIMITED`. Nothing is sent twice; after a pause ask
 * for the list.
 */
export type SubscriptionSnapshotArgs = {
  account: Scalars['String']['input'];
  key: InputMaybe<Scalars['String']['input']>;
};

/** What a watched stream is doing. */
export type StreamStateChange = {
  readonly __typename?: 'StreamStateChange';
  /** What it is doing from `stateSince` on. */
  readonly state: StreamState;
  /** When it was first seen like that by whoever watched. */
  readonly stateSince: Scalars['DateTime']['output'];
  /** What that was read from. */
  readonly stateSource: StateSource;
};

/** What a state was read from. */
export type StateSource =
  /** The provider's readings of live streams, whole or of that stream. */
  | 'LIST'
  /** The provider's status call. */
  | 'STATUS'
  /** That it was pushed a moment ago, by its ingest history. */
  | 'SAMPLES';

/** Something with an opaque id that resolves without any store. */
export type Node = {
  /** Opaque and lasting; pass it to `Query.node`. */
  readonly id: Scalars['ID']['output'];
};

/** Who runs the network an account is at. */
export type Provider =
  /** Tencent Cloud Live. */
  | 'TENCENT'
  /** ChinaNetCenter (Wangsu). */
  | 'CHINANETCENTER';

/** A kind of question a provider may be able to answer. */
export type Capability =
  /** Listing the streams that are live now. */
  | 'LIVE_STREAMS'
  /** Measuring one live stream now. */
  | 'LIVE_STAT'
  /** State and ingest of one stream. */
  | 'STREAM_STATE'
  /** History of ingest measurements. */
  | 'PUSH_SAMPLES'
  /** History of playback measurements. */
  | 'PLAY_SAMPLES'
  /** Pushes from start to end, reported or derived. */
  | 'PUSH_SESSIONS'
  /** Recorded files. */
  | 'RECORDINGS'
  /** Screenshots out of the provider's queue. */
  | 'SNAPSHOTS';

/** What an account's provider can answer. */
export type CapabilitySupport = {
  readonly __typename?: 'CapabilitySupport';
  /** Which question. */
  readonly capability: Capability;
  /** Whether it is answered, by the provider or derived by Weir from another answer. */
  readonly supported: Scalars['Boolean']['output'];
  /** Why not, or how; null when there is nothing to say. */
  readonly reason: Maybe<Scalars['String']['output']>;
};

/** One configured set of credentials at a provider. */
export type Account = {
  readonly __typename?: 'Account';
  /** Its unique name in the settings. */
  readonly name: Scalars['String']['output'];
  /** Where it is. */
  readonly provider: Provider;
  /** Every capability once. No provider call. */
  readonly capabilities: ReadonlyArray<CapabilitySupport>;
  /** What the provider grants the account, and how much is left. No provider call. */
  readonly quota: Quota;
  /** How the provider has been answering. No provider call. */
  readonly health: AccountHealth;
  /** How its watched streams are being read, as far as the replica that answers knows. No provider call. */
  readonly sampling: Sampling;
  /**
   * How its snapshots are being collected, as far as the replica that answers knows; null where its provider has none. For
   * keys of role ops; null with `FORBIDDEN` for others. No provider call.
   */
  readonly collector: Maybe<SnapshotCollector>;
  /**
   * Answers of its snapshot queue that could not be read, newest first; an empty list where there are none. For keys of role
   * ops; null with `FORBIDDEN` for others. Errors: `INVALID_INPUT`, `CAPABILITY_UNSUPPORTED`. No provider call.
   */
  readonly quarantinedSnapshots: Maybe<ReadonlyArray<QuarantinedBatch>>;
  /** Totals over the account's live streams. One provider call. Errors: `CAPABILITY_UNSUPPORTED` and the upstream codes. */
  readonly liveTotals: Maybe<LiveTotals>;
  /**
   * Its streams that are live now, by key. One provider call for each page. A failure is the field's error, `failures` is empty.
   * Errors: `CAPABILITY_UNSUPPORTED`, `INVALID_INPUT` and the upstream codes.
   */
  readonly liveStreams: Maybe<LiveStreamConnection>;
  /**
   * Playback history of the whole account. One provider call for each window of the range that is not kept yet.
   * Errors: `CAPABILITY_UNSUPPORTED`, `RANGE_UNAVAILABLE`, `INVALID_INPUT`, `QUERY_TOO_COMPLEX` and the upstream codes.
   */
  readonly playSamples: Maybe<PlaySampleSeries>;
  /**
   * Collected screenshots of all its streams, newest first by `takenAt`. No provider call: what the collector took stands here.
   * Errors: `CAPABILITY_UNSUPPORTED`, `INVALID_INPUT`.
   */
  readonly snapshots: Maybe<SnapshotConnection>;
};


/** One configured set of credentials at a provider. */
export type AccountQuarantinedSnapshotsArgs = {
  first: InputMaybe<Scalars['Int']['input']>;
};


/** One configured set of credentials at a provider. */
export type AccountLiveStreamsArgs = {
  domain: InputMaybe<Scalars['String']['input']>;
  first: InputMaybe<Scalars['Int']['input']>;
  after: InputMaybe<Scalars['String']['input']>;
};


/** One configured set of credentials at a provider. */
export type AccountPlaySamplesArgs = {
  from: Scalars['DateTime']['input'];
  to: Scalars['DateTime']['input'];
  domain: InputMaybe<Scalars['String']['input']>;
  everySeconds: InputMaybe<Scalars['Int']['input']>;
};


/** One configured set of credentials at a provider. */
export type AccountSnapshotsArgs = {
  from: InputMaybe<Scalars['DateTime']['input']>;
  to: InputMaybe<Scalars['DateTime']['input']>;
  first: InputMaybe<Scalars['Int']['input']>;
  after: InputMaybe<Scalars['String']['input']>;
};

/** How the watched streams of an account are being read. */
export type Sampling = {
  readonly __typename?: 'Sampling';
  /** Streams that somebody watches, at any replica, 0 or more. */
  readonly watchedStreams: Scalars['Int']['output'];
  /** Seconds between two readings of ingest, readings and states; null while nobody watches any. */
  readonly pushEverySeconds: Maybe<Scalars['Float']['output']>;
  /** Seconds between two readings of playback; null while nobody watches any. */
  readonly playEverySeconds: Maybe<Scalars['Float']['output']>;
  /** Why that is slower than the provider measures; null when it is not. */
  readonly slowedBecause: Maybe<Scalars['String']['output']>;
};

/** How an account's snapshots are being collected. Counts are those of the replica that answers. */
export type SnapshotCollector = {
  readonly __typename?: 'SnapshotCollector';
  /** Whether the settings have them collected. */
  readonly collects: Scalars['Boolean']['output'];
  /** Whether the replica that answers is the one that collects. */
  readonly isCollector: Scalars['Boolean']['output'];
  /** Seconds since the provider's queue was last known to be empty, 0 or more; null where the replica does not know. */
  readonly lagSeconds: Maybe<Scalars['Float']['output']>;
  /** Answers received that nobody has read yet, 0 or more. */
  readonly backlog: Scalars['Int']['output'];
  /** Rows of the answers that were received, 0 or more. */
  readonly popped: Scalars['Int']['output'];
  /** Snapshots of them that were new, 0 or more. */
  readonly stored: Scalars['Int']['output'];
  /** Answers that could not be read, or not whole, 0 or more. */
  readonly quarantined: Scalars['Int']['output'];
  /** Pops of which nobody knows whether they took messages, 0 or more. */
  readonly batchesUnknown: Scalars['Int']['output'];
};

/** An answer of a snapshot queue that could not be read, or not whole. Its bytes are kept, and not shown. */
export type QuarantinedBatch = {
  readonly __typename?: 'QuarantinedBatch';
  /** Names it among the account's answers. */
  readonly id: Scalars['ID']['output'];
  /** When it was received. */
  readonly receivedAt: Scalars['DateTime']['output'];
  /** Why, without any of its content: an error code, or `ROWS` when only some of its rows could not be read. */
  readonly reason: Scalars['String']['output'];
  /** Bytes of it, 0 or more. */
  readonly sizeBytes: Scalars['Float']['output'];
  /** Rows of it that could not be read, 0 or more; null when not even their number is known. */
  readonly rows: Maybe<Scalars['Int']['output']>;
};

/** Where an account's quota stands, over all its interfaces. */
export type Quota = {
  readonly __typename?: 'Quota';
  /** Starts that the provider grants in any window, 1 or more. */
  readonly limit: Scalars['Int']['output'];
  /** Length of the rolling window in seconds. */
  readonly windowSeconds: Scalars['Int']['output'];
  /** Starts that still count, 0 to `limit`. */
  readonly used: Scalars['Int']['output'];
  /** Starts that are free now, 0 to `limit`. */
  readonly remaining: Scalars['Int']['output'];
  /** When the next start is free; null while one is free now. */
  readonly nextFreeAt: Maybe<Scalars['DateTime']['output']>;
  /**
   * When no start is left, should the pace of the last fifth of the window go on; null when that pace does not use the
   * quota up, and when it is used up already. Of the pace only the calls of the replica that answers are known: others are
   * taken to be as busy.
   */
  readonly exhaustedAt: Maybe<Scalars['DateTime']['output']>;
  /**
   * Who has spent it, and on what, in the last `windowSeconds`: most calls first, at most 50. They are the calls and the
   * savings of the replica that answers alone, since it was started. For keys of role ops; null with `FORBIDDEN` for others.
   */
  readonly spenders: Maybe<ReadonlyArray<QuotaSpender>>;
};

/** What a client has had of an account for one capability in the last window of its quota. */
export type QuotaSpender = {
  readonly __typename?: 'QuotaSpender';
  /**
   * Name of the key or of the token's holder, `anonymous` without either. `snapshot-collector` is Weir itself where it
   * collects snapshots, `other` everybody who is not told apart; no client is called so.
   */
  readonly client: Scalars['String']['output'];
  /** What was asked of the provider. Push sessions that are derived count as push samples. */
  readonly operation: Capability;
  /** Calls that were sent for this client, retries included, 0 or more. Others may have shared their answers. */
  readonly calls: Scalars['Int']['output'];
  /** Calls that it did not need because of what was kept, 0 or more; for whole answers that were sent again too. */
  readonly savedByCache: Scalars['Int']['output'];
  /** Calls that it did not need because another client's was under way, 0 or more. */
  readonly savedBySharing: Scalars['Int']['output'];
};

/** How an account's provider has been answering. */
export type AccountHealth = {
  readonly __typename?: 'AccountHealth';
  /** Verdict of the latest calls. */
  readonly state: HealthState;
  /** When that state began. */
  readonly since: Scalars['DateTime']['output'];
  /** Code of the latest failure; null when there was none since the start. */
  readonly lastErrorCode: Maybe<ErrorCode>;
};

/** Verdict of an account's latest calls. */
export type HealthState =
  /** The last call was good, or there was none yet. */
  | 'UP'
  /** The last call failed or was throttled. */
  | 'DEGRADED'
  /** So many calls failed that no more are sent for a while. */
  | 'DOWN';

/** Totals over an account's live streams, at one moment. */
export type LiveTotals = {
  readonly __typename?: 'LiveTotals';
  /** Live streams, 0 or more. */
  readonly streamCount: Maybe<Scalars['Int']['output']>;
  /** Viewers over all of them, 0 or more. */
  readonly onlineViewers: Maybe<Scalars['Int']['output']>;
  /** Playback bandwidth over all of them in bit/s, 0 or more. */
  readonly bandwidthBitsPerSecond: Maybe<Scalars['Float']['output']>;
  /** When the provider's answer was received. */
  readonly fetchedAt: Scalars['DateTime']['output'];
  /** Whether it is past its life, shown because nothing newer could be had. */
  readonly stale: Scalars['Boolean']['output'];
};

/** A stream, addressed by account and key. */
export type Stream = Node & {
  readonly __typename?: 'Stream';
  /** Opaque, lasting node id; no store is needed to resolve it. */
  readonly id: Scalars['ID']['output'];
  /** The account it is at. No provider call. */
  readonly account: Account;
  /** What the provider knows it by. */
  readonly key: Scalars['String']['output'];
  /** Push domain in the key; null where the provider's keys hold none. */
  readonly domain: Maybe<Scalars['String']['output']>;
  /** Publish point in the key; null where the provider's keys hold none. */
  readonly app: Maybe<Scalars['String']['output']>;
  /** The stream's own name in the key; the key itself where it has no parts. */
  readonly name: Scalars['String']['output'];
  /**
   * What it is doing now. One provider call, shared with `ingest`, `stateFetchedAt` and `stateStale`; none for a stream out of a
   * list of live streams, or in the account's list as it is kept. Many streams of one account share a list where that takes
   * fewer calls. Errors: `CAPABILITY_UNSUPPORTED` and the upstream codes.
   */
  readonly state: Maybe<StreamState>;
  /** What `state` was read from. Costs and errors as `state`. */
  readonly stateSource: Maybe<StateSource>;
  /**
   * Since when it has been that, as far as the gateway has watched it; null where it has not, and for a stream out of a list
   * of live ones, which does not tell. Costs and errors as `state`.
   */
  readonly stateSince: Maybe<Scalars['DateTime']['output']>;
  /**
   * How it comes in; null when the provider tells nothing (a stream that never was). One provider call, shared with `state`.
   * Errors: `CAPABILITY_UNSUPPORTED` and the upstream codes.
   */
  readonly ingest: Maybe<Ingest>;
  /** When the oldest answer behind `state` and `ingest` was received. Costs and errors as `state`. */
  readonly stateFetchedAt: Maybe<Scalars['DateTime']['output']>;
  /** Whether `state` or `ingest` is past its life, shown because nothing newer could be had. Costs and errors as `state`. */
  readonly stateStale: Maybe<Scalars['Boolean']['output']>;
  /**
   * What is measured of it right now; null when it is not live. One provider call; none for a stream out of a list of live
   * streams, or while the account's list is kept. Many streams of one account share a list where that takes fewer calls.
   * Errors: `CAPABILITY_UNSUPPORTED` and the upstream codes.
   */
  readonly live: Maybe<LiveStat>;
  /**
   * Ingest history. One provider call for each window of the range that is not kept yet.
   * Errors: `CAPABILITY_UNSUPPORTED`, `RANGE_UNAVAILABLE`, `INVALID_INPUT`, `QUERY_TOO_COMPLEX` and the upstream codes.
   */
  readonly pushSamples: Maybe<PushSampleSeries>;
  /**
   * Playback history. One provider call for each window of the range that is not kept yet.
   * Errors: `CAPABILITY_UNSUPPORTED`, `RANGE_UNAVAILABLE`, `INVALID_INPUT`, `QUERY_TOO_COMPLEX` and the upstream codes.
   */
  readonly playSamples: Maybe<PlaySampleSeries>;
  /**
   * Pushes in the range. Streams of one account that ask for the same range in one request share their provider calls; where
   * sessions are derived it costs what `pushSamples` of a range 30 s longer at both ends costs.
   * Errors: `CAPABILITY_UNSUPPORTED`, `RANGE_UNAVAILABLE`, `INVALID_INPUT`, `QUERY_TOO_COMPLEX` and the upstream codes.
   */
  readonly pushSessions: Maybe<PushSessionSeries>;
  /**
   * Recorded files, oldest first; in a range, those that overlap it. One provider call for each page of the provider's list.
   * Errors: `CAPABILITY_UNSUPPORTED`, `INVALID_INPUT`, `QUERY_TOO_COMPLEX` and the upstream codes.
   */
  readonly recordings: Maybe<RecordingConnection>;
  /**
   * Collected screenshots, newest first by `takenAt`. No provider call: what the collector took stands here.
   * Errors: `CAPABILITY_UNSUPPORTED`, `INVALID_INPUT`.
   */
  readonly snapshots: Maybe<SnapshotConnection>;
};


/** A stream, addressed by account and key. */
export type StreamPushSamplesArgs = {
  from: Scalars['DateTime']['input'];
  to: Scalars['DateTime']['input'];
  everySeconds: InputMaybe<Scalars['Int']['input']>;
};


/** A stream, addressed by account and key. */
export type StreamPlaySamplesArgs = {
  from: Scalars['DateTime']['input'];
  to: Scalars['DateTime']['input'];
  everySeconds: InputMaybe<Scalars['Int']['input']>;
};


/** A stream, addressed by account and key. */
export type StreamPushSessionsArgs = {
  from: Scalars['DateTime']['input'];
  to: Scalars['DateTime']['input'];
};


/** A stream, addressed by account and key. */
export type StreamRecordingsArgs = {
  from: InputMaybe<Scalars['DateTime']['input']>;
  to: InputMaybe<Scalars['DateTime']['input']>;
  first: InputMaybe<Scalars['Int']['input']>;
  after: InputMaybe<Scalars['String']['input']>;
};


/** A stream, addressed by account and key. */
export type StreamSnapshotsArgs = {
  from: InputMaybe<Scalars['DateTime']['input']>;
  to: InputMaybe<Scalars['DateTime']['input']>;
  first: InputMaybe<Scalars['Int']['input']>;
  after: InputMaybe<Scalars['String']['input']>;
};

/** What a stream is doing. */
export type StreamState =
  /** It is being pushed. */
  | 'LIVE'
  /** It was pushed before and is not now. */
  | 'OFFLINE'
  /** It is disabled at the provider. */
  | 'FORBIDDEN'
  /** The provider has no record of it. */
  | 'NEVER_SEEN'
  /** The provider's answer is not understood. */
  | 'UNKNOWN';

/** How a stream comes in. */
export type Ingest = {
  readonly __typename?: 'Ingest';
  /** Ways it is received; empty when the provider names none that is known. */
  readonly protocols: ReadonlyArray<IngestProtocol>;
  /** The rendition the provider makes of the push; null when not told or not known. */
  readonly rendition: Maybe<Rendition>;
};

/** A way a push is received. */
export type IngestProtocol =
  /** RTMP with FLV. */
  | 'RTMP_FLV'
  /** HLS. */
  | 'HLS';

/** A rendition of a push. */
export type Rendition =
  /** As it was pushed. */
  | 'ORIGINAL'
  /** The lower transcoded one. */
  | 'LOW'
  /** The higher transcoded one. */
  | 'HIGH';

/** What is measured of a live stream right now. */
export type LiveStat = {
  readonly __typename?: 'LiveStat';
  /** Viewers, 0 or more. */
  readonly onlineViewers: Maybe<Scalars['Int']['output']>;
  /** Playback bandwidth in bit/s, 0 or more. */
  readonly bandwidthBitsPerSecond: Maybe<Scalars['Float']['output']>;
  /** The ingest half; null when the provider sent none of it. Its `observedAt` is `fetchedAt`, for want of a provider time. */
  readonly push: Maybe<PushSample>;
  /** When the provider's answer was received. */
  readonly fetchedAt: Scalars['DateTime']['output'];
  /** Whether it is past its life, shown because nothing newer could be had. */
  readonly stale: Scalars['Boolean']['output'];
};

/** One ingest measurement. */
export type PushSample = {
  readonly __typename?: 'PushSample';
  /** When it was measured; in groups, where the group begins, which may lie before the range. */
  readonly observedAt: Scalars['DateTime']['output'];
  /** Frames per second, 0 or more. */
  readonly frameRate: Maybe<Scalars['Float']['output']>;
  /** Push bit rate in bit/s, 0 or more. */
  readonly bitrateBitsPerSecond: Maybe<Scalars['Float']['output']>;
  /** Address of the pushing client; in groups the last one seen. */
  readonly clientIp: Maybe<Scalars['String']['output']>;
  /** Address of the ingest server that takes the push; in groups the last one seen. */
  readonly serverIp: Maybe<Scalars['String']['output']>;
};

/** One playback measurement. */
export type PlaySample = {
  readonly __typename?: 'PlaySample';
  /** When it was measured; in groups, where the group begins, which may lie before the range. */
  readonly observedAt: Scalars['DateTime']['output'];
  /** Playback bandwidth in bit/s, 0 or more; in groups the average. */
  readonly bandwidthBitsPerSecond: Maybe<Scalars['Float']['output']>;
  /** Viewers, 0 or more; in groups the rounded average. */
  readonly onlineViewers: Maybe<Scalars['Int']['output']>;
  /** Bytes delivered in the measured tick, 0 or more; in groups the sum. */
  readonly trafficBytes: Maybe<Scalars['Float']['output']>;
};

/** A piece of a range that could not be had. */
export type TimeRangeGap = {
  readonly __typename?: 'TimeRangeGap';
  /** First instant of the piece. */
  readonly from: Scalars['DateTime']['output'];
  /** First instant after the piece. */
  readonly to: Scalars['DateTime']['output'];
  /** Why, as a code: `RANGE_UNAVAILABLE` for what nobody keeps any more. */
  readonly code: ErrorCode;
  /** Why, in words. */
  readonly message: Scalars['String']['output'];
};

/** Ingest history in a range. */
export type PushSampleSeries = {
  readonly __typename?: 'PushSampleSeries';
  /** As asked. */
  readonly from: Scalars['DateTime']['output'];
  /** As asked. */
  readonly to: Scalars['DateTime']['output'];
  /** In order of time, without repeats. */
  readonly samples: ReadonlyArray<PushSample>;
  /** Pieces that could not be had; empty when the answer is whole. */
  readonly missing: ReadonlyArray<TimeRangeGap>;
  /** When the oldest part was received. */
  readonly fetchedAt: Scalars['DateTime']['output'];
  /** Whether a part is past its life, shown because nothing newer could be had. */
  readonly stale: Scalars['Boolean']['output'];
};

/** Playback history in a range. */
export type PlaySampleSeries = {
  readonly __typename?: 'PlaySampleSeries';
  /** As asked. */
  readonly from: Scalars['DateTime']['output'];
  /** As asked. */
  readonly to: Scalars['DateTime']['output'];
  /** In order of time, without repeats. */
  readonly samples: ReadonlyArray<PlaySample>;
  /** Bytes over all samples in the range, 0 or more; null when there are samples and none carries traffic. */
  readonly totalTrafficBytes: Maybe<Scalars['Float']['output']>;
  /** Pieces that could not be had; empty when the answer is whole. */
  readonly missing: ReadonlyArray<TimeRangeGap>;
  /** When the oldest part was received. */
  readonly fetchedAt: Scalars['DateTime']['output'];
  /** Whether a part is past its life, shown because nothing newer could be had. */
  readonly stale: Scalars['Boolean']['output'];
};

/** Pushes of one stream in a range. */
export type PushSessionSeries = {
  readonly __typename?: 'PushSessionSeries';
  /** As asked. */
  readonly from: Scalars['DateTime']['output'];
  /** As asked. */
  readonly to: Scalars['DateTime']['output'];
  /** Oldest first. */
  readonly sessions: ReadonlyArray<PushSession>;
  /** Pieces that could not be had; empty when the answer is whole. */
  readonly missing: ReadonlyArray<TimeRangeGap>;
  /** When the oldest part was received. */
  readonly fetchedAt: Scalars['DateTime']['output'];
  /** Whether a part is past its life, shown because nothing newer could be had. */
  readonly stale: Scalars['Boolean']['output'];
};

/** Pushes of one stream of a batch, in a range. */
export type StreamPushSessions = {
  readonly __typename?: 'StreamPushSessions';
  /** Whose they are. */
  readonly stream: Stream;
  /** As asked. */
  readonly from: Scalars['DateTime']['output'];
  /** As asked. */
  readonly to: Scalars['DateTime']['output'];
  /** Oldest first. */
  readonly sessions: ReadonlyArray<PushSession>;
  /** Pieces that could not be had; the whole range when nothing could. */
  readonly missing: ReadonlyArray<TimeRangeGap>;
  /** When the oldest part was received. */
  readonly fetchedAt: Scalars['DateTime']['output'];
  /** Whether a part is past its life, shown because nothing newer could be had. */
  readonly stale: Scalars['Boolean']['output'];
};

/**
 * One uninterrupted push. A session the provider reports overlaps the range and is shown uncut; a derived one is cut to the
 * range and says so.
 */
export type PushSession = {
  readonly __typename?: 'PushSession';
  /** When the push began, or where the range cut it (`startsBefore`). */
  readonly startedAt: Maybe<Scalars['DateTime']['output']>;
  /** When it ended, or where the range cut it (`endsAfter`); null only while it is still open. */
  readonly endedAt: Maybe<Scalars['DateTime']['output']>;
  /** Length in milliseconds as the provider reports it, which may differ from the span; null when not told. */
  readonly durationMs: Maybe<Scalars['Float']['output']>;
  /** Where it comes from. */
  readonly source: PushSessionSource;
  /** Derived sessions only: the push was already running when the range began. */
  readonly startsBefore: Scalars['Boolean']['output'];
  /** Derived sessions only: the push was still running when the range ended. */
  readonly endsAfter: Scalars['Boolean']['output'];
};

/** Where a push session comes from. */
export type PushSessionSource =
  /** The provider reports it as a session. */
  | 'PROVIDER'
  /** Put together by Weir from push samples; 30 s without one end it. */
  | 'DERIVED';

/** One recorded file. */
export type Recording = {
  readonly __typename?: 'Recording';
  /** The provider's file id. */
  readonly id: Scalars['ID']['output'];
  /** First frame; not exact to the second, because of key frames. */
  readonly startedAt: Maybe<Scalars['DateTime']['output']>;
  /** Last frame; not exact to the second, because of key frames. */
  readonly endedAt: Maybe<Scalars['DateTime']['output']>;
  /** Length in milliseconds, 0 or more; null when an edge is missing or the end lies before the start. */
  readonly durationMs: Maybe<Scalars['Float']['output']>;
  /** File size in bytes, 0 or more. */
  readonly sizeBytes: Maybe<Scalars['Float']['output']>;
  /** Where it can be played or fetched; null when the provider gives no usable address. */
  readonly url: Maybe<Scalars['String']['output']>;
};

/** One screenshot of a live stream. */
export type Snapshot = {
  readonly __typename?: 'Snapshot';
  /** Opaque; unique over all accounts. */
  readonly id: Scalars['ID']['output'];
  /** The stream it shows. */
  readonly stream: Stream;
  /** When the picture was taken; null when neither the message nor the file name tells. */
  readonly takenAt: Maybe<Scalars['DateTime']['output']>;
  /** Width in pixels; null when the file name does not tell. */
  readonly width: Maybe<Scalars['Int']['output']>;
  /** Height in pixels; null when the file name does not tell. */
  readonly height: Maybe<Scalars['Int']['output']>;
  /** Where the picture is, up to 15 s after it was taken; null when no address can be built. */
  readonly url: Maybe<Scalars['String']['output']>;
  /** When Weir took the message out of the provider's queue. */
  readonly receivedAt: Scalars['DateTime']['output'];
};

/** Where a page lies in its list. */
export type PageInfo = {
  readonly __typename?: 'PageInfo';
  /** Whether more follows; ask with `after: endCursor`. */
  readonly hasNextPage: Scalars['Boolean']['output'];
  /** Whether something lies before the page: true on every page that was asked for with `after`. */
  readonly hasPreviousPage: Scalars['Boolean']['output'];
  /** Cursor of the first item; null on an empty page. */
  readonly startCursor: Maybe<Scalars['String']['output']>;
  /** Cursor of the last item; null on an empty page. */
  readonly endCursor: Maybe<Scalars['String']['output']>;
};

/** A page of live streams. */
export type LiveStreamConnection = {
  readonly __typename?: 'LiveStreamConnection';
  /** The streams. `state` and `live` came with the list and cost nothing more. */
  readonly nodes: ReadonlyArray<Stream>;
  /** The streams with their cursors. */
  readonly edges: ReadonlyArray<LiveStreamEdge>;
  /** Where the page lies. */
  readonly pageInfo: PageInfo;
  /** Length of the whole list; null unless the provider gives it with the page. */
  readonly totalCount: Maybe<Scalars['Int']['output']>;
  /** When the oldest part was received. */
  readonly fetchedAt: Scalars['DateTime']['output'];
  /** Whether a part is past its life, shown because nothing newer could be had. */
  readonly stale: Scalars['Boolean']['output'];
  /** Accounts that could not answer; asked again with the next page. */
  readonly failures: ReadonlyArray<AccountFailure>;
};

/** A live stream in its list. */
export type LiveStreamEdge = {
  readonly __typename?: 'LiveStreamEdge';
  /** Opaque; for `after` of the same list. */
  readonly cursor: Scalars['String']['output'];
  /** The stream. */
  readonly node: Stream;
};

/** An account that could not answer. */
export type AccountFailure = {
  readonly __typename?: 'AccountFailure';
  /** The name, as in the settings or as asked. */
  readonly account: Scalars['String']['output'];
  /** Why, as a code: `NOT_FOUND` also for an account the caller may not see. */
  readonly code: ErrorCode;
  /** Why, in words. */
  readonly message: Scalars['String']['output'];
};

/** A page of recordings. */
export type RecordingConnection = {
  readonly __typename?: 'RecordingConnection';
  /** The recordings. */
  readonly nodes: ReadonlyArray<Recording>;
  /** The recordings with their cursors. */
  readonly edges: ReadonlyArray<RecordingEdge>;
  /** Where the page lies. */
  readonly pageInfo: PageInfo;
  /** Length of the whole list; null unless the provider gives it with the page. */
  readonly totalCount: Maybe<Scalars['Int']['output']>;
  /** When the oldest part was received. */
  readonly fetchedAt: Scalars['DateTime']['output'];
  /** Whether a part is past its life, shown because nothing newer could be had. */
  readonly stale: Scalars['Boolean']['output'];
};

/** A recording in its list. */
export type RecordingEdge = {
  readonly __typename?: 'RecordingEdge';
  /** Opaque; for `after` of the same list. */
  readonly cursor: Scalars['String']['output'];
  /** The recording. */
  readonly node: Recording;
};

/** A page of snapshots. */
export type SnapshotConnection = {
  readonly __typename?: 'SnapshotConnection';
  /** The snapshots. */
  readonly nodes: ReadonlyArray<Snapshot>;
  /** The snapshots with their cursors. */
  readonly edges: ReadonlyArray<SnapshotEdge>;
  /** Where the page lies. */
  readonly pageInfo: PageInfo;
  /** Length of the whole list; null unless it is known with the page. */
  readonly totalCount: Maybe<Scalars['Int']['output']>;
  /** When the page was read. */
  readonly fetchedAt: Scalars['DateTime']['output'];
  /** Whether a part is past its life, shown because nothing newer could be had. */
  readonly stale: Scalars['Boolean']['output'];
};

/** A snapshot in its list. */
export type SnapshotEdge = {
  readonly __typename?: 'SnapshotEdge';
  /** Opaque; for `after` of the same list. */
  readonly cursor: Scalars['String']['output'];
  /** The snapshot. */
  readonly node: Snapshot;
};

/** Every code an error, a gap or a failure can carry. */
export type ErrorCode =
  /** An argument is bad; the message says which and what is allowed. */
  | 'INVALID_INPUT'
  /** No key was sent, or an unknown one. */
  | 'UNAUTHENTICATED'
  /** The key's role does not allow this. */
  | 'FORBIDDEN'
  /** There is no such account, node or route. */
  | 'NOT_FOUND'
  /** This provider has no such call; the message says why. */
  | 'CAPABILITY_UNSUPPORTED'
  /** The whole range lies outside what the provider keeps and what Weir has kept. */
  | 'RANGE_UNAVAILABLE'
  /** The operation is over the depth, alias, cost or provider-call limit. */
  | 'QUERY_TOO_COMPLEX'
  /** This client is over its own limit. */
  | 'RATE_LIMITED'
  /** The keys that tokens are checked with cannot be read from their issuer at present, or not yet the one that a token names. */
  | 'ACCESS_UNAVAILABLE'
  /** The gateway has more to do than it can; try again after the time in `Retry-After`. */
  | 'OVERLOADED'
  /** No start is free in the account's quota before the deadline. */
  | 'QUOTA_EXHAUSTED'
  /** The provider itself refused for frequency. */
  | 'UPSTREAM_THROTTLED'
  /** The provider refused the id, the key, the signature or the clock. */
  | 'UPSTREAM_CREDENTIAL'
  /** The provider refused the request for another reason. */
  | 'UPSTREAM_REJECTED'
  /** The answer cannot be understood: not JSON, too large, wrong shape. */
  | 'UPSTREAM_RESPONSE'
  /** No answer came in time. */
  | 'UPSTREAM_TIMEOUT'
  /** The connection failed, the provider answered 5xx, or its breaker is open. */
  | 'UPSTREAM_UNAVAILABLE'
  /** A fault of Weir; logged in full, shown bare. */
  | 'INTERNAL';



export type ResolverTypeWrapper<T> = Promise<T> | T;


export type ResolverWithResolve<TResult, TParent, TContext, TArgs> = {
  resolve: ResolverFn<TResult, TParent, TContext, TArgs>;
};
export type Resolver<TResult, TParent = Record<PropertyKey, never>, TContext = Record<PropertyKey, never>, TArgs = Record<PropertyKey, never>> = ResolverFn<TResult, TParent, TContext, TArgs> | ResolverWithResolve<TResult, TParent, TContext, TArgs>;

export type ResolverFn<TResult, TParent, TContext, TArgs> = (
  parent: TParent,
  args: TArgs,
  context: TContext,
  info: GraphQLResolveInfo
) => Promise<TResult> | TResult;

export type SubscriptionSubscribeFn<TResult, TParent, TContext, TArgs> = (
  parent: TParent,
  args: TArgs,
  context: TContext,
  info: GraphQLResolveInfo
) => AsyncIterable<TResult> | Promise<AsyncIterable<TResult>>;

export type SubscriptionResolveFn<TResult, TParent, TContext, TArgs> = (
  parent: TParent,
  args: TArgs,
  context: TContext,
  info: GraphQLResolveInfo
) => TResult | Promise<TResult>;

export interface SubscriptionSubscriberObject<TResult, TKey extends string, TParent, TContext, TArgs> {
  subscribe: SubscriptionSubscribeFn<{ [key in TKey]: TResult }, TParent, TContext, TArgs>;
  resolve?: SubscriptionResolveFn<TResult, { [key in TKey]: TResult }, TContext, TArgs>;
}

export interface SubscriptionResolverObject<TResult, TParent, TContext, TArgs> {
  subscribe: SubscriptionSubscribeFn<any, TParent, TContext, TArgs>;
  resolve: SubscriptionResolveFn<TResult, any, TContext, TArgs>;
}

export type SubscriptionObject<TResult, TKey extends string, TParent, TContext, TArgs> =
  | SubscriptionSubscriberObject<TResult, TKey, TParent, TContext, TArgs>
  | SubscriptionResolverObject<TResult, TParent, TContext, TArgs>;

export type SubscriptionResolver<TResult, TKey extends string, TParent = Record<PropertyKey, never>, TContext = Record<PropertyKey, never>, TArgs = Record<PropertyKey, never>> =
  | ((...args: any[]) => SubscriptionObject<TResult, TKey, TParent, TContext, TArgs>)
  | SubscriptionObject<TResult, TKey, TParent, TContext, TArgs>;

export type TypeResolveFn<TTypes, TParent = Record<PropertyKey, never>, TContext = Record<PropertyKey, never>> = (
  parent: TParent,
  context: TContext,
  info: GraphQLResolveInfo
) => Maybe<TTypes> | Promise<Maybe<TTypes>>;

export type IsTypeOfResolverFn<T = Record<PropertyKey, never>, TContext = Record<PropertyKey, never>> = (obj: T, context: TContext, info: GraphQLResolveInfo) => boolean | Promise<boolean>;

export type NextResolverFn<T> = () => Promise<T>;

export type DirectiveResolverFn<TResult = Record<PropertyKey, never>, TParent = Record<PropertyKey, never>, TContext = Record<PropertyKey, never>, TArgs = Record<PropertyKey, never>> = (
  next: NextResolverFn<TResult>,
  parent: TParent,
  args: TArgs,
  context: TContext,
  info: GraphQLResolveInfo
) => TResult | Promise<TResult>;




/** Mapping of interface types */
export type ResolversInterfaceTypes<_RefType extends Record<string, unknown>> = {
  Node: ( StreamParent );
};

/** Mapping between all available schema types and the resolvers types */
export type ResolversTypes = {
  DateTime: ResolverTypeWrapper<Scalars['DateTime']['output']>;
  Query: ResolverTypeWrapper<Record<PropertyKey, never>>;
  ID: ResolverTypeWrapper<Scalars['ID']['output']>;
  String: ResolverTypeWrapper<Scalars['String']['output']>;
  Int: ResolverTypeWrapper<Scalars['Int']['output']>;
  Subscription: ResolverTypeWrapper<Record<PropertyKey, never>>;
  StreamStateChange: ResolverTypeWrapper<StreamStateChange>;
  StateSource: StateSource;
  Node: ResolverTypeWrapper<ResolversInterfaceTypes<ResolversTypes>['Node']>;
  Provider: Provider;
  Capability: Capability;
  CapabilitySupport: ResolverTypeWrapper<CapabilitySupport>;
  Boolean: ResolverTypeWrapper<Scalars['Boolean']['output']>;
  Account: ResolverTypeWrapper<AccountParent>;
  Sampling: ResolverTypeWrapper<Sampling>;
  Float: ResolverTypeWrapper<Scalars['Float']['output']>;
  SnapshotCollector: ResolverTypeWrapper<SnapshotCollector>;
  QuarantinedBatch: ResolverTypeWrapper<QuarantinedBatchParent>;
  Quota: ResolverTypeWrapper<QuotaParent>;
  QuotaSpender: ResolverTypeWrapper<QuotaSpender>;
  AccountHealth: ResolverTypeWrapper<AccountHealth>;
  HealthState: HealthState;
  LiveTotals: ResolverTypeWrapper<LiveTotalsParent>;
  Stream: ResolverTypeWrapper<StreamParent>;
  StreamState: StreamState;
  Ingest: ResolverTypeWrapper<Ingest>;
  IngestProtocol: IngestProtocol;
  Rendition: Rendition;
  LiveStat: ResolverTypeWrapper<LiveStatParent>;
  PushSample: ResolverTypeWrapper<PushSample>;
  PlaySample: ResolverTypeWrapper<PlaySampleParent>;
  TimeRangeGap: ResolverTypeWrapper<TimeRangeGap>;
  PushSampleSeries: ResolverTypeWrapper<PushSampleSeriesParent>;
  PlaySampleSeries: ResolverTypeWrapper<PlaySampleSeriesParent>;
  PushSessionSeries: ResolverTypeWrapper<PushSessionSeriesParent>;
  StreamPushSessions: ResolverTypeWrapper<StreamPushSessionsParent>;
  PushSession: ResolverTypeWrapper<PushSession>;
  PushSessionSource: PushSessionSource;
  Recording: ResolverTypeWrapper<RecordingParent>;
  Snapshot: ResolverTypeWrapper<SnapshotParent>;
  PageInfo: ResolverTypeWrapper<PageInfo>;
  LiveStreamConnection: ResolverTypeWrapper<LiveStreamConnectionParent>;
  LiveStreamEdge: ResolverTypeWrapper<Omit<LiveStreamEdge, 'node'> & { node: ResolversTypes['Stream'] }>;
  AccountFailure: ResolverTypeWrapper<AccountFailure>;
  RecordingConnection: ResolverTypeWrapper<RecordingConnectionParent>;
  RecordingEdge: ResolverTypeWrapper<Omit<RecordingEdge, 'node'> & { node: ResolversTypes['Recording'] }>;
  SnapshotConnection: ResolverTypeWrapper<SnapshotConnectionParent>;
  SnapshotEdge: ResolverTypeWrapper<Omit<SnapshotEdge, 'node'> & { node: ResolversTypes['Snapshot'] }>;
  ErrorCode: ErrorCode;
};

/** Mapping between all available schema types and the resolvers parents */
export type ResolversParentTypes = {
  DateTime: Scalars['DateTime']['output'];
  Query: Record<PropertyKey, never>;
  ID: Scalars['ID']['output'];
  String: Scalars['String']['output'];
  Int: Scalars['Int']['output'];
  Subscription: Record<PropertyKey, never>;
  StreamStateChange: StreamStateChange;
  Node: ResolversInterfaceTypes<ResolversParentTypes>['Node'];
  CapabilitySupport: CapabilitySupport;
  Boolean: Scalars['Boolean']['output'];
  Account: AccountParent;
  Sampling: Sampling;
  Float: Scalars['Float']['output'];
  SnapshotCollector: SnapshotCollector;
  QuarantinedBatch: QuarantinedBatchParent;
  Quota: QuotaParent;
  QuotaSpender: QuotaSpender;
  AccountHealth: AccountHealth;
  LiveTotals: LiveTotalsParent;
  Stream: StreamParent;
  Ingest: Ingest;
  LiveStat: LiveStatParent;
  PushSample: PushSample;
  PlaySample: PlaySampleParent;
  TimeRangeGap: TimeRangeGap;
  PushSampleSeries: PushSampleSeriesParent;
  PlaySampleSeries: PlaySampleSeriesParent;
  PushSessionSeries: PushSessionSeriesParent;
  StreamPushSessions: StreamPushSessionsParent;
  PushSession: PushSession;
  Recording: RecordingParent;
  Snapshot: SnapshotParent;
  PageInfo: PageInfo;
  LiveStreamConnection: LiveStreamConnectionParent;
  LiveStreamEdge: Omit<LiveStreamEdge, 'node'> & { node: ResolversParentTypes['Stream'] };
  AccountFailure: AccountFailure;
  RecordingConnection: RecordingConnectionParent;
  RecordingEdge: Omit<RecordingEdge, 'node'> & { node: ResolversParentTypes['Recording'] };
  SnapshotConnection: SnapshotConnectionParent;
  SnapshotEdge: Omit<SnapshotEdge, 'node'> & { node: ResolversParentTypes['Snapshot'] };
};

export interface DateTimeScalarConfig extends GraphQLScalarTypeConfig<ResolversTypes['DateTime'], any> {
  name: 'DateTime';
}

export type QueryResolvers<ContextType = Context, ParentType extends ResolversParentTypes['Query'] = ResolversParentTypes['Query']> = {
  node?: Resolver<Maybe<ResolversTypes['Node']>, ParentType, ContextType, RequireFields<QueryNodeArgs, 'id'>>;
  accounts?: Resolver<ReadonlyArray<ResolversTypes['Account']>, ParentType, ContextType, Partial<QueryAccountsArgs>>;
  account?: Resolver<Maybe<ResolversTypes['Account']>, ParentType, ContextType, RequireFields<QueryAccountArgs, 'name'>>;
  stream?: Resolver<Maybe<ResolversTypes['Stream']>, ParentType, ContextType, RequireFields<QueryStreamArgs, 'account' | 'key'>>;
  liveStreams?: Resolver<Maybe<ResolversTypes['LiveStreamConnection']>, ParentType, ContextType, Partial<QueryLiveStreamsArgs>>;
  pushSessions?: Resolver<Maybe<ReadonlyArray<ResolversTypes['StreamPushSessions']>>, ParentType, ContextType, RequireFields<QueryPushSessionsArgs, 'account' | 'keys' | 'from' | 'to'>>;
};

export type SubscriptionResolvers<ContextType = Context, ParentType extends ResolversParentTypes['Subscription'] = ResolversParentTypes['Subscription']> = {
  liveStat?: SubscriptionResolver<Maybe<ResolversTypes['LiveStat']>, "liveStat", ParentType, ContextType, RequireFields<SubscriptionLiveStatArgs, 'account' | 'key'>>;
  pushSample?: SubscriptionResolver<Maybe<ResolversTypes['PushSample']>, "pushSample", ParentType, ContextType, RequireFields<SubscriptionPushSampleArgs, 'account' | 'key'>>;
  playSample?: SubscriptionResolver<Maybe<ResolversTypes['PlaySample']>, "playSample", ParentType, ContextType, RequireFields<SubscriptionPlaySampleArgs, 'account' | 'key'>>;
  streamState?: SubscriptionResolver<Maybe<ResolversTypes['StreamStateChange']>, "streamState", ParentType, ContextType, RequireFields<SubscriptionStreamStateArgs, 'account' | 'key'>>;
  snapshot?: SubscriptionResolver<Maybe<ResolversTypes['Snapshot']>, "snapshot", ParentType, ContextType, RequireFields<SubscriptionSnapshotArgs, 'account'>>;
};

export type StreamStateChangeResolvers<ContextType = Context, ParentType extends ResolversParentTypes['StreamStateChange'] = ResolversParentTypes['StreamStateChange']> = {
  state?: Resolver<ResolversTypes['StreamState'], ParentType, ContextType>;
  stateSince?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  stateSource?: Resolver<ResolversTypes['StateSource'], ParentType, ContextType>;
};

export type NodeResolvers<ContextType = Context, ParentType extends ResolversParentTypes['Node'] = ResolversParentTypes['Node']> = {
  resolveType: TypeResolveFn<'Stream', ParentType, ContextType>;
};

export type CapabilitySupportResolvers<ContextType = Context, ParentType extends ResolversParentTypes['CapabilitySupport'] = ResolversParentTypes['CapabilitySupport']> = {
  capability?: Resolver<ResolversTypes['Capability'], ParentType, ContextType>;
  supported?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  reason?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
};

export type AccountResolvers<ContextType = Context, ParentType extends ResolversParentTypes['Account'] = ResolversParentTypes['Account']> = {
  name?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  provider?: Resolver<ResolversTypes['Provider'], ParentType, ContextType>;
  capabilities?: Resolver<ReadonlyArray<ResolversTypes['CapabilitySupport']>, ParentType, ContextType>;
  quota?: Resolver<ResolversTypes['Quota'], ParentType, ContextType>;
  health?: Resolver<ResolversTypes['AccountHealth'], ParentType, ContextType>;
  sampling?: Resolver<ResolversTypes['Sampling'], ParentType, ContextType>;
  collector?: Resolver<Maybe<ResolversTypes['SnapshotCollector']>, ParentType, ContextType>;
  quarantinedSnapshots?: Resolver<Maybe<ReadonlyArray<ResolversTypes['QuarantinedBatch']>>, ParentType, ContextType, Partial<AccountQuarantinedSnapshotsArgs>>;
  liveTotals?: Resolver<Maybe<ResolversTypes['LiveTotals']>, ParentType, ContextType>;
  liveStreams?: Resolver<Maybe<ResolversTypes['LiveStreamConnection']>, ParentType, ContextType, Partial<AccountLiveStreamsArgs>>;
  playSamples?: Resolver<Maybe<ResolversTypes['PlaySampleSeries']>, ParentType, ContextType, RequireFields<AccountPlaySamplesArgs, 'from' | 'to'>>;
  snapshots?: Resolver<Maybe<ResolversTypes['SnapshotConnection']>, ParentType, ContextType, Partial<AccountSnapshotsArgs>>;
};

export type SamplingResolvers<ContextType = Context, ParentType extends ResolversParentTypes['Sampling'] = ResolversParentTypes['Sampling']> = {
  watchedStreams?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  pushEverySeconds?: Resolver<Maybe<ResolversTypes['Float']>, ParentType, ContextType>;
  playEverySeconds?: Resolver<Maybe<ResolversTypes['Float']>, ParentType, ContextType>;
  slowedBecause?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
};

export type SnapshotCollectorResolvers<ContextType = Context, ParentType extends ResolversParentTypes['SnapshotCollector'] = ResolversParentTypes['SnapshotCollector']> = {
  collects?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  isCollector?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  lagSeconds?: Resolver<Maybe<ResolversTypes['Float']>, ParentType, ContextType>;
  backlog?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  popped?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  stored?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  quarantined?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  batchesUnknown?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
};

export type QuarantinedBatchResolvers<ContextType = Context, ParentType extends ResolversParentTypes['QuarantinedBatch'] = ResolversParentTypes['QuarantinedBatch']> = {
  id?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  receivedAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  reason?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  sizeBytes?: Resolver<ResolversTypes['Float'], ParentType, ContextType>;
  rows?: Resolver<Maybe<ResolversTypes['Int']>, ParentType, ContextType>;
};

export type QuotaResolvers<ContextType = Context, ParentType extends ResolversParentTypes['Quota'] = ResolversParentTypes['Quota']> = {
  limit?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  windowSeconds?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  used?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  remaining?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  nextFreeAt?: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>;
  exhaustedAt?: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>;
  spenders?: Resolver<Maybe<ReadonlyArray<ResolversTypes['QuotaSpender']>>, ParentType, ContextType>;
};

export type QuotaSpenderResolvers<ContextType = Context, ParentType extends ResolversParentTypes['QuotaSpender'] = ResolversParentTypes['QuotaSpender']> = {
  client?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  operation?: Resolver<ResolversTypes['Capability'], ParentType, ContextType>;
  calls?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  savedByCache?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  savedBySharing?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
};

export type AccountHealthResolvers<ContextType = Context, ParentType extends ResolversParentTypes['AccountHealth'] = ResolversParentTypes['AccountHealth']> = {
  state?: Resolver<ResolversTypes['HealthState'], ParentType, ContextType>;
  since?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  lastErrorCode?: Resolver<Maybe<ResolversTypes['ErrorCode']>, ParentType, ContextType>;
};

export type LiveTotalsResolvers<ContextType = Context, ParentType extends ResolversParentTypes['LiveTotals'] = ResolversParentTypes['LiveTotals']> = {
  streamCount?: Resolver<Maybe<ResolversTypes['Int']>, ParentType, ContextType>;
  onlineViewers?: Resolver<Maybe<ResolversTypes['Int']>, ParentType, ContextType>;
  bandwidthBitsPerSecond?: Resolver<Maybe<ResolversTypes['Float']>, ParentType, ContextType>;
  fetchedAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  stale?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
};

export type StreamResolvers<ContextType = Context, ParentType extends ResolversParentTypes['Stream'] = ResolversParentTypes['Stream']> = {
  id?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  account?: Resolver<ResolversTypes['Account'], ParentType, ContextType>;
  key?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  domain?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  app?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  name?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  state?: Resolver<Maybe<ResolversTypes['StreamState']>, ParentType, ContextType>;
  stateSource?: Resolver<Maybe<ResolversTypes['StateSource']>, ParentType, ContextType>;
  stateSince?: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>;
  ingest?: Resolver<Maybe<ResolversTypes['Ingest']>, ParentType, ContextType>;
  stateFetchedAt?: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>;
  stateStale?: Resolver<Maybe<ResolversTypes['Boolean']>, ParentType, ContextType>;
  live?: Resolver<Maybe<ResolversTypes['LiveStat']>, ParentType, ContextType>;
  pushSamples?: Resolver<Maybe<ResolversTypes['PushSampleSeries']>, ParentType, ContextType, RequireFields<StreamPushSamplesArgs, 'from' | 'to'>>;
  playSamples?: Resolver<Maybe<ResolversTypes['PlaySampleSeries']>, ParentType, ContextType, RequireFields<StreamPlaySamplesArgs, 'from' | 'to'>>;
  pushSessions?: Resolver<Maybe<ResolversTypes['PushSessionSeries']>, ParentType, ContextType, RequireFields<StreamPushSessionsArgs, 'from' | 'to'>>;
  recordings?: Resolver<Maybe<ResolversTypes['RecordingConnection']>, ParentType, ContextType, Partial<StreamRecordingsArgs>>;
  snapshots?: Resolver<Maybe<ResolversTypes['SnapshotConnection']>, ParentType, ContextType, Partial<StreamSnapshotsArgs>>;
  isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type IngestResolvers<ContextType = Context, ParentType extends ResolversParentTypes['Ingest'] = ResolversParentTypes['Ingest']> = {
  protocols?: Resolver<ReadonlyArray<ResolversTypes['IngestProtocol']>, ParentType, ContextType>;
  rendition?: Resolver<Maybe<ResolversTypes['Rendition']>, ParentType, ContextType>;
};

export type LiveStatResolvers<ContextType = Context, ParentType extends ResolversParentTypes['LiveStat'] = ResolversParentTypes['LiveStat']> = {
  onlineViewers?: Resolver<Maybe<ResolversTypes['Int']>, ParentType, ContextType>;
  bandwidthBitsPerSecond?: Resolver<Maybe<ResolversTypes['Float']>, ParentType, ContextType>;
  push?: Resolver<Maybe<ResolversTypes['PushSample']>, ParentType, ContextType>;
  fetchedAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  stale?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
};

export type PushSampleResolvers<ContextType = Context, ParentType extends ResolversParentTypes['PushSample'] = ResolversParentTypes['PushSample']> = {
  observedAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  frameRate?: Resolver<Maybe<ResolversTypes['Float']>, ParentType, ContextType>;
  bitrateBitsPerSecond?: Resolver<Maybe<ResolversTypes['Float']>, ParentType, ContextType>;
  clientIp?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  serverIp?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
};

export type PlaySampleResolvers<ContextType = Context, ParentType extends ResolversParentTypes['PlaySample'] = ResolversParentTypes['PlaySample']> = {
  observedAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  bandwidthBitsPerSecond?: Resolver<Maybe<ResolversTypes['Float']>, ParentType, ContextType>;
  onlineViewers?: Resolver<Maybe<ResolversTypes['Int']>, ParentType, ContextType>;
  trafficBytes?: Resolver<Maybe<ResolversTypes['Float']>, ParentType, ContextType>;
};

export type TimeRangeGapResolvers<ContextType = Context, ParentType extends ResolversParentTypes['TimeRangeGap'] = ResolversParentTypes['TimeRangeGap']> = {
  from?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  to?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  code?: Resolver<ResolversTypes['ErrorCode'], ParentType, ContextType>;
  message?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
};

export type PushSampleSeriesResolvers<ContextType = Context, ParentType extends ResolversParentTypes['PushSampleSeries'] = ResolversParentTypes['PushSampleSeries']> = {
  from?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  to?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  samples?: Resolver<ReadonlyArray<ResolversTypes['PushSample']>, ParentType, ContextType>;
  missing?: Resolver<ReadonlyArray<ResolversTypes['TimeRangeGap']>, ParentType, ContextType>;
  fetchedAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  stale?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
};

export type PlaySampleSeriesResolvers<ContextType = Context, ParentType extends ResolversParentTypes['PlaySampleSeries'] = ResolversParentTypes['PlaySampleSeries']> = {
  from?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  to?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  samples?: Resolver<ReadonlyArray<ResolversTypes['PlaySample']>, ParentType, ContextType>;
  totalTrafficBytes?: Resolver<Maybe<ResolversTypes['Float']>, ParentType, ContextType>;
  missing?: Resolver<ReadonlyArray<ResolversTypes['TimeRangeGap']>, ParentType, ContextType>;
  fetchedAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  stale?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
};

export type PushSessionSeriesResolvers<ContextType = Context, ParentType extends ResolversParentTypes['PushSessionSeries'] = ResolversParentTypes['PushSessionSeries']> = {
  from?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  to?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  sessions?: Resolver<ReadonlyArray<ResolversTypes['PushSession']>, ParentType, ContextType>;
  missing?: Resolver<ReadonlyArray<ResolversTypes['TimeRangeGap']>, ParentType, ContextType>;
  fetchedAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  stale?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
};

export type StreamPushSessionsResolvers<ContextType = Context, ParentType extends ResolversParentTypes['StreamPushSessions'] = ResolversParentTypes['StreamPushSessions']> = {
  stream?: Resolver<ResolversTypes['Stream'], ParentType, ContextType>;
  from?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  to?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  sessions?: Resolver<ReadonlyArray<ResolversTypes['PushSession']>, ParentType, ContextType>;
  missing?: Resolver<ReadonlyArray<ResolversTypes['TimeRangeGap']>, ParentType, ContextType>;
  fetchedAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  stale?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
};

export type PushSessionResolvers<ContextType = Context, ParentType extends ResolversParentTypes['PushSession'] = ResolversParentTypes['PushSession']> = {
  startedAt?: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>;
  endedAt?: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>;
  durationMs?: Resolver<Maybe<ResolversTypes['Float']>, ParentType, ContextType>;
  source?: Resolver<ResolversTypes['PushSessionSource'], ParentType, ContextType>;
  startsBefore?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  endsAfter?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
};

export type RecordingResolvers<ContextType = Context, ParentType extends ResolversParentTypes['Recording'] = ResolversParentTypes['Recording']> = {
  id?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  startedAt?: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>;
  endedAt?: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>;
  durationMs?: Resolver<Maybe<ResolversTypes['Float']>, ParentType, ContextType>;
  sizeBytes?: Resolver<Maybe<ResolversTypes['Float']>, ParentType, ContextType>;
  url?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
};

export type SnapshotResolvers<ContextType = Context, ParentType extends ResolversParentTypes['Snapshot'] = ResolversParentTypes['Snapshot']> = {
  id?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  stream?: Resolver<ResolversTypes['Stream'], ParentType, ContextType>;
  takenAt?: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>;
  width?: Resolver<Maybe<ResolversTypes['Int']>, ParentType, ContextType>;
  height?: Resolver<Maybe<ResolversTypes['Int']>, ParentType, ContextType>;
  url?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  receivedAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
};

export type PageInfoResolvers<ContextType = Context, ParentType extends ResolversParentTypes['PageInfo'] = ResolversParentTypes['PageInfo']> = {
  hasNextPage?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  hasPreviousPage?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  startCursor?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  endCursor?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
};

export type LiveStreamConnectionResolvers<ContextType = Context, ParentType extends ResolversParentTypes['LiveStreamConnection'] = ResolversParentTypes['LiveStreamConnection']> = {
  nodes?: Resolver<ReadonlyArray<ResolversTypes['Stream']>, ParentType, ContextType>;
  edges?: Resolver<ReadonlyArray<ResolversTypes['LiveStreamEdge']>, ParentType, ContextType>;
  pageInfo?: Resolver<ResolversTypes['PageInfo'], ParentType, ContextType>;
  totalCount?: Resolver<Maybe<ResolversTypes['Int']>, ParentType, ContextType>;
  fetchedAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  stale?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  failures?: Resolver<ReadonlyArray<ResolversTypes['AccountFailure']>, ParentType, ContextType>;
};

export type LiveStreamEdgeResolvers<ContextType = Context, ParentType extends ResolversParentTypes['LiveStreamEdge'] = ResolversParentTypes['LiveStreamEdge']> = {
  cursor?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  node?: Resolver<ResolversTypes['Stream'], ParentType, ContextType>;
};

export type AccountFailureResolvers<ContextType = Context, ParentType extends ResolversParentTypes['AccountFailure'] = ResolversParentTypes['AccountFailure']> = {
  account?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  code?: Resolver<ResolversTypes['ErrorCode'], ParentType, ContextType>;
  message?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
};

export type RecordingConnectionResolvers<ContextType = Context, ParentType extends ResolversParentTypes['RecordingConnection'] = ResolversParentTypes['RecordingConnection']> = {
  nodes?: Resolver<ReadonlyArray<ResolversTypes['Recording']>, ParentType, ContextType>;
  edges?: Resolver<ReadonlyArray<ResolversTypes['RecordingEdge']>, ParentType, ContextType>;
  pageInfo?: Resolver<ResolversTypes['PageInfo'], ParentType, ContextType>;
  totalCount?: Resolver<Maybe<ResolversTypes['Int']>, ParentType, ContextType>;
  fetchedAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  stale?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
};

export type RecordingEdgeResolvers<ContextType = Context, ParentType extends ResolversParentTypes['RecordingEdge'] = ResolversParentTypes['RecordingEdge']> = {
  cursor?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  node?: Resolver<ResolversTypes['Recording'], ParentType, ContextType>;
};

export type SnapshotConnectionResolvers<ContextType = Context, ParentType extends ResolversParentTypes['SnapshotConnection'] = ResolversParentTypes['SnapshotConnection']> = {
  nodes?: Resolver<ReadonlyArray<ResolversTypes['Snapshot']>, ParentType, ContextType>;
  edges?: Resolver<ReadonlyArray<ResolversTypes['SnapshotEdge']>, ParentType, ContextType>;
  pageInfo?: Resolver<ResolversTypes['PageInfo'], ParentType, ContextType>;
  totalCount?: Resolver<Maybe<ResolversTypes['Int']>, ParentType, ContextType>;
  fetchedAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  stale?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
};

export type SnapshotEdgeResolvers<ContextType = Context, ParentType extends ResolversParentTypes['SnapshotEdge'] = ResolversParentTypes['SnapshotEdge']> = {
  cursor?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  node?: Resolver<ResolversTypes['Snapshot'], ParentType, ContextType>;
};

export type Resolvers<ContextType = Context> = {
  DateTime?: GraphQLScalarType;
  Query?: QueryResolvers<ContextType>;
  Subscription?: SubscriptionResolvers<ContextType>;
  StreamStateChange?: StreamStateChangeResolvers<ContextType>;
  Node?: NodeResolvers<ContextType>;
  CapabilitySupport?: CapabilitySupportResolvers<ContextType>;
  Account?: AccountResolvers<ContextType>;
  Sampling?: SamplingResolvers<ContextType>;
  SnapshotCollector?: SnapshotCollectorResolvers<ContextType>;
  QuarantinedBatch?: QuarantinedBatchResolvers<ContextType>;
  Quota?: QuotaResolvers<ContextType>;
  QuotaSpender?: QuotaSpenderResolvers<ContextType>;
  AccountHealth?: AccountHealthResolvers<ContextType>;
  LiveTotals?: LiveTotalsResolvers<ContextType>;
  Stream?: StreamResolvers<ContextType>;
  Ingest?: IngestResolvers<ContextType>;
  LiveStat?: LiveStatResolvers<ContextType>;
  PushSample?: PushSampleResolvers<ContextType>;
  PlaySample?: PlaySampleResolvers<ContextType>;
  TimeRangeGap?: TimeRangeGapResolvers<ContextType>;
  PushSampleSeries?: PushSampleSeriesResolvers<ContextType>;
  PlaySampleSeries?: PlaySampleSeriesResolvers<ContextType>;
  PushSessionSeries?: PushSessionSeriesResolvers<ContextType>;
  StreamPushSessions?: StreamPushSessionsResolvers<ContextType>;
  PushSession?: PushSessionResolvers<ContextType>;
  Recording?: RecordingResolvers<ContextType>;
  Snapshot?: SnapshotResolvers<ContextType>;
  PageInfo?: PageInfoResolvers<ContextType>;
  LiveStreamConnection?: LiveStreamConnectionResolvers<ContextType>;
  LiveStreamEdge?: LiveStreamEdgeResolvers<ContextType>;
  AccountFailure?: AccountFailureResolvers<ContextType>;
  RecordingConnection?: RecordingConnectionResolvers<ContextType>;
  RecordingEdge?: RecordingEdgeResolvers<ContextType>;
  SnapshotConnection?: SnapshotConnectionResolvers<ContextType>;
  SnapshotEdge?: SnapshotEdgeResolvers<ContextType>;
};

