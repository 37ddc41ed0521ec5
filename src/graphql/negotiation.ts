// Which of the two response types of GraphQL over HTTP a client gets.
import type { FastifyReply, FastifyRequest } from 'fastify'
import Negotiator from 'negotiator'

const JSON_TYPE = 'application/json'
const GRAPHQL_TYPE = 'application/graphql-response+json'

/** Whether the client would rather have `application/graphql-response+json`, whose statuses tell errors. */
export function prefersGraphqlResponse(request: FastifyRequest): boolean {
  return new Negotiator({ headers: request.headers }).mediaType([JSON_TYPE, GRAPHQL_TYPE]) === GRAPHQL_TYPE
}

/** Marks a response as what the client asked for. */
export function setResponseType(request: FastifyRequest, reply: FastifyReply): void {
  reply.header('content-type', `${prefersGraphqlResponse(request) ? GRAPHQL_TYPE : JSON_TYPE}; charset=utf-8`)
  const vary = String(reply.getHeader('vary') ?? '')
  if (!/(^|,)\s*(accept|\*)\s*(,|$)/i.test(vary)) reply.header('vary', vary === '' ? 'accept' : `${vary}, accept`)
}
