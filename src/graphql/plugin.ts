// The GraphQL face: GraphQL at /graphql, over HTTP by GET and POST, by server-sent events, and on WebSockets. Knows the use
// cases and nothing behind them.
import type {} from '@fastify/swagger'
import type { FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify'
import { OperationTypeNode } from 'graphql'
import mercurius from 'mercurius'
import { CHALLENGE } from '#access/credentials.ts'
import { type NoteRequest, toOperationName } from '#contract/answered-request.ts'
import { type Ask, Meter } from '#contract/ask.ts'
import type { OfferAnswer } from '#contract/offered-answer.ts'
import { prefersEvents, takesEvents } from '#events/prefers-events.ts'
import { InvalidInputError } from '#model/errors.ts'
import type { RowWriter } from '#rows/row-writer.ts'
import type { Services } from '#services/services.ts'
import { logInternal, toAnswer, toUpstream } from './answer.ts'
import { createContext } from './context.ts'
import { refusePages, refuseUnproven } from './cross-site.ts'
import type { DocumentLimits } from './document.ts'
import { formatError, showErrors, toStatus } from './error-formatter.ts'
import { openEvents } from './event-answers.ts'
import { createExecutor } from './executing-schema.ts'
import { prefersGraphqlResponse, setResponseType } from './negotiation.ts'
import { createOperations, type Operation } from './operations.ts'
import { createPersistedOperations, type PersistedOperations } from './persisted-operations.ts'
import { MAX_REQUEST_BYTES, RequestError, readRequest } from './request.ts'
import { resolvers } from './resolvers/index.ts'
import { bindSubscriptions } from './resolvers/subscription.ts'
import { openSockets, type SocketOptions } from './socket.ts'

/** Where the face stands. */
const PATH = '/graphql'

/** What the face works with. */
export interface GraphqlPluginOptions {
  readonly services: Services
  /** Text of schema.graphql. */
  readonly schema: string
  /** Shared with whoever else answers histories. */
  readonly rows: RowWriter
  /**
   * Authenticates a request and sets its deadline, its meter and the signal that aborts when the client leaves. Called
   * once per request by HTTP, before its body is read. @throws GatewayError UNAUTHENTICATED, RATE_LIMITED
   */
  readonly createAsk: (request: FastifyRequest) => Ask | Promise<Ask>
  /** Told of every answer that is whole. Left out: none is kept as it is sent. */
  readonly offer?: OfferAnswer | undefined
  /** Told what is asked by HTTP, and what goes wrong. */
  readonly note?: NoteRequest | undefined
  readonly limits: DocumentLimits
  /** Left out: every request brings its document along. */
  readonly persisted?: PersistedOperations
  /** Left out: there are neither WebSockets nor events. */
  readonly sockets?: Omit<SocketOptions, 'operations' | 'services'>
}

/** Serves GraphQL at /graphql. Encapsulated: nothing of it shows outside. */
export const graphqlPlugin: FastifyPluginAsync<GraphqlPluginOptions> = async (app, options) => {
  const { services } = options
  const asks = new WeakMap<FastifyRequest, Ask>()
  // Binds the resolvers to the schema and checks that they fit. Its routes, its cache, which counts entries and not
  // bytes, and its WebSocket, which does not validate, are left aside: one way leads to every operation.
  await app.register(mercurius, { schema: options.schema, resolvers, routes: false, cache: false })
  bindSubscriptions(app.graphql.schema)
  const { schema } = app.graphql
  const operations = createOperations({
    schema,
    executor: createExecutor({ text: options.schema, schema, rows: options.rows }),
    limits: options.limits,
    persisted: options.persisted ?? createPersistedOperations(),
  })

  const wsHandler = options.sockets && (await openSockets(app, PATH, { ...options.sockets, operations, services }))
  const { note } = options
  const answerByEvents = options.sockets && openEvents(app, { ...options.sockets, operations, services, note })
  app.addHook('onRequest', async (request) => {
    // A socket is open before its client says who it is.
    if (wsHandler && request.ws) return
    refusePages(request)
    asks.set(request, await options.createAsk(request))
    // Until there is an operation.
    note?.(request.raw, { operation: 'invalid' })
  })
  app.addHook('onSend', async (request, reply) => setResponseType(request, reply))
  app.setErrorHandler((error, request, reply) => refuse([error], request, reply))
  const route = { url: PATH, bodyLimit: MAX_REQUEST_BYTES, schema: { hide: true }, handler: carryOut }
  app.route({ ...route, method: 'GET', ...(wsHandler && { wsHandler }) })
  app.route({ ...route, method: 'POST' })
  app.route({
    method: ['PUT', 'PATCH', 'DELETE'],
    url: PATH,
    schema: { hide: true },
    onRequest: async (request) => {
      throw new RequestError(405, 'NOT_FOUND', `there is no ${request.method} ${PATH}; allowed are GET and POST`)
    },
    handler: async () => undefined,
  })

  async function carryOut(request: FastifyRequest, reply: FastifyReply) {
    const ask = askOf(request)
    if (answerByEvents && prefersEvents(request.headers)) return answerByEvents(request, reply, ask)
    const parameters = readRequest(request)
    const operation = operations.prepare(parameters, ask)
    // It is answered so or not at all.
    const isWatching = operation.type === OperationTypeNode.SUBSCRIPTION
    if (answerByEvents && isWatching && takesEvents(request.headers)) return answerByEvents(request, reply, ask)
    const { label, name } = operation
    note?.(request.raw, { operation: label, operationName: toOperationName(name) })
    refuseOtherThanQuery(operation, request)
    refuseUnproven(request, operation)
    const result = await operations.execute(operation, createContext(services, ask))
    const { answer, shown } = toAnswer(result, { ask, requestId: request.id, log: request.log })
    const [first] = shown
    if (first) note?.(request.raw, { code: first.shown.code })
    const hasData = answer.data !== null && answer.data !== undefined
    if (shown.length > 0) reply.code(toStatus(shown, { hasData, isGraphqlResponse: prefersGraphqlResponse(request) }))
    // A document that comes with its digest is kept for its caller each time: no other answer may take that over.
    const isRepeatable = parameters.query === undefined || parameters.digest === undefined
    return send(request, operations.write(answer), shown.length === 0 && isRepeatable ? ask : undefined)
  }

  /** @param whole whose answer it is, where asking again would be answered alike */
  function send(request: FastifyRequest, bytes: string | Buffer, whole: Ask | undefined): string | Buffer {
    if (whole) options.offer?.(request.raw, { body: bytes, meter: whole.meter })
    return bytes
  }

  function askOf(request: FastifyRequest): Ask {
    const ask = asks.get(request)
    if (!ask) throw new Error('a request came past its onRequest hook')
    return ask
  }

  /** Answers a request of which nothing was executed. */
  function refuse(errors: readonly unknown[], request: FastifyRequest, reply: FastifyReply): FastifyReply {
    const shown = showErrors(errors)
    logInternal(shown, request.log, request.id, asks.get(request)?.signal)
    note?.(request.raw, { code: shown[0]?.shown.code ?? 'INTERNAL' })
    const statusCode = toStatus(shown, { hasData: false, isGraphqlResponse: prefersGraphqlResponse(request) })
    if (statusCode === 405) reply.header('allow', 'GET, POST')
    const retryAfterMs = shown[0]?.shown.retryAfterMs
    if (retryAfterMs !== undefined) reply.header('retry-after', Math.ceil(retryAfterMs / 1000))
    if (shown[0]?.shown.code === 'UNAUTHENTICATED') reply.header('www-authenticate', CHALLENGE)
    const upstream = toUpstream(asks.get(request)?.meter ?? new Meter())
    return reply
      .code(statusCode)
      .send({ errors: shown.map((error) => formatError(error, request.id)), extensions: { upstream } })
  }
}

function refuseOtherThanQuery({ type }: Operation, { method }: FastifyRequest): void {
  if (type === OperationTypeNode.QUERY) return
  if (method !== 'POST') throw new RequestError(405, 'NOT_FOUND', `there is no ${type} by ${method}, only queries`)
  throw new InvalidInputError(
    'query',
    `is a ${type}; allowed are queries, and subscriptions on a WebSocket or with Accept: text/event-stream`,
  )
}
