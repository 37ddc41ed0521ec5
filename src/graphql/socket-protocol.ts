// The protocol graphql-transport-ws, for one connection: who is there, and which operations run. It knows no sockets.
//
// The server of the package graphql-ws is not used: it ends the connection over parameters that HTTP answers with an
// error, and over a document that is asked for by its name; it lets a query run on that its client has given up.
import { CloseCode } from 'graphql-ws'
import { z } from 'zod'
import type { RequestObserver } from '#contract/answered-request.ts'
import type { Ask } from '#contract/ask.ts'
import type { Caller } from '#model/caller.ts'
import type { Clock } from '#model/clock.ts'
import { GatewayError } from '#model/errors.ts'
import type { Tracer } from '#model/tracer.ts'
import type { FaultLog } from './answer.ts'
import { answerOperation, type OperationAnswersOptions, prepareOperation, toAnswerErrors } from './operation-answers.ts'
import { OperationReport } from './operation-report.ts'
import { readParameters } from './request.ts'

/** Longest id that a client may give an operation: it comes back with every answer. */
const MAX_ID_LENGTH = 128

/** Close codes of the IANA registry: a fault of ours, the process is about to stop, no room for now. */
const FAULT = 1011
export const RESTART = 1012
export const TRY_LATER = 1013
/** One of our own, after the status of HTTP: this client sends or holds too much. */
export const TOO_MANY = 4429

/** Where messages to the client go. */
export interface SocketWire {
  /** Resolves when the message has left, and when it never will because the connection has ended. */
  send(text: string): Promise<void>
  /** Ends the connection with a close code. @param reason at most 123 bytes */
  close(code: number, reason: string): void
}

/** What a connection is served with. */
export interface SocketSessionOptions extends OperationAnswersOptions {
  readonly wire: SocketWire
  /**
   * Decides who a client is from what it introduces itself with.
   * @throws GatewayError UNAUTHENTICATED, FORBIDDEN, RATE_LIMITED
   */
  readonly introduce: (payload: unknown) => Promise<Caller>
  /** The circumstances of an operation, which counts as a request. @throws GatewayError RATE_LIMITED */
  readonly createAsk: (caller: Caller, signal: AbortSignal) => Promise<Ask>
  /** Most operations at a time, ≥ 1. */
  readonly maxOperations: number
  /** Names the connection where errors are told; unique. */
  readonly connectionId: string
  readonly log: FaultLog
  readonly clock: Pick<Clock, 'monotonicMs'>
  /** Told of every operation when it is over. Left out: nobody is. */
  readonly observer?: RequestObserver | undefined
  /** Follows every operation; nobody does when left out. */
  readonly tracer?: Tracer | undefined
}

/** Why an operation ended before its answer was there. */
class OperationEndedError extends Error {
  override readonly name = 'OperationEndedError'
}

/** A connection from its first message to its last. */
export class SocketSession {
  /** Whether the client has begun to introduce itself. */
  hasIntroduced = false
  /** Who it is, once that is known and accepted. */
  caller: Caller | undefined
  /** Operations that are being carried out, and those given up that have not noticed yet. */
  active = 0
  private readonly options: SocketSessionOptions
  private readonly running = new Map<string, AbortController>()
  private started = 0
  private hasEnded = false

  constructor(options: SocketSessionOptions) {
    this.options = options
  }

  /** Takes a message of the client; what is none of the protocol ends the connection. */
  receive(text: string): void {
    if (this.hasEnded) return
    const message = parseMessage(text)
    if (message?.type === 'connection_init') this.follow(this.begin(message.payload))
    // Without the payload, which may be nested more deeply than can be written again.
    else if (message?.type === 'ping') this.follow(this.send({ type: 'pong' }))
    else if (message?.type === 'subscribe') this.subscribe(message.id, message.payload)
    else if (message?.type === 'complete') this.giveUp(message.id)
    else if (message?.type !== 'pong') this.close(CloseCode.BadRequest, 'Invalid message received')
  }

  /** Ends every operation; to be called when the connection has ended, however it did. */
  end(): void {
    this.hasEnded = true
    for (const id of [...this.running.keys()]) this.giveUp(id)
  }

  private async begin(payload: unknown): Promise<void> {
    if (this.hasIntroduced) {
      this.close(CloseCode.TooManyInitialisationRequests, 'Too many initialisation requests')
      return
    }
    this.hasIntroduced = true
    try {
      this.caller = await this.options.introduce(payload)
      await this.send({ type: 'connection_ack' })
    } catch (error) {
      this.refuse(error)
    }
  }

  private subscribe(id: string, payload: unknown): void {
    if (!this.caller) this.close(CloseCode.Unauthorized, 'Unauthorized')
    else if (this.running.has(id)) this.close(CloseCode.SubscriberAlreadyExists, 'Subscriber already exists')
    else {
      const { caller } = this
      const run = () => this.run(id, payload, caller)
      this.follow(this.options.tracer?.begin(undefined).run(run) ?? run())
    }
  }

  private async run(id: string, payload: unknown, caller: Caller): Promise<void> {
    const { options } = this
    this.started += 1
    const requestId = `${options.connectionId}-${this.started}`
    const { observer, clock, log } = options
    const report = new OperationReport({ observer, clock, client: caller.name, requestId })
    if (this.active >= options.maxOperations) {
      const refusal = tooManyOperations(options.maxOperations)
      const errors = toAnswerErrors(refusal, requestId, log, report)
      report.end(false)
      await this.send({ id, type: 'error', payload: errors })
      return
    }
    const ending = new AbortController()
    const { signal } = ending
    this.running.set(id, ending)
    this.active += 1
    try {
      const ask = await options.createAsk(caller, signal)
      const countRequest = async () => void (await options.createAsk(caller, signal))
      const operation = prepareOperation(options.operations, readParameters(payload), { ask, report })
      const asked = { ask, countRequest, requestId, log, report }
      for await (const answer of answerOperation(options, operation, asked)) {
        if (signal.aborted) return
        // The next event is asked for when this one has left: what waits does so where it is counted.
        await this.send({ id, type: 'next', payload: answer })
      }
      if (!signal.aborted) await this.send({ id, type: 'complete' })
    } catch (error) {
      const errors = toAnswerErrors(error, requestId, log, report, signal)
      if (!signal.aborted) await this.send({ id, type: 'error', payload: errors })
    } finally {
      report.end(signal.aborted)
      this.active -= 1
      if (this.running.get(id) === ending) this.running.delete(id)
    }
  }

  /** What fails where nobody waits for it ends this connection, and not the process. */
  private follow(work: Promise<void>): void {
    work.catch((error: unknown) => this.refuse(error))
  }

  private refuse(error: unknown): void {
    const { connectionId, log } = this.options
    const { code, reason } = toClosing(error)
    if (code === FAULT) log.error({ err: error, requestId: connectionId }, 'internal error')
    this.close(code, reason)
  }

  private giveUp(id: string): void {
    const ending = this.running.get(id)
    this.running.delete(id)
    ending?.abort(new OperationEndedError('the client wants no more of it'))
  }

  private async send(message: object): Promise<void> {
    if (!this.hasEnded) await this.options.wire.send(this.options.operations.write(message).toString())
  }

  private close(code: number, reason: string): void {
    this.end()
    this.options.wire.close(code, reason)
  }
}

const payload = z.record(z.string(), z.unknown()).nullish()
const id = z.string().min(1).max(MAX_ID_LENGTH)
const messageSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('connection_init'), payload }),
  z.object({ type: z.enum(['ping', 'pong']), payload }),
  // Its parameters are read where those of a request by HTTP are.
  z.object({ type: z.literal('subscribe'), id, payload: z.unknown() }),
  z.object({ type: z.literal('complete'), id }),
])

/** Undefined for a text that is no message of a client. */
function parseMessage(text: string): z.output<typeof messageSchema> | undefined {
  try {
    return messageSchema.safeParse(JSON.parse(text)).data
  } catch {
    return undefined
  }
}

/** How a connection ends whose client was refused. Its message is left out: it may be longer than a reason. */
function toClosing(error: unknown): { readonly code: number; readonly reason: string } {
  if (!(error instanceof GatewayError) || error.code === 'INTERNAL') return { code: FAULT, reason: 'Internal error' }
  if (error.code === 'UNAUTHENTICATED') return { code: CloseCode.Unauthorized, reason: 'Unauthorized' }
  if (error.code === 'FORBIDDEN') return { code: CloseCode.Forbidden, reason: 'Forbidden' }
  if (error.code !== 'RATE_LIMITED') return { code: TRY_LATER, reason: 'Try again later' }
  const seconds = Math.ceil((error.retryAfterMs ?? 0) / 1000)
  return { code: TOO_MANY, reason: seconds > 0 ? `Too many; try again in ${seconds} s` : 'Too many' }
}

function tooManyOperations(most: number): GatewayError {
  return new GatewayError('RATE_LIMITED', `${most} operations run on this connection, and no more may at a time`)
}
