import { once } from 'node:events'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { connect as connectTls, createServer as createTlsServer } from 'node:tls'
import { expect, onTestFinished, test } from 'vitest'
import { readLine } from '#graphql/socket-line.ts'
import { createSelfSigned } from '#test/support/self-signed.ts'
import { waitUntil } from '#test/support/wait-until.ts'

const size = 30_000_000

function startTls(): Server {
  const { key, cert } = createSelfSigned('localhost', Date.now() - 60_000, Date.now() + 3_600_000)
  return createTlsServer({ key, cert })
}

/** Both ends of a connection to `server`. */
async function open(server: Server, connectTo: (port: number) => Socket) {
  const accepted = once(
    server,
    server instanceof Object && 'setSecureContext' in server ? 'secureConnection' : 'connection',
  )
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  const reader = connectTo(typeof address === 'object' && address ? address.port : 0)
  reader.on('error', () => undefined)
  const [writer]: Socket[] = await accepted
  if (!writer) throw new Error('nobody came')
  writer.on('error', () => undefined)
  onTestFinished(() => {
    reader.destroy()
    writer.destroy()
    server.close()
  })
  return { reader, writer }
}

test.each([
  ['TCP', () => createServer(), (port: number) => connect(port, '127.0.0.1')],
  ['TLS', startTls, (port: number): Socket => connectTls({ port, host: '127.0.0.1', rejectUnauthorized: false })],
])(
  'how much of a large message has left is known while its reader takes it, by %s',
  async (_name, start, connectTo) => {
    const { reader, writer } = await open(start(), connectTo)
    reader.pause()
    expect(readLine(writer).isWaiting).toBe(false)
    writer.write('x'.repeat(size))
    writer.write('behind it')
    let stoppedAt = -1
    await waitUntil('no more leaves', async () => {
      const { leftBytes } = readLine(writer)
      const hasStopped = leftBytes === stoppedAt
      stoppedAt = leftBytes
      return hasStopped
    })
    expect(readLine(writer).isWaiting).toBe(true)
    expect(stoppedAt).toBeLessThan(size)
    let received = 0
    reader.on('data', ({ length }) => {
      received += length
      if (received > size / 2) reader.pause()
    })
    reader.resume()
    await waitUntil('half of it has come', async () => received > size / 2)
    const halfway = readLine(writer)
    expect(halfway.leftBytes).toBeGreaterThanOrEqual(received)
    expect(halfway).toMatchObject({ isWaiting: true })
    reader.removeAllListeners('data')
    reader.resume()
    await waitUntil('all of it has left', async () => !readLine(writer).isWaiting)
    expect(readLine(writer).leftBytes).toBeGreaterThanOrEqual(size + 'behind it'.length)
  },
)
