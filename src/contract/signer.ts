// How a request is made acceptable to a provider. Pure: same input, same output.
import type { Instant } from '#model/time-range.ts'
import type { QueryParameter } from './upstream-call.ts'

/** What proves an account at its provider. */
export interface Credential {
  /** Public half: an application id or a user name. */
  readonly id: string
  /** Secret half. Reaches a signer and nothing else. */
  readonly secret: string
}

/** The parts of a request a signer may add to. */
export interface SignableRequest {
  readonly query: readonly QueryParameter[]
  readonly headers: Readonly<Record<string, string>>
  /** See `UpstreamRequest.idParameter`. */
  readonly idParameter?: string | undefined
}

/** What the signer works with besides the request. */
export interface SigningContext {
  readonly credential: Credential
  /** Wall-clock time of this very attempt: every attempt is signed anew. */
  readonly now: Instant
  /** How long a signature with an expiry stays good, in seconds. */
  readonly ttlSeconds: number
}

/** Returns the request with the proof added. */
export type Signer = (request: SignableRequest, context: SigningContext) => SignableRequest

/** Names of the built-in signature schemes. */
export type SignerName = 'md5-expiring-key' | 'hmac-sha1-basic'
