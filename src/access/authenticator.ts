// Who is asking. Turns the key or token a client sends into a caller.
import type { Caller } from '#model/caller.ts'
import type { Clock } from '#model/clock.ts'
import { type AccessHeaders, findCredential, type GoodCredential, peekCredential } from './credentials.ts'
import { createFailedKeys, WrongCredentialError } from './failed-keys.ts'
import { createKeySet } from './key-set.ts'
import { type KeySetTrouble, readKeySet } from './key-set-source.ts'
import { createKeyRing } from './keys.ts'
import type { AccessSettings } from './settings.ts'
import { createTokenCheck, type TokenCheck, UnknownKeyError } from './tokens.ts'

export type { AccessHeaders } from './credentials.ts'
export type { KeySetTrouble } from './key-set-source.ts'
export type { AccessSettings } from './settings.ts'

/** What is longer is neither a key nor a token, and not worth a look. */
const LONGEST_CREDENTIAL_BYTES = 8 * 1024

/** What a request shows. */
export interface AccessRequest {
  /** Of the request, with a WebSocket of its upgrade. */
  readonly headers: AccessHeaders
  /** Of the `connection_init` of a WebSocket: an object with `authorization` or `apiKey`, or anything else. */
  readonly payload?: unknown
  /** The client's IP address. */
  readonly address: string
}

/** Decides who a client is. */
export interface Authenticator {
  /**
   * The caller behind a request. In open mode everybody is anonymous.
   * @throws GatewayError UNAUTHENTICATED without a key or token, with a wrong one, one out of its time, or two that
   * differ; FORBIDDEN with a token that gives no role; RATE_LIMITED with `retryAfterMs` after too many wrong ones from
   * that address; ACCESS_UNAVAILABLE with `retryAfterMs` when a token cannot be checked at present
   */
  authenticate(request: AccessRequest): Promise<Caller>
  /**
   * The caller behind a request, at once, where that needs no check: `authenticate` has found the same credential good
   * before from the same network, and it is good still. In open mode the anonymous caller. Never throws, and counts
   * nothing as wrong.
   * @returns undefined for everything else, whatever the reason: `authenticate` tells
   */
  recognize(request: AccessRequest): Caller | undefined
  /** Ends what is being read of an issuer, and forgets the credentials of the last moments. */
  close(): void
}

/** What it works with. */
export interface AuthenticatorOptions {
  readonly clock: Clock
  /** Wrong keys or tokens that an address may send in any minute, ≥ 1. */
  readonly failedKeysPerMinute: number
  /** Told when the keys of the issuer cannot be read and why, whenever that changes; undefined once they can be again. */
  readonly onTrouble?: (trouble: KeySetTrouble | undefined) => void
}

/** Builds the authenticator of the settings. */
export function createAuthenticator(access: AccessSettings, options: AuthenticatorOptions): Authenticator {
  if (access.mode === 'open') {
    const anonymous = Object.freeze<Caller>({ name: 'anonymous', role: access.role, accounts: 'all' })
    return { authenticate: () => Promise.resolve(anonymous), recognize: () => anonymous, close: () => undefined }
  }
  const { check, findHolder, askForKey, close } = createCheck(access, options)
  const failedKeys = createFailedKeys<GoodCredential>({ perMinute: options.failedKeysPerMinute, clock: options.clock })
  return {
    async authenticate({ headers, payload, address }) {
      const credential = findCredential(headers, payload)
      const isTooLong = Buffer.byteLength(credential) > LONGEST_CREDENTIAL_BYTES
      const guard = () =>
        failedKeys.guard(
          address,
          credential,
          () => {
            if (isTooLong) throw new WrongCredentialError('what was sent is too long to be a key')
            return check(credential)
          },
          isTooLong ? undefined : findHolder,
        )
      try {
        return (await guard()).caller
      } catch (error) {
        if (!askForKey || !(error instanceof UnknownKeyError)) throw error
        // Not under guard: nobody else of the network has to wait for the issuer.
        await askForKey(error)
        return (await guard()).caller
      }
    },
    recognize({ headers, payload, address }) {
      if (payload !== undefined) return undefined
      const credential = peekCredential(headers)
      if (credential === undefined || credential.length > LONGEST_CREDENTIAL_BYTES) return undefined
      const known = failedKeys.recall(address, credential)
      return known?.isStillGood() ? known.caller : undefined
    },
    close() {
      failedKeys.close()
      close()
    },
  }
}

/** A `TokenCheck`, or what keys have of one. */
interface CredentialCheck extends Partial<Omit<TokenCheck, 'check'>> {
  readonly check: (credential: string) => GoodCredential | Promise<GoodCredential>
  readonly close: () => void
}

function createCheck(
  access: Exclude<AccessSettings, { mode: 'open' }>,
  options: AuthenticatorOptions,
): CredentialCheck {
  if (access.mode === 'keys') {
    const find = createKeyRing(access.keys)
    // Keys are withdrawn by another start.
    return { check: (key) => ({ caller: find(key), isStillGood: () => true }), close: () => undefined }
  }
  const { clock, onTrouble = () => undefined } = options
  const url = new URL(access.jwksUrl)
  const keySet = createKeySet({ read: (closing) => readKeySet(url, clock, closing), clock, onTrouble })
  return { ...createTokenCheck(access, { keySet, clock }), close: () => keySet.close() }
}
