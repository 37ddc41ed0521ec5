// Histories as charts want them: a column of instants and columns of values beside it. A day of 5 s samples is 17 280
// points, and every pass over them stays a loop over numbers.

/** A history. */
export interface SampleColumns {
  /** Milliseconds since the epoch, rising. */
  readonly times: Float64Array
  /** One for each figure, each as long as `times`; NaN: not measured. */
  readonly values: readonly Float64Array[]
}

/** A history of so many figures without a sample. */
export function emptyColumns(figures: number): SampleColumns {
  return { times: new Float64Array(0), values: Array.from({ length: figures }, () => new Float64Array(0)) }
}

/** Samples as the gateway answers them, in columns. */
export function toColumns<Sample extends { readonly observedAt: string }>(
  samples: readonly Sample[],
  figures: readonly ((sample: Sample) => number | null)[],
): SampleColumns {
  const times = new Float64Array(samples.length)
  const values = figures.map(() => new Float64Array(samples.length))
  samples.forEach((sample, index) => {
    times[index] = Date.parse(sample.observedAt)
    figures.forEach((read, figure) => {
      const column = values[figure]
      if (column) column[index] = read(sample) ?? Number.NaN
    })
  })
  return { times, values }
}

/** Index of the first instant that is not before `atMs`; the length where there is none. */
export function findIndex(times: Float64Array, atMs: number): number {
  let low = 0
  let high = times.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((times[middle] ?? Number.POSITIVE_INFINITY) < atMs) low = middle + 1
    else high = middle
  }
  return low
}

/** The part in `[fromMs, toMs)`. It shares the memory of the whole. */
export function cutColumns(columns: SampleColumns, fromMs: number, toMs = Number.POSITIVE_INFINITY): SampleColumns {
  const first = findIndex(columns.times, fromMs)
  const end = toMs === Number.POSITIVE_INFINITY ? columns.times.length : findIndex(columns.times, toMs)
  return {
    times: columns.times.subarray(first, end),
    values: columns.values.map((column) => column.subarray(first, end)),
  }
}

/** Both, one after the other; of the second only what is later than all of the first. */
export function joinColumns(earlier: SampleColumns, later: SampleColumns): SampleColumns {
  const last = earlier.times.at(-1)
  const rest = last === undefined ? later : cutColumns(later, last + 1)
  if (rest.times.length === 0) return earlier
  return {
    times: join(earlier.times, rest.times),
    values: earlier.values.map((column, figure) => join(column, rest.values[figure] ?? new Float64Array(0))),
  }
}

/** Averages of groups that are aligned to the epoch, dated by where each group begins, as `everySeconds` gives them. */
export function groupColumns(columns: SampleColumns, everyMs: number): SampleColumns {
  const starts: number[] = []
  const ends: number[] = []
  columns.times.forEach((time, index) => {
    const start = Math.floor(time / everyMs) * everyMs
    if (start === starts.at(-1)) ends[ends.length - 1] = index + 1
    else {
      starts.push(start)
      ends.push(index + 1)
    }
  })
  const values = columns.values.map((column) => {
    const averages = new Float64Array(starts.length)
    let index = 0
    ends.forEach((end, group) => {
      let sum = 0
      let count = 0
      for (; index < end; index++) {
        const value = column[index] ?? Number.NaN
        if (Number.isNaN(value)) continue
        sum += value
        count++
      }
      averages[group] = count === 0 ? Number.NaN : sum / count
    })
    return averages
  })
  return { times: Float64Array.from(starts), values }
}

/**
 * What was asked for, and what came live after it, at the same resolution. The group in which the one ends and the
 * other begins is of both: it keeps what was asked for, which holds more of it.
 * @param everyMs width of the groups of `asked`; null where its samples are as measured
 */
export function joinLive(asked: SampleColumns, live: SampleColumns, everyMs: number | null): SampleColumns {
  return joinColumns(asked, everyMs === null ? live : groupColumns(live, everyMs))
}

function join(one: Float64Array, other: Float64Array): Float64Array {
  const whole = new Float64Array(one.length + other.length)
  whole.set(one)
  whole.set(other, one.length)
  return whole
}
