import { once } from 'node:events'
import type { RequestListener } from 'node:http'
import type { Socket } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { settle } from '#test/support/fake-clock.ts'
import { closeFollowed, REQUEST, serve } from '#test/support/followed-server.ts'
import { waitUntil } from '#test/support/wait-until.ts'
import { toConnectionName } from '../../src/server/send-queues.ts'

afterEach(closeFollowed)

describe('what the system holds for clients', () => {
  /** A server of which the test says what the system holds for its last client. */
  async function serveHeld(answer: RequestListener) {
    const held = { bytes: 0, readings: 0, onReading: async () => {} }
    let far: Socket | undefined
    const parts = await serve(answer, async () => {
      held.readings += 1
      const bytes = held.bytes
      await held.onReading()
      return new Map(far && bytes > 0 ? [[toConnectionName(far), bytes]] : [])
    })
    parts.listening.on('connection', (socket: Socket) => {
      far = socket
    })
    return { ...parts, held }
  }

  /** A client that has read the beginning of an answer, of which the rest comes when the test says so. */
  async function pauseInAnswer() {
    let goOn = () => {}
    const { pass, visit, held } = await serveHeld((_request, response) => {
      response.writeHead(200).write('a beginning')
      goOn = () => void response.write('the rest')
    })
    const { socket, far } = await visit(REQUEST)
    socket.resume()
    await once(socket, 'data')
    return { pass, held, far, goOn: () => goOn() }
  }

  it('is given its time from when there is something, however long the client was idle before', async () => {
    const { pass, visit, held } = await serveHeld((_request, response) => response.end('answer'))
    const { socket, far } = await visit(REQUEST)
    socket.resume()
    await once(socket, 'data')
    await pass(30_000)
    held.bytes = 200
    socket.write(REQUEST)
    await once(socket, 'data')
    await pass(5000)
    expect(far.destroyed).toBe(false)
    held.bytes = 0
    await pass(10_000)
    expect(far.destroyed).toBe(false)
  })

  it('is given its time too when an answer goes on after a long pause', async () => {
    const { pass, held, far, goOn } = await pauseInAnswer()
    await pass(30_000)
    held.bytes = 200
    goOn()
    await pass(5000)
    expect(far.destroyed).toBe(false)
    await pass(3000)
    expect(far.destroyed).toBe(true)
  })

  it('is looked at again when something was written while it was read', async () => {
    const { pass, held, far, goOn } = await pauseInAnswer()
    held.onReading = async () => {
      held.onReading = async () => {}
      held.bytes = 200
      goOn()
      await settle()
    }
    await pass(10_000)
    expect(far.destroyed).toBe(true)
  })

  it.each([
    ['once a second', 0, 5],
    ['half as often when that takes long', 150, 3],
  ])('is read %s', async (_name, tookMs, readings) => {
    const { clock, pass, visit, held } = await serveHeld((_request, response) => response.end('answer'))
    held.bytes = 200
    const { far } = await visit(REQUEST)
    await waitUntil('it is answered', async () => far.bytesWritten > 0)
    held.onReading = async () => {
      // Steps of the test's clock are made for sleepers only.
      if (tookMs > 0) await clock.delay(tookMs)
    }
    for (let passedMs = 0; passedMs < 5000; passedMs += 10) await clock.advance(10)
    await pass(0)
    expect(held.readings).toBe(readings)
  })

  it('is not read for who listens to events', async () => {
    const { pass, visit, held } = await serveHeld((_request, response) => {
      response.setHeader('content-type', 'text/event-stream').write('data: 1\n\n')
    })
    const { far } = await visit(REQUEST)
    await waitUntil('the answer begins', async () => far.bytesWritten > 0)
    await pass(5000)
    expect(held.readings).toBe(0)
  })
})
