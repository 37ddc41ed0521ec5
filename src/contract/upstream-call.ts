// What an adapter says about one call, and what it gets back. How the call is paced, signed, sent and
// repeated is decided in one place for all providers, behind `UpstreamCall`.
import type { Instant } from '#model/time-range.ts'
import type { Ask } from './ask.ts'

/** One call of a provider's HTTP interface, unsigned. */
export interface UpstreamRequest<Answer> {
  /** Role of the endpoint in the account's settings: `statistics`, `control`, `reports`. */
  readonly endpoint: string
  /** The provider's name of the call, from a fixed list: `Get_LiveStat`. Quotas and metrics are kept by it. */
  readonly operation: string
  readonly method: 'GET' | 'POST'
  /** Path below the endpoint's base address, beginning with `/`; the adapter's own text, never a caller's. */
  readonly path?: string
  /** Query parameters in order, unencoded. Names are the adapter's own, values may come from a caller. */
  readonly query?: readonly QueryParameter[]
  readonly headers?: Readonly<Record<string, string>>
  /** Text of the body; its type stands in `headers`. */
  readonly body?: string
  /** Query parameter that carries the credential's id, where the signature scheme wants it there. */
  readonly idParameter?: string
  /**
   * Set on a call that takes away what it answers: it is never repeated once bytes have left, and its raw
   * answer is awaited into this before anything is parsed. Only a CutOffError ends it before its own limit.
   */
  readonly keep?: (raw: RawAnswer) => Promise<void>
  /** Parses and classifies a complete answer. @throws UpstreamError when it is not a result */
  readonly read: (raw: RawAnswer) => Answer
}

/**
 * Reason of an abort that ends even a call with `keep` that has left, which no other abort does: what has arrived by
 * then is kept.
 */
export class CutOffError extends Error {
  override readonly name = 'CutOffError'

  constructor() {
    super('the answer was not waited for any longer')
  }
}

/** A query parameter, unencoded. */
export type QueryParameter = readonly [name: string, value: string]

/** A complete answer within the size limit. Its body never leaves the adapter. */
export interface RawAnswer {
  readonly status: number
  /** Lower-case names; repeated headers joined. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: Buffer
  readonly receivedAt: Instant
}

/**
 * Sends a request through deadline, breaker, retry, quota and signature.
 * @throws UpstreamError, QuotaExhaustedError; the signal's reason when the caller left
 */
export type UpstreamCall = <Answer>(request: UpstreamRequest<Answer>, ask: Ask) => Promise<Answer>
