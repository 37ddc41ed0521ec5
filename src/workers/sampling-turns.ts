// When the watched streams of an account are read next.
import type { Clock } from '#model/clock.ts'
import { PUSH_PACE_MS } from '#services/freshness.ts'
import type { SamplingPace } from './sampling-pace.ts'

/** How long after a tick of the provider its rows are looked for: at first, and at the latest. */
const PROMPT_MS = 150
const LATE_MS = 1500
/** How often one waits for the next tick at the most: a provider that is slow is always late. */
const REALIGN_EVERY_MS = 60_000
/** How long after a minute playback is asked for again. */
const PLAY_SPARE_MS = 1000

/** A round that is over. */
export interface RoundTaken {
  readonly isPushDue: boolean
  readonly isPlayDue: boolean
  /** When it began, on `Clock.monotonicMs`. */
  readonly nowMs: number
  readonly pace: SamplingPace
  /** Until when what was had is good, on the wall clock; null where nothing was. */
  readonly freshUntil: number | null
  /** Whether ingest was read from histories, whose rows are a tick of the provider apart, aligned to the epoch. */
  readonly isHistory: boolean
}

/** The turns of one account; the first is at once. All times are those of `Clock.monotonicMs`. */
export class SamplingTurns {
  /** When what changes every 5 s is read. */
  pushMs = 0
  /** When playback is. */
  playMs = 0
  private realignedMs = Number.NEGATIVE_INFINITY
  private readonly clock: Pick<Clock, 'now' | 'monotonicMs'>

  constructor(clock: Pick<Clock, 'now' | 'monotonicMs'>) {
    this.clock = clock
  }

  /** Sets the next turns. */
  note({ isPushDue, isPlayDue, nowMs, pace, freshUntil, isHistory }: RoundTaken): void {
    const { clock } = this
    if (isPlayDue) this.playMs = nowMs + pace.playEveryMs + PLAY_SPARE_MS
    if (!isPushDue) return
    // Asked a moment too early the cache gives the same again, and what is new waits for a whole round more.
    const lifeMs = freshUntil === null ? 0 : Math.min(freshUntil - clock.now(), PUSH_PACE_MS)
    // What another replica has read, a moment before this one took over, is as old as its life is shorter.
    const readAtMs = freshUntil === null ? nowMs : Math.min(nowMs, clock.monotonicMs() + lifeMs - PUSH_PACE_MS)
    this.pushMs = Math.max(readAtMs + pace.pushEveryMs, clock.monotonicMs() + lifeMs)
    if (isHistory && pace.pushEveryMs === PUSH_PACE_MS) this.realign(nowMs)
  }

  /**
   * A row is told soonest when it is looked for right after its tick. Each round is a little later than the one before;
   * once it is too late to be worth it, one waits for the next tick. Of a history nothing is missed meanwhile.
   */
  private realign(nowMs: number): void {
    const phaseMs = (this.clock.now() + this.pushMs - this.clock.monotonicMs()) % PUSH_PACE_MS
    if (phaseMs <= LATE_MS || nowMs - this.realignedMs < REALIGN_EVERY_MS) return
    this.realignedMs = nowMs
    this.pushMs += PUSH_PACE_MS - phaseMs + PROMPT_MS
  }
}
