// One request and its answer on one connection: the only place that hears bytes.
import { type Client, type Dispatcher, errors } from 'undici'
import type { RawAnswer } from '#contract/upstream-call.ts'
import type { Clock } from '#model/clock.ts'
import { UpstreamError } from '#model/errors.ts'

/** A signed request, ready to be written. */
export interface SignedRequest {
  readonly method: 'GET' | 'POST'
  /** Path and query, encoded. */
  readonly target: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | undefined
}

/** What decides over an exchange while it runs. */
export interface ExchangeTerms {
  readonly clock: Clock
  /** Most bytes of a body. */
  readonly maxResponseBytes: number
  /** Asked in the moment before the first byte is written, on a connection that is ready; false stops it unsent. */
  readonly mayLeave: () => boolean
}

/** How an exchange ended. */
export type ExchangeOutcome =
  | { readonly kind: 'answer'; readonly answer: RawAnswer }
  /** `mayLeave` said no. Nothing was sent and the connection is as good as before. */
  | { readonly kind: 'unsent' }
  | ExchangeFailure

/** An exchange without a complete answer. */
export interface ExchangeFailure {
  readonly kind: 'failure'
  /** An UpstreamError, or the reason given to `abort`. */
  readonly error: unknown
  /** Whether bytes of the request may have reached the provider. */
  readonly left: boolean
  /** What arrived of the answer after its headers; put together only for whoever can do something with it. */
  readonly arrived: () => RawAnswer | undefined
}

/** A running exchange. */
export interface Exchange {
  readonly outcome: Promise<ExchangeOutcome>
  /** Ends it at once as a failure with this reason; the connection is lost. */
  abort(reason: unknown): void
}

/** Thrown at undici to stop a request before it is written: unlike an abort, this spares the connection. */
const unsent = new Error('not sent')

/** What an exchange needs of its connection. */
export interface ExchangeLine {
  readonly client: Client
  /** Whether the connection has failed, which after a complete answer means bytes that belong to none. */
  hasFailed(): boolean
}

/** Sends a request. Nothing else runs on that connection until the outcome is there. */
export function startExchange(line: ExchangeLine, request: SignedRequest, terms: ExchangeTerms): Exchange {
  const exchange = new RunningExchange(line, terms)
  line.client.dispatch(
    { method: request.method, path: request.target, headers: { ...request.headers }, body: request.body ?? null },
    exchange,
  )
  return exchange
}

class RunningExchange implements Exchange, Dispatcher.DispatchHandler {
  readonly outcome: Promise<ExchangeOutcome>
  private readonly line: ExchangeLine
  private readonly terms: ExchangeTerms
  private readonly settle: (outcome: ExchangeOutcome) => void
  private left = false
  private head: { readonly status: number; readonly headers: Readonly<Record<string, string>> } | undefined
  private chunks: Buffer[] = []
  private receivedBytes = 0
  private settled = false

  constructor(line: ExchangeLine, terms: ExchangeTerms) {
    this.line = line
    this.terms = terms
    const { promise, resolve } = Promise.withResolvers<ExchangeOutcome>()
    this.outcome = promise
    this.settle = (outcome) => {
      this.settled = true
      this.chunks = []
      resolve(outcome)
    }
  }

  abort(reason: unknown): void {
    this.fail(reason)
  }

  onRequestStart(): void {
    if (this.settled || !this.terms.mayLeave()) throw unsent
    this.left = true
  }

  onResponseStart(_controller: unknown, status: number, headers: Record<string, string | string[] | undefined>): void {
    if (status < 200) return
    this.head = { status, headers: toPlainHeaders(headers) }
  }

  onResponseData(_controller: unknown, chunk: Buffer): void {
    if (this.settled) return
    const room = this.terms.maxResponseBytes - this.receivedBytes
    this.receivedBytes += chunk.length
    this.chunks.push(chunk.subarray(0, Math.max(0, room)))
    if (this.receivedBytes > this.terms.maxResponseBytes)
      this.fail(new UpstreamError('UPSTREAM_RESPONSE', 'the answer is larger than allowed', { retry: { times: 0 } }))
  }

  onResponseEnd(): void {
    const answer = this.toArrived()
    if (answer === undefined) return
    // What the parser makes of further bytes of the same read shows only after it has gone through them.
    queueMicrotask(() => {
      if (this.settled) return
      if (this.line.hasFailed()) this.fail(new UpstreamError('UPSTREAM_RESPONSE', 'the answer is longer than it says'))
      else this.settle({ kind: 'answer', answer })
    })
  }

  onResponseError(_controller: unknown, error: Error): void {
    if (this.settled) return
    if (error === unsent) this.settle({ kind: 'unsent' })
    else this.fail(toUpstreamError(error, this.left, this.head !== undefined))
  }

  private fail(error: unknown): void {
    if (this.settled) return
    this.settle({ kind: 'failure', error, left: this.left, arrived: this.holdArrived() })
    // Whatever still comes on this connection belongs to nobody.
    this.line.client.destroy().catch(() => undefined)
  }

  private toArrived(): RawAnswer | undefined {
    return this.holdArrived()()
  }

  private holdArrived(): () => RawAnswer | undefined {
    const { head, chunks } = this
    const receivedAt = this.terms.clock.now()
    return () => head && { ...head, body: Buffer.concat(chunks), receivedAt }
  }
}

function toPlainHeaders(headers: Record<string, string | string[] | undefined>): Record<string, string> {
  const plain: Record<string, string> = Object.create(null)
  for (const [name, value] of Object.entries(headers))
    if (value !== undefined) plain[name.toLowerCase()] = Array.isArray(value) ? value.join(', ') : value
  return plain
}

/** Whether bytes came that are no proper HTTP. */
function isMalformed(error: Error): boolean {
  return (
    // Not told by its code, which is often missing.
    error instanceof errors.HTTPParserError ||
    error instanceof errors.HeadersOverflowError ||
    error instanceof errors.ResponseContentLengthMismatchError ||
    // undici says so of an interim answer or an upgrade nobody asked for.
    (error instanceof errors.SocketError && error.message.startsWith('bad '))
  )
}

/** Our words for a failed exchange. Nothing of the cause is carried along: it may hold an address or a body. */
export function toUpstreamError(error: Error, left: boolean, answering: boolean): UpstreamError {
  // Headers and targets are the adapters' and signers' own: this is a fault of theirs, not of the way.
  if (error instanceof errors.InvalidArgumentError)
    return new UpstreamError('UPSTREAM_REJECTED', 'the request cannot be written')
  if (!left) return new UpstreamError('UPSTREAM_UNAVAILABLE', 'no connection to the provider could be made')
  if (isMalformed(error)) return new UpstreamError('UPSTREAM_RESPONSE', 'the answer is no proper HTTP')
  if (error instanceof errors.SocketError && answering)
    return new UpstreamError('UPSTREAM_RESPONSE', 'the answer broke off')
  return new UpstreamError('UPSTREAM_UNAVAILABLE', 'the connection to the provider was lost')
}
