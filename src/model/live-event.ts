// What happens to streams that somebody watches, as replicas tell it to each other.
import type { PlaySample, PushSample } from './sample.ts'
import type { LiveReading, StateSource, StreamState } from './stream.ts'
import type { Instant } from './time-range.ts'

/** Something new about one stream of an account. */
export type LiveEvent =
  /** A new ingest measurement; those of a stream come in order of `observedAt`. */
  | { readonly kind: 'pushSample'; readonly key: string; readonly sample: PushSample }
  /** A new playback measurement; those of a stream come in order of `observedAt`. */
  | { readonly kind: 'playSample'; readonly key: string; readonly sample: PlaySample }
  /** What is measured of it now; `reading` null: it is not live. */
  | {
      readonly kind: 'liveStat'
      readonly key: string
      readonly reading: LiveReading | null
      /** When the provider's answer was received. */
      readonly fetchedAt: Instant
      /** Whether the answer is past its life, told because nothing newer can be had. */
      readonly stale: boolean
    }
  /** What it is doing, from `since` on. Told again from time to time, for those who come later. */
  | {
      readonly kind: 'streamState'
      readonly key: string
      readonly state: StreamState
      /** When it was first seen like that by whoever watched. */
      readonly since: Instant
      readonly source: StateSource
    }

/** A kind of event that a sampler makes. */
export type LiveEventKind = LiveEvent['kind']

/** How the watched streams of an account are being read. */
export interface Sampling {
  /** Streams that somebody watches, at any replica; ≥ 0. */
  readonly watchedStreams: number
  /** Seconds between two readings of ingest, readings and states; null while nobody watches any. */
  readonly pushEverySeconds: number | null
  /** Seconds between two readings of playback; null while nobody watches any. */
  readonly playEverySeconds: number | null
  /** Why that is slower than the provider measures; null when it is not. */
  readonly slowedBecause: string | null
}

/** What a sampler tells at one time. */
export interface LiveBatch {
  readonly events: readonly LiveEvent[]
  /** How it is reading. */
  readonly sampling: Sampling
}

/** What is wanted of a stream. */
export interface LiveTopic {
  readonly kind: LiveEventKind
  readonly key: string
}

/** Every kind. */
export const liveEventKinds: readonly LiveEventKind[] = ['streamState', 'liveStat', 'pushSample', 'playSample']
const kinds: ReadonlySet<string> = new Set(liveEventKinds)

/** A topic as one text. */
export function toTopicText({ kind, key }: LiveTopic): string {
  return `${kind} ${key}`
}

/** The topic of a text; undefined for one that this version knows nothing of. */
export function readTopicText(text: string): LiveTopic | undefined {
  const at = text.indexOf(' ')
  const kind = text.slice(0, at)
  return isKind(kind) ? { kind, key: text.slice(at + 1) } : undefined
}

function isKind(text: string): text is LiveEventKind {
  return kinds.has(text)
}
