import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Server, Socket } from 'node:net'
import { networkInterfaces } from 'node:os'
import { afterEach, describe, expect, it } from 'vitest'
import { waitUntil } from '#test/support/wait-until.ts'
import { readSendQueues, toConnectionName } from '../../src/server/send-queues.ts'

let server: Server | undefined
let client: Socket | undefined
const others: Socket[] = []
afterEach(() => {
  client?.destroy()
  for (const other of others.splice(0)) other.destroy()
  server?.close()
})

const hasIpv6 = Object.values(networkInterfaces()).some((addresses) =>
  addresses?.some(({ address }) => address === '::1'),
)
const ipv6Hosts: readonly (readonly [string, string])[] = [
  ['::1', '::1'],
  ['::', '127.0.0.1'],
]
const hosts: readonly (readonly [listening: string, asking: string])[] = [
  ['127.0.0.1', '127.0.0.1'],
  ...(hasIpv6 ? ipv6Hosts : []),
]

describe.runIf(process.platform === 'linux')('what the system holds for a client', () => {
  it.each(hosts)('is known while it is not taken: listening on %s, asked from %s', async (listening, asking) => {
    server = createServer()
    server.listen(0, listening)
    await once(server, 'listening')
    const accepted = once(server, 'connection')
    const near = connect((server.address() as AddressInfo).port, asking)
    client = near
    near.pause()
    const [far] = await accepted
    if (!(far instanceof Socket)) throw new Error('no socket')
    far.on('error', () => undefined)
    const name = toConnectionName(far)
    expect((await readSendQueues()).has(name)).toBe(false)
    far.write(Buffer.alloc(1024 * 1024))
    await waitUntil('something is held', async () => ((await readSendQueues()).get(name) ?? 0) > 100_000)
    expect((await readSendQueues()).get(name)).toBeLessThanOrEqual(1024 * 1024)
    near.resume()
    await waitUntil('nothing is held', async () => !(await readSendQueues()).has(name))
    far.destroy()
  })

  it('is known for each of many, of which the system tells in pieces', async () => {
    server = createServer()
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    const names: string[] = []
    server.on('connection', (far) => {
      others.push(far.on('error', () => undefined))
      names.push(toConnectionName(far))
      far.write(Buffer.alloc(4 * 1024 * 1024))
    })
    for (let index = 0; index < 120; index += 1) others.push(connect(port, '127.0.0.1').pause())
    await waitUntil('all are there', async () => names.length === 120)
    await waitUntil('something is held for each', async () => {
      const queues = await readSendQueues()
      return names.every((name) => (queues.get(name) ?? 0) > 0)
    })
  })
})
