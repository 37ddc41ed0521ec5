// Binds route definitions to Fastify.
import type { FastifyInstance } from 'fastify'
import type { z } from 'zod'
import type { Ask } from '#contract/ask.ts'
import { sendAnswer } from './answer.ts'
import { toOperation } from './openapi.ts'
import {
  ASK,
  MAX_BODY_BYTES,
  type RestContext,
  type RouteDefinition,
  type StreamRouteDefinition,
} from './route-definition.ts'
import { checkQueryEncoding, readArguments, streamIdPath, streamKeyPath } from './schemas/arguments.ts'

/** Adds a route. */
export function addRoute<Path extends z.ZodObject, Query extends z.ZodObject, Answer extends z.ZodObject>(
  app: FastifyInstance,
  context: RestContext,
  definition: RouteDefinition<Path, Query, Answer>,
): void {
  app.route({
    method: definition.method ?? 'GET',
    url: definition.url,
    bodyLimit: MAX_BODY_BYTES,
    config: { swaggerTransform: toOperation(definition) },
    // Before the body is read: who may not ask is not listened to.
    onRequest: async (request) => {
      context.note?.(request.raw, { operation: definition.operationId })
      request.setDecorator<Ask>(ASK, await context.createAsk(request))
    },
    handler: async (request, reply) => {
      const ask = request.getDecorator<Ask>(ASK)
      checkQueryEncoding(request.url)
      const path = readArguments(definition.path, request.params)
      const query = readArguments(definition.query, request.query)
      const answer = await definition.handle({ path, query, body: request.body }, ask)
      return sendAnswer(request, reply, answer, definition.csv, { ask, now: context.clock.now(), offer: context.offer })
    },
  })
}

/** Adds a route about one stream at both of its addresses: account and key, and node id. */
export function addStreamRoute<Query extends z.ZodObject, Answer extends z.ZodObject>(
  app: FastifyInstance,
  context: RestContext,
  definition: StreamRouteDefinition<Query, Answer>,
): void {
  const { suffix, handle, ...shared } = definition
  addRoute(app, context, {
    ...shared,
    url: `/accounts/:account/streams/:key${suffix}`,
    path: streamKeyPath,
    handle: ({ path, query }, ask) => handle(context.services.getStream(path, ask), query, ask),
  })
  addRoute(app, context, {
    ...shared,
    operationId: `${definition.operationId}ById`,
    summary: `${definition.summary}, by node id`,
    description: `${definition.description} The same as by account and key, for proxies that touch \`%2F\`.`,
    url: `/streams/:id${suffix}`,
    path: streamIdPath,
    handle: ({ path, query }, ask) => handle(context.services.getStreamById(path.id, ask), query, ask),
  })
}
