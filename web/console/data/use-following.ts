// A stream as it goes on: what events tell, gathered for the charts.
import { useEffect, useReducer, useRef } from 'preact/hooks'
import { cutColumns, emptyColumns, joinColumns, type SampleColumns, toColumns } from '../charts/sample-columns.ts'
import { type EventKind, type StreamMessage, useEvents, type Watching } from './events.ts'
import type { Capability } from './fleet.ts'
import type { StreamStateMessage } from './stream-messages.ts'
import type { LiveFigures, PlayFigures, PushFigures } from './stream-operations.ts'

/** What has come since somebody began to follow. */
export interface Followed {
  /** Bit rate and frame rate. */
  readonly push: SampleColumns
  /** Viewers and bandwidth. */
  readonly play: SampleColumns
  /** The latest reading: null for one that is not live; undefined before the first. */
  readonly live: LiveFigures | null | undefined
  /** The latest state; undefined before the first. */
  readonly state: StreamStateMessage | undefined
  /** Snapshots that have come. */
  readonly snapshots: number
  /** How often something may have been missed, so that the histories are read again. */
  readonly gaps: number
}

/** Figures of an ingest history, in the order of its columns. */
export const pushFigures: readonly ((sample: PushFigures) => number | null)[] = [
  (sample) => sample.bitrateBitsPerSecond,
  (sample) => sample.frameRate,
]

/** Figures of a playback history. */
export const playFigures: readonly ((sample: PlayFigures) => number | null)[] = [
  (sample) => sample.onlineViewers,
  (sample) => sample.bandwidthBitsPerSecond,
]

/** Which capability each kind of event needs. */
const needs: Readonly<Record<EventKind, Capability>> = {
  pushSample: 'PUSH_SAMPLES',
  playSample: 'PLAY_SAMPLES',
  liveStat: 'LIVE_STAT',
  streamState: 'STREAM_STATE',
  snapshot: 'SNAPSHOTS',
}

const kinds = [
  'pushSample',
  'playSample',
  'liveStat',
  'streamState',
  'snapshot',
] as const satisfies readonly EventKind[]

/** The longest range that ends now. */
const KEPT_MS = 3 * 86_400_000

/** Nothing has come. */
export const nothingFollowed: Followed = {
  push: emptyColumns(2),
  play: emptyColumns(2),
  live: undefined,
  state: undefined,
  snapshots: 0,
  gaps: 0,
}

/** Kinds of events that can be had where these capabilities are. */
export function findKinds(isSupported: (capability: Capability) => boolean): readonly EventKind[] {
  return kinds.filter((kind) => isSupported(needs[kind]))
}

/** What is known after these messages. */
export function addMessages(before: Followed, messages: readonly StreamMessage[]): Followed {
  const push: PushFigures[] = []
  const play: PlayFigures[] = []
  let { live, state, snapshots, gaps } = before
  for (const message of messages) {
    if (message.kind === 'pushSample') push.push(message.data)
    else if (message.kind === 'playSample') play.push(message.data)
    else if (message.kind === 'liveStat') live = message.data
    else if (message.kind === 'streamState') state = message.data
    else if (message.kind === 'snapshot') snapshots += 1
    else gaps += 1
  }
  return {
    push: push.length === 0 ? before.push : append(before.push, toColumns(push, pushFigures)),
    play: play.length === 0 ? before.play : append(before.play, toColumns(play, playFigures)),
    live,
    state,
    snapshots,
    gaps,
  }
}

/** Follows a stream while `events` are named; starts over with each time that somebody begins. */
export function useFollowing(
  account: string,
  key: string,
  events: readonly EventKind[],
): { readonly followed: Followed; readonly watching: Watching } {
  const [followed, tell] = useReducer(
    (before: Followed, messages: readonly StreamMessage[] | undefined) =>
      messages ? addMessages(before, messages) : nothingFollowed,
    nothingFollowed,
  )
  const source = events.length === 0 ? null : { account, key, kinds: events }
  const watching = useEvents(source, tell)
  const isFollowing = source !== null
  const wasFollowing = useRef(isFollowing)
  useEffect(() => {
    if (isFollowing && !wasFollowing.current) tell(undefined)
    wasFollowing.current = isFollowing
  }, [isFollowing])
  return { followed, watching }
}

function append(before: SampleColumns, after: SampleColumns): SampleColumns {
  const joined = joinColumns(before, after)
  const last = joined.times.at(-1)
  return last === undefined ? joined : cutColumns(joined, last - KEPT_MS)
}
