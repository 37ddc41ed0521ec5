// Every question a provider may be able to answer, listed once. A provider answers each with a function or an
// explained refusal, so that claim and code cannot differ and a new capability fails to compile until answered.

import { type ErrorCode, GatewayError } from '#model/errors.ts'
import type { PushSession } from '#model/push-session.ts'
import type { Recording } from '#model/recording.ts'
import type { PlaySample, PushSample } from '#model/sample.ts'
import type { SnapshotMessage } from '#model/snapshot.ts'
import type { LiveReading, LiveStream, LiveTotals, StreamStatus } from '#model/stream.ts'
import type { Instant, TimeRange } from '#model/time-range.ts'
import type { Ask } from './ask.ts'
import type { RawAnswer } from './upstream-call.ts'

/** A question a provider can answer: one provider call, unless its own comment says otherwise. */
export type Operation<Query, Answer> = (query: Query, ask: Ask) => Promise<Answer>

/** One page of a provider's list of live streams. */
export interface LiveStreamPage {
  /** Without repeats; the last mention of a key wins. */
  readonly streams: readonly LiveStream[]
  /** Rows on the page as sent, before repeats were folded: fewer than asked means the last page. */
  readonly rowCount: number
  /** Totals of the account. */
  readonly totals: LiveTotals
}

/** One page of a provider's list of recordings, in the provider's order. */
export interface RecordingPage {
  readonly recordings: readonly Recording[]
  /** Rows on the page as sent. */
  readonly rowCount: number
  /** Length of the whole list; null when not told. */
  readonly totalCount: number | null
}

/** What a report says of one stream that was asked for. */
export interface ReportedStreamSessions {
  readonly key: string
  /** In order of `startedAt`. */
  readonly sessions: readonly PushSession[]
}

/** Answer of a session report. */
export interface PushSessionReport {
  /** One entry per asked stream, in the order asked. Streams of a dropped domain have none. */
  readonly streams: readonly ReportedStreamSessions[]
  /**
   * End of the last day that the provider was asked for, which may be later than what was wanted of it. A push that
   * ends exactly there may have been cut.
   */
  readonly askedTo: Instant
  /** Domains that were asked for and left out of the answer without a word. */
  readonly droppedDomains: readonly string[]
}

/** What came out of one pop. */
export interface SnapshotBatch {
  /** Messages that could be read. */
  readonly messages: readonly SnapshotMessage[]
  /** Rows as sent, readable or not. */
  readonly rowCount: number
}

const refusals: ReadonlySet<ErrorCode> = new Set(['UPSTREAM_THROTTLED', 'UPSTREAM_CREDENTIAL', 'UPSTREAM_REJECTED'])

/** Whether an error of a pop says that the provider answered and took nothing out of its queue. */
export function isPopRefusal(error: unknown): error is GatewayError {
  return error instanceof GatewayError && refusals.has(error.code)
}

/** Every operation, once. */
export interface Capabilities {
  /** Streams that are live now, a page at a time. `page` from 1, `size` up to `ProviderFacts.livePageSize`. */
  listLiveStreams: Operation<
    { readonly domain: string | null; readonly page: number; readonly size: number },
    LiveStreamPage
  >
  /** Reading of one stream; null when it is not live. */
  getLiveReading: Operation<{ readonly key: string }, LiveReading | null>
  /** State of one stream. A stream that never was is an answer, not an error. */
  getStreamStatus: Operation<{ readonly key: string }, StreamStatus>
  /** Ingest measurements in a range no longer than `HistoryFacts.windowMs`; sorted, without repeats. */
  listPushSamples: Operation<{ readonly key: string } & TimeRange, readonly PushSample[]>
  /** Playback measurements in such a range; without `key` those of the whole account or domain. */
  listPlaySamples: Operation<
    { readonly key: string | null; readonly domain: string | null } & TimeRange,
    readonly PlaySample[]
  >
  /**
   * Pushes in whole calendar days, first and last included, of streams of at most `maxDomainsPerCall` domains
   * and at most `DayReportFacts.maxDaysPerCall` days.
   */
  listPushSessions: Operation<
    { readonly keys: readonly string[]; readonly firstDay: Instant; readonly lastDay: Instant },
    PushSessionReport
  >
  /** Recorded files of a stream, oldest first. `page` from 1, `size` up to `ProviderFacts.recordingPageSize`. */
  listRecordings: Operation<{ readonly key: string; readonly page: number; readonly size: number }, RecordingPage>
  /** Takes up to `count` (1..100) messages out of the queue. `keep` gets the raw answer before it is parsed. */
  popSnapshots: Operation<{ readonly count: number; readonly keep: (raw: RawAnswer) => Promise<void> }, SnapshotBatch>
}

/** Name of an operation. */
export type CapabilityName = keyof Capabilities

/** Why a provider has no such call, in words for a client. */
export interface Unsupported {
  readonly unsupported: string
}

/** An explained refusal. @param reason why the provider has no such call, in words for a client */
export function unsupported(reason: string): Unsupported {
  return { unsupported: reason }
}

/** Whether an answer of the capability table is the operation itself. */
export function isSupported<Supported>(answer: Supported | Unsupported): answer is Supported {
  return typeof answer === 'function'
}

/** The refusal, when an answer of the capability table is one. */
export function refusalOf(answer: CapabilityTable[CapabilityName]): Unsupported | undefined {
  return typeof answer === 'function' ? undefined : answer
}

/** A provider's answer to every capability. */
export type CapabilityTable = { readonly [Name in CapabilityName]: Capabilities[Name] | Unsupported }

/** The same table, whose operations say in their asks which they are: who counts the calls learns what they are for. */
export function nameOperations(table: CapabilityTable): CapabilityTable {
  return {
    listLiveStreams: nameOperation('listLiveStreams', table.listLiveStreams),
    getLiveReading: nameOperation('getLiveReading', table.getLiveReading),
    getStreamStatus: nameOperation('getStreamStatus', table.getStreamStatus),
    listPushSamples: nameOperation('listPushSamples', table.listPushSamples),
    listPlaySamples: nameOperation('listPlaySamples', table.listPlaySamples),
    listPushSessions: nameOperation('listPushSessions', table.listPushSessions),
    listRecordings: nameOperation('listRecordings', table.listRecordings),
    popSnapshots: nameOperation('popSnapshots', table.popSnapshots),
  }
}

function nameOperation<Query, Answer>(
  capability: CapabilityName,
  operation: Operation<Query, Answer> | Unsupported,
): Operation<Query, Answer> | Unsupported {
  if (!isSupported<Operation<Query, Answer>>(operation)) return operation
  return (query, ask) => operation(query, { ...ask, capability })
}
