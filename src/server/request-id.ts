// What a request is called in the log and in its answer, and in whose trace it stands.
import { randomUUID } from 'node:crypto'
import type { IncomingMessage } from 'node:http'

/** The name the client gave it, where that can do no harm in a log; otherwise a new one. */
export function toRequestId({ headers }: Pick<IncomingMessage, 'headers'>): string {
  const sent = headers['x-request-id']
  return typeof sent === 'string' && /^[A-Za-z0-9_-]{1,64}$/.test(sent) ? sent : randomUUID()
}

/** Where the client's own trace stands, as W3C Trace Context writes it. Undefined for who sent none, or several. */
export function toTraceParent({ headers }: Pick<IncomingMessage, 'headers'>): string | undefined {
  const sent = headers['traceparent']
  return typeof sent === 'string' ? sent : undefined
}
