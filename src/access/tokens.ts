// Callers by the tokens of an issuer. A token is believed for its signature alone; what is asked of it beyond that
// stands in the settings.
import { hash } from 'node:crypto'
import { decodeJwt, decodeProtectedHeader, errors, type JWTPayload, jwtVerify } from 'jose'
import type { Caller } from '#model/caller.ts'
import type { Clock } from '#model/clock.ts'
import { GatewayError } from '#model/errors.ts'
import { createBoundedMap } from './bounded-map.ts'
import { readHolder } from './claims.ts'
import type { GoodCredential } from './credentials.ts'
import { WrongCredentialError } from './failed-keys.ts'
import type { KeySet } from './key-set.ts'
import type { TokenSettings } from './settings.ts'

/** Tokens that are remembered to be genuine, by digest. */
const MAX_REMEMBERED = 10_000
/** Keys that a token is tried with which names none. */
const MAX_CANDIDATES = 8

/** What is known of a genuine token. */
interface Remembered {
  /** See `KeySet.generation`. */
  readonly generation: number
  /** In milliseconds since the epoch, tolerance included. */
  readonly expiresAtMs: number
  /** Who holds it, or why it is of no use here; undefined of one that had run out when it was first seen. */
  readonly verdict: Caller | string | undefined
}

/** A token names a key that is not there. It is no guess: the key may be newer than those that were read. */
export class UnknownKeyError extends GatewayError {
  override readonly name = 'UnknownKeyError'
  /** Of the keys it is not among; see `KeySet.generation`. */
  readonly generation: number

  constructor(generation: number, retryAfterMs: number) {
    super('ACCESS_UNAVAILABLE', 'the key that the token names is not known, and its issuer was asked a moment ago', {
      retryAfterMs,
    })
    this.generation = generation
  }
}

/** Finds callers by their tokens. */
export interface TokenCheck {
  /**
   * The caller behind a token, which is good until it runs out or the keys of the issuer change.
   * @throws GatewayError WrongCredentialError for what could be a guess, UNAUTHENTICATED for a token out of its time,
   * FORBIDDEN for one that gives no role, UnknownKeyError before the issuer is asked for a key that the token names,
   * ACCESS_UNAVAILABLE when it cannot be told
   */
  check(token: string): Promise<GoodCredential>
  /** Who a token says holds it. Nothing is verified; undefined when it does not say. */
  findHolder(token: string): string | undefined
  /**
   * Asks the issuer for a key that was not known. Another check may find it then.
   * @throws GatewayError UNAUTHENTICATED when the issuer does not have it, ACCESS_UNAVAILABLE when it cannot be told
   */
  askForKey(unknown: UnknownKeyError): Promise<void>
}

/** Builds the check of the settings. */
export function createTokenCheck(
  settings: TokenSettings,
  options: { readonly keySet: KeySet; readonly clock: Clock },
): TokenCheck {
  const { keySet, clock } = options
  const toleranceMs = settings.clockToleranceSeconds * 1000
  // It is there so that an answer from the cache does not cost a signature check.
  const remembered = createBoundedMap<Remembered>(MAX_REMEMBERED)

  const terms = () => ({
    issuer: settings.issuer,
    audience: settings.audience,
    algorithms: [...settings.algorithms],
    requiredClaims: ['exp'],
    clockTolerance: settings.clockToleranceSeconds,
    currentDate: new Date(clock.now()),
  })

  const toExpiry = ({ exp = 0 }: JWTPayload) => Math.min(exp * 1000 + toleranceMs, Number.MAX_SAFE_INTEGER)

  async function verifyOnce(token: string): Promise<JWTPayload> {
    try {
      return (await jwtVerify(token, keySet.find, terms())).payload
    } catch (error) {
      if (!(error instanceof errors.JWKSMultipleMatchingKeys)) throw error
      return await verifyWithAny(token, error)
    }
  }

  /** It names no key, and several could be meant. */
  async function verifyWithAny(token: string, candidates: errors.JWKSMultipleMatchingKeys): Promise<JWTPayload> {
    let tries = 0
    for await (const key of candidates) {
      tries += 1
      if (tries > MAX_CANDIDATES) break
      try {
        return (await jwtVerify(token, key, terms())).payload
      } catch (error) {
        if (isGenuine(error)) throw error
      }
    }
    throw new errors.JWKSNoMatchingKey()
  }

  /** The claims of a token that is genuine and in its time. */
  async function verify(token: string): Promise<JWTPayload> {
    const generation = keySet.generation()
    try {
      return await verifyOnce(token)
    } catch (error) {
      if (!mayBeOfNewKey(token, error)) throw error
      if (namesKey(token)) throw toUnknownKey(generation)
      // What names no key could be of any, also of none: that is no reason to ask for patience.
      if ((await keySet.renew(generation)) !== 'changed') throw error
      return await verifyOnce(token)
    }
  }

  const toUnknownKey = (generation: number) => new UnknownKeyError(generation, Math.max(1, keySet.pauseLeftMs()))

  async function inspect(token: string): Promise<Remembered> {
    // Of before, or keys that came meanwhile would be taken for those it was verified with.
    const generation = keySet.generation()
    try {
      const claims = await verify(token)
      const expiresAtMs = toExpiry(claims)
      const holder = readHolder(claims, settings)
      const verdict = 'refusal' in holder ? holder.refusal : Object.freeze<Caller>({ ...holder.caller, expiresAtMs })
      return { generation, expiresAtMs, verdict }
    } catch (error) {
      if (!(error instanceof errors.JWTExpired)) throw toRefusal(error)
      return { generation, expiresAtMs: toExpiry(error.payload), verdict: undefined }
    }
  }

  function findRemembered(digest: string): Remembered | undefined {
    const known = remembered.get(digest)
    if (known?.generation !== keySet.generation()) return undefined
    // One that had run out is good again when the clock is set back.
    return known.verdict === undefined && known.expiresAtMs > clock.now() ? undefined : known
  }

  return {
    async check(token) {
      await keySet.prepare()
      const digest = hash('sha256', token, 'base64url')
      const known = findRemembered(digest) ?? (await inspect(token))
      remembered.set(digest, known)
      const { generation, expiresAtMs, verdict } = known
      if (verdict === undefined || expiresAtMs <= clock.now())
        throw new GatewayError('UNAUTHENTICATED', 'the token has run out')
      if (typeof verdict === 'string') throw new GatewayError('FORBIDDEN', verdict)
      return {
        caller: verdict,
        isStillGood: () => generation === keySet.generation() && clock.now() < expiresAtMs && keySet.isReady(),
      }
    },
    findHolder(token) {
      try {
        const holder = readHolder(decodeJwt(token), settings)
        return 'refusal' in holder ? undefined : holder.caller.name
      } catch {
        return undefined
      }
    },
    async askForKey({ generation }) {
      const renewal = await keySet.renew(generation)
      if (renewal === 'unknown') throw toUnknownKey(generation)
      if (renewal === 'same') throw new GatewayError('UNAUTHENTICATED', 'the issuer has no such key as the token names')
    },
  }
}

const namesKey = (token: string) => decodeProtectedHeader(token).kid !== undefined

/** Whether newer keys could make a token good. */
function mayBeOfNewKey(token: string, error: unknown): boolean {
  if (error instanceof errors.JWKSNoMatchingKey) return true
  return error instanceof errors.JWSSignatureVerificationFailed && !namesKey(token)
}

/** Whether the signature was good, and only the claims were not. */
function isGenuine(error: unknown): boolean {
  return error instanceof errors.JWTExpired || error instanceof errors.JWTClaimValidationFailed
}

/** Our words for a token that was not taken. Nothing of the cause is carried along: it holds the claims. */
function toRefusal(error: unknown): GatewayError {
  if (error instanceof GatewayError) return error
  if (!(error instanceof errors.JWTClaimValidationFailed))
    return new WrongCredentialError('the token is not one of the issuer that this gateway believes')
  if (error.claim === 'nbf' && error.reason === 'check_failed')
    return new GatewayError('UNAUTHENTICATED', 'the token is not good yet')
  return new WrongCredentialError(`the token is not for this gateway: see its claim "${error.claim}"`)
}
