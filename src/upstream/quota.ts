// How often an account may call its provider.
import type { Ask } from '#contract/ask.ts'
import type { QuotaReading } from '#contract/readings.ts'

/** What an account's provider grants, as the settings say. */
export interface QuotaLimits {
  /** Starts in any rolling window. */
  readonly limit: number
  readonly windowSeconds: number
  /** A start is counted this much longer than the window, for the spread between sending and arrival. */
  readonly guardMs: number
  /** Share of the limit, in [0, 1), that shared mode leaves unspent for processes that have lost the shared log. */
  readonly outageReserve: number
  /** Further limits by the provider's name of the call. */
  readonly interfaces: Readonly<Record<string, { readonly limit: number; readonly windowSeconds: number }>>
}

/** A granted start. It is spent whether or not it is used. */
export interface Permit {
  /**
   * Until when the call may leave, on `Clock.monotonicMs`: 100 ms after it was granted, or less where the grant itself
   * took its time. A call that has not left by then takes another one.
   */
  readonly goodUntilMs: number
}

/**
 * What a call needs besides a start, such as a connection. A start is granted only together with it: a start
 * granted earlier would go stale in the next queue, and a stale start is a lost one.
 */
export interface Gate {
  /** Reserves it; false when there is none at this moment. Not called again before `leave` once it succeeded. */
  tryEnter(): boolean
  /** Gives back what was reserved, and waits again: there was no start to go with it. */
  leave(): void
  /** Tells the watcher when entering is worth another try, or when it never will be. Called once, by the quota. */
  watch(watcher: GateWatcher): void
  /** The error when a deadline passes while nothing but this stood in the way. */
  toLateError(): Error
}

/** How a gate reports back. */
export interface GateWatcher {
  /** Entering may succeed now, for this call or another one behind the same gate. */
  opened(): void
  /** The call cannot be made; its wait ends with the error. */
  failed(error: Error): void
}

/** Grants starts so that no rolling window ever holds more than its limit. */
export interface Quota {
  /**
   * Waits for a start no longer than the ask's deadline; refuses at once when none can come free by then. Interactive
   * calls go before background ones, which keep a share of their own; clients of one lane take turns, and the calls
   * of one client go in order of arrival. With a gate the start is granted when the gate is entered too.
   * @throws QuotaExhaustedError with the time until a start is free; the signal's reason when the caller left;
   * the gate's errors
   */
  take(operation: string, ask: QuotaAsk, gate?: Gate): Promise<Permit>
  /**
   * Lets nothing start for a while, whoever shares the account's quota: the provider asked for it. A longer pause that
   * is already on stays. Known here at once.
   */
  pause(forMs: number): void
  /** Until when a pause is on, as far as it is known here, on `Clock.monotonicMs`; in the past when none is. */
  readonly pausedUntilMs: number
  /** Where it stands now. */
  read(): Promise<QuotaReading>
  /** Refuses everybody who waits and stops every timer. */
  close(): Promise<void>
}

/** What a quota needs to know of a question. */
export interface QuotaAsk extends Pick<Ask, 'lane' | 'signal' | 'deadlineAtMs'> {
  /** Who asks. Callers of the same name share one turn. */
  readonly caller: Pick<Ask['caller'], 'name'>
}

/** Milliseconds a permit stays good: a call that has not left by then takes a new one. */
export const PERMIT_LIFE_MS = 100

/**
 * How long a start counts in a window of that width, in milliseconds. A guard set by the operator holds for every
 * window of the account; the default one goes with each window's own width.
 */
export function toSpanMs(limits: QuotaLimits, windowSeconds: number): number {
  const isDefault = limits.guardMs === toDefaultGuardMs(limits.windowSeconds)
  return windowSeconds * 1000 + (isDefault ? toDefaultGuardMs(windowSeconds) : limits.guardMs)
}

/** The default guard: 2 % of the window, at least 250 ms, at most 2 s. */
export function toDefaultGuardMs(windowSeconds: number): number {
  return Math.min(2000, Math.max(250, windowSeconds * 20))
}
