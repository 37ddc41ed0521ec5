import type { IncomingHttpHeaders } from 'node:http'
import type { EndpointRole, ProviderName, Verdict } from './call-log.ts'
import type { SnapshotMessage } from './data/snapshot-queue.ts'
import type { Admission } from './rolling-quota.ts'

/** The head of a call, as soon as it has arrived. */
export interface RequestHead {
  /** HTTP method. */
  readonly method: string
  /** Request target as sent, path and query. */
  readonly target: string
  /** Headers, names in lower case. */
  readonly headers: IncomingHttpHeaders
}

/** What a call says about itself before anything of it is checked. */
export interface CallIdentity {
  /** Account as named by the request; empty when it names none. */
  readonly account: string
  /** Whether that is the emulated account, so that the call counts against its quota. */
  readonly isKnownAccount: boolean
  /** Interface as named by the request; empty when it names none. */
  readonly interface: string
  /** Stream id or channel id asked for, if the query names one. */
  readonly stream?: string | undefined
  /** Decoded query parameters; of repeated ones the last. */
  readonly parameters: Readonly<Record<string, string>>
}

/** One answer of a provider. */
export interface Answer {
  /** HTTP status. */
  readonly status: number
  /** Value of the Content-Type header. */
  readonly contentType: string
  /** Further headers. */
  readonly headers?: Readonly<Record<string, string>>
  /** Sent as it is when a text, as JSON otherwise. */
  readonly body: unknown
  /** How the call log shall name this end. */
  readonly verdict: Verdict
  /** `ret` or `code`; empty when the answer has none. */
  readonly code: string
  /** Rows of the Tencent list or history in it. Default 0. */
  readonly rows?: number
  /** Messages that the call took out of the screenshot queue, whatever becomes of the answer. Default none. */
  readonly taken?: readonly SnapshotMessage[]
}

/** What an ordered failure shall say; a field left out gets the provider's own default. */
export interface Failure {
  /** HTTP status. */
  status?: number | undefined
  /** `ret` or `code`. */
  code?: string | number | undefined
  /** Text beside the code. */
  message?: string | undefined
  /** Value of a Retry-After header, sent as it is. */
  retryAfter?: string | number | undefined
}

/** One server of a provider: reads calls and makes answers, knows no sockets. */
export interface Endpoint {
  /** Provider that the server belongs to. */
  readonly provider: ProviderName
  /** Which of the provider's servers it is. */
  readonly role: EndpointRole
  /** Reads what a request says about itself; never throws. */
  identify(head: RequestHead): CallIdentity
  /** Checks and carries out a call. `body` is the request's body text. */
  answer(head: RequestHead, body: string, admission: Admission): Answer
  /** The answer to a call over the quota. */
  throttle(failure: Failure): Answer
  /** An answer that reports a failure of the provider. */
  fail(failure: Failure): Answer
  /** The answer to bytes that are no HTTP request. */
  unreadable(): Answer
}
