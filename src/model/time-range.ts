// Instants and half-open ranges, the only way time is passed around inside the gateway.

/** A point in time: milliseconds since 1970-01-01T00:00:00Z. Never a zone-less text, never seconds. */
export type Instant = number

/** Life of what can no longer change: the last instant a Date can hold, and the same on every clock. */
export const FOREVER: Instant = 8_640_000_000_000_000

/** A half-open range `[from, to)`. `from < to` unless stated otherwise. */
export interface TimeRange {
  /** First instant inside the range. */
  readonly from: Instant
  /** First instant after the range. */
  readonly to: Instant
}

/** RFC 3339 in UTC with milliseconds, the one spelling both faces use: `2026-11-21T10:00:00.000Z`. */
export function toIsoTime(instant: Instant): string {
  return new Date(instant).toISOString()
}

const RFC_3339 = /^(\d{4}-\d{2}-\d{2})[Tt](\d{2}:\d{2}:\d{2})(?:\.(\d+))?(?:[Zz]|([+-])([01]\d|2[0-3]):([0-5]\d))$/

/** Outside these years `toIsoTime` would not write RFC 3339. */
const YEAR_0: Instant = Date.parse('0000-01-01T00:00:00Z')
const YEAR_10000: Instant = Date.parse('9999-12-31T23:59:59.999Z') + 1

/**
 * Reads an RFC 3339 time. The zone is required, the day must exist in the calendar, digits beyond the millisecond are
 * cut off, a leap second (`:60`) is none. @returns undefined for any other text
 */
export function fromIsoTime(text: string): Instant | undefined {
  const match = RFC_3339.exec(text)
  if (!match) return undefined
  const [, day, time, fraction = '', sign, hours = '0', minutes = '0'] = match
  const written = `${day}T${time}.${fraction.slice(0, 3).padEnd(3, '0')}Z`
  const local = Date.parse(written)
  // `Date.parse` lets 30 February and 24:00 slide into the next day: only what reads back the same was a real time.
  if (Number.isNaN(local) || toIsoTime(local) !== written) return undefined
  const offsetMs = (Number(hours) * 60 + Number(minutes)) * 60_000
  const instant = sign === '-' ? local + offsetMs : local - offsetMs
  return instant >= YEAR_0 && instant < YEAR_10000 ? instant : undefined
}

/** The part that two ranges share, or undefined when they only touch or lie apart. */
export function intersect(one: TimeRange, other: TimeRange): TimeRange | undefined {
  const from = Math.max(one.from, other.from)
  const to = Math.min(one.to, other.to)
  return from < to ? { from, to } : undefined
}
