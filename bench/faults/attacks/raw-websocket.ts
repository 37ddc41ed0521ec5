// A WebSocket byte by byte, for frames that no client would send and for a reader that does not read.
import { randomBytes } from 'node:crypto'
import { connect, type Socket } from 'node:net'
import { toLines } from './raw-http.ts'
import type { Target } from './target.ts'

/** A connection that has been upgraded. */
export interface RawWebSocket {
  readonly socket: Socket
  /** Sends a text as one frame. */
  say(message: object): void
  /** Resolves with the code it is closed with: 1006 when it is only cut off, 0 when it stays open for so long. */
  closed(limitMs: number): Promise<number>
}

/** Codes of frames. */
export const OPCODE = { continuation: 0, text: 1, close: 8, ping: 9 }

/** A frame as a client sends it: masked, by a mask of zeros. */
export function toFrame(
  opcode: number,
  payload: Buffer,
  options: { readonly isLast?: boolean; readonly reserved?: number } = {},
): Buffer {
  const first = (options.isLast === false ? 0 : 0x80) | ((options.reserved ?? 0) << 4) | opcode
  const { length } = payload
  const size =
    length < 126
      ? Buffer.from([0x80 | length])
      : length < 65_536
        ? Buffer.from([0xfe, length >> 8, length & 255])
        : toLongSize(length)
  return Buffer.concat([Buffer.from([first]), size, Buffer.alloc(4), payload])
}

function toLongSize(length: number): Buffer {
  const size = Buffer.alloc(9)
  size.writeUInt8(0xff, 0)
  size.writeBigUInt64BE(BigInt(length), 1)
  return size
}

/** Opens one. @throws Error when it is not upgraded */
export async function openRawWebSocket({ port, caller }: Pick<Target, 'port' | 'caller'>): Promise<RawWebSocket> {
  const socket = connect({ port, host: '127.0.0.1' })
  let bytes: Buffer = Buffer.alloc(0)
  let isClosed = false
  let code = 1006
  const lines = [
    'GET /graphql HTTP/1.1',
    'Host: gateway.example',
    'Connection: Upgrade',
    'Upgrade: websocket',
    'Sec-WebSocket-Version: 13',
    `Sec-WebSocket-Key: ${randomBytes(16).toString('base64')}`,
    'Sec-WebSocket-Protocol: graphql-transport-ws',
    ...toLines(caller),
  ]
  socket.on('error', () => undefined)
  await new Promise<void>((resolve, reject) => {
    socket.on('data', (chunk: Buffer) => {
      bytes = Buffer.concat([bytes, chunk])
      const end = bytes.indexOf('\r\n\r\n')
      if (end < 0 || !bytes.subarray(0, end).toString('latin1').startsWith('HTTP/1.1 101')) return
      bytes = bytes.subarray(end + 4)
      socket.removeAllListeners('data')
      resolve()
    })
    socket.once('close', () => {
      isClosed = true
      reject(new Error('a WebSocket was not upgraded'))
    })
    socket.write(`${lines.join('\r\n')}\r\n\r\n`)
  })
  const read = () => {
    for (let frame = readFrame(bytes); frame !== undefined; frame = readFrame(bytes)) {
      if (frame.opcode === OPCODE.close && frame.payload.length >= 2) code = frame.payload.readUInt16BE(0)
      bytes = frame.rest
    }
  }
  read()
  socket.on('data', (chunk: Buffer) => {
    bytes = Buffer.concat([bytes, chunk])
    read()
  })
  return {
    socket,
    say: (message) => socket.write(toFrame(OPCODE.text, Buffer.from(JSON.stringify(message)))),
    closed: (limitMs) =>
      new Promise((resolve) => {
        if (isClosed) return resolve(code)
        const limit = setTimeout(() => resolve(0), limitMs)
        socket.once('close', () => {
          clearTimeout(limit)
          resolve(code)
        })
      }),
  }
}

/** The first whole frame of what a server sent; undefined for none. */
function readFrame(
  bytes: Buffer,
): { readonly opcode: number; readonly payload: Buffer; readonly rest: Buffer } | undefined {
  const [first, second] = bytes
  if (first === undefined || second === undefined) return undefined
  const short = second & 0x7f
  const from = short === 126 ? 4 : short === 127 ? 10 : 2
  if (bytes.length < from) return undefined
  const length = short === 126 ? bytes.readUInt16BE(2) : short === 127 ? Number(bytes.readBigUInt64BE(2)) : short
  if (bytes.length < from + length) return undefined
  return { opcode: first & 0x0f, payload: bytes.subarray(from, from + length), rest: bytes.subarray(from + length) }
}
