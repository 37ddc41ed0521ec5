// What the watched streams of an account are doing, as it is told. A stream that was seen live is called anything else
// after three readings in a row without it only: that is how the provider advises to read its answers, and a push that
// breaks off and comes back is no news. What it is then, only the status call tells.

import type { StateSource, StreamState } from '#model/stream.ts'
import type { Instant } from '#model/time-range.ts'

/** Readings in a row without a stream after which it is not live any more. */
const MISSES = 3
/** How often the status call is asked about a stream that is not live: its answer lags by about as much. */
const STATUS_EVERY_MS = 60_000
/** The same of a stream that was live until now, or of which nothing is known. */
const SOON_MS = 5_000

/** A state as it is told. */
export interface ToldState {
  readonly state: StreamState
  readonly since: Instant
  readonly source: StateSource
}

/** A moment, on both clocks. */
export interface Moment {
  /** On the wall clock. */
  readonly now: Instant
  /** On `Clock.monotonicMs`. */
  readonly nowMs: number
}

/** One stream. */
interface Watched {
  /** Undefined until something is known. */
  told: ToldState | undefined
  /** Whether it counts as live; undefined until something is known. */
  isLive: boolean | undefined
  misses: number
  /** Of the last answer, or failure, of the status call, on `Clock.monotonicMs`. */
  statusAtMs: number
}

/** The streams of one account, by key. */
export class WatchedStates {
  private readonly streams = new Map<string, Watched>()

  /** What was told of a stream by who sampled before. */
  recall(key: string, told: ToldState): void {
    if (this.streams.has(key)) return
    this.streams.set(key, { told, isLive: told.state === 'LIVE', misses: 0, statusAtMs: Number.NEGATIVE_INFINITY })
  }

  /** That a stream was told to be live by who sampled before, and nothing else of it. */
  recallLive(key: string): void {
    if (!this.streams.has(key)) this.find(key).isLive = true
  }

  /** When the status call was last heard of a stream, on `Clock.monotonicMs`; long ago where it never was. */
  findStatusAtMs(key: string): number {
    return this.find(key).statusAtMs
  }

  /** Notes that a stream was seen live. */
  seeLive(key: string, source: StateSource, now: Instant): void {
    const stream = this.find(key)
    stream.isLive = true
    stream.misses = 0
    if (stream.told?.state !== 'LIVE') stream.told = { state: 'LIVE', since: now, source }
  }

  /** Notes that a stream was looked for and not seen live. */
  missLive(key: string): void {
    const stream = this.find(key)
    if (stream.isLive) stream.misses += 1
    if (!stream.isLive || stream.misses >= MISSES) stream.isLive = false
  }

  /** Whether a stream counts as live; undefined where nothing is known. */
  isLive(key: string): boolean | undefined {
    return this.streams.get(key)?.isLive
  }

  /**
   * Whether the status call is to say what a stream is.
   * @param nowMs on `Clock.monotonicMs`
   * @param isOnlySource whether nothing else tells whether it is live
   */
  wantsStatus(key: string, nowMs: number, isOnlySource: boolean): boolean {
    const stream = this.find(key)
    if (isOnlySource) return nowMs - stream.statusAtMs >= STATUS_EVERY_MS
    // Nothing has told anything yet, or that it is live.
    if (stream.isLive === undefined || (stream.isLive && stream.told)) return false
    // It has just stopped being live: nobody is to be told that it is for a minute more.
    const isTold = stream.told !== undefined && (stream.told.state === 'LIVE') === stream.isLive
    return nowMs - stream.statusAtMs >= (isTold ? STATUS_EVERY_MS : SOON_MS)
  }

  /** Notes what the status call has said; null: it failed. See `wantsStatus`. */
  noteStatus(key: string, state: StreamState | null, at: Moment, isOnlySource: boolean): void {
    const stream = this.find(key)
    stream.statusAtMs = at.nowMs
    if (state === null) return
    if (isOnlySource && state !== 'LIVE') {
      this.missLive(key)
      if (stream.isLive) return
    }
    // It lags behind what is measured, on the way up as well as down: it is asked again after as many misses.
    if (state === 'LIVE') {
      stream.isLive = true
      stream.misses = 0
    }
    if (stream.told?.state !== state) stream.told = { state, since: at.now, source: 'STATUS' }
  }

  /** What is told of a stream; undefined where nothing is known yet. */
  findTold(key: string): ToldState | undefined {
    return this.streams.get(key)?.told
  }

  /** Forgets all but the streams that are watched. */
  keepOnly(keys: ReadonlySet<string>): void {
    for (const key of this.streams.keys()) if (!keys.has(key)) this.streams.delete(key)
  }

  private find(key: string): Watched {
    const known = this.streams.get(key)
    if (known) return known
    const stream: Watched = {
      told: undefined,
      isLive: undefined,
      misses: 0,
      statusAtMs: Number.NEGATIVE_INFINITY,
    }
    this.streams.set(key, stream)
    return stream
  }
}
