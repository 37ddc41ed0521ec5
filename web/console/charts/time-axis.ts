// Words of a chart's time axis, in the zone of who looks.

const DAY_MS = 86_400_000
const MINUTE_MS = 60_000

/** Steps between two marks, in milliseconds: those that a clock has. */
export const timeSteps: number[] = [
  1000,
  5000,
  10_000,
  15_000,
  30_000,
  MINUTE_MS,
  2 * MINUTE_MS,
  5 * MINUTE_MS,
  10 * MINUTE_MS,
  15 * MINUTE_MS,
  30 * MINUTE_MS,
  60 * MINUTE_MS,
  120 * MINUTE_MS,
  180 * MINUTE_MS,
  360 * MINUTE_MS,
  720 * MINUTE_MS,
  DAY_MS,
  2 * DAY_MS,
  7 * DAY_MS,
  14 * DAY_MS,
  28 * DAY_MS,
]

/**
 * The mark of each instant: the hour and minute, seconds where marks are closer than a minute, and at the first mark of
 * a day the day as well.
 * @param formatDay names a day
 */
export function toTimeMarks(
  instants: readonly number[],
  stepMs: number,
  formatDay: (atMs: number) => string,
): string[] {
  let day = ''
  return instants.map((atMs, index) => {
    const date = new Date(atMs)
    const today = formatDay(atMs)
    const isNewDay = today !== day
    day = today
    if (stepMs >= DAY_MS) return today
    const time = toClock(date, stepMs < MINUTE_MS)
    // The first mark names its day only where the axis shows more than one: there a later one does not stand alone.
    return isNewDay && (index > 0 || instants.some((other) => formatDay(other) !== today)) ? `${time}\n${today}` : time
  })
}

function toClock(date: Date, hasSeconds: boolean): string {
  const parts = [date.getHours(), date.getMinutes(), ...(hasSeconds ? [date.getSeconds()] : [])]
  return parts.map((part) => String(part).padStart(2, '0')).join(':')
}

/**
 * Instants of whole steps in the zone of who looks, between two instants: midnight stands at midnight there, and not
 * eight hours beside it.
 */
export function toTimeSplits(fromMs: number, toMs: number, stepMs: number): number[] {
  const offsetMs = new Date(fromMs).getTimezoneOffset() * MINUTE_MS
  const splits: number[] = []
  for (let atMs = Math.ceil((fromMs - offsetMs) / stepMs) * stepMs + offsetMs; atMs <= toMs; atMs += stepMs) {
    splits.push(atMs)
  }
  return splits
}
