// What a process may start while the shared log cannot be used. Two parts, for two kinds of knowledge: who cannot tell
// whether others still use the log takes from the reserve, which the log never gives out; who is refused by the server
// knows that it is gone for everybody, and takes a fixed part of all, once whatever the log had granted has left the
// window.
import type { LinkState } from '#fleet/fleet-link.ts'
import type { ExpiringLog } from './expiry-plan.ts'
import type { OwnStart } from './own-starts.ts'

/** What a limit grants, cut up between the shared log and those who have lost it. */
export interface LimitParts {
  /** Starts a span that the shared log gives out. */
  readonly capacity: number
  /** Starts a span each process may make whenever the log cannot be used. */
  readonly reservePart: number
  /** Starts a span each process may make once the log has been gone for everybody for a whole span. */
  readonly wholePart: number
}

/** Refusals must have been seen for the span and this much longer: a call leaves a moment after its start was granted. */
const MARGIN_MS = 1000
/** A refusal older than this says nothing of now. */
const FRESH_MS = 1000

/** Cuts a limit up. @param maxReplicas most processes that share it */
export function toLimitParts(limit: number, outageReserve: number, maxReplicas: number): LimitParts {
  // A hair more, against products such as 100 * 0.29 = 28.999999999999996.
  const reserve = Math.floor(limit * outageReserve + 1e-9)
  const capacity = limit - reserve
  return {
    capacity,
    reservePart: Math.floor(reserve / maxReplicas),
    wholePart: Math.floor(capacity / maxReplicas),
  }
}

/** When the whole part comes, on `Clock.monotonicMs`, if the refusals go on; infinity while there are none. */
export function toWholePartAtMs(link: LinkState, spanMs: number): number {
  return link.health === 'refused' ? link.sinceMs + spanMs + MARGIN_MS : Number.POSITIVE_INFINITY
}

/** The log that a process keeps for itself now, for a limit whose own starts are `starts`. */
export function toOwnLog(
  parts: LimitParts,
  spanMs: number,
  starts: readonly OwnStart[],
  link: LinkState,
  nowMs: number,
): ExpiringLog {
  const isGone = nowMs >= toWholePartAtMs(link, spanMs) && nowMs - link.confirmedAtMs <= FRESH_MS
  // Of the reserve, only what was taken from it counts; of the whole, all does.
  const counted = starts.filter((start) => start.atMs > nowMs - spanMs && (isGone || !start.isShared))
  return {
    capacity: isGone ? parts.wholePart : parts.reservePart,
    spanMs,
    used: counted.length,
    expiries: counted.map((start) => start.atMs + spanMs),
    allExpiredAtMs: nowMs + spanMs,
  }
}
