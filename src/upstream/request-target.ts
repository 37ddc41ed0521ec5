// Addresses of requests. A request can only go below one of the account's configured endpoints.
import type { QueryParameter } from '#contract/upstream-call.ts'

/** A configured base address, taken apart. */
export interface Endpoint {
  /** Scheme, host and port: `https://open.chinanetcenter.com`. */
  readonly origin: string
  /** Path without a trailing slash; may be empty. */
  readonly basePath: string
}

/**
 * Reads a base address of the settings.
 * @param role the endpoint's name, for the error
 * @throws Error that does not repeat the address, which may hold what nobody should see
 */
export function toEndpoint(role: string, address: string): Endpoint {
  const url = URL.canParse(address) ? new URL(address) : undefined
  if (url === undefined || (url.protocol !== 'http:' && url.protocol !== 'https:'))
    throw new Error(`endpoint ${role} is no http or https address`)
  if (url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '')
    throw new Error(`endpoint ${role} holds more than scheme, host, port and path`)
  return { origin: url.origin, basePath: url.pathname.replace(/\/+$/, '') }
}

/**
 * Path and query as they go into the request line. Values are percent-encoded so that none can end its parameter
 * or begin another; names stand as they are, since providers compare them literally (`Param.s.stream_id`).
 */
export function toRequestTarget(
  endpoint: Endpoint,
  path: string | undefined,
  query: readonly QueryParameter[] | undefined,
): string {
  const pairs = (query ?? []).map(([name, value]) => `${name}=${encodeValue(value)}`)
  const target = `${endpoint.basePath}${path ?? ''}` || '/'
  return pairs.length === 0 ? target : `${target}?${pairs.join('&')}`
}

/** Everything but letters, digits and `-._~` as UTF-8 percent-encoding. */
function encodeValue(value: string): string {
  return encodeURIComponent(value).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  )
}
