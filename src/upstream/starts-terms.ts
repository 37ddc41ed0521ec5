// What is said to the shared log, and what it answers.
import type { Lane } from '#contract/ask.ts'
import type { TimedWish } from './start-ledger.ts'
import type { StartsView } from './starts-view.ts'

/** A start as the shared log knows it. */
export interface LoggedStart {
  readonly id: string
  readonly lane: Lane
  /** The provider's name of the call. */
  readonly operation: string
}

/** Calls of a lane that wait for starts, beyond those that starts are wished for. */
export interface LaneWaiting {
  readonly count: number
  /** Until when the most patient waits, on `Clock.monotonicMs`. */
  readonly untilMs: number
}

/** Calls that wait, by lane. */
export type LanesWaiting = Readonly<Record<Lane, LaneWaiting>>

/** No call waits. */
export const nobody: LanesWaiting = { interactive: { count: 0, untilMs: 0 }, background: { count: 0, untilMs: 0 } }

/** A start that is wanted from the log. */
export interface WishedStart extends LoggedStart, TimedWish {}

/** A start that the log is told of. */
export interface ReportedStart extends LoggedStart {
  /** When it was made, on `Clock.monotonicMs`. */
  readonly atMs: number
}

/** What a call of the script brings. */
export type StartsReply =
  | { readonly kind: 'join' }
  | {
      readonly kind: 'view'
      readonly view: StartsView
      /** Of a take: which of its starts were granted. */
      readonly isGranted: readonly boolean[]
      /** When the call was sent, on `Clock.monotonicMs`: no start it granted is older. */
      readonly sentAtMs: number
    }

/** Who joins, and what he knows of the others. */
export interface JoinTerms {
  /** Name for a new log, where there is none. */
  readonly newEpoch: string
  /** Nobody else ever shares the log. */
  readonly isAlone: boolean
  /** There was a connection before this one. */
  readonly isReconnected: boolean
  readonly roster: readonly string[]
}
