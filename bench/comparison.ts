// What is compared with what, and the arithmetic of it. Rates mean nothing by themselves: machines differ, and so do
// their moments. Only ratios within one round do.
import { percentile } from './faults/figures/percentiles.ts'
import { layOut, toCount } from './table.ts'

/** Middle and ends of some values. */
export interface Spread {
  readonly median: number
  readonly lowest: number
  readonly highest: number
}

/** One line of the table: a way of ours beside another, by the names of their contenders. */
export interface Pair {
  /** What both do. */
  readonly what: string
  readonly ours: string
  readonly beside: string
}

/** How a pair did. */
export interface Comparison extends Pair {
  /** Per second. */
  readonly ourRate: Spread
  /** Per second. */
  readonly otherRate: Spread
  /** Ours to the other's, round by round: above 1 ours is faster. */
  readonly ratio: Spread
}

/** @throws RangeError when there are no values */
export function toSpread(values: readonly number[]): Spread {
  if (values.length === 0) throw new RangeError('nothing was measured')
  return { median: percentile(values, 0.5), lowest: Math.min(...values), highest: Math.max(...values) }
}

/**
 * Ratios of two that ran in the same rounds. Each is taken within its round, so that a slow moment of the machine,
 * which slows both, does not count.
 * @throws RangeError when they did not, or when the other did nothing at all
 */
export function toRatios(ours: readonly number[], others: readonly number[]): readonly number[] {
  if (ours.length !== others.length) throw new RangeError('two that are compared run in the same rounds')
  return ours.map((rate, round) => {
    const other = others[round] ?? 0
    if (!(other > 0)) throw new RangeError('nothing can be compared with none')
    return rate / other
  })
}

/** Compares pairs by their rates per round. @throws RangeError when a pair names a contender that did not run */
export function compare(pairs: readonly Pair[], rates: ReadonlyMap<string, readonly number[]>): readonly Comparison[] {
  const ratesOf = (name: string) => {
    const found = rates.get(name)
    if (found === undefined) throw new RangeError(`nobody ran as ${name}`)
    return found
  }
  return pairs.map((pair) => {
    const [ours, others] = [ratesOf(pair.ours), ratesOf(pair.beside)]
    return {
      ...pair,
      ourRate: toSpread(ours),
      otherRate: toSpread(others),
      ratio: toSpread(toRatios(ours, others)),
    }
  })
}

/** A table in Markdown that can also be read as it is. */
export function toTable(comparisons: readonly Comparison[]): string {
  const rows = [
    ['what', 'ours', '1/s', 'beside', '1/s', 'ratio', 'lowest', 'highest'],
    ...comparisons.map(({ what, ours, ourRate, beside, otherRate, ratio }) => [
      what,
      ours,
      toCount(ourRate.median),
      beside,
      toCount(otherRate.median),
      toRatio(ratio.median),
      toRatio(ratio.lowest),
      toRatio(ratio.highest),
    ]),
  ]
  return layOut(rows, (column) => column === 2 || column > 3)
}

const toRatio = (ratio: number) => (ratio >= 10 ? ratio.toFixed(0) : ratio.toFixed(2))
