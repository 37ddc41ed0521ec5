import type { SnapshotMessage } from './data/snapshot-queue.ts'

/** Providers that the sandbox emulates. */
export type ProviderName = 'tencent' | 'chinanetcenter'

/** Which of the providers' servers a call came to. */
export type EndpointRole = 'statistics' | 'control' | 'reports'

/**
 * How a call ended. `pending`: no answer yet. `answered`: as the protocol says, success or an empty result. `refused`:
 * a protocol error. `throttled`: over the quota. `faulted`: an ordered fault had its way. `abandoned`: the client left first.
 */
export type Verdict = 'pending' | 'answered' | 'refused' | 'throttled' | 'faulted' | 'abandoned'

/** One call that arrived at a provider's server. */
export interface CallRecord {
  /** Counts up from 1 over all servers. */
  readonly id: number
  /** Provider whose server it came to. */
  readonly provider: ProviderName
  /** Which of its servers. */
  readonly role: EndpointRole
  /** Account as the request names it (APPID or user name); empty when it names none. */
  readonly account: string
  /** Tencent interface, or `stream-duration`; empty when the request names none. */
  readonly interface: string
  /** When the request's head arrived, epoch milliseconds with fractions; not moved by a clock that is set wrong. */
  readonly arrivedAtMs: number
  /** HTTP method; empty when the bytes were no HTTP, or a connection was reset before any came. */
  readonly method: string
  /** Request target as sent, path and query. */
  readonly target: string
  /** Request headers, names in lower case. */
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  /** Decoded query parameters; of repeated ones the last. */
  readonly parameters: Readonly<Record<string, string>>
  /** Parsed JSON body, the text when it is no JSON, undefined when there is none. */
  body: unknown
  /** How the call ended. */
  verdict: Verdict
  /** HTTP status of the answer; 0 while there is none. */
  status: number
  /** `ret` or `code` of the answer; empty when it has none. */
  code: string
  /** Kind of the fault that hit the call, if one did. */
  fault: string | undefined
  /** Rows of the Tencent list or history that the answer carried; 0 for any other. */
  rows: number
  /** Messages that the call took out of the screenshot queue. Nobody gets them again, whether the answer arrives or not. */
  taken: readonly SnapshotMessage[]
  /** When the connection was done with the call, same clock as arrivedAtMs; undefined while it is not. */
  finishedAtMs: number | undefined
}

/** Picks calls; every given field must match. */
export interface CallFilter {
  /** Provider called. */
  provider?: ProviderName
  /** Server called. */
  role?: EndpointRole
  /** Account as the call named it. */
  account?: string
  /** Interface as the call named it. */
  interface?: string
  /** How the call ended. */
  verdict?: Verdict
  /** Only calls that arrived at or after this, epoch milliseconds. */
  sinceMs?: number
}

const MOST_CALLS = 100_000

/** Every provider call that arrived, in order of arrival; the newest 100 000 are kept. */
export class CallLog {
  #records: CallRecord[] = []
  #total = 0

  /** The calls that match a filter, all without one. */
  list(filter: CallFilter = {}): CallRecord[] {
    return this.#records.filter((record) => isMatch(record, filter))
  }

  /** Number of calls that match a filter, all without one. */
  count(filter: CallFilter = {}): number {
    return this.list(filter).length
  }

  /** Adds a call and numbers it. */
  add(call: Omit<CallRecord, 'id'>): CallRecord {
    this.#total += 1
    const record = { id: this.#total, ...call }
    this.#records.push(record)
    if (this.#records.length > MOST_CALLS) this.#records.splice(0, MOST_CALLS / 10)
    return record
  }

  /** Forgets all calls; ids go on counting. */
  reset(): void {
    this.#records = []
  }

  /** The most matching calls that arrived within any rolling window of `windowMs` milliseconds. */
  mostInWindow(windowMs: number, filter: CallFilter = {}): number {
    const arrivals = this.list(filter).map((record) => record.arrivedAtMs)
    let first = 0
    let most = 0
    arrivals.forEach((arrival, index) => {
      while ((arrivals[first] ?? arrival) <= arrival - windowMs) first += 1
      most = Math.max(most, index - first + 1)
    })
    return most
  }

  /** The most matching calls that were open at one instant. */
  mostAtOnce(filter: CallFilter = {}): number {
    const edges = this.list(filter).flatMap((record) => [
      { atMs: record.arrivedAtMs, change: 1 },
      { atMs: record.finishedAtMs ?? Number.POSITIVE_INFINITY, change: -1 },
    ])
    edges.sort((left, right) => (left.atMs === right.atMs ? left.change - right.change : left.atMs - right.atMs))
    let open = 0
    let most = 0
    for (const edge of edges) {
      open += edge.change
      most = Math.max(most, open)
    }
    return most
  }
}

function isMatch(record: CallRecord, filter: CallFilter): boolean {
  return (
    (filter.provider === undefined || record.provider === filter.provider) &&
    (filter.role === undefined || record.role === filter.role) &&
    (filter.account === undefined || record.account === filter.account) &&
    (filter.interface === undefined || record.interface === filter.interface) &&
    (filter.verdict === undefined || record.verdict === filter.verdict) &&
    (filter.sinceMs === undefined || record.arrivedAtMs >= filter.sinceMs)
  )
}
