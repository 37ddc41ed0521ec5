// What Weir grants its own clients, in requests per minute. It protects these processes and nobody's quota, so a burst
// at the edge of a minute does no harm, and where the count of the replicas is out of reach each counts for itself.
import type { Caller } from '#model/caller.ts'
import type { Clock } from '#model/clock.ts'
import { GatewayError } from '#model/errors.ts'
import { createBoundedMap } from './bounded-map.ts'
import { toNetwork } from './network.ts'
import { createOwnCount } from './own-count.ts'
import { createSharedCount, type SharedCounter, type Standing } from './shared-count.ts'

export type { SharedCounter } from './shared-count.ts'

const WINDOW_SECONDS = 60
const WINDOW_MS = WINDOW_SECONDS * 1000
/** Clients that are counted in memory at the same time. */
const MAX_CLIENTS = 50_000
/** Replicas that share a count, unless it is said. */
const USUAL_REPLICAS = 3

/** Where a client stands in its own limit. */
export interface ClientLimitReading {
  /** Requests per minute. */
  readonly limit: number
  /** Requests left in this minute, ≥ 0. */
  readonly remaining: number
  /** Whole seconds until the count begins anew, 1..60. */
  readonly resetSeconds: number
}

/** Counts requests per client, and per address. */
export interface ClientLimit {
  /**
   * Counts one request: by key name, and for an anonymous caller by address; and for all callers of the address.
   * @param address the client's IP address
   * @returns of the two limits the one that is nearer its end; null when there is none
   * @throws GatewayError RATE_LIMITED with `retryAfterMs`; `ClientLimitError.reading` says where the client stands
   */
  take(caller: Caller, address: string): Promise<ClientLimitReading | null>
  /**
   * `take`, when it can be decided at once and lets the request pass.
   * @returns undefined otherwise: nothing is counted then, and `take` is to be asked
   */
  takeNow(caller: Caller, address: string): ClientLimitReading | null | undefined
  /**
   * Refuses an address that was found to be over its limit, before any work is done for it. Counts nothing.
   * @throws GatewayError RATE_LIMITED as `take`
   */
  checkAddress(address: string): void
  /**
   * Counts one request of which nobody can be told to be the client. Instead of `take`, never besides it.
   * @throws GatewayError RATE_LIMITED as `take`
   */
  takeAddress(address: string): Promise<void>
  /** Ends every timer. */
  close(): void
}

/** What clients are granted. */
export interface ClientLimitOptions {
  /** Per client, ≥ 1; null for no limit. */
  readonly requestsPerMinute: number | null
  /** Of all clients of an address (of a /64 with IPv6) together, ≥ 1; null, or left out, for no limit. */
  readonly requestsPerMinutePerAddress?: number | null
  readonly clock: Clock
  /** The count of all replicas. Left out: this process has its own. */
  readonly shared?: SharedCounter | undefined
  /** Most replicas that share that count, ≥ 1. Default 3. */
  readonly maxReplicas?: number
}

/** A client is over its own limit, or over that of its address. */
export class ClientLimitError extends GatewayError {
  override readonly name = 'ClientLimitError'
  readonly reading: ClientLimitReading

  constructor(reading: ClientLimitReading, retryAfterMs: number) {
    super('RATE_LIMITED', `more than ${reading.limit} requests in a minute; try again in ${reading.resetSeconds} s`, {
      retryAfterMs,
    })
    this.reading = reading
  }
}

/** Builds the limits. */
export function createClientLimit(options: ClientLimitOptions): ClientLimit {
  const { clock, requestsPerMinute, requestsPerMinutePerAddress = null } = options
  const perClient = requestsPerMinute === null ? null : createCount(requestsPerMinute, 'client ', options)
  const perAddress =
    requestsPerMinutePerAddress === null ? null : createCount(requestsPerMinutePerAddress, 'all of ', options)
  return {
    async take(caller, address) {
      const own = perClient && (await perClient.take(toClientKey(caller, address)))
      // Who is over its own limit uses up nothing of its neighbours'.
      const all = perAddress && (await perAddress.take(toNetwork(address)))
      return nearerItsEnd(own, all)
    },
    takeNow(caller, address) {
      if (perClient === null && perAddress === null) return null
      const nowMs = clock.monotonicMs()
      const own = perClient === null ? null : perClient.look(toClientKey(caller, address), nowMs)
      if (own === undefined) return undefined
      const all = perAddress === null ? null : perAddress.look(toNetwork(address), nowMs)
      if (all === undefined) return undefined
      own?.count()
      all?.count()
      return nearerItsEnd(own?.reading ?? null, all?.reading ?? null)
    },
    checkAddress: (address) => perAddress?.check(toNetwork(address)),
    takeAddress: async (address) => {
      await perAddress?.take(toNetwork(address))
    },
    close() {
      perClient?.close()
      perAddress?.close()
    },
  }
}

function nearerItsEnd(own: ClientLimitReading | null, all: ClientLimitReading | null): ClientLimitReading | null {
  return own !== null && all !== null && all.remaining < own.remaining ? all : (own ?? all)
}

/** Headers that tell a client where it stands (IETF draft "RateLimit header fields for HTTP"). None without a limit. */
export function toRateLimitHeaders(reading: ClientLimitReading | null): Readonly<Record<string, string>> {
  if (reading === null) return {}
  return {
    'RateLimit-Policy': `"default";q=${reading.limit};w=${WINDOW_SECONDS}`,
    RateLimit: `"default";r=${reading.remaining};t=${reading.resetSeconds}`,
  }
}

/** What a client is counted by: its key or token, without one its address. */
export function toClientKey(caller: Caller, address: string): string {
  return caller.name === 'anonymous' ? `address ${toNetwork(address)}` : `key ${caller.name}`
}

/** One limit. */
interface Count {
  /** Counts nothing. @throws ClientLimitError when that was the last answer, and a minute has not begun anew since */
  check(key: string): void
  /** @throws ClientLimitError */
  take(key: string): Promise<ClientLimitReading>
  /** What one more request would find. Undefined when that cannot be told at once, or would be a refusal. */
  look(key: string, nowMs: number): Claim | undefined
  close(): void
}

/** A request that would be let through. */
interface Claim {
  readonly reading: ClientLimitReading
  /** Counts it. */
  readonly count: () => void
}

/** @param name tells the keys of this limit from those of the other where both are counted together */
function createCount(limit: number, name: string, options: ClientLimitOptions): Count {
  const { clock, shared: counter, maxReplicas = USUAL_REPLICAS } = options
  const alone = createOwnCount({ windowMs: WINDOW_MS, maxClients: MAX_CLIENTS })
  const shared =
    counter &&
    createSharedCount({
      counter: { add: (key, ...amounts) => counter.add(`${name}${key}`, ...amounts) },
      clock,
      limit,
      windowMs: WINDOW_MS,
      maxReplicas,
    })
  /** When those that are over their limit may ask again, on `Clock.monotonicMs`. */
  const refused = createBoundedMap<number>(MAX_CLIENTS)
  const toWaitMs = (key: string, nowMs: number) => (refused.get(key) ?? Number.NEGATIVE_INFINITY) - nowMs

  /** Of a request that is let through. */
  function toReading({ count, msLeft }: Standing): ClientLimitReading {
    return { limit, remaining: limit - count, resetSeconds: toSeconds(msLeft) }
  }

  return {
    check(key) {
      const waitMs = toWaitMs(key, clock.monotonicMs())
      if (waitMs > 0) throw toRefusal(limit, waitMs)
    },
    async take(key) {
      const nowMs = clock.monotonicMs()
      // Always counted here too: only then is this count worth something when the shared one is gone.
      const own = alone.open(key, nowMs)
      own.count += 1
      const here = { count: own.count, msLeft: own.endsAtMs - nowMs }
      const standing = (await shared?.take(key)) ?? here
      if (standing.count <= limit) return toReading(standing)
      const waitMs = Math.min(WINDOW_MS, Math.max(1, standing.msLeft))
      refused.set(key, clock.monotonicMs() + waitMs)
      throw toRefusal(limit, waitMs)
    },
    look(key, nowMs) {
      if (refused.size > 0 && toWaitMs(key, nowMs) > 0) return undefined
      const prospect = shared?.look(key, nowMs)
      if (shared && !prospect) return undefined
      const own = alone.open(key, nowMs)
      const standing = prospect?.standing ?? { count: own.count + 1, msLeft: own.endsAtMs - nowMs }
      if (standing.count > limit) return undefined
      const count = () => {
        own.count += 1
        prospect?.count()
      }
      return { reading: toReading(standing), count }
    },
    close: () => shared?.close(),
  }
}

function toRefusal(limit: number, waitMs: number): ClientLimitError {
  return new ClientLimitError({ limit, remaining: 0, resetSeconds: toSeconds(waitMs) }, waitMs)
}

/** Whole seconds, 1..60. */
function toSeconds(ms: number): number {
  return Math.min(WINDOW_SECONDS, Math.max(1, Math.ceil(ms / 1000)))
}
