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
  /** Further limits by the provider's name of the call. */
  readonly interfaces: Readonly<Record<string, { readonly limit: number; readonly windowSeconds: number }>>
}

/** A granted start. It is spent whether or not it is used. */
export interface Permit {
  /** When it was granted, on `Clock.monotonicMs`. It is good for 100 ms. */
  readonly grantedAtMs: number
}

/**
 * What a call needs besides a start, such as a connection. A start is granted only together with it: a start
 * granted earlier would go stale in the next queue, and a stale start is a lost one.
 */
export interface Gate {
  /** Reserves it; false when there is none at this moment. Called at most once with success. */
  tryEnter(): boolean
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
   * Waits for a start, in order of arrival among calls of the same operation, no longer than the ask's deadline;
   * refuses at once when none can come free by then. With a gate the start is granted when the gate is entered too.
   * @throws QuotaExhaustedError with the time until a start is free; the signal's reason when the caller left;
   * the gate's errors
   */
  take(operation: string, ask: Pick<Ask, 'lane' | 'signal' | 'deadlineAtMs'>, gate?: Gate): Promise<Permit>
  /** Where it stands now. */
  read(): Promise<QuotaReading>
  /** Refuses everybody who waits and stops every timer. */
  close(): void
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
