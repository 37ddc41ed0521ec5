// Where the starts of an account are written down. A ledger grants what is free at the moment it is asked and never
// waits; waiting, order and fairness are the queue's, in front of it.
import type { Lane } from '#contract/ask.ts'
import type { QuotaReading } from '#contract/readings.ts'
import type { Permit } from './quota.ts'

/** A start that somebody wants. */
export interface StartWish {
  /** The provider's name of the call. */
  readonly operation: string
  readonly lane: Lane
}

/** A start that somebody wants now. */
export interface TimedWish extends StartWish {
  /** Until when he waits for it otherwise, on `Clock.monotonicMs`; undefined when he does not. */
  readonly waitsUntilMs?: number
}

/** Calls that wait for the same. */
export interface WaitingCalls {
  readonly wish: StartWish
  readonly count: number
  /** Until when the most patient of them waits, on `Clock.monotonicMs`. */
  readonly lastDeadlineAtMs: number
}

/** A start that was granted, and is written down. */
export interface GrantedStart extends Permit {
  /** Unique over all processes and for ever. */
  readonly id: string
}

/** Keeps the log of starts of one account. */
export interface StartLedger {
  /**
   * Takes as many of the wished starts as are free now, in their order; undefined in the place of one that is not.
   * Whenever it refuses a wish, `plan` afterwards says a later time than now for it. Never throws.
   */
  take(wishes: readonly TimedWish[]): Promise<readonly (GrantedStart | undefined)[]>
  /** Makes a start free again whose call never left. */
  giveBack(start: GrantedStart): void
  /** How starts come free from now on, as well as is known here. */
  plan(): StartPlan
  /**
   * Which calls wait in this process now, beyond those it takes starts for, and would start if they could: a ledger
   * that several processes share keeps a place in its line for each. Left out where there are no others.
   */
  setWaiting?(calls: readonly WaitingCalls[]): void
  /** Calls back whenever starts may have come free earlier than `plan` said, or the plan has become worse. */
  onChange(listener: () => void): void
  /** Where it stands. */
  read(): Promise<QuotaReading>
  /**
   * Grants nothing for a while, in any process that shares the ledger: the provider asked for it. A longer pause
   * that is already on stays. Known here at once.
   */
  pause(forMs: number): void
  /** Until when a pause is on, as far as it is known here, on `Clock.monotonicMs`; in the past when none is. */
  readonly pausedUntilMs: number
  /** Ends everything that runs. */
  close(): Promise<void>
}

/** Starts as they will come free; planning with it uses them up, in it alone. */
export interface StartPlan {
  /**
   * When the next start for such a wish is free: `fromMs` or later, on `Clock.monotonicMs`; infinity when that is not
   * known or will not come by itself. `fromMs` is never before the last planned start. To ask for a background wish
   * is to say that one waits: what is kept for the background is kept in this plan from then on.
   */
  freeAt(wish: StartWish, fromMs: number): number
  /** Uses up a start at that time. */
  add(wish: StartWish, atMs: number): void
}
