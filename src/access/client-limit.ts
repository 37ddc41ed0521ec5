// What Weir grants its own clients, in requests per minute. It protects these processes and nobody's quota, so a burst
// at the edge of a minute does no harm, and where the count of the replicas is out of reach each counts for itself.
import { LRUCache } from 'lru-cache'
import { RateLimiterMemory } from 'rate-limiter-flexible'
import type { Caller } from '#model/caller.ts'
import type { Clock } from '#model/clock.ts'
import { GatewayError } from '#model/errors.ts'
import { toNetwork } from './network.ts'
import { createSharedCount, type SharedCounter, type Standing } from './shared-count.ts'

export type { SharedCounter } from './shared-count.ts'

const WINDOW_SECONDS = 60
const WINDOW_MS = WINDOW_SECONDS * 1000
/** Clients that are counted in memory at the same time; beyond, those are forgotten that were quiet for longest. */
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
  const perClient = createCount(options.requestsPerMinute, options)
  const perAddress = createCount(options.requestsPerMinutePerAddress ?? null, options)
  return {
    async take(caller, address) {
      const own = await perClient.take(`client ${toClientKey(caller, address)}`)
      // Who is over its own limit uses up nothing of its neighbours'.
      const all = await perAddress.take(toAddressKey(address))
      return own !== null && all !== null && all.remaining < own.remaining ? all : (own ?? all)
    },
    checkAddress: (address) => perAddress.check(toAddressKey(address)),
    takeAddress: async (address) => {
      await perAddress.take(toAddressKey(address))
    },
    close() {
      perClient.close()
      perAddress.close()
    },
  }
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

const toAddressKey = (address: string) => `all of ${toNetwork(address)}`

/** One limit. */
interface Count {
  /** Counts nothing. @throws ClientLimitError when that was the last answer, and a minute has not begun anew since */
  check(key: string): void
  /** @throws ClientLimitError */
  take(key: string): Promise<ClientLimitReading | null>
  close(): void
}

function createCount(limit: number | null, options: ClientLimitOptions): Count {
  if (limit === null) return { check: () => undefined, take: async () => null, close: () => undefined }
  const { clock, shared: counter, maxReplicas = USUAL_REPLICAS } = options
  const takeAlone = createOwnCount(limit)
  const shared = counter && createSharedCount({ counter, clock, limit, windowMs: WINDOW_MS, maxReplicas })
  /** When those that are over their limit may ask again, on `Clock.monotonicMs`. */
  const refused = new LRUCache<string, number>({ max: MAX_CLIENTS })
  return {
    check(key) {
      const waitMs = (refused.get(key) ?? 0) - clock.monotonicMs()
      if (waitMs > 0) throw toRefusal(limit, waitMs)
    },
    async take(key) {
      // Always counted here too: only then is this count worth something when the shared one is gone.
      const own = await takeAlone(key)
      const { count, msLeft } = (await shared?.take(key)) ?? own
      // The library counts on the wall clock; a step of it must not promise a wait longer than the window.
      const waitMs = Math.min(WINDOW_MS, Math.max(1, msLeft))
      if (count > limit) {
        refused.set(key, clock.monotonicMs() + waitMs)
        throw toRefusal(limit, waitMs)
      }
      return { limit, remaining: limit - count, resetSeconds: Math.ceil(waitMs / 1000) }
    },
    close: () => shared?.close(),
  }
}

function toRefusal(limit: number, waitMs: number): ClientLimitError {
  return new ClientLimitError({ limit, remaining: 0, resetSeconds: Math.ceil(waitMs / 1000) }, waitMs)
}

/** What this process alone has counted. */
function createOwnCount(limit: number): (key: string) => Promise<Standing> {
  const limiter = new RateLimiterMemory({ points: limit, duration: WINDOW_SECONDS, keyPrefix: '' })
  // The library keeps a count and a timer for whoever has asked in the last minute, however many those are.
  const counted = new LRUCache<string, true>({
    max: MAX_CLIENTS,
    dispose: (_, key) => void limiter.delete(key),
  })
  return async (key) => {
    if (!counted.get(key)) counted.set(key, true)
    const { consumedPoints, msBeforeNext } = await limiter.penalty(key)
    return { count: consumedPoints, msLeft: msBeforeNext }
  }
}
