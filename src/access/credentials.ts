// What a client sends to say who it is; must not know HTTP beyond two header names.
import { isUtf8 } from 'node:buffer'
import type { Caller } from '#model/caller.ts'
import { GatewayError } from '#model/errors.ts'

/** What whoever is not let in is told to send: the value of `WWW-Authenticate`. */
export const CHALLENGE = 'Bearer realm="weir"'

/** Headers of a request, names in lower case, as Node gives them. */
export type AccessHeaders = Readonly<Record<string, string | readonly string[] | undefined>>

/** What is known of a credential that was found good. */
export interface GoodCredential {
  readonly caller: Caller
  /** Whether another check would find the same now, and at once. Never throws. */
  readonly isStillGood: () => boolean
}

/**
 * The one key or token in the `authorization` and `x-api-key` headers, and in the `authorization` or `apiKey` of a
 * `connection_init` payload, because browsers cannot set headers there.
 * @throws GatewayError UNAUTHENTICATED when there is none, or two that differ
 */
export function findCredential(headers: AccessHeaders, payload: unknown): string {
  const [credential, ...others] = new Set([
    ...listCredentials(headers, toUtf8),
    ...listCredentials(toHeaders(payload), (text) => text),
  ])
  if (credential === undefined)
    throw unauthenticated('no key was sent; send one as "Authorization: Bearer <key>" or "X-API-Key: <key>"')
  if (others.length > 0) throw unauthenticated('two different keys were sent; send one')
  return credential
}

/**
 * What `findCredential` finds in headers alone, at a fraction of the price. Never throws.
 * @returns undefined where there is none, where two differ, and where a header was given as a list
 */
export function peekCredential(headers: AccessHeaders): string | undefined {
  const { authorization = '', 'x-api-key': apiKey = '' } = headers
  if (typeof authorization !== 'string' || typeof apiKey !== 'string') return undefined
  const bearer = authorization === '' ? undefined : readBearer(authorization, toUtf8)
  if (apiKey === '') return bearer
  const key = toUtf8(apiKey)
  return bearer === undefined || bearer === key ? key : undefined
}

/** As sent. */
function listCredentials(headers: AccessHeaders, decode: (text: string) => string): string[] {
  const bearers = toTexts(headers['authorization'])
    .map((text) => readBearer(text, decode))
    .filter((key) => key !== undefined)
  return [
    ...bearers,
    ...toTexts(headers['x-api-key'])
      .filter((key) => key !== '')
      .map(decode),
  ]
}

/** Other schemes of `authorization` belong to somebody else, such as a proxy. */
function readBearer(text: string, decode: (text: string) => string): string | undefined {
  return /^bearer +(\S+) *$/i.exec(decode(text))?.[1]
}

/** Node reads the bytes of headers as Latin-1; keys are known by their UTF-8. What is none stays as it is. */
function toUtf8(text: string): string {
  if (/^[\x20-\x7e]*$/.test(text)) return text
  const bytes = Buffer.from(text, 'latin1')
  return isUtf8(bytes) && bytes.toString('latin1') === text ? bytes.toString('utf8') : text
}

function toHeaders(payload: unknown): AccessHeaders {
  if (typeof payload !== 'object' || payload === null) return {}
  const entries = new Map(Object.entries(payload))
  return { authorization: toText(entries.get('authorization')), 'x-api-key': toText(entries.get('apiKey')) }
}

function toText(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined
}

function toTexts(value: string | readonly string[] | undefined): readonly string[] {
  if (value === undefined) return []
  return typeof value === 'string' ? [value] : value
}

function unauthenticated(message: string): GatewayError {
  return new GatewayError('UNAUTHENTICATED', message)
}
