// What the gateway tells of a stream, as its REST face writes it.
import type { ParsedEvent } from './event-parser.ts'
import { readProblem, type Trouble } from './trouble.ts'

/** What can be watched of a stream. */
export type EventKind = 'pushSample' | 'playSample' | 'liveStat' | 'streamState' | 'snapshot'

/** One ingest measurement. */
export interface PushSampleMessage {
  readonly observedAt: string
  readonly frameRate: number | null
  readonly bitrateBitsPerSecond: number | null
  readonly clientIp: string | null
  readonly serverIp: string | null
}

/** One playback measurement. */
export interface PlaySampleMessage {
  readonly observedAt: string
  readonly bandwidthBitsPerSecond: number | null
  readonly onlineViewers: number | null
  readonly trafficBytes: number | null
}

/** What is measured of it now. */
export interface LiveStatMessage {
  readonly onlineViewers: number | null
  readonly bandwidthBitsPerSecond: number | null
  readonly push: PushSampleMessage | null
  readonly fetchedAt: string
  readonly stale: boolean
}

/** What it is doing. */
export interface StreamStateMessage {
  readonly state: string
  readonly stateSince: string
  readonly stateSource: string
}

/** A screenshot. */
export interface SnapshotMessage {
  readonly id: string
  readonly takenAt: string | null
  readonly width: number | null
  readonly height: number | null
  readonly url: string | null
  readonly receivedAt: string
}

/** Something that happened to a stream. */
export type StreamMessage =
  | { readonly kind: 'pushSample'; readonly data: PushSampleMessage }
  | { readonly kind: 'playSample'; readonly data: PlaySampleMessage }
  /** Null: it is not live. */
  | { readonly kind: 'liveStat'; readonly data: LiveStatMessage | null }
  | { readonly kind: 'streamState'; readonly data: StreamStateMessage }
  | { readonly kind: 'snapshot'; readonly data: SnapshotMessage }
  /** Some of what was missed is gone: the history has it. */
  | { readonly kind: 'gap' }

const kinds: ReadonlySet<string> = new Set(['pushSample', 'playSample', 'liveStat', 'streamState', 'snapshot', 'gap'])

/** Reads an event; undefined for one that a later gateway may have invented. */
export function toMessage({ event, data }: ParsedEvent): StreamMessage | undefined {
  if (!kinds.has(event)) return undefined
  const parsed = parse(data)
  // Its own gateway writes these as its OpenAPI document has them.
  return parsed === undefined ? undefined : ({ kind: event, data: parsed } as StreamMessage)
}

/** Why a stream of events ends, if this event says so. */
export function toEnding({ event, data }: ParsedEvent): Trouble | undefined {
  return event === 'problem' ? (readProblem(parse(data)) ?? unexpected) : undefined
}

const unexpected: Trouble = { code: 'UNEXPECTED', message: '', isRetryable: true }

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
