// Hosts that a connection to them goes wrong at: what listens there is the rig's own, byte by byte.
import type { AddressInfo, Server, Socket } from 'node:net'
import { createServer as createTlsServer } from 'node:tls'
import { startHostileUpstream } from '../../../test/support/hostile-upstream.ts'
import { createSelfSigned, type SelfSigned } from '../../../test/support/self-signed.ts'

/** A listening host. */
export interface HostileHost {
  /** Its address by name, for `localhost`. */
  readonly url: string
  readonly port: number
  /** Requests that it could read so far. */
  requests(): number
  close(): Promise<void>
}

/** A host behind TLS. */
export interface SecretHost extends HostileHost {
  /** Its certificate, PEM. */
  readonly certificate: string
  /** Connections on which somebody spoke without TLS. */
  plain(): number
}

const DAY_MS = 86_400_000

/** Where a connection breaks: when it opens, after the head of an answer, inside its body. */
export type BreakingPoint = 'connect' | 'head' | 'body'

const HEAD = 'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n'

/** Starts a host that resets every connection. */
export async function startBreakingHost(point: BreakingPoint): Promise<HostileHost> {
  const breakOff = (socket: Socket, sent: string) => {
    socket.write(sent, () => socket.resetAndDestroy())
  }
  const server = await startHostileUpstream(
    (socket) => breakOff(socket, point === 'head' ? HEAD : `${HEAD}{"code":"`),
    (socket) => {
      if (point === 'connect') socket.resetAndDestroy()
    },
  )
  return {
    url: `http://localhost:${server.port}`,
    port: server.port,
    requests: () => server.requests.length,
    close: () => server.close(),
  }
}

/** What is wrong with a certificate. */
export type CertificateFlaw = 'expired' | 'otherHost' | 'unknown' | 'none'

/** Starts a host with such a certificate, which gives everybody the same answer. */
export async function startSecretHost(flaw: CertificateFlaw, answer: string): Promise<SecretHost> {
  const { key, cert } = makeCertificate(flaw)
  const sockets = new Set<Socket>()
  let [plain, requests] = [0, 0]
  const server = createTlsServer({ key, cert }, (socket) => {
    socket.on('data', () => {
      requests += 1
      socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${Buffer.byteLength(answer)}\r\n\r\n${answer}`)
    })
    socket.on('error', () => socket.destroy())
  })
  server.on('connection', (socket: Socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
  })
  server.on('tlsClientError', (error: NodeJS.ErrnoException) => {
    if (error.code === 'ERR_SSL_HTTP_REQUEST') plain += 1
  })
  const port = await listen(server)
  return {
    url: `https://localhost:${port}`,
    port,
    certificate: cert,
    requests: () => requests,
    plain: () => plain,
    close: () => {
      for (const socket of sockets) socket.destroy()
      return new Promise((resolve) => server.close(() => resolve()))
    },
  }
}

function makeCertificate(flaw: CertificateFlaw): SelfSigned {
  const now = Date.now()
  const host = flaw === 'otherHost' ? 'elsewhere.example' : 'localhost'
  return createSelfSigned(host, now - 30 * DAY_MS, flaw === 'expired' ? now - DAY_MS : now + 30 * DAY_MS)
}

async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  // A TCP server's address is never a text.
  return (server.address() as AddressInfo).port
}
