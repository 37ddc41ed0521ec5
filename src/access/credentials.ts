// What a client sends to say who it is; must not know HTTP beyond two header names.
import { isUtf8 } from 'node:buffer'
import { GatewayError } from '#model/errors.ts'

/** Headers of a request, names in lower case, as Node gives them. */
export type AccessHeaders = Readonly<Record<string, string | readonly string[] | undefined>>

/**
 * The one key or token in the `authorization` and `x-api-key` headers, and in the `authorization` or `apiKey` of a
 * `connection_init` payload, because browsers cannot set headers there.
 * @throws GatewayError UNAUTHENTICATED when there is none, or two that differ
 */
export function findCredential(headers: AccessHeaders, payload: unknown): string {
  const [credential, ...others] = new Set([...listCredentials(toUtf8(headers)), ...listCredentials(toHeaders(payload))])
  if (credential === undefined)
    throw unauthenticated('no key was sent; send one as "Authorization: Bearer <key>" or "X-API-Key: <key>"')
  if (others.length > 0) throw unauthenticated('two different keys were sent; send one')
  return credential
}

/** As sent. Other schemes of `authorization` belong to somebody else, such as a proxy. */
function listCredentials(headers: AccessHeaders): string[] {
  const bearers = toTexts(headers['authorization'])
    .map((text) => /^bearer +(\S+) *$/i.exec(text)?.[1])
    .filter((key) => key !== undefined)
  return [...bearers, ...toTexts(headers['x-api-key']).filter((key) => key !== '')]
}

/** Node reads the bytes of headers as Latin-1; keys are known by their UTF-8. What is none stays as it is. */
function toUtf8(headers: AccessHeaders): AccessHeaders {
  const decode = (text: string) => {
    const bytes = Buffer.from(text, 'latin1')
    return isUtf8(bytes) && bytes.toString('latin1') === text ? bytes.toString('utf8') : text
  }
  return {
    authorization: toTexts(headers['authorization']).map(decode),
    'x-api-key': toTexts(headers['x-api-key']).map(decode),
  }
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
