// Keeps pages of other sites from asking with the standing of whoever looks at them: a GET is what a page may send
// anywhere without being allowed to, and each one may cost a provider call.
import type { FastifyRequest } from 'fastify'
import { isFromBrowser, isUnproven } from '#access/browser.ts'
import { RequestError } from './request.ts'

/**
 * Refuses what a page may have sent, before anything else is done about it. POSTs of anything but JSON are not read, and
 * other methods want the leave of CORS by themselves.
 * @throws RequestError 400 for a GET or HEAD of a browser without one of the headers that want it too
 */
export function refusePages(request: Pick<FastifyRequest, 'method' | 'headers'>): void {
  if (isFromBrowser(request.headers) && isUnproven(request)) throw unproven()
}

/**
 * Refuses the rest of what might come from a page that hides it. What only asks about the schema passes: it costs
 * nobody anything, and conformance tools ask so.
 * @throws RequestError 400 for a GET or HEAD that reads data, without one of the headers
 */
export function refuseUnproven(
  request: Pick<FastifyRequest, 'method' | 'headers'>,
  { readsData }: { readonly readsData: boolean },
): void {
  if (readsData && isUnproven(request)) throw unproven()
}

function unproven(): RequestError {
  return new RequestError(
    400,
    'INVALID_INPUT',
    'a GET needs one of the headers Authorization, X-API-Key and GraphQL-Require-Preflight, so that no page of another site can send it',
  )
}
