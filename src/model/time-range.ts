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

/** Outside these years `toIsoTime` would not write RFC 3339. */
const YEAR_0: Instant = Date.parse('0000-01-01T00:00:00Z')
const YEAR_10000: Instant = Date.parse('9999-12-31T23:59:59.999Z') + 1

/**
 * Reads an RFC 3339 time. The zone is required, the day must exist in the calendar, digits beyond the millisecond are
 * cut off, a leap second (`:60`) is none. @returns undefined for any other text
 */
export function fromIsoTime(text: string): Instant | undefined {
  // Digit by digit: a provider's answer has thousands of times, and expressions and dates take ten times as long.
  const isShaped =
    text[4] === '-' && text[7] === '-' && (text[10] === 'T' || text[10] === 't') && text[13] === ':' && text[16] === ':'
  if (!isShaped) return undefined
  const local = toInstant({
    year: readDigits(text, 0, 4),
    month: readDigits(text, 5, 7),
    day: readDigits(text, 8, 10),
    hour: readDigits(text, 11, 13),
    minute: readDigits(text, 14, 16),
    second: readDigits(text, 17, 19),
  })
  let zoneAt = 19
  let ms = 0
  if (text[zoneAt] === '.') {
    do zoneAt += 1
    while (isDigit(text.charCodeAt(zoneAt)))
    if (zoneAt === 20) return undefined
    ms = Number(text.slice(20, Math.min(zoneAt, 23)).padEnd(3, '0'))
  }
  const offsetMs = readOffset(text, zoneAt)
  if (local === undefined || offsetMs === undefined) return undefined
  const instant = local + ms - offsetMs
  return instant >= YEAR_0 && instant < YEAR_10000 ? instant : undefined
}

/** Parts of a time of the calendar; NaN for one that could not be read. */
interface CalendarTime {
  readonly year: number
  readonly month: number
  readonly day: number
  readonly hour: number
  readonly minute: number
  readonly second: number
}

/** In UTC. Undefined for what no clock shows. */
function toInstant({ year, month, day, hour, minute, second }: CalendarTime): Instant | undefined {
  const isTime = hour < 24 && minute < 60 && second < 60
  if (!(isTime && month >= 1 && month <= 12 && day >= 1 && day <= countDays(year, month))) return undefined
  // `Date.UTC` takes a year below 100 for one of the last century.
  const midnight = year >= 100 ? Date.UTC(year, month - 1, day) : new Date(0).setUTCFullYear(year, month - 1, day)
  return midnight + ((hour * 60 + minute) * 60 + second) * 1000
}

function countDays(year: number, month: number): number {
  if (month === 2) return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31
}

/** How far the zone, with which the text ends, is ahead of UTC, in milliseconds; undefined where it is none. */
function readOffset(text: string, at: number): number | undefined {
  const sign = text[at]
  if (sign === 'Z' || sign === 'z') return text.length === at + 1 ? 0 : undefined
  if ((sign !== '+' && sign !== '-') || text.length !== at + 6 || text[at + 3] !== ':') return undefined
  const hours = readDigits(text, at + 1, at + 3)
  const minutes = readDigits(text, at + 4, at + 6)
  if (!(hours < 24 && minutes < 60)) return undefined
  return (hours * 60 + minutes) * (sign === '-' ? -60_000 : 60_000)
}

/** The number that the letters from `from` to `to` are digits of; NaN where one of them is none. */
function readDigits(text: string, from: number, to: number): number {
  let number = 0
  for (let at = from; at < to; at += 1) {
    const code = text.charCodeAt(at)
    if (!isDigit(code)) return Number.NaN
    number = number * 10 + code - 0x30
  }
  return number
}

/** NaN, for no letter, is none. */
function isDigit(code: number): boolean {
  return code >= 0x30 && code <= 0x39
}

/** The part that two ranges share, or undefined when they only touch or lie apart. */
export function intersect(one: TimeRange, other: TimeRange): TimeRange | undefined {
  const from = Math.max(one.from, other.from)
  const to = Math.min(one.to, other.to)
  return from < to ? { from, to } : undefined
}
