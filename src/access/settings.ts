// How clients are told apart, as an operator decides it.
import type { Role } from '#model/caller.ts'

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

/** Whose tokens are taken, and what their claims say. */
export interface TokenSettings {
  /** The `iss` of every token. */
  readonly issuer: string
  /** The `aud` of every token, or one of several. */
  readonly audience: string
  /** Address of the JWK Set. */
  readonly jwksUrl: string
  /** Names of JOSE signature algorithms; none with a shared secret. */
  readonly algorithms: readonly string[]
  /** How far the issuer's clock may be off, ≥ 0. */
  readonly clockToleranceSeconds: number
  /** Claims by name, or by dots through objects. */
  readonly claims: {
    readonly name: string
    readonly role: string
    /** Null: every token sees all accounts. */
    readonly accounts: string | null
  }
  /** What the values of the role claim stand for. */
  readonly roles: Readonly<Record<string, Role>>
}

/** How clients are told apart. */
export type AccessSettings =
  | {
      readonly mode: 'open'
      /** Of everybody. */
      readonly role: Role
    }
  | {
      readonly mode: 'keys'
      /** At least one. */
      readonly keys: readonly AccessKey[]
    }
  | ({ readonly mode: 'jwt' } & TokenSettings)
