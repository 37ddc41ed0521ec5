// Who is asking. Turns the key a client sends into a caller; must not know HTTP beyond two header names.
import { createHash, timingSafeEqual } from 'node:crypto'
import type { Caller, Role } from '#model/caller.ts'
import { GatewayError } from '#model/errors.ts'

/** A key that clients may send, known by its digest alone. */
export interface AccessKey {
  /** What its holder is called in logs and limits. Never a part of the key. */
  readonly name: string
  /** SHA-256 of the key's UTF-8 bytes: 64 hexadecimal digits in lower case. */
  readonly sha256: string
  readonly role: Role
  /** Names of the accounts its holder may see. */
  readonly accounts: 'all' | readonly string[]
}

/** How clients are told apart. */
export type AccessSettings =
  | { readonly mode: 'open' }
  | {
      readonly mode: 'keys'
      /** At least one. */
      readonly keys: readonly AccessKey[]
    }

/** Headers of a request, names in lower case, as Node gives them. */
export type AccessHeaders = Readonly<Record<string, string | readonly string[] | undefined>>

/** Decides who a client is. */
export interface Authenticator {
  /**
   * The caller behind a request's `authorization` and `x-api-key` headers. In open mode everybody is anonymous.
   * @throws GatewayError UNAUTHENTICATED without a key, with an unknown one, or with two that differ
   */
  authenticate(headers: AccessHeaders): Caller
  /**
   * The same for a WebSocket: the headers of its upgrade request, and the `authorization` or `apiKey` of its
   * `connection_init` payload, because browsers cannot set headers there.
   * @throws GatewayError UNAUTHENTICATED as above
   */
  authenticateConnection(headers: AccessHeaders, payload: unknown): Caller
}

const anonymous: Caller = Object.freeze({ name: 'anonymous', role: 'ops', accounts: 'all' })

/** Builds the authenticator of the settings. Digests are compared in constant time, against every entry. */
export function createAuthenticator(access: AccessSettings): Authenticator {
  if (access.mode === 'open') return { authenticate: () => anonymous, authenticateConnection: () => anonymous }

  const entries = access.keys.map((key) => ({
    digest: Buffer.from(key.sha256, 'hex'),
    caller: Object.freeze<Caller>({
      name: key.name,
      role: key.role,
      accounts: key.accounts === 'all' ? 'all' : new Set(key.accounts),
    }),
  }))

  function toCaller(sent: readonly string[]): Caller {
    const [key, ...others] = new Set(sent)
    if (key === undefined)
      throw unauthenticated('no key was sent; send one as "Authorization: Bearer <key>" or "X-API-Key: <key>"')
    if (others.length > 0) throw unauthenticated('two different keys were sent; send one')
    const digest = createHash('sha256').update(key).digest()
    // Every entry is compared, so that the time taken tells nothing about which one matched.
    const matches = entries.filter((entry) => timingSafeEqual(entry.digest, digest))
    const match = matches[0]
    if (!match) throw unauthenticated('the key is not known')
    return match.caller
  }

  return {
    authenticate: (headers) => toCaller(listKeys(headers)),
    authenticateConnection: (headers, payload) => toCaller([...listKeys(headers), ...listKeys(toHeaders(payload))]),
  }
}

/** The keys in the headers, as sent. Other schemes of `authorization` belong to somebody else, such as a proxy. */
function listKeys(headers: AccessHeaders): string[] {
  const bearers = toTexts(headers['authorization'])
    .map((text) => /^bearer +(\S+) *$/i.exec(text)?.[1])
    .filter((key) => key !== undefined)
  return [...bearers, ...toTexts(headers['x-api-key']).filter((key) => key !== '')]
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
