// What happens to a stream, as server-sent events.
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { z } from 'zod'
import { isFromForeignPage, isUnproven } from '#access/browser.ts'
import { addVary } from '#access/vary.ts'
import type { Ask } from '#contract/ask.ts'
import { type OpenEventsOptions, openEventAnswers } from '#events/event-answers.ts'
import { InvalidInputError } from '#model/errors.ts'
import type { StreamView, WatchRequest } from '#services/views.ts'
import { toEventOperation } from '../openapi.ts'
import { ASK, type RestContext } from '../route-definition.ts'
import { checkQueryEncoding, readArguments, streamIdPath, streamKeyPath } from '../schemas/arguments.ts'
import {
  eventArguments,
  eventDataWords,
  eventHeaders,
  exampleEvents,
  RETRY_MS,
  toProblemEvent,
  toStreamEvent,
} from '../schemas/event.ts'

const description =
  'Server-sent events. First what is known: its state, its reading, its last samples; then what is new, each once: `streamState`, `liveStat`, `pushSample` and `playSample` at the pace at which the provider measures, `snapshot` for each screenshot that is collected. One poller of all replicas asks the provider for everybody who watches. Who connects anew with the id of the last event gets what came meanwhile, as far as it is kept (some two minutes), after a `gap` event where not all of it is: read the history then. A comment comes after every 15 s of silence. A stream that the gateway has to end ends with a `problem` event.'

/** What event streams need besides. */
export interface EventOptions extends Omit<OpenEventsOptions, 'clock'> {
  /** Origins whose pages may watch without a key, where no key is asked for; `*` stands for all. */
  readonly origins: readonly string[]
}

/** Adds the routes, and has their streams end when clients are to go elsewhere and when the server closes. */
export function addEventRoutes(app: FastifyInstance, context: RestContext & EventOptions): void {
  const { services } = context
  const answerWithEvents = openEventAnswers(app, context)

  function add<Path extends z.ZodObject>(
    url: string,
    path: Path,
    words: { readonly operationId: string; readonly summary: string; readonly description: string },
    find: (input: z.output<Path>, ask: Ask) => StreamView,
  ): void {
    const shown = {
      ...{ ...words, path, query: eventArguments, headers: eventHeaders },
      ...{ data: eventDataWords, example: exampleEvents },
    }
    app.route({
      method: 'GET',
      url,
      config: { swaggerTransform: toEventOperation(shown) },
      onRequest: async (request) => {
        context.note?.(request.raw, { operation: words.operationId })
        refusePages(request, context.origins)
        request.setDecorator<Ask>(ASK, await context.createAsk(request))
      },
      handler: async (request, reply) => {
        const ask = request.getDecorator<Ask>(ASK)
        checkQueryEncoding(request.url)
        const wanted = readWatchRequest(request)
        return sendEvents(find(readArguments(path, request.params), ask), wanted, ask, request, reply)
      },
    })
  }

  function sendEvents(
    stream: StreamView,
    wanted: WatchRequest,
    ask: Ask,
    request: FastifyRequest,
    reply: FastifyReply,
  ): FastifyReply {
    const items = services.watchStream(stream, wanted, ask)
    addVary(reply, ['Authorization', 'X-API-Key'])
    reply.header('cache-control', 'no-store').header('x-upstream-calls', ask.meter.calls)
    const sent = answerWithEvents(request, reply, {
      caller: ask.caller,
      items,
      toEvent: toStreamEvent,
      toFarewell: (error) => [toProblemEvent(error, request.id)],
      retryMs: RETRY_MS,
      isLasting: true,
    })
    if (request.method === 'GET') context.note?.(request.raw, { isLasting: true })
    return sent
  }

  const words = { operationId: 'watchStream', summary: 'Watch a stream', description }
  add('/accounts/:account/streams/:key/events', streamKeyPath, words, (path, ask) => services.getStream(path, ask))
  const wordsById = {
    operationId: 'watchStreamById',
    summary: 'Watch a stream, by node id',
    description: `${description} The same as by account and key, for proxies that touch \`%2F\`.`,
  }
  add('/streams/:id/events', streamIdPath, wordsById, ({ id }, ask) => services.getStreamById(id, ask))
}

/**
 * A stream of events has the provider asked for as long as it is open, and a page needs no leave to open one anywhere: it
 * could have its visitor's browser do so where no key is asked for.
 */
function refusePages(request: FastifyRequest, origins: readonly string[]): void {
  if (isUnproven(request) && isFromForeignPage(request.headers, origins))
    throw new InvalidInputError(
      'origin',
      'is none that may watch without a key; allowed are pages of this gateway, and the origins of its settings',
    )
}

/** A browser that connects anew repeats the address it had, and tells in the header how far it has come since. */
function readWatchRequest({ query, headers }: FastifyRequest): WatchRequest {
  const { events, lastEventId } = readArguments(eventArguments, query)
  const told = headers['last-event-id']
  const after = typeof told === 'string' && told !== '' ? told : lastEventId
  return { kinds: events ?? null, ...(after !== undefined && { after }) }
}
