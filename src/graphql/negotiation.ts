// Which of the two response types of GraphQL over HTTP a client gets that wants no events.
import type { FastifyReply, FastifyRequest } from 'fastify'
import Negotiator from 'negotiator'
import { addVary } from '#access/vary.ts'
import { EVENT_STREAM_TYPE } from '#events/event-stream.ts'

const JSON_TYPE = 'application/json'
const GRAPHQL_TYPE = 'application/graphql-response+json'

/** Whether the client would rather have `application/graphql-response+json`, whose statuses tell errors. */
export function prefersGraphqlResponse(request: FastifyRequest): boolean {
  return new Negotiator({ headers: request.headers }).mediaType([JSON_TYPE, GRAPHQL_TYPE]) === GRAPHQL_TYPE
}

/** Marks a response as what the client asked for, and as nobody else's. */
export function setResponseType(request: FastifyRequest, reply: FastifyReply): void {
  if (reply.getHeader('content-type') !== EVENT_STREAM_TYPE)
    reply.header('content-type', `${prefersGraphqlResponse(request) ? GRAPHQL_TYPE : JSON_TYPE}; charset=utf-8`)
  // What stands in it depends on who asks; a cache on the way that knows no `X-API-Key` would give it to the next.
  reply.header('cache-control', 'no-store')
  addVary(reply, ['accept', 'accept-encoding', 'authorization', 'x-api-key'])
}
