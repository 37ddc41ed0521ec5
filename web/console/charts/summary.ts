// A history in four figures, for who does not look at the line.
import { findIndex, type SampleColumns } from './sample-columns.ts'

/** What one figure of a history came to. */
export interface FigureSummary {
  /** Lowest value. */
  readonly lowest: number
  /** Highest value. */
  readonly highest: number
  /** Mean of the samples. */
  readonly average: number
  /** The newest value. */
  readonly last: number
  /** When that was measured, in milliseconds since the epoch. */
  readonly lastAtMs: number
}

/** Of the samples in `[fromMs, toMs)`; undefined where none carries the figure. */
export function summarise(
  columns: SampleColumns,
  figure: number,
  fromMs: number,
  toMs: number,
): FigureSummary | undefined {
  const { times } = columns
  const values = columns.values[figure]
  if (!values) return undefined
  let lowest = Number.POSITIVE_INFINITY
  let highest = Number.NEGATIVE_INFINITY
  let sum = 0
  let count = 0
  let lastIndex = -1
  const end = findIndex(times, toMs)
  for (let index = findIndex(times, fromMs); index < end; index++) {
    const value = values[index] ?? Number.NaN
    if (Number.isNaN(value)) continue
    if (value < lowest) lowest = value
    if (value > highest) highest = value
    sum += value
    count++
    lastIndex = index
  }
  if (count === 0) return undefined
  return {
    lowest,
    highest,
    average: sum / count,
    last: values[lastIndex] ?? Number.NaN,
    lastAtMs: times[lastIndex] ?? Number.NaN,
  }
}
