// What happens to a stream, as server-sent events.
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { z } from 'zod'
import type { Connections } from '#access/connections.ts'
import { addVary } from '#access/vary.ts'
import type { Ask } from '#contract/ask.ts'
import type { GatewayError } from '#model/errors.ts'
import type { StreamView } from '#services/services.ts'
import { EVENT_STREAM_TYPE, EventStreams } from '../event-stream.ts'
import { toEventOperation } from '../openapi.ts'
import { ASK, noArguments, type RestContext } from '../route-definition.ts'
import { checkQueryEncoding, readArguments, streamIdPath, streamKeyPath } from '../schemas/arguments.ts'
import { exampleEvents, toProblemEvent, toSnapshotEvent } from '../schemas/event.ts'

const description =
  'Server-sent events: a `snapshot` for each screenshot of the stream that is collected, once it is stored; its data is what `/snapshots` shows. A comment comes after every 15 s of silence. Nothing is sent again: after a pause read `/snapshots`. A stream that the gateway has to end ends with a `problem` event. Asks no provider.'

/** What event streams need besides. */
export interface EventOptions {
  /** All that stay open, WebSockets too. */
  readonly connections: Connections
  /** Aborts when the process is about to stop and clients are to go elsewhere: streams of events end then. */
  readonly draining?: AbortSignal | undefined
}

/** Adds the routes, and has their streams end when clients are to go elsewhere and when the server closes. */
export function addEventRoutes(app: FastifyInstance, context: RestContext & EventOptions): void {
  const { services, connections } = context
  const streams = new EventStreams(context.clock, context.draining)
  // Before the server waits for its connections to end.
  app.addHook('preClose', () => streams.close())

  function add<Path extends z.ZodObject>(
    url: string,
    path: Path,
    words: { readonly operationId: string; readonly summary: string; readonly description: string },
    find: (input: z.output<Path>, ask: Ask) => StreamView,
  ): void {
    app.route({
      method: 'GET',
      url,
      config: { swaggerTransform: toEventOperation({ ...words, path, example: exampleEvents }) },
      onRequest: async (request) => {
        context.note?.(request.raw, { operation: words.operationId })
        request.setDecorator<Ask>(ASK, await context.createAsk(request))
      },
      handler: async (request, reply) => {
        const ask = request.getDecorator<Ask>(ASK)
        checkQueryEncoding(request.url)
        readArguments(noArguments, request.query)
        return sendEvents(find(readArguments(path, request.params), ask), ask, request, reply)
      },
    })
  }

  function sendEvents(stream: StreamView, ask: Ask, request: FastifyRequest, reply: FastifyReply): FastifyReply {
    const items = services.watchSnapshots(stream.account, stream.key, ask)
    const isOnlyTold = request.method === 'HEAD'
    const onEnd = isOnlyTold ? () => undefined : connections.open(ask.caller, request.ip)
    addVary(reply, ['Authorization', 'X-API-Key'])
    reply
      .type(EVENT_STREAM_TYPE)
      .header('cache-control', 'no-store')
      // A proxy that gathers an answer before it hands it on would gather for ever.
      .header('x-accel-buffering', 'no')
      .header('x-upstream-calls', ask.meter.calls)
    if (isOnlyTold) return reply.send()
    const toFarewell = (error: GatewayError) => toProblemEvent(error, request.id)
    const { expiresAtMs } = ask.caller
    context.note?.(request.raw, { isLasting: true })
    return reply.send(streams.stream(reply.raw, { items, toEvent: toSnapshotEvent, toFarewell, expiresAtMs, onEnd }))
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
