// The shape of a request, checked by hand: a schema validator would turn numbers into texts first.
import type { FastifyRequest } from 'fastify'
import { GatewayError } from '#model/errors.ts'

/** A request that cannot be carried out as it stands; `status` is its HTTP status with every media type. */
export class RequestError extends GatewayError {
  override readonly name = 'RequestError'
  readonly status: number

  constructor(status: number, code: 'INVALID_INPUT' | 'NOT_FOUND', message: string) {
    super(code, message)
    this.status = status
  }
}

/** The parameters of GraphQL over HTTP. */
export interface RequestParameters {
  /** Not empty. */
  readonly query: string
  readonly operationName: string | null | undefined
  readonly variables: Readonly<Record<string, unknown>> | null | undefined
}

/** Reads a request's parameters. @throws RequestError 400, naming what is wrong */
export function readParameters(request: FastifyRequest): RequestParameters {
  const parameters = request.method === 'POST' ? request.body : readQueryString(request.query)
  if (!isObject(parameters)) throw malformed('the body', 'a JSON object')
  const { query, operationName, variables, extensions } = parameters
  if (typeof query !== 'string' || query === '') throw malformed('query', 'a text that is not empty')
  if (!isAbsent(operationName) && typeof operationName !== 'string') throw malformed('operationName', 'a text or null')
  if (!isAbsent(variables) && !isObject(variables)) throw malformed('variables', 'a JSON object or null')
  if (!isAbsent(extensions) && !isObject(extensions)) throw malformed('extensions', 'a JSON object or null')
  return { query, operationName, variables }
}

/** The query string with its JSON parts read. */
function readQueryString(query: unknown): unknown {
  if (!isObject(query)) return {}
  return { ...query, variables: readJson('variables', query), extensions: readJson('extensions', query) }
}

function readJson(name: string, query: Readonly<Record<string, unknown>>): unknown {
  const text = query[name]
  if (text === undefined || text === '') return undefined
  try {
    return JSON.parse(String(text))
  } catch {
    throw malformed(name, 'a JSON object or null')
  }
}

function malformed(name: string, allowed: string): RequestError {
  return new RequestError(400, 'INVALID_INPUT', `${name} must be ${allowed}`)
}

function isAbsent(value: unknown): value is null | undefined {
  return value === undefined || value === null
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
