// The shape of a request, checked by hand: a schema validator would turn numbers into texts first.
import type { FastifyRequest } from 'fastify'
import { GatewayError } from '#model/errors.ts'

/** Most bytes of a request: of its body, and of the message it comes in on a WebSocket. */
export const MAX_REQUEST_BYTES = 64 * 1024

/** A request that cannot be carried out as it stands; `status` is its HTTP status with every media type. */
export class RequestError extends GatewayError {
  override readonly name = 'RequestError'
  readonly status: number

  constructor(status: number, code: 'INVALID_INPUT' | 'NOT_FOUND', message: string) {
    super(code, message)
    this.status = status
  }
}

/** The parameters of GraphQL over HTTP, which are those of an operation on a WebSocket too. */
export interface RequestParameters {
  /** Not empty; undefined where the request names its document instead. */
  readonly query: string | undefined
  /** Name of a registered document; undefined where there is none. */
  readonly documentId: string | undefined
  /** SHA-256 of the document in lower-case hexadecimal digits, of the extension `persistedQuery`. */
  readonly digest: string | undefined
  readonly operationName: string | null | undefined
  readonly variables: Readonly<Record<string, unknown>> | null | undefined
}

/** Reads a request's parameters. @throws RequestError 400, naming what is wrong */
export function readRequest(request: FastifyRequest): RequestParameters {
  return readParameters(request.method === 'POST' ? request.body : readQueryString(request.query))
}

/** Reads what came as one object. @throws RequestError 400, naming what is wrong */
export function readParameters(parameters: unknown): RequestParameters {
  if (!isObject(parameters)) throw malformed('the body', 'a JSON object')
  const { query, operationName, variables, extensions, documentId } = parameters
  if (!isAbsent(documentId) && (typeof documentId !== 'string' || documentId === ''))
    throw malformed('documentId', 'a text that is not empty')
  if (!isAbsent(operationName) && typeof operationName !== 'string') throw malformed('operationName', 'a text or null')
  if (!isAbsent(variables) && !isObject(variables)) throw malformed('variables', 'a JSON object or null')
  if (!isAbsent(extensions) && !isObject(extensions)) throw malformed('extensions', 'a JSON object or null')
  // In a body they are refused before it gets here; the other ways are no worse.
  if (holdsPrototype(variables) || holdsPrototype(extensions))
    throw malformed('variables and extensions', 'without the keys "__proto__" and "constructor.prototype"')
  const digest = readDigest(extensions?.['persistedQuery'])
  const isNamed = !isAbsent(documentId) || digest !== undefined
  if ((!isNamed || !isAbsent(query)) && (typeof query !== 'string' || query === ''))
    throw malformed('query', 'a text that is not empty')
  if (!isAbsent(query) && !isAbsent(documentId)) throw malformed('query', 'left out where documentId names a document')
  return { query: query ?? undefined, documentId: documentId ?? undefined, digest, operationName, variables }
}

/** The digest of an automatically persisted query. */
function readDigest(persistedQuery: unknown): string | undefined {
  if (isAbsent(persistedQuery)) return undefined
  const digest = isObject(persistedQuery) && persistedQuery['version'] === 1 ? persistedQuery['sha256Hash'] : undefined
  if (typeof digest !== 'string' || !/^[0-9a-f]{64}$/i.test(digest))
    throw malformed('extensions.persistedQuery', '{ version: 1, sha256Hash: <64 hexadecimal digits> }')
  return digest.toLowerCase()
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

/** Whether anything in a value would be taken for a prototype by whoever copies it carelessly. */
function holdsPrototype(value: unknown): boolean {
  const open: unknown[] = [value]
  for (let one = open.pop(); one !== undefined; one = open.pop()) {
    if (typeof one !== 'object' || one === null) continue
    if (Object.hasOwn(one, '__proto__')) return true
    for (const [name, inner] of Object.entries(one)) {
      if (name === 'constructor' && isObject(inner) && Object.hasOwn(inner, 'prototype')) return true
      open.push(inner ?? null)
    }
  }
  return false
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
