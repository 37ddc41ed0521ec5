// A request while it is looked at whether its answer is kept.
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Caller } from '#model/caller.ts'
import type { Face } from './kept-place.ts'

/** The way a request goes that is not answered here. @param arrivedAtMs on `Clock.monotonicMs` */
export type Handle = (request: IncomingMessage, response: ServerResponse, arrivedAtMs: number) => void

/** A request that is being looked at. */
export interface Visit {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly handle: Handle
  readonly handleLater: Handle
  readonly face: Face
  readonly bodyBytes: number
  readonly caller: Caller
  readonly address: string
  /** When it came, before it stood in any line; on `Clock.monotonicMs`. */
  readonly arrivedAtMs: number
}

/** The same of a visit. */
export function isGone({ request, response }: Visit): boolean {
  return hasLeft(request, response)
}

/** Whether the client has left. An answer that stands behind others of its connection does not hear of that. */
export function hasLeft(request: IncomingMessage, response: ServerResponse): boolean {
  return response.destroyed || request.socket.destroyed
}
