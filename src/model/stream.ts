// A stream: how it is addressed and what is known of it now.
import type { PushReading } from './sample.ts'

/** The address of a stream: an account of this installation and the key the provider knows the stream by. */
export interface StreamRef {
  /** Name of the account in the settings. */
  readonly account: string
  /** Opaque to everything but the provider's adapter; checked by `findKeyProblem`. */
  readonly key: string
}

/** A key taken apart the way its provider writes it. */
export interface StreamNameParts {
  /** Push domain, null where the provider's keys hold none. */
  readonly domain: string | null
  /** Publish point, null where the provider's keys hold none. */
  readonly app: string | null
  /** The stream's own name. */
  readonly name: string
}

/**
 * `LIVE`: being pushed. `OFFLINE`: was pushed before, is not now. `FORBIDDEN`: disabled at the provider.
 * `NEVER_SEEN`: the provider has no record of it. `UNKNOWN`: the provider's answer is not understood.
 */
export type StreamState = 'LIVE' | 'OFFLINE' | 'FORBIDDEN' | 'NEVER_SEEN' | 'UNKNOWN'

/**
 * What a state was read from. `LIST`: the provider's readings of live streams, whole or of that stream. `STATUS`: its
 * status call. `SAMPLES`: that it was pushed a moment ago, by its ingest history.
 */
export type StateSource = 'LIST' | 'STATUS' | 'SAMPLES'

/** A way the provider receives a push. */
export type IngestProtocol = 'RTMP_FLV' | 'HLS'

/** The rendition the provider makes of a push. */
export type Rendition = 'ORIGINAL' | 'LOW' | 'HIGH'

/** How a stream comes in. */
export interface Ingest {
  /** Empty when the provider's answer names none that is known. */
  readonly protocols: readonly IngestProtocol[]
  /** Null when not told or not known. */
  readonly rendition: Rendition | null
}

/** Answer of a provider's status call. */
export interface StreamStatus {
  readonly state: StreamState
  /** Null when the provider tells nothing about the ingest (a stream that never was). */
  readonly ingest: Ingest | null
}

/** What is measured of a live stream right now. */
export interface LiveReading {
  /** Viewers, ≥ 0; null when not measured. */
  readonly onlineViewers: number | null
  /** Playback bandwidth in bit/s, ≥ 0; null when not measured. */
  readonly bandwidthBitsPerSecond: number | null
  /** The ingest half, null when the provider sent none of it. */
  readonly push: PushReading | null
}

/** One entry of a provider's list of live streams. */
export interface LiveStream {
  readonly key: string
  readonly reading: LiveReading
}

/** Totals of an account, never of one page or one stream. */
export interface LiveTotals {
  /** Live streams, ≥ 0; null when not told. */
  readonly streamCount: number | null
  /** Viewers over all live streams, ≥ 0; null when not told. */
  readonly onlineViewers: number | null
  /** Playback bandwidth over all live streams in bit/s, ≥ 0; null when not told. */
  readonly bandwidthBitsPerSecond: number | null
}

/** Longest key in bytes of UTF-8. */
const MAX_KEY_BYTES = 512

/** Why a text is no stream key, in words for its sender, or undefined when it is one. Keys are otherwise opaque. */
export function findKeyProblem(key: string): string | undefined {
  if (key === '') return 'is empty; a stream key has 1 to 512 bytes'
  if (key === '.' || key === '..') return 'is "." or "..", which are no stream keys'
  if (!key.isWellFormed()) return 'holds a lone surrogate; a stream key is well-formed Unicode'
  if (/\p{Cc}/u.test(key)) return 'holds a control character, which no stream key may'
  const bytes = Buffer.byteLength(key)
  if (bytes > MAX_KEY_BYTES) return `has ${bytes} bytes; a stream key has at most ${MAX_KEY_BYTES}`
  return undefined
}

const NODE_ID_PREFIX = 's1.'

/** The opaque, versioned node id of a stream. It holds its address, so it resolves without any store. */
export function toStreamId(ref: StreamRef): string {
  return NODE_ID_PREFIX + Buffer.from(JSON.stringify([ref.account, ref.key])).toString('base64url')
}

/** The address inside a node id, or undefined when the text is no id this version wrote. */
export function fromStreamId(id: string): StreamRef | undefined {
  if (!id.startsWith(NODE_ID_PREFIX)) return undefined
  try {
    const parts: unknown = JSON.parse(Buffer.from(id.slice(NODE_ID_PREFIX.length), 'base64url').toString())
    if (!Array.isArray(parts) || parts.length !== 2) return undefined
    const [account, key]: unknown[] = parts
    if (typeof account !== 'string' || typeof key !== 'string') return undefined
    const ref = { account, key }
    // One stream has one id: another spelling of the same bytes is refused.
    return toStreamId(ref) === id ? ref : undefined
  } catch {
    return undefined
  }
}
