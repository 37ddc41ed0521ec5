// How bytes come in from one Redis server. Left to itself, a socket hands over each 64 KB in memory of their own, and the
// client puts a longer value together from them: 400 KB are made for one of 150 KB, and clearing them away costs more
// than all else about it. Here everything is read into one buffer that stays, and what came is copied once.
import { createConnection, type Socket } from 'node:net'
import { AbstractConnector, type RedisOptions } from 'ioredis'
import type { RedisNode } from './redis-address.ts'

/** What is read at once at most: several long answers, so that few of them come in two pieces. */
const READ_BYTES = 512 * 1024
/** A piece that is no longer shares its memory with others. */
const SHARED_BYTES = 2048

/** What the client opens its sockets to a server with. Not for TLS. */
export function toConnector(node: RedisNode, disconnectTimeoutMs: number): NonNullable<RedisOptions['Connector']> {
  return class extends AbstractConnector {
    constructor() {
      super(disconnectTimeoutMs)
    }

    override connect(): Promise<Socket> {
      this.connecting = true
      return new Promise((resolve, reject) => {
        // As the client's own does it: until then it may change its mind.
        process.nextTick(() => {
          if (!this.connecting) {
            reject(new Error('the connection was closed before it was opened'))
            return
          }
          const socket = openSocket(node)
          socket.once('error', (error) => {
            this.firstError = error
          })
          this.stream = socket
          resolve(socket)
        })
      })
    }
  }
}

function openSocket({ host, port }: RedisNode): Socket {
  const buffer = Buffer.allocUnsafeSlow(READ_BYTES)
  const callback = (length: number) => {
    // A socket that reads this way tells nobody else of what came; the client listens as to any other.
    socket.emit('data', toPiece(buffer, length))
    return true
  }
  const socket = createConnection({ host, port, onread: { buffer, callback } })
  return socket
}

/** What was read, for good. */
function toPiece(buffer: Buffer, length: number): Buffer {
  const piece = length <= SHARED_BYTES ? Buffer.allocUnsafe(length) : Buffer.allocUnsafeSlow(length)
  buffer.copy(piece, 0, 0, length)
  return piece
}
