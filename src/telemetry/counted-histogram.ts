// A histogram whose observations have been counted elsewhere. Observing each by itself would cost a text of its labels
// every time.
import { Histogram } from 'prom-client'

/** Observations with the same labels. */
export interface CountedSeries {
  readonly labels: Readonly<Record<string, string>>
  /** Observations in each bucket, not added up, and behind the last bucket those above all. */
  readonly counts: readonly number[]
  /** All observed values added up. */
  readonly sum: number
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

  private toValues({ labels: sharedLabels, counts, sum }: CountedSeries) {
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
