// GraphQL on WebSockets: takes connections, and looks after all of them for as long as they last.
import websocket from '@fastify/websocket'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { CloseCode, GRAPHQL_TRANSPORT_WS_PROTOCOL } from 'graphql-ws'
import type { WebSocket } from 'ws'
import { createConnections } from '#access/connections.ts'
import type { Caller } from '#model/caller.ts'
import { MAX_REQUEST_BYTES } from './request.ts'
import { SocketConnection, type SocketConnectionOptions } from './socket-connection.ts'
import { isOwnOrigin } from './socket-origin.ts'
import { RESTART, TRY_LATER } from './socket-protocol.ts'

/** How often connections are looked after. */
const LOOK_EVERY_MS = 1000
/** How long a client may take to agree that its connection ends. */
const FAREWELL_MS = 1000
/** Most clients that are there and have not said who they are, in all and of one address. */
export const MAX_STRANGERS = { perProcess: 2000, perClient: 500 } as const
/** What a frame and a message may be. Not written at its use, because not all of it is in the types of ws. */
const frameLimits = {
  maxPayload: MAX_REQUEST_BYTES,
  /** Most frames of one message. */
  maxFragments: 256,
  /** Most pieces in which the network may bring one frame. */
  maxBufferedChunks: 1024,
  closeTimeout: FAREWELL_MS,
}

/** Whoever has not said who he is. */
const stranger: Caller = { name: 'anonymous', role: 'reader', accounts: new Set() }

/** What WebSockets are served with. */
export interface SocketOptions extends SocketConnectionOptions {
  /** Origins whose pages may connect besides our own; `*` stands for all. */
  readonly origins: readonly string[]
  /** Aborts when clients are to go elsewhere. */
  readonly draining?: AbortSignal | undefined
}

/**
 * Prepares `app` for a route with the handler that is returned, and has all its sockets end before the server closes.
 * @param path of that route. Whoever asks for another protocol, there or elsewhere, is answered as if he had not
 */
export async function openSockets(
  app: FastifyInstance,
  path: string,
  options: SocketOptions,
): Promise<(socket: WebSocket, request: FastifyRequest) => void> {
  const sockets = new Sockets(options)
  await app.register(websocket, {
    options: {
      ...frameLimits,
      // One message a turn, so that a flood of them does not hold up everybody else.
      allowSynchronousEvents: false,
      perMessageDeflate: false,
      handleProtocols: (offered) => offered.has(GRAPHQL_TRANSPORT_WS_PROTOCOL) && GRAPHQL_TRANSPORT_WS_PROTOCOL,
    },
    errorHandler: (error, socket, request) => {
      // A frame that is none: ws has told the client so, and terminates the connection a second later.
      if (hasCode(error, /^WS_ERR_/)) return
      if (!hasCode(error, /^(?:ECONN|EPIPE$)/))
        request.log.error({ err: error, requestId: request.id }, 'internal error')
      socket.terminate()
    },
    preClose: async () => {
      const clients = [...app.websocketServer.clients]
      const closed = clients.map((client) => new Promise<void>((resolve) => client.once('close', () => resolve())))
      sockets.endAll()
      app.websocketServer.close()
      await Promise.all(closed)
    },
  })
  Object.assign(app.server, {
    shouldUpgradeCallback: ({ url, headers }: { url?: string; headers: { upgrade?: string } }) =>
      url?.split('?', 1)[0] === path && headers.upgrade?.toLowerCase() === 'websocket',
  })
  return (socket, request) => sockets.accept(socket, request)
}

function hasCode(error: Error, pattern: RegExp): boolean {
  return 'code' in error && typeof error.code === 'string' && pattern.test(error.code)
}

class Sockets {
  private readonly options: SocketOptions
  private readonly strangers = createConnections(MAX_STRANGERS)
  private readonly open = new Set<SocketConnection>()
  /** Ends the look-out while there is one. */
  private lookOut: AbortController | undefined
  private isEnding: boolean

  constructor(options: SocketOptions) {
    this.options = options
    this.isEnding = options.draining?.aborted ?? false
    options.draining?.addEventListener('abort', () => this.endAll(), { once: true })
  }

  /** Takes a connection that was just opened, or ends it at once. */
  accept(socket: WebSocket, request: FastifyRequest): void {
    const leave = this.isEnding ? undefined : this.takePlace(request)
    const refusal = this.findRefusal(socket, request, leave)
    if (refusal || !leave) {
      leave?.()
      socket.close(refusal?.code, refusal?.reason)
      return
    }
    const connection = new SocketConnection(socket, request, leave, this.options)
    this.open.add(connection)
    socket.once('close', () => {
      this.open.delete(connection)
      if (this.open.size === 0) this.lookOut?.abort()
    })
    if (!this.lookOut) void this.lookAfterAll()
  }

  /** Ends all that are open, and those that are opened from now on. */
  endAll(): void {
    this.isEnding = true
    for (const connection of this.open) connection.end(RESTART, 'Service restart')
  }

  private findRefusal(
    { protocol }: WebSocket,
    { headers, host }: FastifyRequest,
    leave: (() => void) | undefined,
  ): { readonly code: number; readonly reason: string } | undefined {
    if (this.isEnding) return { code: RESTART, reason: 'Service restart' }
    if (!isOwnOrigin(headers.origin, host, this.options.origins))
      return { code: CloseCode.Forbidden, reason: 'Origin not allowed' }
    if (protocol !== GRAPHQL_TRANSPORT_WS_PROTOCOL)
      return { code: CloseCode.SubprotocolNotAcceptable, reason: 'Subprotocol not acceptable' }
    return leave ? undefined : { code: TRY_LATER, reason: 'Too many connections' }
  }

  /** The place of a client that has not said who it is; undefined when there is none. */
  private takePlace({ ip }: FastifyRequest): (() => void) | undefined {
    try {
      return this.strangers.open(stranger, ip)
    } catch {
      return undefined
    }
  }

  private async lookAfterAll(): Promise<void> {
    const lookOut = new AbortController()
    this.lookOut = lookOut
    while (!lookOut.signal.aborted) {
      await this.options.clock.delay(LOOK_EVERY_MS, lookOut.signal).catch(() => undefined)
      for (const connection of this.open) connection.check()
    }
    this.lookOut = undefined
    if (this.open.size > 0) void this.lookAfterAll()
  }
}
