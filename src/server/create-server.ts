// The HTTP server both faces stand on: limits, headers, request ids. It knows no route of theirs.
import { randomUUID } from 'node:crypto'
import type { Duplex } from 'node:stream'
import cors from '@fastify/cors'
import helmet from '@fastify/helmet'
import { type FastifyBaseLogger, type FastifyInstance, type FastifyServerOptions, fastify } from 'fastify'

/** What the server is made with. */
export interface ServerOptions {
  readonly log: FastifyBaseLogger
  /** Origins whose pages may call. */
  readonly corsOrigins: readonly string[]
  /** Proxies whose forwarding headers are believed. */
  readonly trustProxy: readonly string[]
  /** Answers requests that fail before they reach a route: a malformed address, say. */
  readonly frameworkErrors: NonNullable<FastifyServerOptions['frameworkErrors']>
}

/** Longest time a client may take for its headers, and for the whole request, in milliseconds. */
const HEADERS_TIMEOUT_MS = 10_000
const REQUEST_TIMEOUT_MS = 15_000
/** How often slow clients are looked for. The two limits above do nothing without it. */
const CHECK_INTERVAL_MS = 1_000
/** A key of 512 bytes, each percent-encoded, and a node id of one. */
const MAX_PARAMETER_LENGTH = 4096
const MAX_BODY_BYTES = 64 * 1024

/** Answers what is no HTTP request: there is no request object to answer through. */
function refuseMalformed(error: NodeJS.ErrnoException, socket: Duplex): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy()
    return
  }
  const [status, title, detail] = malformedRequests.get(error.code ?? '') ?? [
    400,
    'Bad Request',
    'this is no valid HTTP request',
  ]
  const problem = { type: 'about:blank', title, status, detail, code: 'INVALID_INPUT', retryable: false }
  const body = JSON.stringify(problem)
  const head = [
    `HTTP/1.1 ${status} ${title}`,
    'content-type: application/problem+json; charset=utf-8',
    `content-length: ${Buffer.byteLength(body)}`,
    'connection: close',
  ]
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`)
}

const malformedRequests: ReadonlyMap<string, readonly [status: number, title: string, detail: string]> = new Map([
  ['HPE_HEADER_OVERFLOW', [431, 'Request Header Fields Too Large', 'the headers are larger than 16 KB']],
  ['ERR_HTTP_REQUEST_TIMEOUT', [408, 'Request Timeout', 'the request took too long to arrive']],
])

/** Creates the server; it listens to nobody yet. */
export async function createServer(options: ServerOptions): Promise<FastifyInstance> {
  const app = fastify({
    loggerInstance: options.log,
    frameworkErrors: options.frameworkErrors,
    clientErrorHandler: refuseMalformed,
    bodyLimit: MAX_BODY_BYTES,
    trustProxy: options.trustProxy.length > 0 ? [...options.trustProxy] : false,
    routerOptions: { maxParamLength: MAX_PARAMETER_LENGTH },
    // Requests that arrive while the server closes are still answered; the listener is already gone.
    return503OnClosing: false,
    requestTimeout: REQUEST_TIMEOUT_MS,
    http: {
      headersTimeout: HEADERS_TIMEOUT_MS,
      requestTimeout: REQUEST_TIMEOUT_MS,
      connectionsCheckingInterval: CHECK_INTERVAL_MS,
    },
    genReqId: (request) => {
      const sent = request.headers['x-request-id']
      return typeof sent === 'string' && /^[A-Za-z0-9_-]{1,64}$/.test(sent) ? sent : randomUUID()
    },
  })
  await app.register(helmet, {
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        'default-src': ["'self'"],
        // The editor of GraphiQL and Swagger UI write styles of their own and draw from data: addresses.
        'style-src': ["'self'", "'unsafe-inline'"],
        'img-src': ["'self'", 'data:'],
        'font-src': ["'self'", 'data:'],
        'object-src': ["'none'"],
        'base-uri': ["'none'"],
        'form-action': ["'self'"],
        'frame-ancestors': ["'none'"],
      },
    },
    // Weir may stand behind plain http on a private network: whoever ends TLS says this for the whole host.
    strictTransportSecurity: false,
  })
  if (options.corsOrigins.length > 0)
    await app.register(cors, {
      origin: options.corsOrigins.includes('*') ? '*' : [...options.corsOrigins],
      methods: ['GET', 'HEAD', 'POST'],
      allowedHeaders: ['authorization', 'content-type', 'x-api-key', 'x-request-id', 'if-none-match'],
      exposedHeaders: [
        'age',
        'etag',
        'ratelimit',
        'ratelimit-policy',
        'retry-after',
        'weir-missing',
        'weir-stale',
        'x-request-id',
        'x-upstream-calls',
      ],
      maxAge: 600,
    })
  return app
}
