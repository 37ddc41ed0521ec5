// Which requests a kept answer may be for, and what tells one of them from all others: everything that the way behind
// looks at before it answers. What is only said otherwise is another question here, which costs an answer twice and
// never tells one client what another was told.
import type { IncomingMessage } from 'node:http'
import { isFromBrowser } from '#access/browser.ts'
import { prefersEvents } from '#events/prefers-events.ts'
import type { Caller } from '#model/caller.ts'

/** Largest body that a request may bring. */
export const MAX_BODY_BYTES = 64 * 1024

/** A face of the gateway. */
export type Face = 'graphql' | 'rest'

/** Headers that an answer may depend on as they stand, or that decide whether there is one. */
const tellingHeaders = ['host', 'origin', 'accept', 'content-type', 'content-encoding', 'accept-version'] as const

/** The face that an address belongs to; undefined for pages, documents, probes, and streams of events. */
export function findFace(url: string): Face | undefined {
  if (url.startsWith('/v1/')) return isStreamOfEvents(url) ? undefined : 'rest'
  return url.startsWith('/graphql') && (url.length === 8 || url[8] === '?') ? 'graphql' : undefined
}

/** They end hours later, if ever, and nothing of them is kept. */
function isStreamOfEvents(url: string): boolean {
  const end = url.indexOf('?')
  return url.endsWith('/events', end < 0 ? url.length : end)
}

/**
 * How many bytes of a body the request brings, when a kept answer may be for it; 0 for none. Undefined for what goes
 * its usual way in any case: other methods, what comes in chunks, bodies that are too long or of unknown length, and
 * what is to be answered by events, of which nothing is kept.
 */
export function findBodyLength({ method, headers }: Pick<IncomingMessage, 'method' | 'headers'>): number | undefined {
  if (headers['transfer-encoding'] !== undefined || headers.expect !== undefined) return undefined
  if (prefersEvents(headers)) return undefined
  const told = headers['content-length']
  if (method === 'GET') return told === undefined || told === '0' ? 0 : undefined
  if (method !== 'POST' || told === undefined) return undefined
  const length = Number(told)
  return length > 0 && length <= MAX_BODY_BYTES ? length : undefined
}

/** What makes places. */
export interface PlaceOptions {
  /**
   * Whether a page of another site may have sent the request: by its method, and by headers that it cannot send. What
   * it may have sent is refused in part.
   */
  readonly isUnproven: (request: Pick<IncomingMessage, 'method' | 'headers'>) => boolean
}

/** Tells questions apart. */
export class PlaceReader {
  private readonly isUnproven: PlaceOptions['isUnproven']
  /** What callers are told apart by. A caller is the same object for as long as his credential is known. */
  private readonly scopes = new WeakMap<Caller, string>()

  constructor({ isUnproven }: PlaceOptions) {
    this.isUnproven = isUnproven
  }

  /** The place of a request. @param body in Latin-1: every byte is a letter */
  read(request: IncomingMessage, caller: Caller, body: string): string {
    const { method = '', url = '', headers } = request
    const marks = (isFromBrowser(headers) ? 1 : 0) + (this.isUnproven(request) ? 2 : 0)
    // No header and no address can hold a line feed, so that none can pass for its neighbour.
    let place = `${this.toScope(caller)}\n${marks}${method} ${url}\n`
    for (const name of tellingHeaders) {
      const value = headers[name]
      place += value === undefined ? '\n' : `=${String(value)}\n`
    }
    return place + body
  }

  /** The name, too: what a caller has had kept by its digest is his alone. */
  private toScope(caller: Caller): string {
    const known = this.scopes.get(caller)
    if (known !== undefined) return known
    const { name, role, accounts } = caller
    const scope = JSON.stringify([name, role, accounts === 'all' ? null : [...accounts].sort()])
    this.scopes.set(caller, scope)
    return scope
  }
}
