// One WebSocket, from its opening to its end: joins what its client says, how it is doing and how long it may stay. It
// holds memory for as long as its client likes, so there is a limit to everything that a client may send or leave undone.
import type { FastifyRequest } from 'fastify'
import { CloseCode } from 'graphql-ws'
import type { WebSocket } from 'ws'
import type { Connections } from '#access/connections.ts'
import type { RequestObserver } from '#contract/answered-request.ts'
import type { Ask } from '#contract/ask.ts'
import type { Caller } from '#model/caller.ts'
import type { Clock } from '#model/clock.ts'
import type { Tracer } from '#model/tracer.ts'
import type { OperationAnswersOptions } from './operation-answers.ts'
import { readLine } from './socket-line.ts'
import { SocketSession, TOO_MANY, TRY_LATER } from './socket-protocol.ts'
import { SocketPulse } from './socket-pulse.ts'

/** How long a client may take to begin to introduce itself. */
export const INTRODUCTION_MS = 3000
/** A client that is told nothing, and says nothing, for so long is let go. */
export const IDLE_MS = 5 * 60_000
/** What a message costs besides its text while it waits, in bytes. */
const MESSAGE_BYTES = 1024
/** Close codes of RFC 6455: the end of what there was to do, and data of a kind that is not taken. */
const DONE = 1000
const UNSUPPORTED = 1003

/** What a connection is served with. */
export interface SocketConnectionOptions extends OperationAnswersOptions {
  /**
   * Decides who a client is from the request it came by and the payload it introduces itself with.
   * @throws GatewayError UNAUTHENTICATED, FORBIDDEN, RATE_LIMITED
   */
  readonly authenticate: (request: FastifyRequest, payload: unknown) => Promise<Caller>
  /** Counts an operation as a request and sets its deadline. @throws GatewayError RATE_LIMITED */
  readonly createOperationAsk: (caller: Caller, address: string, signal: AbortSignal) => Promise<Ask>
  /** All that stay open, event streams too. */
  readonly connections: Connections
  readonly limits: {
    /** Most operations of one socket at a time, ≥ 1. */
    readonly operationsPerSocket: number
    /** For long; ten times as many at once. */
    readonly messagesPerSecond: number
  }
  readonly clock: Clock
  /** Told of every operation when it is over. Left out: nobody is. */
  readonly observer?: RequestObserver | undefined
  /** Follows every operation; nobody does when left out. */
  readonly tracer?: Tracer | undefined
}

/** A WebSocket and whoever is at its other end. */
export class SocketConnection {
  private readonly socket: WebSocket
  private readonly request: FastifyRequest
  private readonly options: SocketConnectionOptions
  private readonly session: SocketSession
  private readonly pulse: SocketPulse
  private readonly openedAtMs: number
  /** When something was last said, by either side, or an operation seen to run. */
  private quietSinceMs: number
  /** When the last message has left. */
  private sent = Promise.resolve()
  /** Of messages that have not. */
  private waitingBytes = 0
  /** Gives back the place the connection has. */
  private leave: () => void

  /** @param leave gives back the place of a client that has not said who it is */
  constructor(socket: WebSocket, request: FastifyRequest, leave: () => void, options: SocketConnectionOptions) {
    this.socket = socket
    this.request = request
    this.options = options
    this.leave = leave
    this.openedAtMs = options.clock.monotonicMs()
    this.quietSinceMs = this.openedAtMs
    this.pulse = new SocketPulse({
      ping: (hasLeft) => socket.ping('', false, () => hasLeft()),
      readLine: () => readLine(request.raw.socket),
      clock: options.clock,
      messagesPerSecond: options.limits.messagesPerSecond,
    })
    this.session = new SocketSession({
      ...options,
      wire: { send: (text) => this.send(text), close: (code, reason) => socket.close(code, reason) },
      introduce: (payload) => this.introduce(payload),
      createAsk: (caller, signal) => options.createOperationAsk(caller, request.ip, signal),
      maxOperations: options.limits.operationsPerSocket,
      connectionId: request.id,
      log: request.log,
    })
    socket.on('ping', () => this.hear())
    socket.on('pong', () => this.hear())
    socket.on('message', (data, isBinary) => this.receive(String(data), isBinary))
    socket.once('close', () => {
      this.session.end()
      this.leave()
    })
  }

  /** Ends the connection: the client is told why, and a second later it is cut off. */
  end(code: number, reason: string): void {
    this.socket.close(code, reason)
    this.session.end()
  }

  /** Ends the connection if it is time to; to be called every second or so. */
  check(): void {
    const { clock } = this.options
    const { caller, hasIntroduced, active } = this.session
    const nowMs = clock.monotonicMs()
    if (active > 0) this.quietSinceMs = nowMs
    const trouble = this.pulse.check(this.waitingBytes)
    if (trouble === 'silent') this.socket.terminate()
    else if (trouble === 'stalled') this.end(TRY_LATER, 'Too slow')
    else if (!hasIntroduced && nowMs - this.openedAtMs >= INTRODUCTION_MS)
      this.end(CloseCode.ConnectionInitialisationTimeout, 'Connection initialisation timeout')
    else if (caller?.expiresAtMs !== undefined && clock.now() >= caller.expiresAtMs)
      this.end(CloseCode.Forbidden, 'Token expired')
    else if (caller && nowMs - this.quietSinceMs >= IDLE_MS) this.end(DONE, 'Idle')
  }

  private receive(text: string, isBinary: boolean): void {
    if (!this.hear()) return
    this.quietSinceMs = this.options.clock.monotonicMs()
    if (isBinary) this.end(UNSUPPORTED, 'Messages are texts')
    else this.session.receive(text)
  }

  /** Counts what the client sends. @returns whether it is to be listened to */
  private hear(): boolean {
    // What was on its way when the connection was ended.
    if (this.socket.readyState !== this.socket.OPEN) return false
    if (this.pulse.hear()) return true
    this.end(TOO_MANY, 'Too many messages')
    return false
  }

  private async introduce(payload: unknown): Promise<Caller> {
    const { authenticate, connections } = this.options
    const caller = await authenticate(this.request, payload)
    // The client may have left meanwhile, and its place been given back.
    if (this.socket.readyState === this.socket.OPEN) {
      const leave = connections.open(caller, this.request.ip)
      this.leave()
      this.leave = leave
    }
    return caller
  }

  /** One message at a time is handed over, so that pings and the end of the connection wait for no more than that. */
  private send(text: string): Promise<void> {
    const bytes = text.length + MESSAGE_BYTES
    this.waitingBytes += bytes
    this.sent = this.sent
      .then(() => this.write(text))
      .finally(() => {
        this.waitingBytes -= bytes
      })
    return this.sent
  }

  private write(text: string): Promise<void> {
    if (this.socket.readyState !== this.socket.OPEN) return Promise.resolve()
    this.quietSinceMs = this.options.clock.monotonicMs()
    return new Promise((resolve) => this.socket.send(text, () => resolve()))
  }
}
