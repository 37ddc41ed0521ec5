// What the claims of a token say of its holder. The token has been verified; what stands in it is still somebody
// else's text.
import { hash } from 'node:crypto'
import { type Caller, type Role, takenNames } from '#model/caller.ts'
import type { TokenSettings } from './settings.ts'

const LONGEST_NAME = 64
const DIGEST_LENGTH = 16

/** Who holds a token, or why nobody may. */
export type Holder =
  | { readonly caller: Omit<Caller, 'expiresAtMs'> }
  /** In words for the holder, without anything of the token. */
  | { readonly refusal: string }

/** Reads the claims as the settings name them. */
export function readHolder(claims: object, settings: Pick<TokenSettings, 'claims' | 'roles'>): Holder {
  const name = toName(findClaim(claims, settings.claims.name))
  if (name === undefined)
    return { refusal: `the token does not say who holds it, as its claim "${settings.claims.name}" should` }
  const role = findRole(findClaim(claims, settings.claims.role), settings.roles)
  if (role === undefined)
    return { refusal: `the token gives no role here, as its claim "${settings.claims.role}" should` }
  const { accounts } = settings.claims
  return { caller: { name, role, accounts: accounts === null ? 'all' : toAccounts(findClaim(claims, accounts)) } }
}

/** A claim of exactly that name, or one further inside: each dot may lead into an object. Own properties only. */
function findClaim(claims: unknown, path: string): unknown {
  if (typeof claims !== 'object' || claims === null) return undefined
  const own = new Map<string, unknown>(Object.entries(claims))
  if (own.has(path)) return own.get(path)
  const dot = path.indexOf('.')
  return dot < 0 ? undefined : findClaim(own.get(path.slice(0, dot)), path.slice(dot + 1))
}

/**
 * What the holder is called: at most 64 harmless characters. Two holders are never called the same, or they would
 * share a limit: a name that had to be changed ends in a digest, after a sign that no unchanged one holds.
 */
function toName(claim: unknown): string | undefined {
  const isText = typeof claim === 'string' && claim !== ''
  if (!isText && !Number.isSafeInteger(claim)) return undefined
  const text = String(claim)
  const clean = text.replaceAll(/[^A-Za-z0-9._@|:-]/g, '_')
  if (isText && clean === text && text.length <= LONGEST_NAME && !takenNames.has(text)) return text
  // JSON tells numbers from digits, and lone surrogates from each other.
  const digest = hash('sha256', JSON.stringify(claim), 'base64url').slice(0, DIGEST_LENGTH)
  return `${clean.slice(0, LONGEST_NAME - DIGEST_LENGTH - 1)}~${digest}`
}

function findRole(claim: unknown, roles: TokenSettings['roles']): Role | undefined {
  const known = new Map<unknown, Role>(Object.entries(roles))
  const held = new Set((Array.isArray(claim) ? claim : [claim]).map((value: unknown) => known.get(value)))
  return held.has('ops') ? 'ops' : held.has('reader') ? 'reader' : undefined
}

function toAccounts(claim: unknown): Caller['accounts'] {
  const names: readonly unknown[] = typeof claim === 'string' ? claim.split(/\s+/) : Array.isArray(claim) ? claim : []
  const accounts = new Set(names.filter((name) => typeof name === 'string').filter((name) => name !== ''))
  return accounts.has('*') ? 'all' : accounts
}
