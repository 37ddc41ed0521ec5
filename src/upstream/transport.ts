// Carries signed requests to the endpoints of one account and to nowhere else: no redirects, no cookies, no
// decompression. It knows connections and bytes, not quotas or providers.
import type { LookupFunction } from 'node:net'
import { buildConnector } from 'undici'
import type { QueryParameter } from '#contract/upstream-call.ts'
import type { Clock } from '#model/clock.ts'
import { UpstreamError } from '#model/errors.ts'
import { type ConnectionLease, ConnectionPool } from './connection-pool.ts'
import type { ExchangeOutcome } from './exchange.ts'
import { type Endpoint, toEndpoint, toRequestTarget } from './request-target.ts'
import { createSharedLookup } from './shared-lookup.ts'

/** What a transport is made with. */
export interface TransportOptions {
  /** Role → base address. */
  readonly endpoints: Readonly<Record<string, string>>
  readonly clock: Clock
  /** Most bytes of an answer's body, as received. */
  readonly maxResponseBytes: number
  /** Most calls in flight per origin. */
  readonly maxConnections: number
  /** Milliseconds to bring up a connection, name lookup and TLS included. */
  readonly connectTimeoutMs: number
  /** Finds hosts; one of the transport's own when left out. */
  readonly lookup?: LookupFunction
  /** Makes the sockets; a plain one of undici when left out. */
  readonly connector?: buildConnector.connector
}

/** A request below an endpoint, signed but not yet encoded. */
export interface OutgoingRequest {
  readonly endpoint: string
  readonly path: string | undefined
  readonly method: 'GET' | 'POST'
  readonly query: readonly QueryParameter[]
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | undefined
}

/** What rules over one sending. */
export interface SendTerms {
  /** Asked in the moment before the first byte is written. False stops the request unsent. */
  readonly mayLeave: () => boolean
  /** On `Clock.monotonicMs`. Read again once the request has left. */
  readonly deadlineAtMs: () => number
  /** Ends the sending with its reason, unless `isHeldOn` says otherwise. */
  readonly signal: AbortSignal
  /** Whether the answer is read to its end although the caller has left. */
  readonly isHeldOn: () => boolean
}

/** How long beyond its deadline an answer that cannot be had again is looked for in what has arrived already. */
const LAST_LOOK_MS = 250

/** Why nobody waits for a deadline any more. Named, or an error with its stack would be made for every call. */
const ENDED = 'the exchange has ended'

/** The way out of one account. */
export interface Transport {
  /** A place in line for a connection. @throws Error for a role the account does not have */
  lease(endpoint: string): ConnectionLease
  /** Sends on an entered lease. Never rejects. */
  send(lease: ConnectionLease, request: OutgoingRequest, terms: SendTerms): Promise<ExchangeOutcome>
  /** Cuts every connection. */
  close(): Promise<void>
}

/** A transport over undici connections. Nothing is connected before the first lease. */
export function createTransport(options: TransportOptions): Transport {
  const { clock } = options
  const endpoints = new Map<string, Endpoint>()
  for (const [role, address] of Object.entries(options.endpoints)) endpoints.set(role, toEndpoint(role, address))
  const connector =
    options.connector ??
    buildConnector({
      timeout: options.connectTimeoutMs,
      allowH2: false,
      lookup: options.lookup ?? createSharedLookup(),
    })
  const pools = new Map<string, ConnectionPool>()

  function endpointOf(role: string): Endpoint {
    const endpoint = endpoints.get(role)
    if (endpoint === undefined) throw new Error(`the account has no endpoint ${role}`)
    return endpoint
  }

  return {
    lease(role) {
      const { origin } = endpointOf(role)
      const pool =
        pools.get(origin) ?? new ConnectionPool({ origin, connector, maxConnections: options.maxConnections })
      pools.set(origin, pool)
      return pool.lease()
    },

    async send(lease, request, terms) {
      const { connection } = lease
      if (connection === undefined) throw new Error('the lease was not entered')
      const target = toRequestTarget(endpointOf(request.endpoint), request.path, request.query)
      const over = new AbortController()
      const exchange = connection.start(
        {
          method: request.method,
          target,
          headers: { 'user-agent': 'weir', ...request.headers, 'accept-encoding': 'identity' },
          body: request.body,
        },
        { clock, maxResponseBytes: options.maxResponseBytes, mayLeave: terms.mayLeave },
      )
      const onAbort = () => {
        if (!terms.isHeldOn()) exchange.abort(terms.signal.reason)
      }
      terms.signal.addEventListener('abort', onAbort, { once: true })
      if (terms.signal.aborted) onAbort()
      const expire = async () => {
        for (;;) {
          const restMs = terms.deadlineAtMs() - clock.monotonicMs()
          if (restMs <= 0) break
          await clock.delay(restMs, over.signal)
        }
        // A process that was frozen finds its time over before it has read what lies in its sockets.
        if (terms.isHeldOn()) await clock.delay(LAST_LOOK_MS, over.signal)
        exchange.abort(new UpstreamError('UPSTREAM_TIMEOUT', 'the provider did not answer in time'))
      }
      expire().catch(() => undefined)
      try {
        return await exchange.outcome
      } finally {
        over.abort(ENDED)
        terms.signal.removeEventListener('abort', onAbort)
      }
    },

    async close() {
      await Promise.all([...pools.values()].map((pool) => pool.close()))
    },
  }
}
