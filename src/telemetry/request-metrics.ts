// Requests that are over, counted as they end. Whole kept answers are told of here thousands of times a second, so the
// numbers are kept in plain arrays and become those of the package only when Prometheus asks.
import { Counter, Histogram, type Registry } from 'prom-client'

/** What is counted of a request. */
export interface CountedRequest {
  readonly face: string
  /** Of a bounded set. */
  readonly operation: string
  readonly code: string
  /** Milliseconds ≥ 0. */
  readonly tookMs: number
  /** Whether it goes on until somebody ends it: its time is not counted then. */
  readonly isLasting: boolean
}

/** Counts requests. */
export interface RequestMetrics {
  answered(request: CountedRequest): void
}

const DURATION = 'weir_request_duration_seconds'
const DURATION_HELP =
  'From the arrival of a request until its answer has left; without subscriptions and streams of events.'
/** In seconds: from an answer that is sent again to one that waited for a provider's deadline. */
const BUCKETS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]
/** Operations that are told apart on each face, in case what is thought to be bounded is not; the rest is `other`. */
const MOST_OPERATIONS = 500

/** Requests of one face and operation. */
class Tally {
  readonly face: string
  readonly operation: string
  readonly counts = new Map<string, number>()
  /** Of each bucket alone; the last one is for what took longer than all of them. */
  readonly bucketCounts = new Array<number>(BUCKETS.length + 1).fill(0)
  seconds = 0

  constructor(face: string, operation: string) {
    this.face = face
    this.operation = operation
  }

  add({ code, tookMs, isLasting }: CountedRequest): void {
    this.counts.set(code, (this.counts.get(code) ?? 0) + 1)
    if (isLasting) return
    const seconds = tookMs / 1000
    let bucket = 0
    while (bucket < BUCKETS.length && seconds > (BUCKETS[bucket] ?? 0)) bucket += 1
    this.bucketCounts[bucket] = (this.bucketCounts[bucket] ?? 0) + 1
    this.seconds += seconds
  }
}

/** Registers them. */
export function createRequestMetrics(registry: Registry): RequestMetrics {
  const faces = new Map<string, Map<string, Tally>>()

  function find(face: string, operation: string): Tally {
    let tallies = faces.get(face)
    if (!tallies) {
      tallies = new Map()
      faces.set(face, tallies)
    }
    const known = tallies.get(operation)
    if (known) return known
    const name = tallies.size < MOST_OPERATIONS ? operation : 'other'
    const tally = tallies.get(name) ?? new Tally(face, name)
    tallies.set(name, tally)
    return tally
  }

  const list = () => [...faces.values()].flatMap((tallies) => [...tallies.values()])
  registry.registerMetric(
    new Counter({
      name: 'weir_requests_total',
      help: 'Requests that are over, and operations of WebSockets: OK, the code of their first error, or CLIENT_LEFT.',
      labelNames: ['face', 'operation', 'code'],
      registers: [],
      collect() {
        this.reset()
        for (const { face, operation, counts } of list())
          for (const [code, count] of counts) this.inc({ face, operation, code }, count)
      },
    }),
  )
  registry.registerMetric(new Durations(list))
  return { answered: (request) => find(request.face, request.operation).add(request) }
}

/** A histogram of numbers that were counted elsewhere. */
class Durations extends Histogram<'face' | 'operation'> {
  private readonly list: () => readonly Tally[]

  constructor(list: () => readonly Tally[]) {
    super({
      name: DURATION,
      help: DURATION_HELP,
      labelNames: ['face', 'operation'],
      buckets: BUCKETS,
      registers: [],
    })
    this.list = list
  }

  /** What the package asks for all that it shows. */
  async getForPromString() {
    const values = this.list().flatMap(({ face, operation, bucketCounts, seconds }) => {
      const labels = { face, operation }
      let count = 0
      const buckets = bucketCounts.map((alone, index) => {
        count += alone
        return { metricName: `${DURATION}_bucket`, labels: { le: BUCKETS[index] ?? '+Inf', ...labels }, value: count }
      })
      if (count === 0) return []
      return [
        ...buckets,
        { metricName: `${DURATION}_sum`, labels, value: seconds },
        { metricName: `${DURATION}_count`, labels, value: count },
      ]
    })
    return { name: DURATION, help: DURATION_HELP, type: 'histogram', values, aggregator: 'sum' }
  }
}
