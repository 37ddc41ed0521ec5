// Whether something grows.

/** A measured value and when it was, milliseconds. */
export interface Reading {
  readonly atMs: number
  readonly value: number
}

/** What the values grow by in a minute, by the straight line that fits them best; NaN for fewer than two instants. */
export function slopePerMinute(readings: readonly Reading[]): number {
  const count = readings.length
  const meanAtMs = readings.reduce((sum, { atMs }) => sum + atMs, 0) / count
  const mean = readings.reduce((sum, { value }) => sum + value, 0) / count
  let [upper, lower] = [0, 0]
  for (const { atMs, value } of readings) {
    upper += (atMs - meanAtMs) * (value - mean)
    lower += (atMs - meanAtMs) ** 2
  }
  return lower === 0 ? Number.NaN : (upper / lower) * 60_000
}
