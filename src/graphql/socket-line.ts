// How much of what was written to a connection has left. Node counts a message as written when it is handed over whole;
// how far the system has got with it only the handle beneath knows.
import type { Socket } from 'node:net'

/** How far a connection has got. */
export interface LineReading {
  /** Bytes that the operating system has taken, since the connection began. It has no more room than its client makes. */
  readonly leftBytes: number
  /** Whether more waits. */
  readonly isWaiting: boolean
}

/** Reads how far a connection has got. With TLS the bytes are those of its records. */
export function readLine(socket: Socket): LineReading {
  const handle: unknown = Reflect.get(socket, '_handle')
  const leftBytes = countLeft(property(handle, '_parent')) ?? countLeft(handle)
  return {
    // Without a handle that tells, by whole messages.
    leftBytes: leftBytes ?? socket.bytesWritten - socket.writableLength,
    isWaiting: socket.writableLength > 0,
  }
}

function countLeft(handle: unknown): number | undefined {
  const [written, waiting] = [property(handle, 'bytesWritten'), property(handle, 'writeQueueSize')]
  return typeof written === 'number' && typeof waiting === 'number' ? written - waiting : undefined
}

function property(owner: unknown, name: string): unknown {
  return typeof owner === 'object' && owner !== null ? Reflect.get(owner, name) : undefined
}
