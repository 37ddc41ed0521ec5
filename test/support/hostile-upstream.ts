// A provider that misbehaves byte by byte: a bare TCP server whose every move a test writes down.
import { createServer, type Socket } from 'node:net'

/** One request as it came in. */
export interface ReceivedRequest {
  /** Request line and headers, as sent. */
  readonly head: string
  readonly method: string
  /** Path and query, as sent. */
  readonly target: string
  readonly body: string
  /** 1 for the first request the server got. */
  readonly number: number
  /** 1 for the first connection the server got. */
  readonly connection: number
}

/** What the server does with a request. */
export type Behaviour = (socket: Socket, request: ReceivedRequest) => void

/** A running server. */
export interface HostileUpstream {
  readonly url: string
  readonly port: number
  readonly requests: readonly ReceivedRequest[]
  /** Connections accepted so far. */
  readonly connections: number
  behave(behaviour: Behaviour): void
  close(): Promise<void>
}

/** A well-formed answer. */
export function toAnswer(body: string, headers: readonly string[] = [], status = '200 OK'): string {
  return [`HTTP/1.1 ${status}`, `Content-Length: ${Buffer.byteLength(body)}`, ...headers, '', body].join('\r\n')
}

/** Answers every request with this body. */
export function answering(body: string, headers?: readonly string[], status?: string): Behaviour {
  return (socket) => socket.write(toAnswer(body, headers, status))
}

/** Starts a server on a free loopback port. `onConnect` runs before anything is read. */
export async function startHostileUpstream(
  behaviour: Behaviour = answering('{}'),
  onConnect: (socket: Socket, connection: number) => void = () => undefined,
): Promise<HostileUpstream> {
  let current = behaviour
  let connections = 0
  const requests: ReceivedRequest[] = []
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    connections += 1
    const connection = connections
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket)).on('error', () => undefined)
    onConnect(socket, connection)
    let text = ''
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1')
      for (;;) {
        const headEnd = text.indexOf('\r\n\r\n')
        if (headEnd < 0) return
        const head = text.slice(0, headEnd)
        const length = Number(/content-length: (\d+)/i.exec(head)?.[1] ?? 0)
        if (text.length < headEnd + 4 + length) return
        const [method = '', target = ''] = head.split(' ')
        const body = text.slice(headEnd + 4, headEnd + 4 + length)
        text = text.slice(headEnd + 4 + length)
        const request = { head, method, target, body, number: requests.length + 1, connection }
        requests.push(request)
        current(socket, request)
      }
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  return {
    url: `http://127.0.0.1:${address.port}`,
    port: address.port,
    requests,
    get connections() {
      return connections
    },
    behave(next) {
      current = next
    },
    async close() {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
