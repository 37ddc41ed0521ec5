import { once } from 'node:events'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { settle } from '#test/support/fake-clock.ts'
import { closeFollowed, REQUEST, serve, trackClient } from '#test/support/followed-server.ts'
import { waitUntil } from '#test/support/wait-until.ts'
import { readSendQueues, toConnectionName } from '../../src/server/send-queues.ts'

/** More than the system takes for a client that reads nothing. */
const LARGE = Buffer.alloc(32 * 1024 * 1024, 'x')

afterEach(closeFollowed)

/** The system of a client takes bytes for it for a while, by real time; each that it takes is one that the client took. */
async function waitUntilFull(far: Socket): Promise<void> {
  let held = 0
  await waitUntil('the system of the client takes no more', async () => {
    const before = held
    held = (await readSendQueues()).get(toConnectionName(far)) ?? 0
    return held > 0 && held === before
  })
}

describe('a client that takes nothing of its answer', () => {
  it('is cut off within ten seconds', async () => {
    const { pass, visit } = await serve((_request, response) => response.end(LARGE))
    const { far } = await visit(REQUEST)
    await waitUntil('the answer is stuck', async () => far.writableLength > 0)
    await waitUntilFull(far)
    await pass(6000)
    expect(far.destroyed).toBe(false)
    await pass(2000)
    expect(far.destroyed).toBe(true)
  })

  it('is cut off too when the system has taken the whole answer for it', async () => {
    const { pass, visit } = await serve((_request, response) => response.end(LARGE.subarray(0, 1024 * 1024)))
    const { far } = await visit(REQUEST)
    await waitUntil('the answer has been taken', async () => far.bytesWritten > 0 && far.writableLength === 0)
    await waitUntilFull(far)
    await pass(6000)
    expect(far.destroyed).toBe(false)
    await pass(2000)
    expect(far.destroyed).toBe(true)
  })

  it('may be idle when it has taken all', async () => {
    const { clock, pass, visit } = await serve((_request, response) => response.end('answer'))
    const { socket, far } = await visit(REQUEST)
    socket.resume()
    await once(socket, 'data')
    await pass(2000)
    expect(clock.waiting).toBe(0)
    expect(far.destroyed).toBe(false)
  })

  it('is left alone as long as it takes something, however long the whole takes', async () => {
    const { pass, visit } = await serve((_request, response) => response.end(LARGE))
    const { socket, far } = await visit(REQUEST)
    await waitUntil('the answer is stuck', async () => far.writableLength > 0)
    let received = 0
    socket.on('data', (chunk) => {
      received += chunk.length
      socket.pause()
    })
    // Less than what the system takes before it asks for more: the process itself sees nothing of it.
    for (let round = 0; round < 6; round += 1) {
      const before = received
      await waitUntil('the client reads on', async () => {
        while (received < before + 512 * 1024 && socket.resume() && !socket.destroyed) await once(socket, 'data')
        return true
      })
      await pass(5000)
    }
    expect(far.destroyed).toBe(false)
    expect(far.writableLength).toBeGreaterThan(0)
  })

  it('is left alone while it is the gateway that has nothing to say', async () => {
    const { pass, visit } = await serve((_request, response) => void response.writeHead(200).write('a beginning'))
    const { far } = await visit(REQUEST)
    await waitUntil('the answer begins', async () => far.bytesWritten > 0)
    await pass(30_000)
    expect(far.destroyed).toBe(false)
  })

  it('is left alone when it listens to events: they have a rule of their own', async () => {
    const { pass, visit } = await serve((_request, response) => {
      response.setHeader('content-type', 'text/event-stream').write(LARGE)
    })
    const { far } = await visit(REQUEST)
    await waitUntil('the answer is stuck', async () => far.writableLength > 0)
    await pass(15_000)
    expect(far.destroyed).toBe(false)
  })
})

describe('a client that asks for many answers in advance', () => {
  it('gets a few dozen, and is cut off for more', async () => {
    let asked = 0
    const { visit } = await serve(() => {
      asked += 1
    })
    const few = await visit(REQUEST.repeat(32))
    await waitUntil('all have come', async () => asked === 32)
    expect(few.far.destroyed).toBe(false)
    const many = await visit(REQUEST.repeat(1000))
    await waitUntil('it is cut off', async () => many.far.destroyed)
  })
})

describe('a client that asks for one answer after another', () => {
  it('is followed from each to the next, and is idle when it has all', async () => {
    const { watch, visit, listening } = await serve(
      (request, response) => void request.once('end', () => response.end('x')).resume(),
    )
    let answered = 0
    listening.on('request', (_request, response) => {
      response.once('close', () => {
        answered += 1
      })
    })
    const { socket, far } = await visit()
    socket.resume()
    for (let time = 1; time <= 3; time += 1) {
      socket.write(REQUEST.repeat(30))
      await waitUntil('all are answered', async () => answered === time * 30)
    }
    expect(far.destroyed).toBe(false)
    expect(watch.isAnswering(far)).toBe(false)
    expect(watch.releaseUpgrade(far)).toBe(true)
  })
})

describe('the sockets of a server', () => {
  it('are limited, and live less long when they are many', async () => {
    const { listening, visit } = await serve((_request, response) => response.end())
    expect(listening.maxConnections).toBe(4010)
    listening.maxConnections = 4
    await visit()
    expect(listening.keepAliveTimeout).toBe(72_000)
    await visit()
    await visit()
    expect(listening.keepAliveTimeout).toBe(5000)
    await visit()
    const dropped = once(listening, 'drop')
    const { port } = listening.address() as AddressInfo
    trackClient(connect(port, '127.0.0.1').on('error', () => undefined))
    await dropped
  })

  it('cost no timer while nothing is asked', async () => {
    const { clock, pass, visit, listening } = await serve((_request, response) => response.end())
    const { socket, far } = await visit()
    expect(clock.waiting).toBe(0)
    socket.write(REQUEST)
    await once(listening, 'request')
    expect(clock.waiting).toBe(1)
    await waitUntil('it is answered', async () => far.bytesWritten > 0)
    await pass(1000)
    expect(clock.waiting).toBe(0)
  })

  it('end when their client was told to go, although it stays', async () => {
    const { pass, watch, visit } = await serve((_request, response) => response.end())
    const { socket, far } = await visit('GET / HT')
    watch.dismiss(far, 'HTTP/1.1 400 Bad Request\r\n\r\n')
    expect(far.destroyed).toBe(false)
    expect(socket.destroyed).toBe(false)
    await pass(1000)
    expect(far.destroyed).toBe(true)
  })

  it('are known to be in the middle of an answer', async () => {
    const { watch, visit } = await serve((_request, response) => void response.writeHead(200).write('a beginning'))
    const { socket, far } = await visit()
    expect(watch.isAnswering(far)).toBe(false)
    socket.write(REQUEST)
    await waitUntil('the answer begins', async () => far.bytesWritten > 0)
    expect(watch.isAnswering(far)).toBe(true)
  })
})

describe('a server that closes', () => {
  it('waits for nobody who has never asked', async () => {
    const { clock, pass, watch, listening, visit } = await serve((_request, response) => response.end())
    const { far } = await visit()
    await pass(1000)
    const closed = once(listening, 'close')
    watch.close()
    listening.close()
    expect(far.destroyed).toBe(true)
    await closed
    await settle()
    expect(clock.waiting).toBe(0)
  })

  it('lets who has just come ask', async () => {
    const { watch, listening, visit } = await serve((_request, response) =>
      response.setHeader('connection', 'close').end('answered'),
    )
    const { socket, far } = await visit()
    const closed = once(listening, 'close')
    watch.close()
    listening.close()
    expect(far.destroyed).toBe(false)
    socket.resume()
    socket.end(REQUEST)
    await closed
    expect(far.bytesWritten).toBeGreaterThan(0)
  })

  it('waits for half a request no longer than otherwise', async () => {
    const { pass, watch, listening, visit } = await serve((request) => request.resume())
    const head = await visit('GET / HTTP/1.1\r\nho')
    const body = await visit('POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 9\r\n\r\nhalf')
    await waitUntil('both have begun', async () => head.far.bytesRead > 0 && body.far.bytesRead > 0)
    const closed = once(listening, 'close')
    watch.close()
    listening.close()
    await pass(7000)
    expect([head.far.destroyed, body.far.destroyed]).toEqual([false, false])
    await pass(1000)
    expect([head.far.destroyed, body.far.destroyed]).toEqual([true, true])
    await closed
  })

  it('waits for half a request behind whole ones no longer either, and for the answers to whole ones longer', async () => {
    const { pass, watch, listening, visit } = await serve((request) => request.resume())
    const half = 'POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 9\r\n\r\nhalf'
    let asked = 0
    listening.on('request', () => {
      asked += 1
    })
    const whole = await visit(REQUEST.repeat(2))
    const broken = await visit(REQUEST.repeat(2))
    await waitUntil('the whole ones have come', async () => asked === 4)
    await pass(3000)
    broken.socket.write(half)
    await waitUntil('the half one has come', async () => asked === 5)
    watch.close()
    listening.close()
    await pass(7500)
    expect([whole.far.destroyed, broken.far.destroyed]).toEqual([false, false])
    await pass(500)
    expect([whole.far.destroyed, broken.far.destroyed]).toEqual([false, true])
  })

  it('leaves alone what is no HTTP any more', async () => {
    const { pass, watch, listening, visit } = await serve(() => undefined)
    listening.on('upgrade', (_request, socket) => {
      socket.on('error', () => undefined)
      expect(watch.releaseUpgrade(socket as Socket)).toBe(true)
      socket.write('HTTP/1.1 101 Switching Protocols\r\n\r\n')
    })
    const { far } = await visit('GET / HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n')
    await waitUntil('it is no HTTP any more', async () => far.bytesWritten > 0)
    await pass(10_000)
    watch.close()
    listening.close()
    await pass(15_000)
    expect(far.destroyed).toBe(false)
  })
})
