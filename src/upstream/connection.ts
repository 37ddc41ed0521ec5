// One connection to a provider's host, and whether it is fit for another request.
import type { Socket } from 'node:net'
import { type buildConnector, Client, type Dispatcher } from 'undici'
import type { Exchange, ExchangeLine, ExchangeTerms, SignedRequest } from './exchange.ts'
import { startExchange } from './exchange.ts'

/** Milliseconds an idle connection is kept, unless the provider says less: servers drop them without a word. */
const KEEP_ALIVE_MS = 4000
/** Most bytes of an answer's headers. */
const MAX_HEADER_BYTES = 16_384

/** Thrown at undici by the request that only brings a connection up. */
const ready = new Error('ready')

/** A connection that carries one exchange at a time. */
export class Connection implements ExchangeLine {
  readonly client: Client
  private socket: Socket | undefined

  /** Connects nothing yet. */
  constructor(origin: string, connector: buildConnector.connector) {
    this.client = new Client(origin, {
      pipelining: 1,
      // The total deadline rules; undici's own timers are coarse and count idle time only.
      headersTimeout: 0,
      bodyTimeout: 0,
      keepAliveTimeout: KEEP_ALIVE_MS,
      // A provider that promises more than that would else be believed.
      keepAliveMaxTimeout: KEEP_ALIVE_MS,
      maxHeaderSize: MAX_HEADER_BYTES,
      connect: (options, callback) =>
        connector(options, (...result) => {
          this.socket = result[1] ?? undefined
          callback(...result)
        }),
    })
  }

  /**
   * Brings the connection up, so that a start of the quota is not spent on waiting for it. undici connects only for
   * a request; this one is withdrawn in the moment it could be written, which leaves the connection open.
   */
  connect(): Promise<void> {
    return new Promise((resolve, reject) => {
      const handler: Dispatcher.DispatchHandler = {
        onRequestStart: () => {
          throw ready
        },
        onResponseStart: () => undefined,
        onResponseData: () => undefined,
        onResponseEnd: () => undefined,
        onResponseError: (_controller, error) => (error === ready ? resolve() : reject(error)),
      }
      this.client.dispatch({ method: 'GET', path: '/' }, handler)
    })
  }

  /** Calls back whenever the socket is gone. */
  onDisconnect(listener: () => void): void {
    this.client.on('disconnect', listener)
  }

  /** Whether a request could be written now. */
  isUp(): boolean {
    return this.socket !== undefined && !this.socket.destroyed && !this.client.destroyed
  }

  hasFailed(): boolean {
    const error: unknown = this.socket?.errored
    // undici closes a connection that is not to be kept with an error of this code: nothing is wrong with that.
    return error instanceof Error && !('code' in error && error.code === 'UND_ERR_INFO')
  }

  /** Sends a request. */
  start(request: SignedRequest, terms: ExchangeTerms): Exchange {
    return startExchange(this, request, terms)
  }

  /** Cuts it. */
  destroy(): Promise<void> {
    return this.client.destroy()
  }
}
