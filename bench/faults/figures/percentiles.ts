// Figures over many measured times.

/**
 * The smallest value that `share` of all values do not exceed (nearest rank), so that it is always one that was
 * measured. NaN of no values.
 * @param share in (0, 1]: 0.5 for the median, 0.99 for p99
 */
export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((one, other) => one - other)
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? Number.NaN
}

/** Rounded to so many places, for people. */
export function rounded(value: number, places = 1): number {
  const scale = 10 ** places
  return Math.round(value * scale) / scale
}
