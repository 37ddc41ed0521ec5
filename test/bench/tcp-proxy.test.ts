import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'
import { text } from 'node:stream/consumers'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { startTcpProxy, type TcpProxy } from '../../bench/faults/rig/tcp-proxy.ts'

let echo: Server
let port: number
/** What has arrived behind the proxy. */
let arrived: string
let proxy: TcpProxy | undefined
let client: Socket

beforeEach(async () => {
  arrived = ''
  echo = createServer((socket) => {
    socket.on('error', () => {})
    socket.on('data', (chunk: Buffer) => {
      arrived += chunk
      socket.write(chunk)
    })
  })
  echo.listen(0, '127.0.0.1')
  await once(echo, 'listening')
  // A TCP server's address is never a text.
  port = (echo.address() as AddressInfo).port
})

afterEach(async () => {
  client.destroy()
  await proxy?.close()
  echo.close()
})

function connectTo(target: TcpProxy): Socket {
  client = connect({ host: '127.0.0.1', port: target.port })
  client.setEncoding('utf8')
  return client
}

test('passes bytes on in their order, however uneven the way', async () => {
  let turn = 0
  const uneven = [4, 0, 7, 1]
  const toTargetMs = () => uneven[turn++ % uneven.length] ?? 0
  proxy = await startTcpProxy({ host: '127.0.0.1', port }, { toTargetMs })
  const socket = connectTo(proxy)
  const words = Array.from({ length: 50 }, (_, index) => `${index};`)
  for (const word of words) socket.write(word)
  socket.end()
  expect(await text(socket)).toBe(words.join(''))
})

test('while it is held nothing arrives, and everything once it is released', async () => {
  proxy = await startTcpProxy({ host: '127.0.0.1', port })
  const socket = connectTo(proxy)
  socket.write('before ')
  await once(socket, 'data')
  proxy.hold()
  socket.write('meanwhile')
  // A second connection goes all the way, so that the first one's bytes would have had the time to.
  const direct = connect({ host: '127.0.0.1', port })
  direct.write('; ')
  await once(direct, 'data')
  direct.destroy()
  expect(arrived).toBe('before ; ')
  proxy.release()
  await once(socket, 'data')
  expect(arrived).toBe('before ; meanwhile')
})

test('what somebody sent before he gave up arrives all the same', async () => {
  proxy = await startTcpProxy({ host: '127.0.0.1', port })
  const socket = connectTo(proxy)
  socket.write('before ')
  await once(socket, 'data')
  proxy.hold()
  socket.end('too late')
  await once(socket, 'finish')
  socket.destroy()
  proxy.release()
  await expect.poll(() => arrived).toBe('before too late')
})
