import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Server, Socket } from 'node:net'
import { networkInterfaces } from 'node:os'
import { afterEach, describe, expect, it } from 'vitest'
import { waitUntil } from '#test/support/wait-until.ts'
import { readSendQueues, toConnectionName } from '../../src/server/send-queues.ts'

let server: Server | undefined
let client: Socket | undefined
afterEach(() => {
  client?.destroy()
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
})
