// Requests byte by byte, for what no client would send.
import { connect, type Socket } from 'node:net'
import type { Target } from './target.ts'

/** An answer, as far as it matters. */
export interface RawReply {
  /** 0 without an answer. */
  readonly status: number
  /** Names in lower case; of repeated ones all, joined by ", ". */
  readonly headers: ReadonlyMap<string, string>
  readonly body: string
}

const TIMEOUT_MS = 10_000
const NO_REPLY: RawReply = { status: 0, headers: new Map(), body: '' }

/** A request as bytes: its first line, its headers as they are written, its body. Its length and end are added. */
export function toRequest(line: string, headers: readonly string[], body: string | Buffer = ''): Buffer {
  const bytes = Buffer.from(body)
  const length = bytes.length > 0 || line.startsWith('POST') ? [`Content-Length: ${bytes.length}`] : []
  const head = [`${line} HTTP/1.1`, 'Host: gateway.example', ...headers, ...length, 'Connection: close', '', ''].join(
    '\r\n',
  )
  return Buffer.concat([Buffer.from(head, 'latin1'), bytes])
}

/** Headers as they are written. */
export function toLines(headers: Readonly<Record<string, string>>): string[] {
  return Object.entries(headers).map(([name, value]) => `${name}: ${value}`)
}

/** Sends bytes on a connection of their own and reads until it is closed. Never throws. */
export function sendRaw({ port }: Pick<Target, 'port'>, bytes: Buffer): Promise<RawReply> {
  return new Promise((resolve) => {
    const socket: Socket = connect({ port, host: '127.0.0.1' })
    const chunks: Buffer[] = []
    const limit = setTimeout(() => socket.destroy(), TIMEOUT_MS)
    socket.on('data', (chunk) => chunks.push(chunk)).on('error', () => undefined)
    socket.on('close', () => {
      clearTimeout(limit)
      resolve(readReply(Buffer.concat(chunks).toString('utf8')))
    })
    socket.write(bytes)
  })
}

function readReply(text: string): RawReply {
  const end = text.indexOf('\r\n\r\n')
  const [first = '', ...lines] = text.slice(0, Math.max(0, end)).split('\r\n')
  const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(first)?.[1] ?? 0)
  if (status === 0) return NO_REPLY
  const headers = new Map<string, string>()
  for (const line of lines) {
    const colon = line.indexOf(':')
    const name = line.slice(0, colon).toLowerCase()
    const value = line.slice(colon + 1).trim()
    headers.set(name, headers.has(name) ? `${headers.get(name)}, ${value}` : value)
  }
  return { status, headers, body: text.slice(end + 4) }
}
