/** A limit on starts: no rolling window of `windowSeconds` holds more than `limit` admitted calls. */
export interface QuotaLimit {
  /** Calls per window, 0 or more. */
  limit: number
  /** Length of the window in seconds, above 0. */
  windowSeconds: number
}

/** Verdict on one arrival. */
export interface Admission {
  /** Whether the call was inside the quota and has been counted. */
  admitted: boolean
  /** Milliseconds until a call would be admitted; 0 when this one was. */
  retryAfterMs: number
}

/** Exact rolling log of arrivals of one account. Refused calls are not counted, so a client that waits gets in again. */
export class RollingQuota {
  #limit: QuotaLimit
  #arrivals: number[] = []

  constructor(limit: QuotaLimit) {
    this.#limit = limit
  }

  /** The limit in force. */
  get limit(): QuotaLimit {
    return this.#limit
  }

  /** Changes the limit; calls already counted stay counted. */
  setLimit(limit: QuotaLimit): void {
    this.#limit = limit
  }

  /** Decides on a call that arrived at `atMs` (epoch milliseconds, never decreasing). */
  take(atMs: number): Admission {
    const windowMs = this.#limit.windowSeconds * 1000
    this.#forget(atMs)
    if (this.#arrivals.length < this.#limit.limit) {
      this.#arrivals.push(atMs)
      return { admitted: true, retryAfterMs: 0 }
    }
    const oldest = this.#arrivals[this.#arrivals.length - this.#limit.limit] ?? atMs
    return { admitted: false, retryAfterMs: Math.max(1, oldest + windowMs - atMs) }
  }

  /** Calls counted in the window that ends at `atMs`. */
  used(atMs: number): number {
    this.#forget(atMs)
    return this.#arrivals.length
  }

  /** Forgets all arrivals. */
  reset(): void {
    this.#arrivals = []
  }

  #forget(atMs: number): void {
    const gone = atMs - this.#limit.windowSeconds * 1000
    const first = this.#arrivals.findIndex((arrival) => arrival > gone)
    if (first === -1) this.#arrivals = []
    else if (first > 0) this.#arrivals.splice(0, first)
  }
}
