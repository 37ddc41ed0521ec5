// What Weir grants its own clients, in requests per minute. It protects this process and nobody's quota, so it is kept
// in memory and a burst at the edge of a minute does no harm.
import { isIPv6 } from 'node:net'
import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible'
import type { Caller } from '#model/caller.ts'
import { GatewayError } from '#model/errors.ts'

const WINDOW_SECONDS = 60

/** Where a client stands in its own limit. */
export interface ClientLimitReading {
  /** Requests per minute. */
  readonly limit: number
  /** Requests left in this minute, ≥ 0. */
  readonly remaining: number
  /** Whole seconds until the count begins anew, 1..60. */
  readonly resetSeconds: number
}

/** Counts requests per client. */
export interface ClientLimit {
  /**
   * Counts one request: by key name, and for an anonymous caller by address.
   * @param address the client's IP address
   * @returns null when there is no limit
   * @throws GatewayError RATE_LIMITED with `retryAfterMs`; `ClientLimitError.reading` says where the client stands
   */
  take(caller: Caller, address: string): Promise<ClientLimitReading | null>
}

/** A client is over its own limit. */
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

/** Builds the limit. @param options.requestsPerMinute per client, ≥ 1; null for none */
export function createClientLimit(options: { readonly requestsPerMinute: number | null }): ClientLimit {
  const limit = options.requestsPerMinute
  if (limit === null) return { take: async () => null }
  const limiter = new RateLimiterMemory({ points: limit, duration: WINDOW_SECONDS, keyPrefix: 'client' })

  return {
    async take(caller, address) {
      try {
        return toReading(limit, await limiter.consume(toClientKey(caller, address)))
      } catch (refusal) {
        if (!(refusal instanceof RateLimiterRes)) throw refusal
        throw new ClientLimitError(toReading(limit, refusal), toWaitMs(refusal))
      }
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

function toReading(limit: number, result: RateLimiterRes): ClientLimitReading {
  return {
    limit,
    remaining: Math.max(0, limit - result.consumedPoints),
    resetSeconds: Math.ceil(toWaitMs(result) / 1000),
  }
}

/** The library counts on the wall clock; a step of it must not promise a wait longer than the window. */
function toWaitMs(result: RateLimiterRes): number {
  return Math.min(WINDOW_SECONDS * 1000, Math.max(1, result.msBeforeNext))
}

function toClientKey(caller: Caller, address: string): string {
  return caller.name === 'anonymous' ? `address ${toNetwork(address)}` : `key ${caller.name}`
}

/** One household or host has a whole IPv6 /64, so that is what counts as one client. */
function toNetwork(address: string): string {
  if (!isIPv6(address) || address.includes('.')) return address
  const [head = '', tail] = address.toLowerCase().split('%', 1).join('').split('::')
  const front = head === '' ? [] : head.split(':')
  const back = tail === undefined || tail === '' ? [] : tail.split(':')
  const zeros = tail === undefined ? [] : Array<string>(8 - front.length - back.length).fill('0')
  return [...front, ...zeros, ...back]
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(':')
}
