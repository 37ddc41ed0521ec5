// Answers that go on as events, as both faces give them: with a place among all that stay open, with the headers that
// have them reach the client at once, and with an end when clients are to go elsewhere.
import { Readable } from 'node:stream'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Connections } from '#access/connections.ts'
import type { Caller } from '#model/caller.ts'
import type { Clock } from '#model/clock.ts'
import { EVENT_STREAM_TYPE, type EventSource, EventStreams } from './event-stream.ts'

/** What answers by events need. */
export interface OpenEventsOptions {
  /** All that stay open, WebSockets too. */
  readonly connections: Pick<Connections, 'open'>
  readonly clock: Clock
  /** Aborts when clients are to go elsewhere: what lasts ends then. */
  readonly draining?: AbortSignal | undefined
}

/** What a client is answered with. */
export interface EventAnswer<Item> extends Omit<EventSource<Item>, 'expiresAtMs' | 'onEnd'> {
  readonly caller: Caller
}

/**
 * Answers a request by events; a HEAD with the same headers, and nothing is asked of the items.
 * @throws GatewayError RATE_LIMITED when too many are open, before anything was sent
 */
export type AnswerWithEvents = <Item>(
  request: FastifyRequest,
  reply: FastifyReply,
  answer: EventAnswer<Item>,
) => FastifyReply

/** Prepares `app` for such answers: those that last end before it waits for its connections to end. */
export function openEventAnswers(app: FastifyInstance, options: OpenEventsOptions): AnswerWithEvents {
  const streams = new EventStreams(options.clock, options.draining)
  app.addHook('preClose', () => streams.close())

  return (request, reply, { caller, ...answer }) => {
    const leave = options.connections.open(caller, request.ip)
    // A proxy that gathers an answer before it hands it on would gather for ever.
    reply.type(EVENT_STREAM_TYPE).header('x-accel-buffering', 'no')
    if (request.method === 'HEAD') {
      leave()
      // Of a text the framework would tell the length, which no stream of events has.
      return reply.send(Readable.from([]))
    }
    const source = { ...answer, expiresAtMs: caller.expiresAtMs, onEnd: leave }
    return reply.send(streams.stream(reply.raw, source))
  }
}
