// How many requests a client has made of all replicas together. Far from its limit a client does not wait for what
// the others know: its requests are counted here and settled in the background, up to a share of the limit for each
// replica. Near the limit every request waits for the one count that all have.
import type { Clock } from '#model/clock.ts'
import { createBoundedMap } from './bounded-map.ts'

/** A count that all replicas share. */
export interface SharedCounter {
  /**
   * Adds to the count of a key; a count begins with its first points and ends `windowMs` later.
   * @returns the count, these points among them, and how long it still lasts
   * @throws when the count is out of reach, within a short time
   */
  add(key: string, points: number, windowMs: number): Promise<{ readonly total: number; readonly msLeft: number }>
}

/** Where a request stands in its window. */
export interface Standing {
  /** Requests so far, this one among them. */
  readonly count: number
  /** Milliseconds until the count begins anew, > 0. */
  readonly msLeft: number
}

/** What one more request would find. Not to be kept. */
export interface Prospect {
  /** Undefined while the shared count is out of reach. */
  readonly standing: Standing | undefined
  /** Counts the request. Once at most; never one that is over the limit. */
  readonly count: () => void
}

/** What a count is made with. */
export interface SharedCountOptions {
  readonly counter: SharedCounter
  readonly clock: Clock
  /** Requests of a client in a window, ≥ 1. */
  readonly limit: number
  readonly windowMs: number
  /** Most replicas that count at the same time, ≥ 1. */
  readonly maxReplicas: number
}

/** Counts requests over all replicas. */
export interface SharedCount {
  /**
   * Counts one request. A client that asks one replica at a time, and lets it settle before it asks another, is let
   * through as often as the limit says; one that asks several at the same time by half of the limit more often at most.
   * What is counted while the shared count is out of reach is not made up for.
   * @returns undefined when the count is out of reach, or does not come soon enough
   */
  take(key: string): Promise<Standing | undefined>
  /**
   * What one more request would find that need not wait. Counts nothing.
   * @param nowMs this moment on `Clock.monotonicMs`
   * @returns undefined when it would have to wait
   */
  look(key: string, nowMs: number): Prospect | undefined
  /** Ends every timer. Nobody waits any more. */
  close(): void
}

/** How long requests are collected before they are settled. */
const SETTLE_MS = 100
/** How long a request waits for the shared count, and once more at most when it must go with the next settlement. */
const PATIENCE_MS = 100
/** How long a count that could not be reached is taken to be away, by those who need not wait for it. */
const AWAY_MS = 1_000
const MAX_CLIENTS = 50_000

/** What is known of one client. */
interface Tally {
  readonly key: string
  /** The shared count when it was last heard of; undefined when it has not been in this window. */
  known: number | undefined
  /** When the shared window ends, on `Clock.monotonicMs`. */
  endsAtMs: number
  /** Counted here and nowhere else. */
  unsettled: number
  /** On their way to the shared count. */
  sending: number
  waiting: ((standing: Standing | undefined) => void)[]
  isSettling: boolean
  /** Whether what is being settled has taken longer than anybody waits. */
  isLate: boolean
  /** Until when the shared count is taken to be out of reach, on `Clock.monotonicMs`. */
  awayUntilMs: number
}

/** Builds a count of its own keys. */
export function createSharedCount(options: SharedCountOptions): SharedCount {
  const { counter, clock, limit, windowMs, maxReplicas } = options
  /** What all replicas together have not settled is half of the limit at most. */
  const share = Math.floor(limit / (2 * maxReplicas))
  const closing = new AbortController()
  const tallies = createBoundedMap<Tally>(MAX_CLIENTS)
  const unsettled = new Set<Tally>()
  let isSettlingSoon = false

  function open(key: string): Tally {
    const known = tallies.get(key)
    if (known) return known
    const tally: Tally = {
      key,
      known: undefined,
      endsAtMs: 0,
      unsettled: 0,
      sending: 0,
      waiting: [],
      isSettling: false,
      isLate: false,
      awayUntilMs: Number.NEGATIVE_INFINITY,
    }
    tallies.set(key, tally)
    return tally
  }

  /** Where one more request stands that needs no answer of the others; undefined when it does. */
  function standHere(tally: Tally, nowMs: number): Standing | undefined {
    const msLeft = tally.endsAtMs - nowMs
    if (msLeft <= 0) tally.known = undefined
    if (tally.known === undefined) return undefined
    if (tally.known >= limit) return { count: limit + 1, msLeft }
    const own = tally.unsettled + tally.sending + 1
    const count = tally.known + own
    return own > share || count > limit / 2 ? undefined : { count, msLeft }
  }

  function countHere(tally: Tally): void {
    tally.unsettled += 1
    settleSoon(tally)
  }

  function settleSoon(tally: Tally): void {
    unsettled.add(tally)
    if (isSettlingSoon) return
    isSettlingSoon = true
    clock.delay(SETTLE_MS, closing.signal).then(settleAll, () => undefined)
  }

  function settleAll(): void {
    isSettlingSoon = false
    const due = [...unsettled]
    unsettled.clear()
    for (const tally of due) if (!tally.isSettling && tally.unsettled > 0) void settle(tally)
  }

  /** Settles until nobody waits. One at a time for a client: what comes meanwhile goes with the next. */
  async function settle(tally: Tally): Promise<void> {
    tally.isSettling = true
    do {
      const waiting = tally.waiting.splice(0)
      tally.sending = tally.unsettled + waiting.length
      tally.unsettled = 0
      const answered = new AbortController()
      clock.delay(PATIENCE_MS, AbortSignal.any([answered.signal, closing.signal])).then(
        () => giveUp(tally, waiting),
        () => closing.signal.aborted && giveUp(tally, waiting),
      )
      try {
        const { total, msLeft } = await counter.add(tally.key, tally.sending, windowMs)
        tally.known = total
        tally.awayUntilMs = Number.NEGATIVE_INFINITY
        tally.endsAtMs = clock.monotonicMs() + msLeft
        for (const [index, resolve] of waiting.entries()) resolve({ count: total - waiting.length + 1 + index, msLeft })
      } catch {
        // Whether they were counted nobody knows; here they count for nothing, or a short outage would cost clients
        // what they have not had. What all others have had is not known any more either.
        tally.known = undefined
        tally.awayUntilMs = clock.monotonicMs() + AWAY_MS
        for (const resolve of waiting) resolve(undefined)
      }
      answered.abort()
      tally.sending = 0
      tally.isLate = false
    } while (tally.waiting.length > 0)
    tally.isSettling = false
    if (tally.unsettled > 0) settleSoon(tally)
  }

  function giveUp(tally: Tally, waiting: Tally['waiting']): void {
    tally.isLate = true
    const behind = tally.waiting.splice(0)
    tally.unsettled += behind.length
    for (const resolve of [...waiting, ...behind]) resolve(undefined)
  }

  return {
    async take(key) {
      const tally = open(key)
      const standing = standHere(tally, clock.monotonicMs())
      if (standing && standing.count <= limit) countHere(tally)
      if (standing || closing.signal.aborted) return standing
      if (tally.isLate) {
        tally.unsettled += 1
        return undefined
      }
      return await new Promise((resolve) => {
        tally.waiting.push(resolve)
        if (!tally.isSettling) void settle(tally)
      })
    },
    look(key, nowMs) {
      const tally = open(key)
      const standing = standHere(tally, nowMs)
      const isAway = tally.isLate || nowMs < tally.awayUntilMs
      return standing || isAway ? { standing, count: () => countHere(tally) } : undefined
    },
    close: () => closing.abort(),
  }
}
