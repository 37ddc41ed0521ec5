// The right to do something that only one process may do at a time, for as long as it says that it is still there.

/** One contender for one lease. */
export interface Lease {
  /**
   * Takes the lease if it is free, and keeps it if it is this process's. To be called every beat of its terms by whoever
   * wants it, and again and again: what nobody holds is given to one who has asked for a while. Never rejects.
   * @returns whether it is surely this process's now
   */
  hold(): Promise<boolean>
  /**
   * Until when it is surely this process's, on `Clock.monotonicMs`, unless it is kept in between; in the past when it
   * is not. Whatever must not happen twice at the same time begins before that.
   */
  readonly heldUntilMs: number
  /**
   * Under which number this process holds it, or last held it; 0 before the first time. Grows with every change of
   * hands. Whoever holds it under an older one is refused.
   */
  readonly fence: number
  /** Gives it up at once, for somebody else to take, also where a `hold` is under way. Never rejects. */
  release(): Promise<void>
}

/** What a lease is known by. */
export interface LeaseName {
  /** What it is for something on: an account. */
  readonly scope: string
  /** Tells it from every other lease there. */
  readonly key: string
}

/** How quickly a lease goes on to somebody else. All who want one and the same lease have the same terms. */
export interface LeaseTerms {
  /** How long it outlives its last `hold`, in milliseconds; several beats, one of which may be late or lost. */
  readonly leaseMs: number
  /** How often it is to be held, in milliseconds. */
  readonly beatMs: number
}

/** How long a lease outlives its last `hold` where no terms are given, in milliseconds. */
export const LEASE_MS = 8000
/** How often it is to be held then, in milliseconds. */
export const LEASE_BEAT_MS = 2000
/** For work that somebody waits to see: after a holder that has died it goes on within one tick of a provider, 5 s. */
export const SAMPLER_LEASE: LeaseTerms = { leaseMs: 2400, beatMs: 600 }

const LONG_AGO_MS = Number.NEGATIVE_INFINITY

/** For a process that shares with nobody: its own whenever it wants it, until it gives it up. */
export function createProcessLease(): Lease {
  let heldUntilMs = LONG_AGO_MS
  let fence = 0
  return {
    async hold() {
      if (heldUntilMs === LONG_AGO_MS) fence += 1
      heldUntilMs = Number.POSITIVE_INFINITY
      return true
    },
    get heldUntilMs() {
      return heldUntilMs
    },
    get fence() {
      return fence
    },
    async release() {
      heldUntilMs = LONG_AGO_MS
    },
  }
}
