// A histogram whose observations have been counted elsewhere. Observing each by itself would cost a text of its labels
// every time.
import { Histogram } from 'prom-client'

/** Observations of one kind, in plain numbers. */
export class Observations {
  /** Those in each bucket, not added up, and behind the last bucket those above all. */
  readonly counts: number[]
  /** All observed values added up. */
  sum = 0
  private readonly buckets: readonly number[]

  /** @param buckets upper ends, rising */
  constructor(buckets: readonly number[]) {
    this.buckets = buckets
    this.counts = new Array<number>(buckets.length + 1).fill(0)
  }

  add(value: number): void {
    let index = 0
    while (value > (this.buckets[index] ?? Number.POSITIVE_INFINITY)) index += 1
    this.counts[index] = (this.counts[index] ?? 0) + 1
    this.sum += value
  }
}

/** Observations with the same labels. */
export interface CountedSeries {
  readonly labels: Readonly<Record<string, string>>
  readonly observed: Pick<Observations, 'counts' | 'sum'>
}

/** What it is made with. */
export interface CountedHistogramOptions {
  readonly name: string
  readonly help: string
  readonly labelNames: readonly string[]
  /** Upper ends, rising. */
  readonly buckets: readonly number[]
  readonly registers: ConstructorParameters<typeof Histogram>[0]['registers']
  /** Asked each time that somebody reads it. */
  readonly listSeries: () => readonly CountedSeries[]
}

/** Shows the series that there are. */
export class CountedHistogram extends Histogram {
  private readonly options: CountedHistogramOptions

  constructor(options: CountedHistogramOptions) {
    const { name, help, labelNames, buckets, registers } = options
    super({ name, help, labelNames, buckets: [...buckets], ...(registers && { registers }) })
    this.options = options
  }

  /** By this name the package asks for its values, in every form. */
  async getForPromString() {
    const { name, help, listSeries } = this.options
    return {
      name,
      help,
      type: 'histogram',
      aggregator: 'sum',
      values: listSeries().flatMap((one) => this.toValues(one)),
    }
  }

  private toValues({ labels: sharedLabels, observed: { counts, sum } }: CountedSeries) {
    const { name, buckets } = this.options
    let count = 0
    const values = [...buckets, '+Inf'].map((le, index) => {
      count += counts[index] ?? 0
      return { metricName: `${name}_bucket`, labels: { le }, sharedLabels, value: count }
    })
    return [
      ...values,
      { metricName: `${name}_sum`, labels: {}, sharedLabels, value: sum },
      { metricName: `${name}_count`, labels: {}, sharedLabels, value: count },
    ]
  }
}
