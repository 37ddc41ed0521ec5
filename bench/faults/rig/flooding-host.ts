// A provider that has too much to say, and counts how much of it was wanted.
import type { Socket } from 'node:net'
import { gzipSync } from 'node:zlib'
import { type ReceivedRequest, startHostileUpstream } from '../../../test/support/hostile-upstream.ts'

/** A running one. Which flood it sends, the path says: its address ends with `/plain` or `/packed`. */
export interface FloodingHost {
  readonly url: string
  readonly requests: number
  /** Most bytes of one plain answer that went out. What lies in the sockets of both ends is among them. */
  mostSent(): number
  close(): Promise<void>
}

const PLAIN_BYTES = 50 * 1024 * 1024
const PACKED_BYTES = 200 * 1024 * 1024
const PIECE = Buffer.alloc(64 * 1024, ' ')

/** Starts one: 50 MB of JSON, and 200 MB of it packed into some 200 KB. */
export async function startFloodingHost(): Promise<FloodingHost> {
  const packed = gzipSync(Buffer.alloc(PACKED_BYTES, ' '))
  let most = 0
  const pour = (socket: Socket, left: number): void => {
    let rest = left
    while (rest > 0 && !socket.destroyed) {
      rest -= PIECE.length
      most = Math.max(most, PLAIN_BYTES - rest)
      if (!socket.write(PIECE)) {
        socket.once('drain', () => pour(socket, rest))
        return
      }
    }
  }
  const server = await startHostileUpstream((socket: Socket, { target }: ReceivedRequest) => {
    const head = ['HTTP/1.1 200 OK', 'Content-Type: application/json']
    if (target.startsWith('/plain')) {
      socket.write([...head, `Content-Length: ${PLAIN_BYTES}`, '', ''].join('\r\n'))
      pour(socket, PLAIN_BYTES)
    } else {
      socket.write([...head, 'Content-Encoding: gzip', `Content-Length: ${packed.length}`, '', ''].join('\r\n'))
      socket.write(packed)
    }
  })
  return {
    url: server.url,
    get requests() {
      return server.requests.length
    },
    mostSent: () => most,
    close: () => server.close(),
  }
}
