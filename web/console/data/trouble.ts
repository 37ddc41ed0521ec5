// Why something could not be shown: what the gateway says, and what the page finds by itself.

/** Codes of the gateway. */
const gatewayCodes = [
  'INVALID_INPUT',
  'UNAUTHENTICATED',
  'FORBIDDEN',
  'NOT_FOUND',
  'CAPABILITY_UNSUPPORTED',
  'RANGE_UNAVAILABLE',
  'QUERY_TOO_COMPLEX',
  'RATE_LIMITED',
  'ACCESS_UNAVAILABLE',
  'OVERLOADED',
  'QUOTA_EXHAUSTED',
  'UPSTREAM_THROTTLED',
  'UPSTREAM_CREDENTIAL',
  'UPSTREAM_REJECTED',
  'UPSTREAM_RESPONSE',
  'UPSTREAM_TIMEOUT',
  'UPSTREAM_UNAVAILABLE',
  'INTERNAL',
] as const

/** A code of the gateway; `OFFLINE`: it was not reached; `UNEXPECTED`: what answered is not understood. */
export type TroubleCode = (typeof gatewayCodes)[number] | 'OFFLINE' | 'UNEXPECTED'

/** Why something could not be had. */
export interface Trouble {
  readonly code: TroubleCode
  /** As the gateway says it, in English; empty where it said nothing. */
  readonly message: string
  /** Whether the same question may be answered later. */
  readonly isRetryable: boolean
  /** When to ask again, in milliseconds from the answer on. */
  readonly retryAfterMs?: number
  readonly account?: string
  /** Finds the request in the gateway's log. */
  readonly requestId?: string
}

/** Trouble with a part of an answer. */
export interface FieldTrouble extends Trouble {
  /** Where in the answer. */
  readonly path: readonly (string | number)[]
}

/** A question that has no answer at all. */
export class AskError extends Error {
  readonly trouble: Trouble

  constructor(trouble: Trouble) {
    super(trouble.message)
    this.name = 'AskError'
    this.trouble = trouble
  }
}

/** What to show of whatever was thrown. */
export function toTrouble(error: unknown): Trouble {
  if (error instanceof AskError) return error.trouble
  return { code: 'UNEXPECTED', message: error instanceof Error ? error.message : '', isRetryable: true }
}

/** Reads an error of a GraphQL answer; of what it lacks nothing is said. */
export function readGraphqlError(error: unknown): FieldTrouble {
  const path = readField(error, 'path')
  return {
    ...readDetails(readField(error, 'extensions'), readField(error, 'message')),
    path: Array.isArray(path) ? path.filter(isPathPart) : [],
  }
}

/** Reads a problem of the REST face; undefined for what is none. */
export function readProblem(problem: unknown): Trouble | undefined {
  if (typeof readField(problem, 'code') !== 'string') return undefined
  return readDetails(problem, readField(problem, 'detail') ?? readField(problem, 'title'))
}

/** The first trouble at a place of an answer or below it. */
export function findTrouble(
  troubles: readonly FieldTrouble[],
  ...place: readonly (string | number)[]
): FieldTrouble | undefined {
  return troubles.find(({ path }) => place.every((part, index) => path[index] === part))
}

function readDetails(details: unknown, message: unknown): Trouble {
  const code = readField(details, 'code')
  const retryAfterMs = readField(details, 'retryAfterMs')
  const account = readField(details, 'account')
  const requestId = readField(details, 'requestId')
  return {
    code: gatewayCodes.find((known) => known === code) ?? 'UNEXPECTED',
    message: typeof message === 'string' ? message : '',
    isRetryable: readField(details, 'retryable') === true,
    ...(typeof retryAfterMs === 'number' && { retryAfterMs }),
    ...(typeof account === 'string' && { account }),
    ...(typeof requestId === 'string' && { requestId }),
  }
}

function readField(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null && name in value ? Reflect.get(value, name) : undefined
}

function isPathPart(part: unknown): part is string | number {
  return typeof part === 'string' || typeof part === 'number'
}
