// How many requests a client has made of this process: so many in a window that begins with the first of them.
//
// By hand, because an answer that is there at once is counted at once: rate-limiter-flexible and its like answer by
// promises alone, and half a microsecond for each of two limits is more than the rest of the check costs.
import { createBoundedMap } from './bounded-map.ts'

/** What is counted of one client, for whoever counts to add to. Not to be kept: the next `open` may begin it anew. */
interface Tally {
  /** Requests in this window. */
  count: number
  /** When the window ends, on `Clock.monotonicMs`. */
  endsAtMs: number
}

/** Counts by client. */
export interface OwnCount {
  /** The window of a client at this moment, on `Clock.monotonicMs`. One in which nothing is counted has not begun. */
  open(key: string, nowMs: number): Tally
}

/** Builds a count. @param options.maxClients those that are counted; beyond, those are forgotten that were quiet for longest */
export function createOwnCount(options: { readonly windowMs: number; readonly maxClients: number }): OwnCount {
  const { windowMs, maxClients } = options
  const tallies = createBoundedMap<Tally>(maxClients)
  return {
    open(key, nowMs) {
      const known = tallies.get(key)
      if (known === undefined) {
        const begun = { count: 0, endsAtMs: nowMs + windowMs }
        tallies.set(key, begun)
        return begun
      }
      if (known.count === 0 || known.endsAtMs <= nowMs) {
        known.count = 0
        known.endsAtMs = nowMs + windowMs
      }
      return known
    },
  }
}
