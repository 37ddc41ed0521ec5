// Whether a client wants its answer as server-sent events, or would take it so.
import type { IncomingHttpHeaders } from 'node:http'
import Negotiator from 'negotiator'
import { EVENT_STREAM_TYPE } from './event-stream.ts'

/** What else an answer may come as. Whoever takes several alike gets the one that he names first. */
const otherTypes = ['application/json', 'application/graphql-response+json'] as const

/** Whether events are what a client likes best; one that likes everything alike gets none. */
export function prefersEvents(headers: IncomingHttpHeaders): boolean {
  // Nearly all ask for something else, and reading the header takes time.
  if (!headers.accept?.toLowerCase().includes(EVENT_STREAM_TYPE)) return false
  return new Negotiator({ headers }).mediaType([...otherTypes, EVENT_STREAM_TYPE]) === EVENT_STREAM_TYPE
}

/** Whether a client names events among what it takes. Who takes anything at all may still not know how to read them. */
export function takesEvents(headers: IncomingHttpHeaders): boolean {
  if (!headers.accept?.toLowerCase().includes(EVENT_STREAM_TYPE)) return false
  return new Negotiator({ headers }).mediaType([EVENT_STREAM_TYPE]) !== undefined
}
