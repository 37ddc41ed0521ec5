// Clients that want events and do not read them, and the end of the process.
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { describe, expect, onTestFinished, test } from 'vitest'
import { STALLED_MS } from '#events/event-stream.ts'
import { MAX_WAITING_EVENTS } from '#services/event-queue.ts'
import { waitUntil } from '#test/support/wait-until.ts'
import { type EventRig, startEvents } from './event-rig.ts'
import { snapshot } from './socket-rig.ts'

const payload = { query: 'subscription { snapshot(account: "a") { id url } }' }
const url = `http://shots.example.com/${'x'.repeat(10_000)}.jpg`
const batch = Array.from({ length: 100 }, (_, index) => snapshot(`n${index}`, 'k', url))

/** A client that sends its request and reads nothing unless told. */
async function openSilent({ address, services }: EventRig): Promise<Socket> {
  const before = services.count('watchSnapshots')
  const socket = connect(Number(new URL(address).port), '127.0.0.1')
  onTestFinished(() => void socket.destroy())
  socket.on('error', () => undefined)
  await once(socket, 'connect')
  socket.pause()
  const body = JSON.stringify(payload)
  const head = ['POST /graphql HTTP/1.1', 'host: x', 'accept: text/event-stream', 'content-type: application/json']
  socket.write(`${head.join('\r\n')}\r\ncontent-length: ${body.length}\r\n\r\n${body}`)
  await waitUntil('it is watched', async () => services.count('watchSnapshots') > before)
  return socket
}

/** Publishes until the server cannot get rid of it any more. */
async function flood({ publish, clock }: EventRig) {
  for (let round = 0; round < 40; round += 1) {
    await publish(...batch)
    await clock.advance(0)
  }
  await publish(...Array.from({ length: MAX_WAITING_EVENTS + 1 }, () => snapshot('n')))
}

describe('a client that does not read', () => {
  test('is cut off, and what had waited for it is dropped', async () => {
    const rig = await startEvents()
    const socket = await openSilent(rig)
    await flood(rig)
    for (let waitedMs = 0; waitedMs <= STALLED_MS + 5000; waitedMs += 5000) await rig.clock.advance(5000)
    await waitUntil('nothing waits for it', async () => rig.clock.waiting === 0)
    const closed = once(socket, 'close')
    socket.resume()
    await closed
  })

  test('is told why it misses something when it reads on', async () => {
    const rig = await startEvents()
    const { rest } = await rig.ask(payload)
    await waitUntil('it is watched', async () => rig.services.count('watchSnapshots') === 1)
    // All in one turn: no reader could have taken any of it.
    void rig.publish(...Array.from({ length: MAX_WAITING_EVENTS + 2 }, () => snapshot('n')))
    expect((await rest()).slice(-2)).toMatchObject([
      { event: 'next', data: { errors: [{ extensions: { code: 'RATE_LIMITED', retryable: true } }] } },
      { event: 'complete' },
    ])
  })

  test('keeps nobody else from an event', async () => {
    const rig = await startEvents()
    await openSilent(rig)
    const { next } = await rig.ask(payload)
    await waitUntil('both are watched', async () => rig.services.count('watchSnapshots') === 2)
    await next()
    for (let index = 0; index < 40; index += 1) {
      await rig.publish(snapshot(`n${index}`, 'k', url))
      expect((await next())?.data.data.snapshot.id).toBe(`n${index}`)
    }
  })

  test('does not hold up the end of the process for more than a second', async () => {
    const rig = await startEvents()
    await openSilent(rig)
    await flood(rig)
    const closed = rig.app.close()
    await rig.clock.advance(1000)
    await closed
    expect(rig.clock.waiting).toBe(0)
  })
})

test('60 subscriptions at once are carried out as far as there are places', async () => {
  const rig = await startEvents({ perClient: 20 })
  const opened = await Promise.all(Array.from({ length: 60 }, () => rig.ask(payload)))
  const statuses = Map.groupBy(opened, ({ response }) => response.status)
  expect([statuses.get(200)?.length, statuses.get(429)?.length]).toEqual([20, 40])
  expect(rig.services.count('watchSnapshots')).toBeLessThanOrEqual(20)
  for (const { leave } of opened) leave()
  await waitUntil('nothing waits', async () => rig.clock.waiting === 0)
})
