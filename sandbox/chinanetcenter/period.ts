const DAY = 86_400
const LONGEST_DAYS = 31
const DEFAULT_DAYS = 7

/** "Half a year" of the vendor's page, in days; the exact number is not documented. */
const KEPT_DAYS = 183

/** A refused period: the documented code and text. */
export interface PeriodProblem {
  /** The report's error code. */
  code: string
  /** The vendor's text for it. */
  message: string
}

/** A period by start of push, [from, to) in UNIX seconds. */
export interface Period {
  /** First second. */
  from: number
  /** First second after it. */
  to: number
}

const INVALID: PeriodProblem = { code: '24102006', message: 'The date specified is invalid.' }

/** Seconds east of UTC of an `X-Time-Zone` value; undefined when malformed. */
export function readTimeZone(value: string): number | undefined {
  const match = /^GMT([+-])(0\d|1[0-4]):00$/.exec(value)
  if (match === null) return undefined
  return (match[1] === '-' ? -1 : 1) * Number(match[2]) * 3600
}

/**
 * The asked days as instants; `dateTo` counts to its end.
 *
 * @param now - the provider's clock, UNIX seconds
 * @param zoneSeconds - seconds east of UTC by which days begin
 */
export function readPeriod(
  dateFrom: unknown,
  dateTo: unknown,
  now: number,
  zoneSeconds: number,
): Period | PeriodProblem {
  const today = Math.floor((now + zoneSeconds) / DAY)
  if (isAbsent(dateFrom) && isAbsent(dateTo)) return toPeriod(today - DEFAULT_DAYS, today, zoneSeconds)
  const first = readDay(dateFrom)
  const last = readDay(dateTo)
  if (first === undefined || last === undefined || last <= first || first > today) return INVALID
  if (last - first > LONGEST_DAYS) {
    return { code: '24102007', message: `You cannot specify a period greater than ${LONGEST_DAYS} day(s).` }
  }
  return first < today - KEPT_DAYS ? INVALID : toPeriod(first, Math.min(last, today), zoneSeconds)
}

function toPeriod(firstDay: number, lastDay: number, zoneSeconds: number): Period {
  return { from: firstDay * DAY - zoneSeconds, to: (lastDay + 1) * DAY - zoneSeconds }
}

function isAbsent(value: unknown): boolean {
  return value === undefined || value === null
}

/** Days since the epoch of a `yyyy-MM-dd` text; undefined when malformed or not a real day. */
function readDay(value: unknown): number | undefined {
  if (typeof value !== 'string' || !/^\d{4}-\d{2}-\d{2}$/.test(value)) return undefined
  const ms = Date.parse(`${value}T00:00:00Z`)
  return Number.isNaN(ms) || new Date(ms).toISOString().slice(0, 10) !== value ? undefined : ms / 1000 / DAY
}
