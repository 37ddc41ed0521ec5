// Tencent's times: UNIX seconds, or texts without a zone that mean Beijing.
import { toMeasure, toText } from '#contract/payload.ts'
import { fromIsoTime, type Instant } from '#model/time-range.ts'

/** Seconds of the year 10000, beyond which no answer can spell a time. */
const LATEST_SECONDS = 253_402_300_800

/**
 * Reads a time of an answer: UNIX seconds as number or digits, `YYYY-MM-DD HH:MM:SS` in Beijing (UTC+8, no summer
 * time), or RFC 3339 with a zone. Null for anything else, impossible days and the zero time included.
 */
export function readTime(value: unknown): Instant | null {
  const seconds = toMeasure(value)
  if (seconds !== null) return seconds > 0 && seconds < LATEST_SECONDS ? Math.round(seconds * 1000) : null
  const text = toText(value)?.trim() ?? ''
  const gap = text.indexOf(' ')
  const written = gap < 0 ? text : `${text.slice(0, gap)}T${text.slice(gap).trimStart()}`
  return fromIsoTime(`${written}+08:00`) ?? fromIsoTime(written) ?? null
}
