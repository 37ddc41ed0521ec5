// The one place where an error becomes words for a client of this face.
import { GraphQLError, type GraphQLFormattedError, Kind } from 'graphql'
import { type ErrorCode, errorTable, GatewayError } from '#model/errors.ts'
import { RequestError } from './request.ts'

/** Longest message sent: a caller's own text in it may be as long as the request. */
const MAX_MESSAGE_LENGTH = 300
/** Most errors of one answer, and most of them that say it is too much. */
const MAX_ERRORS = 300
const MAX_TOO_MUCH = 6
/** Most places in the document an error points at. */
const MAX_LOCATIONS = 4

/** An error with what the client is told of it. */
export interface ShownError {
  /** What was thrown, to be logged when it is `INTERNAL`. */
  readonly thrown: unknown
  /** Code, message and details as the client sees them. */
  readonly shown: GatewayError
  /** Where in the document and in the answer, when it is known. */
  readonly at: GraphQLError | undefined
}

/**
 * Decides what the client is told of whatever was thrown; an error that holds several counts as each of them. Of very
 * many it is told the first: a list of thousands may fail in each of its items.
 */
export function showErrors(thrown: readonly unknown[]): readonly ShownError[] {
  const shown = thrown.flatMap(unfold).map((error) => {
    const at = error instanceof GraphQLError ? error : undefined
    const cause = at ? findCause(at) : error
    return { thrown: cause, shown: at ? showGraphqlError(at, cause) : showOther(error), at }
  })
  // That an operation is too much is said of each of its fields, and means all of them.
  let tooMuch = 0
  const isNews = ({ code }: GatewayError) => code !== 'QUERY_TOO_COMPLEX' || ++tooMuch <= MAX_TOO_MUCH
  return shown.filter((error) => isNews(error.shown)).slice(0, MAX_ERRORS)
}

/** The error as it is sent. */
export function formatError({ shown, at }: ShownError, requestId: string): GraphQLFormattedError {
  const { code, retryable, retryAfterMs, account, provider, providerCode } = shown
  return {
    message: clip(shown.message),
    ...(at?.locations && { locations: at.locations.slice(0, MAX_LOCATIONS) }),
    ...(at?.path && { path: at.path }),
    // What is undefined does not survive JSON.
    extensions: {
      code,
      retryable,
      retryAfterMs,
      account: account && clip(account),
      provider,
      providerCode,
      requestId,
    },
  }
}

/**
 * The HTTP status of a response with errors.
 * @param answer.hasData whether it holds `data` that is not null
 * @param answer.isGraphqlResponse whether it is sent as application/graphql-response+json
 */
export function toStatus(
  errors: readonly ShownError[],
  answer: { readonly hasData: boolean; readonly isGraphqlResponse: boolean },
): number {
  const shown = errors.map((error) => error.shown)
  const request = shown.find((error) => error instanceof RequestError)
  if (request) return request.status
  if (answer.isGraphqlResponse) return answer.hasData || !shown[0] ? 200 : errorTable[shown[0].code].status
  const refused = shown.find(({ code }) => codesWithStatus.has(code))
  return refused ? errorTable[refused.code].status : 200
}

/** Codes that have a status of their own even as application/json. */
const codesWithStatus: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'UNAUTHENTICATED',
  'ACCESS_UNAVAILABLE',
  'FORBIDDEN',
  'RATE_LIMITED',
  'OVERLOADED',
  'QUERY_TOO_COMPLEX',
])

/**
 * Whether an operation that is to be answered by events is refused with a status instead: for who asks, for how often,
 * and for a request that is none. What is wrong with its document is told by an event.
 */
export function isRefusedByStatus(error: unknown): boolean {
  return showErrors([error]).some(
    ({ shown }) =>
      shown instanceof RequestError || (codesWithStatus.has(shown.code) && shown.code !== 'QUERY_TOO_COMPLEX'),
  )
}

function unfold(error: unknown): readonly unknown[] {
  const held: unknown = error instanceof Error && 'errors' in error ? error.errors : undefined
  return Array.isArray(held) && held.length > 0 ? held : [error]
}

function findCause(error: GraphQLError): unknown {
  return error.originalError instanceof GraphQLError ? findCause(error.originalError) : (error.originalError ?? error)
}

function showGraphqlError(error: GraphQLError, cause: unknown): GatewayError {
  if (!(cause instanceof GraphQLError)) return showOther(cause)
  // Without a path nothing was executed: parsing, validation or coercion of variables. With one it is an argument that
  // could only be judged at its field, or a resolver's answer that its type refuses, which is our own fault.
  const place = cause.nodes?.[0]?.kind
  if (!error.path || (place !== undefined && place !== Kind.FIELD))
    return new GatewayError('INVALID_INPUT', withoutSuggestion(error.message))
  return masked(cause)
}

/** A suggestion shows what the schema holds to whoever may not read it. */
function withoutSuggestion(message: string): string {
  const start = message.indexOf(' Did you mean ')
  return start < 0 ? message : message.slice(0, start)
}

function showOther(error: unknown): GatewayError {
  if (error instanceof GatewayError) return error
  if (error instanceof Error && 'statusCode' in error && 'code' in error) {
    const { statusCode, code } = error
    const isClients = typeof statusCode === 'number' && statusCode >= 400 && statusCode < 500
    if (isClients && typeof code === 'string' && /^(FST|MER)_ERR_/.test(code))
      return new RequestError(statusCode === 413 ? 413 : 400, 'INVALID_INPUT', error.message)
  }
  return masked(error)
}

function masked(cause: unknown): GatewayError {
  return new GatewayError('INTERNAL', 'internal error', { cause })
}

/** Cuts the middle out of a long message: its beginning says what, its end what is allowed. */
function clip(message: string): string {
  if (message.length <= MAX_MESSAGE_LENGTH) return message
  const half = MAX_MESSAGE_LENGTH / 2
  return `${message.slice(0, half).toWellFormed()} … ${message.slice(-half).toWellFormed()}`
}
