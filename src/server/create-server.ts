// The HTTP server both faces stand on: limits, headers, request ids. It knows no route of theirs.
import { createServer as createHttpServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { createServer as createHttpsServer } from 'node:https'
import {
  type FastifyBaseLogger,
  type FastifyInstance,
  type FastifyServerOptions,
  fastify,
  LogController,
} from 'fastify'
import { type Clock, systemClock } from '#model/clock.ts'
import { GatewayError } from '#model/errors.ts'
import type { KeptFront } from './kept-front.ts'
import { MAX_BODY_BYTES } from './kept-place.ts'
import { type Handle, hasLeft } from './kept-visit.ts'
import { toMalformedAnswer } from './malformed-requests.ts'
import { isRefusable, overloadRefusal, refuseForOverload } from './overload-refusal.ts'
import { addPageHeaders } from './page-headers.ts'
import { toRequestId } from './request-id.ts'
import { eventLoop, RequestLine } from './request-line.ts'
import type { FollowedRequests } from './request-observer.ts'
import { CHECK_EVERY_MS, HEADERS_TIMEOUT_MS, REQUEST_TIMEOUT_MS, SlowClients } from './slow-clients.ts'
import type { TlsFiles } from './tls-files.ts'

/** What the server is made with. */
export interface ServerOptions {
  readonly log: FastifyBaseLogger
  /** Origins whose pages may call. */
  readonly corsOrigins: readonly string[]
  /** Proxies whose forwarding headers are believed. */
  readonly trustProxy: readonly string[]
  /** Answers requests that fail before they reach a route: a malformed address, say. */
  readonly frameworkErrors: NonNullable<FastifyServerOptions['frameworkErrors']>
  /** Left out or null: plain http. */
  readonly tls?: TlsFiles | null
  /** How many WebSockets and event streams may be open: their sockets come on top of those for requests. */
  readonly maxLastingConnections?: number
  /** The machine's own when left out. */
  readonly clock?: Clock
  /**
   * By which clients are found slow; the machine's own when left out. What the system holds for a client goes by the
   * machine's time, whatever time the rest lives in.
   */
  readonly socketClock?: Pick<Clock, 'monotonicMs' | 'delay'>
  /** In what order requests are worked on, and which are refused; one for this server alone when left out. */
  readonly line?: Pick<RequestLine, 'offer' | 'admits'>
  /** Answers what it can before anything else is done about a request. Left out: nothing is answered so. */
  readonly front?: Pick<KeptFront, 'serve' | 'follow'> | undefined
  /** Follows every other request to its end. Left out: nobody is told of any. */
  readonly requests?: FollowedRequests | undefined
}

/** A key of 512 bytes, each percent-encoded, and a node id of one. */
const MAX_PARAMETER_LENGTH = 4096
const DEFAULT_LASTING_CONNECTIONS = 4_000

/** Creates the server; it listens to nobody yet. Closing it gives everything back. */
export async function createServer(options: ServerOptions): Promise<FastifyInstance> {
  const { log, corsOrigins, front, requests, tls = null, clock = systemClock } = options
  const { line = new RequestLine(eventLoop, log) } = options
  const clients = new SlowClients({ clock: options.socketClock ?? systemClock })
  const origins = new Set(corsOrigins)

  function refuse(request: IncomingMessage, response: ServerResponse, arrivedAtMs: number): void {
    requests?.beginRefused(request, response, arrivedAtMs)
    refuseForOverload(request, response, origins)
  }

  function createSockets(answer: (request: IncomingMessage, response: ServerResponse) => void): Server {
    const limits = {
      headersTimeout: HEADERS_TIMEOUT_MS,
      requestTimeout: REQUEST_TIMEOUT_MS,
      connectionsCheckingInterval: CHECK_EVERY_MS,
    }
    const server = tls
      ? createHttpsServer({ ...limits, ...tls.context, handshakeTimeout: HEADERS_TIMEOUT_MS })
      : createHttpServer(limits)
    clients.follow(server, options.maxLastingConnections ?? DEFAULT_LASTING_CONNECTIONS)
    const handle: Handle = (request, response, arrivedAtMs) => {
      requests?.begin(request, response, arrivedAtMs)
      answer(request, response)
    }
    // Answers of Redis come many at a time: what they leave to be worked on stands in line once more, or all of it
    // would be one turn.
    const handleLater: Handle = (request, response, arrivedAtMs) =>
      line.offer(
        () => {
          if (hasLeft(request, response)) requests?.tellLeft(request, response, arrivedAtMs)
          else handle(request, response, arrivedAtMs)
        },
        () => refuse(request, response, arrivedAtMs),
      )
    // Refused here, before anything else knows of the request, it costs least.
    server.on('request', (request, response) => {
      // Before it stands in line: a server that closes takes sockets without a request for idle ones.
      clients.watch(request, response)
      if (request.socket.destroyed) return
      const arrivedAtMs = clock.monotonicMs()
      const work = () => {
        // Who has left while he stood in line is not worked for.
        if (hasLeft(request, response)) requests?.tellLeft(request, response, arrivedAtMs)
        else if (front) front.serve(request, response, handle, handleLater, arrivedAtMs)
        else handle(request, response, arrivedAtMs)
      }
      if (isRefusable(request)) line.offer(work, () => refuse(request, response, arrivedAtMs))
      else work()
    })
    if (tls && 'setSecureContext' in server) {
      const closed = new AbortController()
      server.once('close', () => closed.abort())
      server.once('listening', () => {
        tls
          .renew(server, clock, log, closed.signal)
          .catch((error: unknown) => log.error({ err: error }, 'the TLS files are not looked at any more'))
      })
    }
    return server
  }

  const app = fastify({
    // One server even where `localhost` has two addresses: the limits are bound to it.
    serverFactory: createSockets,
    // Read for the name of the protocol alone.
    ...(tls && { https: {} }),
    loggerInstance: log,
    frameworkErrors: options.frameworkErrors,
    clientErrorHandler: (error, socket) => {
      // In the middle of an answer nothing else can be said.
      const isReachable = error.code !== 'ECONNRESET' && socket.writable && !clients.isAnswering(socket)
      if (isReachable) clients.dismiss(socket, toMalformedAnswer(error))
      else socket.destroy()
    },
    bodyLimit: MAX_BODY_BYTES,
    trustProxy: options.trustProxy.length > 0 ? [...options.trustProxy] : false,
    routerOptions: { maxParamLength: MAX_PARAMETER_LENGTH },
    // Requests that arrive while the server closes are still answered; the listener is already gone.
    return503OnClosing: false,
    requestTimeout: REQUEST_TIMEOUT_MS,
    genReqId: (request) => requests?.toId(request) ?? toRequestId(request),
    // Every request has one line, which is written when it is over.
    logController: new LogController({ disableRequestLogging: true }),
  })
  // Before anything refuses them: only this way is anybody told of upgrades that are refused.
  requests?.follow(app)
  app.addHook('onRequest', async ({ raw: { socket } }, reply) => {
    // A WebSocket comes by another way, and has rules of its own once it is let in.
    if (!clients.releaseUpgrade(socket) || line.admits()) return
    reply.raw.once('finish', () => socket.destroySoon())
    throw new GatewayError(overloadRefusal.code, overloadRefusal.message, overloadRefusal)
  })
  front?.follow(app)
  app.addHook('preClose', async () => clients.close())
  await addPageHeaders(app, { corsOrigins, isTls: tls !== null })
  return app
}
