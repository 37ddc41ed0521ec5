// Rows of Tencent's live and history calls in Weir's words. Pure.
import { fieldOf, type PayloadObject, toCount, toInteger, toMeasure, toText } from '#contract/payload.ts'
import type { PlaySample, PushReading, PushSample } from '#model/sample.ts'
import {
  findKeyProblem,
  type Ingest,
  type IngestProtocol,
  type LiveReading,
  type LiveStream,
  type LiveTotals,
  type Rendition,
  type StreamState,
  type StreamStatus,
} from '#model/stream.ts'
import type { TimeRange } from '#model/time-range.ts'
import { readTime } from './beijing-time.ts'

/** Bandwidth comes in Mbps, decimal. */
const MEGABIT = 1_000_000
/** Flux comes in MB, taken as decimal. */
const MEGABYTE = 1_000_000

const states: ReadonlyMap<number | null, StreamState> = new Map([
  [0, 'OFFLINE'],
  [1, 'LIVE'],
  [3, 'FORBIDDEN'],
])
const protocols: ReadonlyMap<number | null, readonly IngestProtocol[]> = new Map([
  [1, ['RTMP_FLV']],
  [2, ['HLS']],
  [3, ['RTMP_FLV', 'HLS']],
])
const renditions: ReadonlyMap<number | null, Rendition> = new Map([
  [0, 'ORIGINAL'],
  [10, 'LOW'],
  [20, 'HIGH'],
])

/** What a row that cannot be told apart or dated comes to: nothing, counted by the caller. */
type Unreadable = undefined

/** A row of the live list; unreadable without a name, or under one that nobody could ask for. */
export function toLiveStream(row: PayloadObject): LiveStream | Unreadable {
  const key = toText(fieldOf(row, 'stream_name'))
  return key === null || findKeyProblem(key) !== undefined ? undefined : { key, reading: toLiveReading(row) }
}

function toLiveReading(row: PayloadObject): LiveReading {
  const push = toPushReading(row)
  const isTold = Object.values(push).some((value) => value !== null)
  return {
    onlineViewers: toCount(fieldOf(row, 'online')),
    bandwidthBitsPerSecond: toMeasure(fieldOf(row, 'bandwidth'), MEGABIT),
    push: isTold ? push : null,
  }
}

/** Totals of the account, which stand on every page. */
export function toLiveTotals(fields: PayloadObject): LiveTotals {
  return {
    streamCount: toCount(fieldOf(fields, 'stream_count')),
    onlineViewers: toCount(fieldOf(fields, 'total_online')),
    bandwidthBitsPerSecond: toMeasure(fieldOf(fields, 'total_bandwidth'), MEGABIT),
  }
}

/** The content of a status answer; empty content tells nothing. */
export function toStreamStatus(fields: PayloadObject): StreamStatus {
  const receiving = toInteger(fieldOf(fields, 'recv_type'))
  const rate = toInteger(fieldOf(fields, 'rate_type'))
  const ingest: Ingest = { protocols: protocols.get(receiving) ?? [], rendition: renditions.get(rate) ?? null }
  return {
    state: states.get(toInteger(fieldOf(fields, 'status'))) ?? 'UNKNOWN',
    ingest: receiving === null && rate === null ? null : ingest,
  }
}

function toPushReading(row: PayloadObject): PushReading {
  return {
    frameRate: toMeasure(fieldOf(row, 'fps')),
    bitrateBitsPerSecond: toMeasure(fieldOf(row, 'speed')),
    clientIp: toText(fieldOf(row, 'client_ip')),
    serverIp: toText(fieldOf(row, 'server_ip')),
  }
}

/**
 * A row of the push history; unreadable without a time.
 * @param before the sample of the row before, which is nearly always of the same push: two addresses for each of a
 * thousand rows would be two fifths of what is kept of them
 */
export function toPushSample(row: PayloadObject, before?: PushSample): PushSample | Unreadable {
  const observedAt = readTime(fieldOf(row, 'time'))
  if (observedAt === null) return undefined
  const { frameRate, bitrateBitsPerSecond, clientIp, serverIp } = toPushReading(row)
  // Not spread: of a history's thousand rows that takes as long as reading them does.
  return {
    observedAt,
    frameRate,
    bitrateBitsPerSecond,
    clientIp: before?.clientIp === clientIp ? before.clientIp : clientIp,
    serverIp: before?.serverIp === serverIp ? before.serverIp : serverIp,
  }
}

/** A row of the play history; unreadable without a time. Flux is never derived from bandwidth, nor the reverse. */
export function toPlaySample(row: PayloadObject): PlaySample | Unreadable {
  const observedAt = readTime(fieldOf(row, 'time'))
  if (observedAt === null) return undefined
  return {
    observedAt,
    bandwidthBitsPerSecond: toMeasure(fieldOf(row, 'bandwidth'), MEGABIT),
    onlineViewers: toCount(fieldOf(row, 'online')),
    trafficBytes: toMeasure(fieldOf(row, 'flux'), MEGABYTE),
  }
}

/** What tells a sample from others of its stream. */
interface Identity {
  readonly observedAt: number
  readonly serverIp?: string | null
}

/** Samples in order of time, one per identity: the last mention wins. */
export function toSeries<Sample extends Identity>(samples: readonly Sample[]): readonly Sample[] {
  // As they nearly always come.
  if (isInOrder(samples)) return samples
  const byIdentity = new Map(samples.map((sample) => [`${sample.observedAt} ${sample.serverIp ?? ''}`, sample]))
  return [...byIdentity.values()].sort(compareIdentity)
}

/** Whether each stands behind the one before it, so that none is there twice. */
function isInOrder(samples: readonly Identity[]): boolean {
  let before: Identity | undefined
  for (const sample of samples) {
    if (before !== undefined && compareIdentity(before, sample) >= 0) return false
    before = sample
  }
  return true
}

function compareIdentity(one: Identity, other: Identity): number {
  return one.observedAt - other.observedAt || compareText(one.serverIp ?? '', other.serverIp ?? '')
}

function compareText(one: string, other: string): number {
  return one < other ? -1 : Number(one > other)
}

/** The seconds that cover a range. */
export function fromTimeRange({ from, to }: TimeRange): { readonly start: number; readonly end: number } {
  return { start: Math.floor(from / 1000), end: Math.ceil(to / 1000) }
}
