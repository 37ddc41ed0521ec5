// Errors on their way out: everything becomes a problem detail, and what nobody foresaw is logged once and shown bare.
import type { FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import { CHALLENGE } from '#access/credentials.ts'
import type { NoteRequest } from '#contract/answered-request.ts'
import type { Ask } from '#contract/ask.ts'
import {
  type ErrorCode,
  errorTable,
  GatewayError,
  InvalidInputError,
  NotFoundError,
  PROBLEM_TYPE,
  UpstreamError,
} from '#model/errors.ts'
import { ASK, MAX_BODY_BYTES } from './route-definition.ts'
import { toProblem } from './schemas/problem.ts'

/** Where unforeseen errors go. */
export interface ErrorLog {
  error(fields: object, message: string): void
}

/** Seconds to wait where a code promises `Retry-After` and nobody knows better. */
const DEFAULT_RETRY_AFTER_SECONDS = 10

/** Makes the error handler of the REST face. @param note told of what goes wrong */
export function buildErrorHandler(log: ErrorLog, note?: NoteRequest) {
  return (error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply => {
    // Routes beside this face have none, and their errors are answered alike.
    const ask = request.server.hasRequestDecorator(ASK) ? request.getDecorator<Ask | null>(ASK) : null
    if (ask) reply.header('x-upstream-calls', ask.meter.calls)
    // The client has left, which is no fault of anybody, and nobody reads this.
    if (ask?.signal.aborted && error === ask.signal.reason) return reply.code(499).send()
    return answerError(error, { log, note }, request, reply)
  }
}

/** Answers errors that Fastify finds before any route: a malformed or far too long path. For `frameworkErrors`. */
export function buildFrameworkErrorHandler(log: ErrorLog, note?: NoteRequest) {
  return (error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply =>
    answerError(error, { log, note }, request, reply)
}

function answerError(
  error: unknown,
  { log, note }: { readonly log: ErrorLog; readonly note: NoteRequest | undefined },
  request: FastifyRequest,
  reply: FastifyReply,
): FastifyReply {
  const foreseen = error instanceof GatewayError ? { error, status: undefined } : fromFrameworkError(error)
  note?.(request.raw, { code: foreseen?.error.code ?? 'INTERNAL' })
  if (foreseen && foreseen.error.code !== 'INTERNAL')
    return sendProblem(request, reply, foreseen.error, foreseen.status)
  log.error({ err: error, requestId: request.id, route: request.routeOptions.url }, 'request failed')
  const bare = new GatewayError('INTERNAL', `Something went wrong in the gateway; its log has it as ${request.id}`)
  return sendProblem(request, reply, bare)
}

/** Sends an error as a problem. @param status that of the table when left out */
export function sendProblem(
  request: FastifyRequest,
  reply: FastifyReply,
  error: GatewayError,
  status: number = errorTable[error.code].status,
): FastifyReply {
  const retryAfter = toRetryAfterSeconds(error)
  if (retryAfter !== undefined) reply.header('retry-after', retryAfter)
  if (status === 401) reply.header('www-authenticate', CHALLENGE)
  return reply
    .code(status)
    .header('cache-control', 'no-store')
    .type(PROBLEM_TYPE)
    .send(JSON.stringify(toProblem(error, status, request.id)))
}

/** Codes that promise `Retry-After`. */
const codesWithRetryAfter: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'ACCESS_UNAVAILABLE',
  'RATE_LIMITED',
  'OVERLOADED',
  'QUOTA_EXHAUSTED',
  'UPSTREAM_THROTTLED',
])

function toRetryAfterSeconds(error: GatewayError): number | undefined {
  const { code, retryAfterMs } = error
  if (!codesWithRetryAfter.has(code)) return undefined
  const advisedMs = retryAfterMs ?? (error instanceof UpstreamError ? error.retry.afterMs : undefined)
  return advisedMs === undefined ? DEFAULT_RETRY_AFTER_SECONDS : Math.max(1, Math.ceil(advisedMs / 1000))
}

const frameworkErrorSchema = z.object({ code: z.string().catch(''), statusCode: z.int() })

/** An error of Fastify's own that the caller made, or undefined for any other. */
function fromFrameworkError(error: unknown): { readonly error: GatewayError; readonly status: number } | undefined {
  const { data } = frameworkErrorSchema.safeParse(error)
  if (!data || data.statusCode < 400 || data.statusCode > 499) return undefined
  const { code, statusCode } = data
  // What stands outside the folder of a page is nowhere.
  if (statusCode === 403) return { error: new NotFoundError('there is no such route'), status: 404 }
  if (statusCode === 404 || statusCode === 405)
    return { error: new NotFoundError('there is no such route'), status: statusCode }
  if (code === 'FST_ERR_MAX_PARAM_LENGTH')
    return {
      error: new InvalidInputError('path', 'has a segment that is longer than any name, key or id'),
      status: 400,
    }
  if (code === 'FST_ERR_BAD_URL')
    return {
      error: new InvalidInputError('path', 'holds malformed percent-encoding; write % itself as %25'),
      status: 400,
    }
  if (statusCode === 413)
    return { error: new InvalidInputError('body', `is too large; allowed are ${MAX_BODY_BYTES} bytes`), status: 413 }
  if (statusCode === 415)
    return {
      error: new InvalidInputError('content-type', 'is not understood; allowed is application/json'),
      status: 415,
    }
  if (code.startsWith('FST_ERR_CTP') || error instanceof SyntaxError)
    return { error: new InvalidInputError('body', 'cannot be read; allowed is a JSON object'), status: 400 }
  return { error: new InvalidInputError('request', 'is malformed'), status: statusCode }
}
