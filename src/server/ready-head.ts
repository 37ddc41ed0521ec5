// Heads of answers that are ready to be sent. Node goes over every name and every value of a head, letter by letter, each
// time it is sent; of a small kept answer that is a tenth of all there is to do, and a fifth of what has to be cleared
// away. What is kept has been looked at once, and so the head is handed to Node as the text that it would make.
import type { ServerResponse } from 'node:http'
import type { Clock } from '#model/clock.ts'

/** A response as Node has it: these two are not in its documentation, and where they are missing all goes as ever. */
interface Undecided {
  /** The head as text, once it is decided. */
  _header: string | null
  /** What the client is told of how long the connection stays when it is idle, in milliseconds. */
  readonly _keepAliveTimeout: number
}

const statusLines = { 200: 'HTTP/1.1 200 OK\r\n', 304: 'HTTP/1.1 304 Not Modified\r\n' } as const

/** Gives heads to responses. */
export class ReadyHeads {
  private readonly clock: Pick<Clock, 'now'>
  private second = Number.NaN
  private dateLine = ''

  /** @param clock for the header `Date` */
  constructor(clock: Pick<Clock, 'now'>) {
    this.clock = clock
  }

  /**
   * Decides the head of an answer as `writeHead` would for the same headers, of a response that was given no others and no
   * words of its own for its status.
   * @param lines its headers, `name: value` with a line end each, found to be good before; of an answer that has a body with
   * `content-length`, without what is of the connection, and without `date`
   * @returns whether that was done; otherwise `writeHead` is to be told: the connection ends with this answer, or the
   * head is decided already
   */
  decide(response: ServerResponse, status: keyof typeof statusLines, lines: string): boolean {
    // Of an answer without a length the oldest clients know the end by that of the connection.
    const isKept = response.shouldKeepAlive && (status !== 304 || response.useChunkedEncodingByDefault)
    if (!isKept || !response.sendDate || !isUndecided(response)) return false
    const seconds = Math.floor(response._keepAliveTimeout / 1000)
    response.statusCode = status
    response._header = `${statusLines[status]}${lines}${this.toDateLine()}Connection: keep-alive\r\nKeep-Alive: timeout=${seconds}\r\n\r\n`
    return true
  }

  private toDateLine(): string {
    const now = this.clock.now()
    const second = Math.floor(now / 1000)
    if (second !== this.second) {
      this.second = second
      this.dateLine = `Date: ${new Date(now).toUTCString()}\r\n`
    }
    return this.dateLine
  }
}

function isUndecided(response: ServerResponse): response is ServerResponse & Undecided {
  return (
    '_header' in response &&
    response._header === null &&
    '_keepAliveTimeout' in response &&
    typeof response._keepAliveTimeout === 'number' &&
    response._keepAliveTimeout >= 1000
  )
}
