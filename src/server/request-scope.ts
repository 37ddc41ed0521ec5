// What every request carries from its first moment: a signal that aborts when the client leaves, and where its
// client limit stands. Both faces make their `Ask` from it, so that the same rules hold on every address.
import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Authenticator } from '#access/authenticator.ts'
import {
  type ClientLimit,
  ClientLimitError,
  type ClientLimitReading,
  toRateLimitHeaders,
} from '#access/client-limit.ts'
import { type Ask, Meter } from '#contract/ask.ts'
import type { Clock } from '#model/clock.ts'

/** What asks are made with. */
export interface AskOptions {
  readonly authenticator: Authenticator
  readonly clientLimit: ClientLimit
  readonly clock: Clock
  /** How long a caller waits, in milliseconds. */
  readonly deadlineMs: number
  /** Most provider calls one operation may plan. */
  readonly maxProviderCalls: number
}

/** Why a wait ended when nobody waits any more. */
class ClientLeftError extends Error {
  override readonly name = 'ClientLeftError'
}

/**
 * Prepares every request of `app` and returns the function that authenticates one, counts it against its client's
 * limit and sets its deadline. @throws (the function) GatewayError UNAUTHENTICATED, RATE_LIMITED
 */
export function addRequestScope(app: FastifyInstance, options: AskOptions): (request: FastifyRequest) => Promise<Ask> {
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

  return async (request) => {
    const caller = options.authenticator.authenticate(request.headers)
    try {
      readings.set(request, await options.clientLimit.take(caller, request.ip))
    } catch (error) {
      if (error instanceof ClientLimitError) readings.set(request, error.reading)
      throw error
    }
    return {
      caller,
      lane: 'interactive',
      signal: signals.get(request) ?? new AbortController().signal,
      deadlineAtMs: options.clock.monotonicMs() + options.deadlineMs,
      meter: new Meter(options.maxProviderCalls),
    }
  }
}
