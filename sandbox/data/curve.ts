/** Audience of an average stream by hour in UTC+8, as a share of the evening peak. */
const BY_HOUR = [
  0.42, 0.28, 0.18, 0.12, 0.1, 0.1, 0.14, 0.2, 0.3, 0.38, 0.44, 0.5, 0.62, 0.6, 0.5, 0.47, 0.5, 0.55, 0.66, 0.82, 0.95,
  1, 0.9, 0.66,
]

const WEEKEND_GAIN = 1.2

/**
 * Share of the peak audience at a UNIX second, about 0.1..1.2: low before dawn, a bump at noon, the peak at 21:00 UTC+8,
 * higher on Saturday and Sunday.
 */
export function dayCurve(second: number): number {
  const hours = second / 3600 + 8
  const hour = Math.floor(hours)
  const here = BY_HOUR[hour % 24] ?? 0
  const next = BY_HOUR[(hour + 1) % 24] ?? 0
  const share = here + (next - here) * (hours - hour)
  // 1970-01-01 was a Thursday, so days 2 and 3 of each epoch week are the weekend.
  const day = Math.floor(hours / 24) % 7
  return day === 2 || day === 3 ? share * WEEKEND_GAIN : share
}
