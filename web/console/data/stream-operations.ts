// Questions of the pages of streams.
import { defineOperation } from './graphql.ts'
import type { TroubleCode } from './trouble.ts'

/** What is measured of a stream right now. */
export interface LiveFigures {
  readonly onlineViewers: number | null
  readonly bandwidthBitsPerSecond: number | null
  readonly push: {
    readonly bitrateBitsPerSecond: number | null
    readonly frameRate: number | null
    readonly clientIp?: string | null
    readonly serverIp?: string | null
  } | null
  readonly fetchedAt?: string
  readonly stale?: boolean
}

/** A stream in the list. */
export interface ListedStream {
  readonly key: string
  readonly account: { readonly name: string }
  readonly live: LiveFigures | null
}

/** A page of what is live. */
export interface LiveStreamPage {
  readonly liveStreams: {
    readonly nodes: readonly ListedStream[]
    readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null }
    readonly fetchedAt: string
    readonly stale: boolean
    readonly failures: readonly { readonly account: string; readonly code: TroubleCode; readonly message: string }[]
  } | null
}

/** What is live, a page at a time. */
export const liveStreamsOperation = defineOperation<
  LiveStreamPage,
  { readonly accounts: readonly string[]; readonly first: number; readonly after: string | null }
>(`
query LiveStreams($accounts: [String!], $first: Int, $after: String) {
  liveStreams(accounts: $accounts, first: $first, after: $after) {
    nodes {
      key
      account { name }
      live {
        onlineViewers
        bandwidthBitsPerSecond
        push { bitrateBitsPerSecond frameRate }
      }
    }
    pageInfo { hasNextPage endCursor }
    fetchedAt
    stale
    failures { account code message }
  }
}`)

/** What is known of a stream beside its histories. */
export interface StreamHead {
  readonly stream: {
    readonly id: string
    readonly domain: string | null
    readonly app: string | null
    readonly name: string
    readonly state?: 'LIVE' | 'OFFLINE' | 'FORBIDDEN' | 'NEVER_SEEN' | 'UNKNOWN' | null
    readonly stateSource?: string | null
    readonly stateSince?: string | null
    readonly stateFetchedAt?: string | null
    readonly stateStale?: boolean | null
    readonly ingest?: { readonly protocols: readonly string[]; readonly rendition: string | null } | null
    readonly live?: LiveFigures | null
  } | null
}

/** What a stream is doing, and what is measured of it; what its provider cannot tell is not asked for. */
export const streamHeadOperation = defineOperation<
  StreamHead,
  { readonly account: string; readonly key: string; readonly hasState: boolean; readonly hasLive: boolean }
>(`
query StreamHead($account: String!, $key: String!, $hasState: Boolean!, $hasLive: Boolean!) {
  stream(account: $account, key: $key) {
    id
    domain
    app
    name
    state @include(if: $hasState)
    stateSource @include(if: $hasState)
    stateSince @include(if: $hasState)
    stateFetchedAt @include(if: $hasState)
    stateStale @include(if: $hasState)
    ingest @include(if: $hasState) { protocols rendition }
    live @include(if: $hasLive) {
      onlineViewers
      bandwidthBitsPerSecond
      push { bitrateBitsPerSecond frameRate clientIp serverIp }
      fetchedAt
      stale
    }
  }
}`)

/** A stream and a half-open range, RFC 3339. */
export interface StreamInRange {
  readonly account: string
  readonly key: string
  readonly from: string
  readonly to: string
}

/** A piece of a range that could not be had. */
export interface MissingRange {
  readonly from: string
  readonly to: string
  readonly code: TroubleCode
  readonly message: string
}

/** A history in a range. */
export interface Series<Sample> {
  readonly samples: readonly Sample[]
  readonly missing: readonly MissingRange[]
  readonly fetchedAt: string
  readonly stale: boolean
}

/** A stream, a range, and how wide the groups are that samples are averaged over; null for samples as they are. */
export interface SamplesInRange extends StreamInRange {
  readonly everySeconds: number | null
}

/** The question for a history of samples. @param more fields of the history beside what all have */
function defineSamples<Data>(name: string, field: string, figures: string, more: readonly string[] = []) {
  return defineOperation<Data, SamplesInRange>(`
query ${name}($account: String!, $key: String!, $from: DateTime!, $to: DateTime!, $everySeconds: Int) {
  stream(account: $account, key: $key) {
    ${field}(from: $from, to: $to, everySeconds: $everySeconds) {
      ${[`samples { ${figures} }`, 'missing { from to code message }', 'fetchedAt', 'stale', ...more].join('\n      ')}
    }
  }
}`)
}

/** An ingest measurement. */
export interface PushFigures {
  readonly observedAt: string
  readonly bitrateBitsPerSecond: number | null
  readonly frameRate: number | null
}

/** Ingest history. */
export const pushSamplesOperation = defineSamples<{
  readonly stream: { readonly pushSamples: Series<PushFigures> | null } | null
}>('PushSamples', 'pushSamples', 'observedAt bitrateBitsPerSecond frameRate')

/** A playback measurement. */
export interface PlayFigures {
  readonly observedAt: string
  readonly onlineViewers: number | null
  readonly bandwidthBitsPerSecond: number | null
}

/** Playback history. */
export const playSamplesOperation = defineSamples<{
  readonly stream: {
    readonly playSamples: (Series<PlayFigures> & { readonly totalTrafficBytes: number | null }) | null
  } | null
}>('PlaySamples', 'playSamples', 'observedAt onlineViewers bandwidthBitsPerSecond', ['totalTrafficBytes'])

/** A push from start to end. */
export interface PushSessionRow {
  readonly startedAt: string | null
  readonly endedAt: string | null
  readonly durationMs: number | null
  readonly source: 'PROVIDER' | 'DERIVED'
  readonly startsBefore: boolean
  readonly endsAfter: boolean
}

/** Pushes in a range. */
export const pushSessionsOperation = defineOperation<
  {
    readonly stream: {
      readonly pushSessions: {
        readonly sessions: readonly PushSessionRow[]
        readonly missing: readonly MissingRange[]
        readonly fetchedAt: string
        readonly stale: boolean
      } | null
    } | null
  },
  StreamInRange
>(`
query PushSessions($account: String!, $key: String!, $from: DateTime!, $to: DateTime!) {
  stream(account: $account, key: $key) {
    pushSessions(from: $from, to: $to) {
      sessions { startedAt endedAt durationMs source startsBefore endsAfter }
      missing { from to code message }
      fetchedAt
      stale
    }
  }
}`)

/** A recorded file. */
export interface RecordingRow {
  readonly id: string
  readonly startedAt: string | null
  readonly endedAt: string | null
  readonly durationMs: number | null
  readonly sizeBytes: number | null
  readonly url: string | null
}

/** Recorded files that overlap a range, oldest first. */
export const recordingsOperation = defineOperation<
  {
    readonly stream: {
      readonly recordings: {
        readonly nodes: readonly RecordingRow[]
        readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null }
        readonly fetchedAt: string
        readonly stale: boolean
      } | null
    } | null
  },
  StreamInRange & { readonly first: number; readonly after: string | null }
>(`
query Recordings($account: String!, $key: String!, $from: DateTime!, $to: DateTime!, $first: Int, $after: String) {
  stream(account: $account, key: $key) {
    recordings(from: $from, to: $to, first: $first, after: $after) {
      nodes { id startedAt endedAt durationMs sizeBytes url }
      pageInfo { hasNextPage endCursor }
      fetchedAt
      stale
    }
  }
}`)

/** A screenshot. */
export interface SnapshotCard {
  readonly id: string
  readonly takenAt: string | null
  readonly width: number | null
  readonly height: number | null
  readonly url: string | null
  readonly receivedAt: string
}

/** The newest screenshots of a stream. */
export const snapshotsOperation = defineOperation<
  { readonly stream: { readonly snapshots: { readonly nodes: readonly SnapshotCard[] } | null } | null },
  { readonly account: string; readonly key: string; readonly first: number }
>(`
query Snapshots($account: String!, $key: String!, $first: Int) {
  stream(account: $account, key: $key) {
    snapshots(first: $first) {
      nodes { id takenAt width height url receivedAt }
    }
  }
}`)
