// Whether a browser asks, on behalf of a page, and of which. No page can keep its browser from saying so.
import type { AccessHeaders } from './credentials.ts'

/** Headers that only browsers send. */
const browserHeaders = ['origin', 'referer', 'cookie', 'sec-fetch-site', 'sec-fetch-dest', 'sec-fetch-user'] as const

/** Whether the headers, names in lower case, are those of a browser. */
export function isFromBrowser(headers: AccessHeaders): boolean {
  return browserHeaders.some((name) => headers[name] !== undefined) || /^mozilla\//i.test(String(headers['user-agent']))
}

/** Headers that a page of another site cannot send unless CORS allows it. */
const proofs = ['x-api-key', 'graphql-require-preflight'] as const
/** What browsers send by themselves as `Authorization`, to where a person has once logged in. */
const ownCredentials = /^(basic|digest|negotiate|ntlm)\b/i

/** A request by a method that a page may use anywhere, without a header that it may not. */
export function isUnproven({ method, headers }: AskedOverHttp): boolean {
  const { authorization } = headers
  const isProven =
    proofs.some((name) => headers[name] !== undefined) ||
    (authorization !== undefined && !ownCredentials.test(String(authorization)))
  return (method === 'GET' || method === 'HEAD') && !isProven
}

/** A request, as far as it tells who may have sent it. */
export interface AskedOverHttp {
  readonly method?: string | undefined
  readonly headers: AccessHeaders
}

/**
 * Whether the headers are those of a page that is not the gateway's own, nor of an origin that may call.
 * @param origins of the settings; `*` stands for all
 */
export function isFromForeignPage(headers: AccessHeaders, origins: readonly string[]): boolean {
  const { origin, 'sec-fetch-site': site } = headers
  if (origins.includes('*') || (typeof origin === 'string' && origins.includes(origin))) return false
  // Not told over plain http, nor by old browsers. Those too name the origin of a page that reads from another.
  if (site === undefined) return origin !== undefined
  return site !== 'same-origin' && site !== 'none'
}
