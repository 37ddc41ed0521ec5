// The GraphQL face: GraphQL over HTTP at /graphql, by GET and POST. Knows the use cases and nothing behind them.
import type {} from '@fastify/swagger'
import type { FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify'
import mercurius, { type MercuriusContext } from 'mercurius'
import { type Ask, Meter } from '#contract/ask.ts'
import type { Services } from '#services/services.ts'
import { AnswerSize } from './answer-size.ts'
import type { DocumentLimits } from './document.ts'
import { formatError, type ShownError, showErrors, toStatus } from './error-formatter.ts'
import { createGate } from './gate.ts'
import { createLoaders } from './loaders.ts'
import { prefersGraphqlResponse, setResponseType } from './negotiation.ts'
import { RequestError, readParameters } from './request.ts'
import { resolvers } from './resolvers/index.ts'

/** Where the face stands. */
const PATH = '/graphql'
/** Most bytes of a request body. */
const BODY_LIMIT = 64 * 1024
/** Documents kept parsed and validated; each may be as large as the gate lets through. */
const KEPT_DOCUMENTS = 16
/** A wrong document gets few errors, and none that names what it might have meant: that would show the schema. */
const validation = { maxErrors: 6, hideSuggestions: true }

/** What the face works with. */
export interface GraphqlPluginOptions {
  readonly services: Services
  /** Text of schema.graphql. */
  readonly schema: string
  /**
   * Authenticates a request and sets its deadline, its meter and the signal that aborts when the client leaves. Called
   * once per request, before its body is read. @throws GatewayError UNAUTHENTICATED, RATE_LIMITED
   */
  readonly createAsk: (request: FastifyRequest) => Ask | Promise<Ask>
  readonly limits: DocumentLimits
}

/** Serves GraphQL at /graphql. Encapsulated: nothing of it shows outside. */
export const graphqlPlugin: FastifyPluginAsync<GraphqlPluginOptions> = async (app, options) => {
  const { services } = options
  const asks = new WeakMap<FastifyRequest, Ask>()
  const gate = createGate(options.limits)

  app.addHook('onRequest', async (request) => {
    asks.set(request, await options.createAsk(request))
  })
  app.addHook('onSend', async (request, reply) => setResponseType(request, reply))
  app.setErrorHandler((error, request, reply) => refuse([error], request, reply))
  app.route({
    method: ['PUT', 'PATCH', 'DELETE'],
    url: PATH,
    schema: { hide: true },
    onRequest: async (request) => {
      throw new RequestError(405, 'NOT_FOUND', `there is no ${request.method} ${PATH}; allowed are GET and POST`)
    },
    handler: async () => undefined,
  })

  await app.register(mercurius, {
    path: PATH,
    schema: options.schema,
    resolvers,
    cache: KEPT_DOCUMENTS,
    graphql: { validateOptions: validation },
    context: (request): Partial<MercuriusContext> => {
      const ask = asks.get(request)
      // Mercurius asks for a context also where a request was refused before there was an ask.
      return ask ? { ask, services, loaders: createLoaders(services, ask), answerSize: new AnswerSize() } : {}
    },
    errorHandler: async (error, request, reply) => {
      await refuse([error], request, reply)
    },
    errorFormatter: ({ errors, data }, { reply }) => {
      const shown = showErrors(errors)
      logInternal(shown, reply.request)
      const hasData = data !== null && data !== undefined
      const statusCode = toStatus(shown, { hasData, isGraphqlResponse: prefersGraphqlResponse(reply.request) })
      const formatted = shown.map((error) => formatError(error, reply.request.id))
      return { statusCode, response: { errors: formatted, ...(data !== undefined && { data }) } }
    },
    additionalRouteOptions: {
      bodyLimit: BODY_LIMIT,
      schema: { hide: true },
      // The hook every request passes exactly once, cached document or not.
      preHandler: async (request) => gate(readParameters(request), askOf(request), request.method),
    },
  })

  app.graphql.addHook('onResolution', async (execution, { ask }) => {
    execution.extensions = { ...execution.extensions, upstream: toUpstream(ask.meter) }
  })

  function askOf(request: FastifyRequest): Ask {
    const ask = asks.get(request)
    if (!ask) throw new Error('a request came past its onRequest hook')
    return ask
  }

  /** Answers a request of which nothing was executed. */
  function refuse(errors: readonly unknown[], request: FastifyRequest, reply: FastifyReply): FastifyReply {
    const shown = showErrors(errors)
    logInternal(shown, request)
    const statusCode = toStatus(shown, { hasData: false, isGraphqlResponse: prefersGraphqlResponse(request) })
    if (statusCode === 405) reply.header('allow', 'GET, POST')
    const retryAfterMs = shown[0]?.shown.retryAfterMs
    if (retryAfterMs !== undefined) reply.header('retry-after', Math.ceil(retryAfterMs / 1000))
    if (shown[0]?.shown.code === 'UNAUTHENTICATED') reply.header('www-authenticate', 'Bearer')
    const upstream = toUpstream(asks.get(request)?.meter ?? new Meter())
    return reply
      .code(statusCode)
      .send({ errors: shown.map((error) => formatError(error, request.id)), extensions: { upstream } })
  }

  function logInternal(errors: readonly ShownError[], request: FastifyRequest): void {
    const internal = errors.filter(({ shown }) => shown.code === 'INTERNAL').map(({ thrown }) => thrown)
    const signal = asks.get(request)?.signal
    for (const error of new Set(internal)) {
      // Who left before the answer sees nothing of it, and nothing went wrong.
      if (signal?.aborted && error === signal.reason) continue
      request.log.error({ err: error }, 'internal error')
    }
  }
}

function toUpstream({ calls, cached, coalesced }: Meter) {
  return { calls, cached, coalesced }
}
