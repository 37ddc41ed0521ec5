// What a route is: its address, its arguments, its use case and its documentation, said once.
import type { FastifyRequest } from 'fastify'
import { z } from 'zod'
import type { NoteRequest } from '#contract/answered-request.ts'
import type { Ask } from '#contract/ask.ts'
import type { OfferAnswer } from '#contract/offered-answer.ts'
import type { Clock } from '#model/clock.ts'
import type { RowWriter } from '#rows/row-writer.ts'
import type { Services } from '#services/services.ts'
import type { StreamView } from '#services/views.ts'
import type { CsvForm, RestAnswer } from './answer.ts'

/** What every route works with. */
export interface RestContext {
  readonly services: Services
  /** Authenticates the request and makes its circumstances. @throws GatewayError for a client that may not ask */
  readonly createAsk: (request: FastifyRequest) => Ask | Promise<Ask>
  readonly clock: Clock
  /** Shared with whoever else answers histories. */
  readonly rows: RowWriter
  /** Told of every answer that is whole. Left out: none is kept as it is sent. */
  readonly offer?: OfferAnswer | undefined
  /** Told what is asked, and what goes wrong. */
  readonly note?: NoteRequest | undefined
}

/** What the documentation says of a route. */
export interface RouteDocumentation<Body> {
  /** Unique; what generated clients call it. */
  readonly operationId: string
  /** A tag of `openApiTags`. */
  readonly tag: string
  /** A few words. */
  readonly summary: string
  /** What it answers, and what may surprise. */
  readonly description: string
  readonly example: Body
}

/** A route. */
export interface RouteDefinition<Path extends z.ZodObject, Query extends z.ZodObject, Answer extends z.ZodObject>
  extends RouteDocumentation<z.output<Answer>> {
  /** GET, with its HEAD, when left out. */
  readonly method?: 'GET' | 'POST'
  /** Below `/v1`; parameters as `:name`. */
  readonly url: string
  readonly path: Path
  readonly query: Query
  /** Set where the route takes a JSON body, which the handler reads itself. */
  readonly body?: z.ZodObject
  /** The answer's schema, with a component id. */
  readonly answer: Answer
  /** Set where the answer can be CSV too. */
  readonly csv?: CsvForm<z.output<Answer>>
  readonly handle: (
    input: { readonly path: z.output<Path>; readonly query: z.output<Query>; readonly body: unknown },
    ask: Ask,
  ) => Promise<RestAnswer<z.output<Answer>>>
}

/** A route about one stream. */
export interface StreamRouteDefinition<Query extends z.ZodObject, Answer extends z.ZodObject>
  extends Omit<RouteDefinition<z.ZodObject, Query, Answer>, 'url' | 'path' | 'handle' | 'method' | 'body'> {
  /** What follows the stream's address: `/push-samples`, or nothing. */
  readonly suffix: string
  readonly handle: (stream: StreamView, query: z.output<Query>, ask: Ask) => Promise<RestAnswer<z.output<Answer>>>
}

/** Name of the request decorator that holds the ask, null before the client is known. */
export const ASK = 'restAsk'

/** Most bytes of a body. */
export const MAX_BODY_BYTES = 64 * 1024

/** A schema of no arguments. */
export const noArguments = z.strictObject({})
