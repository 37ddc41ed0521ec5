// What every request carries from its first moment: a signal that aborts when the client leaves, and where its
// client limit stands. Both faces make their `Ask` from it, requests and operations of a WebSocket alike, so that the same
// rules hold on every address.
import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Authenticator } from '#access/authenticator.ts'
import {
  type ClientLimit,
  ClientLimitError,
  type ClientLimitReading,
  toRateLimitHeaders,
} from '#access/client-limit.ts'
import type { NoteRequest } from '#contract/answered-request.ts'
import { type Ask, Meter } from '#contract/ask.ts'
import type { Caller } from '#model/caller.ts'
import type { Clock } from '#model/clock.ts'

/** What asks are made with. */
export interface AskOptions {
  readonly authenticator: Pick<Authenticator, 'authenticate'>
  readonly clientLimit: Pick<ClientLimit, 'take' | 'checkAddress' | 'takeAddress'>
  readonly clock: Clock
  /** How long a caller waits, in milliseconds. */
  readonly deadlineMs: number
  /** Most provider calls one operation may plan. */
  readonly maxProviderCalls: number
  /** Told who asks, and what it costs. */
  readonly note?: NoteRequest | undefined
}

/** Makes the circumstances of whatever is asked. */
export interface RequestScope {
  /**
   * Authenticates a request, counts it against its client's limit and sets its deadline.
   * @throws GatewayError as `authenticate`, and RATE_LIMITED
   */
  readonly createAsk: (request: FastifyRequest) => Promise<Ask>
  /**
   * Decides who opened a WebSocket. Counts nothing but refusals, against the address: what is asked on it is counted.
   * @param payload of its `connection_init`
   * @throws GatewayError as `Authenticator.authenticate`, and RATE_LIMITED when the address is over its limit
   */
  readonly authenticate: (request: FastifyRequest, payload: unknown) => Promise<Caller>
  /**
   * Counts an operation of a WebSocket as a request of its client and sets its deadline.
   * @param signal aborts when the client wants no more of it
   * @throws GatewayError RATE_LIMITED
   */
  readonly createOperationAsk: (caller: Caller, address: string, signal: AbortSignal) => Promise<Ask>
  /** The same circumstances with a deadline and a meter of their own, for an event of an operation that goes on. */
  readonly renewAsk: (ask: Ask) => Ask
}

/** Why a wait ended when nobody waits any more. */
class ClientLeftError extends Error {
  override readonly name = 'ClientLeftError'
}

/** Prepares every request of `app`. */
export function addRequestScope(app: FastifyInstance, options: AskOptions): RequestScope {
  const { authenticator, clientLimit, clock } = options
  const signals = new WeakMap<FastifyRequest, AbortSignal>()
  const readings = new WeakMap<FastifyRequest, ClientLimitReading | null>()

  app.addHook('onRequest', async (request, reply) => {
    const leaving = new AbortController()
    reply.raw.once('close', () => {
      if (!reply.raw.writableFinished) leaving.abort(new ClientLeftError('the client left'))
    })
    signals.set(request, leaving.signal)
    reply.header('x-request-id', request.id)
  })
  app.addHook('onSend', async (request, reply) => {
    const reading = readings.get(request)
    if (reading) reply.headers(toRateLimitHeaders(reading))
  })

  const authenticate: RequestScope['authenticate'] = async ({ headers, ip }, payload) => {
    clientLimit.checkAddress(ip)
    try {
      return await authenticator.authenticate({ headers, payload, address: ip })
    } catch (error) {
      await clientLimit.takeAddress(ip)
      throw error
    }
  }

  function createAsk(caller: Caller, signal: AbortSignal): Ask {
    return {
      caller,
      lane: 'interactive',
      signal,
      deadlineAtMs: clock.monotonicMs() + options.deadlineMs,
      meter: new Meter(options.maxProviderCalls),
    }
  }

  return {
    authenticate,
    createAsk: async (request) => {
      try {
        const caller = await authenticate(request, undefined)
        options.note?.(request.raw, { client: caller.name })
        readings.set(request, await clientLimit.take(caller, request.ip))
        const ask = createAsk(caller, signals.get(request) ?? new AbortController().signal)
        options.note?.(request.raw, { meter: ask.meter })
        return ask
      } catch (error) {
        if (error instanceof ClientLimitError) readings.set(request, error.reading)
        throw error
      }
    },
    createOperationAsk: async (caller, address, signal) => {
      await clientLimit.take(caller, address)
      return createAsk(caller, signal)
    },
    renewAsk: ({ caller, signal }) => createAsk(caller, signal),
  }
}
