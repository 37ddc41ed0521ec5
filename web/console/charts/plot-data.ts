// Columns as uPlot draws them: a null breaks the line.
import type { SampleColumns } from './sample-columns.ts'

/** A piece of a range that could not be had. */
export interface MissingPiece {
  /** First instant inside, in milliseconds since the epoch. */
  readonly fromMs: number
  /** First instant after it. */
  readonly toMs: number
  /** Why, as a code. */
  readonly code: string
  /** Why, in words. */
  readonly message: string
}

/** A column of instants, and one of values. */
export type PlotData = [times: number[], values: (number | null)[]]

/** So many ticks without a sample are a hole and no line: one late or lost sample alone is none. */
const TICKS_OF_A_HOLE = 2.5

/**
 * One figure of a history. Where samples are further apart than they should be, or a piece between them could not be
 * had, a null stands between them.
 * @param tickMs how far apart samples should be
 */
export function toPlotData(
  columns: SampleColumns,
  figure: number,
  tickMs: number,
  missing: readonly MissingPiece[],
): PlotData {
  const { times } = columns
  const values = columns.values[figure] ?? new Float64Array(times.length).fill(Number.NaN)
  const holes = [...missing].sort((one, other) => one.fromMs - other.fromMs)
  const shownTimes: number[] = []
  const shownValues: (number | null)[] = []
  let nextHole = 0
  let before = Number.NaN
  for (let index = 0; index < times.length; index++) {
    const time = times[index] ?? Number.NaN
    const value = values[index] ?? Number.NaN
    // A piece lies between two samples when it ends after the one and begins before the other.
    while ((holes[nextHole]?.toMs ?? Number.POSITIVE_INFINITY) <= before) nextHole++
    const isAcrossHole = (holes[nextHole]?.fromMs ?? Number.POSITIVE_INFINITY) < time
    if (index > 0 && (time - before > TICKS_OF_A_HOLE * tickMs || isAcrossHole)) {
      shownTimes.push((time + before) / 2)
      shownValues.push(null)
    }
    shownTimes.push(time)
    shownValues.push(Number.isNaN(value) ? null : value)
    before = time
  }
  return [shownTimes, shownValues]
}

/** Indices of values without a neighbour: no line is drawn to them, so that they want a dot. */
export function findLonePoints(values: ArrayLike<number | null | undefined>, first: number, last: number): number[] {
  const lone: number[] = []
  for (let index = first; index <= last; index++) {
    if (isValue(values[index]) && !isValue(values[index - 1]) && !isValue(values[index + 1])) lone.push(index)
  }
  return lone
}

/** The piece that an instant lies in. */
export function findMissing(missing: readonly MissingPiece[], atMs: number): MissingPiece | undefined {
  return missing.find(({ fromMs, toMs }) => atMs >= fromMs && atMs < toMs)
}

function isValue(value: number | null | undefined): value is number {
  return value !== null && value !== undefined
}
