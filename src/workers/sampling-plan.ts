// How the watched streams of an account are read in the fewest calls. Of one stream the provider tells in one call
// each what its histories hold and what is measured now; of all that are live in the pages of its list.
import type { LiveTopic } from '#model/live-event.ts'
import type { LiveReadKinds } from '#services/live-reads.ts'

/** What is wanted, by kind. */
export interface WantedKeys {
  readonly pushSample: ReadonlySet<string>
  readonly playSample: ReadonlySet<string>
  readonly liveStat: ReadonlySet<string>
  readonly streamState: ReadonlySet<string>
}

/** What is read in one round. */
export interface SamplingPlan {
  /** Whether the whole list is. */
  readonly list: boolean
  /** Streams whose reading is, one by one. */
  readonly readings: readonly string[]
  /** Streams whose ingest history is. */
  readonly pushHistories: readonly string[]
  /** Streams whose playback history is. */
  readonly playHistories: readonly string[]
  /** Whether ingest samples are taken from readings; from histories otherwise. */
  readonly isPushRead: boolean
  /** Whether playback samples are taken from readings; from histories otherwise. */
  readonly isPlayRead: boolean
  /** Streams that are told to be live by their ingest history alone. */
  readonly toldBySamples: ReadonlySet<string>
  /** Whether nothing but the status call tells what a stream is doing. */
  readonly isStatusAlone: boolean
}

/**
 * Playback histories that are read in place of one page of the list. They tell the traffic, and when it was measured, and
 * are read twelve times less often than what changes every 5 s.
 */
const PLAY_HISTORIES_A_PAGE = 4

/** Sorts topics by kind. */
export function toWantedKeys(topics: readonly LiveTopic[]): WantedKeys {
  const wanted = {
    pushSample: new Set<string>(),
    playSample: new Set<string>(),
    liveStat: new Set<string>(),
    streamState: new Set<string>(),
  }
  for (const { kind, key } of topics) wanted[kind].add(key)
  return wanted
}

/**
 * @param pages calls that the list takes; undefined where that is not known
 * @param isPlayDue whether playback is read in this round
 */
export function planSampling(
  wanted: WantedKeys,
  kinds: LiveReadKinds,
  pages: number | undefined,
  isPlayDue: boolean,
): SamplingPlan {
  const { pushSample, playSample, liveStat, streamState } = wanted
  const price = kinds.list ? (pages ?? 1) : Number.POSITIVE_INFINITY
  const canRead = kinds.list || kinds.reading
  const isPushRead = pushSample.size > 0 && canRead && (!kinds.push || pushSample.size > price)
  const isPlayRead = playSample.size > 0 && canRead && (!kinds.play || playSample.size > price * PLAY_HISTORIES_A_PAGE)
  const pushHistories = isPushRead || !kinds.push ? [] : [...pushSample]
  const toldBySamples = new Set(pushHistories.filter((key) => streamState.has(key) && !liveStat.has(key)))
  const asked = new Set(liveStat)
  for (const key of streamState) if (!toldBySamples.has(key)) asked.add(key)
  if (isPushRead) for (const key of pushSample) asked.add(key)
  if (isPlayRead && isPlayDue) for (const key of playSample) asked.add(key)
  const list = kinds.list && asked.size > 0 && (asked.size > price || !kinds.reading)
  return {
    list,
    readings: list || !kinds.reading ? [] : [...asked],
    pushHistories,
    playHistories: isPlayRead || !kinds.play || !isPlayDue ? [] : [...playSample],
    isPushRead,
    isPlayRead,
    toldBySamples,
    isStatusAlone: !canRead,
  }
}

/** Provider calls that a round takes when nothing is kept. @param pages of the list; 1 where that is not known */
export function countCalls(
  { list, readings, pushHistories, playHistories }: SamplingPlan,
  pages: number | undefined,
): { readonly push: number; readonly play: number } {
  return {
    push: (list ? (pages ?? 1) : 0) + readings.length + pushHistories.length,
    play: playHistories.length,
  }
}
