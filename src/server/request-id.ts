// What a request is called in the log and in its answer.
import { randomUUID } from 'node:crypto'
import type { IncomingMessage } from 'node:http'

/** The name the client gave it, where that can do no harm in a log; otherwise a new one. */
export function toRequestId({ headers }: Pick<IncomingMessage, 'headers'>): string {
  const sent = headers['x-request-id']
  return typeof sent === 'string' && /^[A-Za-z0-9_-]{1,64}$/.test(sent) ? sent : randomUUID()
}
