// Clients that send what no client sends, or more than anybody can use.
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { describe, expect, onTestFinished, test } from 'vitest'
import { WebSocket } from 'ws'
import { STALLED_MS } from '#graphql/socket-pulse.ts'
import { waitUntil } from '#test/support/wait-until.ts'
import { type SocketRig, snapshot, startSockets } from './socket-rig.ts'

const TEXT = 1
const CONTINUATION = 0
const CLOSE = 8
const PING = 9

/** A frame with a zero mask, which leaves its payload as it is. */
function toFrame(
  opcode: number,
  payload: Buffer,
  { isLast = true, reserved = 0, length = payload.length } = {},
): Buffer {
  const head = Buffer.alloc(14)
  head[0] = (isLast ? 0x80 : 0) | reserved | opcode
  if (length < 126) {
    head[1] = 0x80 | length
    return Buffer.concat([head.subarray(0, 6), payload])
  }
  head[1] = 0x80 | 127
  head.writeBigUInt64BE(BigInt(length), 2)
  return Buffer.concat([head, payload])
}

/** A connection on which a test writes bytes of its own; `closeCode` reads the close frame of the server. */
async function openRaw({ address }: Pick<SocketRig, 'address'>) {
  const { port } = new URL(address)
  const socket: Socket = connect(Number(port), '127.0.0.1')
  onTestFinished(() => void socket.destroy())
  socket.on('error', () => undefined)
  let received = Buffer.alloc(0)
  const isOpen = new Promise<void>((resolve) =>
    socket.on('data', (chunk) => {
      received = Buffer.concat([received, chunk])
      const end = received.indexOf('\r\n\r\n')
      if (end < 0) return
      received = received.subarray(end + 4)
      socket.removeAllListeners('data')
      socket.on('data', (more) => {
        received = Buffer.concat([received, more])
      })
      resolve()
    }),
  )
  const closed = once(socket, 'close')
  socket.write(
    [
      'GET /graphql HTTP/1.1',
      `host: 127.0.0.1:${port}`,
      'connection: Upgrade',
      'upgrade: websocket',
      'sec-websocket-version: 13',
      `sec-websocket-key: ${randomBytes(16).toString('base64')}`,
      'sec-websocket-protocol: graphql-transport-ws',
      '\r\n',
    ].join('\r\n'),
  )
  await isOpen
  return {
    socket,
    closeCode: async () => {
      await closed
      for (let at = 0; at < received.length; at += 2 + ((received[at + 1] ?? 0) & 0x7f))
        if (((received[at] ?? 0) & 0x0f) === CLOSE) return received.readUInt16BE(at + 2)
      return undefined
    },
  }
}

const init = toFrame(TEXT, Buffer.from('{"type":"connection_init"}'))

describe('a connection ends over', () => {
  test('a message of 20 MB, of which nothing is kept', async () => {
    const rig = await startSockets()
    const { socket, closeCode } = await openRaw(rig)
    socket.write(Buffer.concat([init, toFrame(TEXT, Buffer.alloc(1024 * 1024, 'x'), { length: 20 * 1024 * 1024 })]))
    expect(await closeCode()).toBe(1009)
    expect(rig.log()).not.toContain('"level":50')
    expect(rig.log()).not.toContain('xxx')
  })

  test('a frame with a reserved bit, and one of an unknown kind', async () => {
    const rig = await startSockets()
    for (const frame of [toFrame(TEXT, Buffer.from('{}'), { reserved: 0x20 }), toFrame(3, Buffer.alloc(0))]) {
      const { socket, closeCode } = await openRaw(rig)
      socket.write(Buffer.concat([init, frame]))
      expect(await closeCode()).toBe(1002)
    }
    expect(rig.log()).not.toMatch(/"level":50|stack/)
  })

  test('a message in 100 000 pieces of a byte', async () => {
    const rig = await startSockets()
    const { socket, closeCode } = await openRaw(rig)
    const piece = toFrame(CONTINUATION, Buffer.from('x'), { isLast: false })
    socket.write(Buffer.concat([init, toFrame(TEXT, Buffer.from('x'), { isLast: false })]))
    socket.write(Buffer.concat(Array.from({ length: 100_000 }, () => piece)))
    expect(await closeCode()).toBe(1008)
  })

  test('a message that is no text, no JSON, or none of the protocol', async () => {
    const { connect: open, log } = await startSockets()
    const messages = [
      'secret{',
      '[]',
      'null',
      '{"type":"next","id":"1","payload":{}}',
      '{"type":"subscribe","payload":{}}',
      '{"type":"subscribe","id":"","payload":{}}',
      `{"type":"subscribe","id":"${'x'.repeat(129)}","payload":{}}`,
      '{"type":"complete","id":7}',
      '{"type":"ping","payload":"secret"}',
      '{"__proto__":{"type":"ping"}}',
    ]
    for (const text of messages) {
      const { socket, closed } = await open()
      socket.send(text)
      expect(await closed, text).toBe('4400 Invalid message received')
    }
    const { socket, closed } = await open()
    socket.send(Buffer.from('{"type":"ping"}'))
    expect(await closed).toBe('1003 Messages are texts')
    expect(log()).not.toContain('secret')
    expect(log()).not.toContain('"level":50')
  })

  test('a flood of pings, of the connection or of the protocol', async () => {
    const rig = await startSockets()
    for (const frame of [toFrame(PING, Buffer.alloc(0)), toFrame(TEXT, Buffer.from('{"type":"ping"}'))]) {
      const { socket, closeCode } = await openRaw(rig)
      socket.write(Buffer.concat([init, ...Array.from({ length: 10_000 }, () => frame)]))
      expect([4429, undefined]).toContain(await closeCode())
    }
  })

  test('10 000 operations at once, of which it carries out as many as it may', async () => {
    const rig = await startSockets()
    const { socket, closed } = await rig.connect()
    const payload = { query: 'subscription { snapshot(account: "a") { id } }' }
    for (let id = 0; id < 10_000; id += 1) socket.send(JSON.stringify({ id: `${id}`, type: 'subscribe', payload }))
    expect(await closed).toBe('4429 Too many messages')
    expect(rig.services.count('watchSnapshots')).toBe(100)
    await waitUntil('nothing waits', async () => rig.clock.waiting === 0)
  })
})

describe('messages', () => {
  test('may be nested more deeply than can be written again, whoever sends them', async () => {
    const { open, connect: openKnown, log } = await startSockets()
    const depth = 32_600
    const nested = `{"a":${'['.repeat(depth)}${']'.repeat(depth)}}`
    const stranger = await open()
    stranger.socket.send(`{"type":"ping","payload":${nested}}`)
    expect(await stranger.next()).toEqual({ type: 'pong' })
    stranger.socket.send(`{"type":"connection_init","payload":${nested}}`)
    expect(await stranger.next()).toEqual({ type: 'connection_ack' })
    const { socket, next } = await openKnown()
    for (const member of ['payload', 'id']) {
      socket.send(`{"type":"pong","${member}":${nested}}`)
      socket.send(`{"type":"ping","${member}":${nested}}`)
      expect(await next()).toEqual({ type: 'pong' })
    }
    const query = '"query":"query ($first: Int) { liveStreams(first: $first) { totalCount } }"'
    for (const payload of [nested, `{${query},"variables":{"first":${nested}}}`, `{${query},"extensions":${nested}}`]) {
      socket.send(`{"type":"subscribe","id":"1","payload":${payload}}`)
      const { type } = await next()
      expect(['next', 'error']).toContain(type)
      if (type === 'next') expect(await next()).toEqual({ id: '1', type: 'complete' })
    }
    expect(log()).not.toContain('"level":50')
  })

  test('may come ten seconds’ worth at once, and after that at their pace', async () => {
    const { connect: open, clock } = await startSockets({ messagesPerSecond: 2 })
    const { send, next, socket, closed } = await open()
    const ask = async () => {
      send({ type: 'ping' })
      return next()
    }
    for (let sent = 0; sent < 19; sent += 1) expect(await ask()).toEqual({ type: 'pong' })
    for (let second = 0; second < 5; second += 1) {
      await clock.advance(1000)
      for (let sent = 0; sent < 2; sent += 1) expect(await ask()).toEqual({ type: 'pong' })
    }
    expect(socket.readyState).toBe(WebSocket.OPEN)
    send({ type: 'ping' })
    expect(await closed).toBe('4429 Too many messages')
  })
})

describe('a client that reads slowly', () => {
  const url = `http://shots.example.com/${'x'.repeat(50_000)}.jpg`
  const payload = { query: 'subscription { snapshot(account: "a") { id url } }' }

  async function startWithSlowReader(watches: number) {
    const rig = await startSockets()
    const [slow, quick] = [await rig.connect(), await rig.connect()]
    for (let id = 0; id < watches; id += 1) slow.send({ id: `${id}`, type: 'subscribe', payload })
    quick.send({ id: '1', type: 'subscribe', payload })
    await waitUntil('all is watched', async () => rig.services.count('watchSnapshots') === watches + 1)
    slow.socket.pause()
    const countConnections = () =>
      new Promise<number>((resolve) => rig.app.server.getConnections((_error, count) => resolve(count)))
    return { ...rig, slow, quick, countConnections }
  }

  test('keeps nobody else from an event, and goes on where it stopped', async () => {
    const { publish, slow, quick } = await startWithSlowReader(50)
    const seen: string[] = []
    for (let index = 0; index < 40; index += 1) {
      await publish(snapshot(`n${index}`, 'k', url))
      seen.push((await quick.next()).payload.data.snapshot.id)
    }
    const all = Array.from({ length: 40 }, (_, index) => `n${index}`)
    expect(seen).toEqual(all)
    slow.socket.resume()
    const taken: Record<string, string[]> = {}
    for (let index = 0; index < 40 * 50; index += 1) {
      const { id, payload: answer } = await slow.next()
      taken[id] = [...(taken[id] ?? []), answer.data.snapshot.id]
    }
    expect(Object.values(taken)).toEqual(Array.from({ length: 50 }, () => all))
  })

  test('is cut after 30 s in which it took nothing', async () => {
    const { publish, quick, slow, clock, countConnections } = await startWithSlowReader(1)
    for (let index = 0; index < 400; index += 1) {
      await publish(snapshot(`n${index}`, 'k', url))
      await quick.next()
    }
    for (let passedMs = 0; passedMs < STALLED_MS + 2000; passedMs += 1000) await clock.advance(1000)
    await waitUntil('it is cut', async () => (await countConnections()) === 1)
    slow.socket.resume()
    await slow.closed
    expect(quick.socket.readyState).toBe(WebSocket.OPEN)
  })

  test('is not one that asks for several large answers at once', async () => {
    const { services, publish, connect: open } = await startSockets()
    const { send, next, socket } = await open()
    for (let id = 0; id < 5; id += 1) send({ id: `${id}`, type: 'subscribe', payload })
    await waitUntil('all is watched', async () => services.count('watchSnapshots') === 5)
    await publish(snapshot('n', 'k', `http://shots.example.com/${'x'.repeat(4_000_000)}`))
    const ids = [await next(), await next(), await next(), await next(), await next()].map(({ id }) => id)
    expect(ids).toEqual(['0', '1', '2', '3', '4'])
    expect(socket.readyState).toBe(WebSocket.OPEN)
  })

  test('but steadily keeps its connection for a message of 30 MB', async () => {
    const rig = await startSockets()
    const { socket } = await openRaw(rig)
    let [received, goal] = [0, 0]
    socket.removeAllListeners('data')
    socket.on('data', ({ length }) => {
      received += length
      if (received >= goal) socket.pause()
    })
    const start = toFrame(TEXT, Buffer.from(JSON.stringify({ id: '1', type: 'subscribe', payload })))
    socket.write(Buffer.concat([init, start]))
    await waitUntil('it is watched', async () => rig.services.count('watchSnapshots') === 1)
    socket.pause()
    const bytes = 30_000_000
    await rig.publish(snapshot('n', 'k', `http://shots.example.com/${'x'.repeat(bytes)}`))
    let rounds = 0
    for (; received < bytes; rounds += 1) {
      goal = Math.min(bytes, received + 2_000_000)
      socket.resume()
      await waitUntil('some of it has come', async () => received >= goal || socket.destroyed)
      expect(socket.destroyed).toBe(false)
      await rig.clock.advance(20_000)
    }
    expect(rounds * 20_000).toBeGreaterThan(2 * STALLED_MS)
  })
})
