// What is told of every request once it is over, and how those who work on it say what they know. Nothing of it is made
// up by a client without end: no name of a stream, no path with its parameters, no query, no key.
import type { ErrorCode } from '#model/errors.ts'
import type { Meter } from './ask.ts'

/** A request of HTTP, or an operation of a WebSocket, that is over. */
export interface AnsweredRequest {
  /** `page`: whatever is at neither of the two faces. */
  readonly face: 'graphql' | 'rest' | 'page'
  /**
   * The name of a route as OpenAPI has it; the root fields of a document, sorted and joined by `+`, `several` for more
   * than three, with `subscription:` before that of a subscription; `invalid` for a document that may not be executed;
   * `page`, and `health` for the addresses that watch over the process; `unknown` for no route, and for what was
   * refused before its document was read.
   */
  readonly operation: string
  /** What the client calls its operation: at most 60 letters, digits and `_`; null without a name. Not for metrics. */
  readonly operationName: string | null
  /** Of its first error; `CLIENT_LEFT` when the client did not stay for the whole answer. */
  readonly code: 'OK' | 'CLIENT_LEFT' | ErrorCode
  /** Of HTTP; null for an operation of a WebSocket, and where no answer had begun when the client left. */
  readonly status: number | null
  /** From its arrival until the answer has been handed to the network, milliseconds ≥ 0. */
  readonly tookMs: number
  /** Whether it goes on until somebody ends it, so that its time says nothing of how fast anything was. */
  readonly isLasting: boolean
  /** `Caller.name`; null where nobody was let in. */
  readonly client: string | null
  /** `memory` and `shared`: the whole answer was sent again, from kept bytes of this process or of all. */
  readonly from: 'memory' | 'shared' | 'made'
  /** As the `Meter` has them; 0 where nothing was asked. */
  readonly calls: number
  readonly cached: number
  readonly coalesced: number
  readonly requestId: string
  /** The client's header of that name as it came, of what was answered from kept bytes: nothing else has read it. */
  readonly traceParent?: string | undefined
}

/** Told of every request that is over. Called on the way of thousands a second: cheap, and never throwing. */
export interface RequestObserver {
  answered(request: AnsweredRequest): void
}

/** What somebody knows of a request while it is worked on. What is left out stays as it was. */
export interface RequestFacts extends Partial<Pick<AnsweredRequest, 'operation' | 'operationName' | 'isLasting'>> {
  readonly client?: string
  readonly code?: ErrorCode
  /** Read when the request is over. */
  readonly meter?: Pick<Meter, 'calls' | 'cached' | 'coalesced'>
}

/** Says what is known of a request. @param request the message of Node's HTTP server */
export type NoteRequest = (request: object, facts: RequestFacts) => void

/** A client's name for its operation as it may be logged. */
export function toOperationName(name: string | undefined): string | null {
  const safe = name?.slice(0, 60).replaceAll(/\W/g, '')
  return safe === undefined || safe === '' ? null : safe
}
