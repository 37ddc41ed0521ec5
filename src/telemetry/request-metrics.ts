// Requests that are over, counted as they end. Whole kept answers are told of here thousands of times a second, so the
// numbers are kept in plain arrays and become those of the package only when Prometheus asks.
import { Counter, type Registry } from 'prom-client'
import type { AnsweredRequest } from '#contract/answered-request.ts'
import { CountedHistogram, Observations } from './counted-histogram.ts'

/** What is counted of a request. The time of one that lasts is not. */
export type CountedRequest = Pick<AnsweredRequest, 'face' | 'operation' | 'code' | 'tookMs' | 'isLasting'>

/** Counts requests. */
export interface RequestMetrics {
  answered(request: CountedRequest): void
}

/** In seconds: from an answer that is sent again to one that waited for a provider's deadline. */
const BUCKETS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]
/** Operations that are told apart on each face, in case what is thought to be bounded is not; the rest is `other`. */
const MOST_OPERATIONS = 500

/** Requests of one face and operation. */
class Tally {
  readonly face: string
  readonly operation: string
  readonly counts = new Map<string, number>()
  /** In seconds. */
  readonly durations = new Observations(BUCKETS)

  constructor(face: string, operation: string) {
    this.face = face
    this.operation = operation
  }

  add({ code, tookMs, isLasting }: CountedRequest): void {
    this.counts.set(code, (this.counts.get(code) ?? 0) + 1)
    if (!isLasting) this.durations.add(tookMs / 1000)
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
  new CountedHistogram({
    name: 'weir_request_duration_seconds',
    help: 'From the arrival of a request until its answer has left; without subscriptions and streams of events.',
    labelNames: ['face', 'operation'],
    buckets: BUCKETS,
    registers: [registry],
    listSeries: () =>
      list()
        .filter(({ durations }) => durations.counts.some((count) => count > 0))
        .map(({ face, operation, durations }) => ({ labels: { face, operation }, observed: durations })),
  })
  return { answered: (request) => find(request.face, request.operation).add(request) }
}
