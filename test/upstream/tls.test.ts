import { createServer, type Server } from 'node:tls'
import { buildConnector } from 'undici'
import { afterEach, describe, expect, it } from 'vitest'
import { toAnswer } from '#test/support/hostile-upstream.ts'
import { createSelfSigned, type SelfSigned } from '#test/support/self-signed.ts'
import { toAsk, toJsonRequest, toTestClient } from '#test/support/upstream-client.ts'
import type { UpstreamClient } from '#upstream/upstream-client.ts'

const DAY_MS = 86_400_000
const NOW = Date.now()
const good = createSelfSigned('localhost', NOW - DAY_MS, NOW + DAY_MS)
const expired = createSelfSigned('localhost', NOW - 2 * DAY_MS, NOW - DAY_MS)
const elsewhere = createSelfSigned('elsewhere.example', NOW - DAY_MS, NOW + DAY_MS)

let server: Server | undefined
let client: UpstreamClient | undefined
let requests = 0

/** A server with that certificate, and a client that trusts those. */
async function start(own: SelfSigned, trusted: readonly SelfSigned[]): Promise<UpstreamClient> {
  requests = 0
  const listening = createServer({ key: own.key, cert: own.cert, ALPNProtocols: ['h2', 'http/1.1'] }, (socket) => {
    socket.on('error', () => undefined)
    socket.on('data', () => {
      requests += 1
      socket.write(toAnswer('{"a":1}'))
    })
  })
  server = listening.on('tlsClientError', () => undefined)
  await new Promise<void>((resolve) => listening.listen(0, '127.0.0.1', resolve))
  const address = listening.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  const ca = trusted.map(({ cert }) => cert)
  client = toTestClient(`https://localhost:${address.port}`, {
    ...(ca.length > 0 && { connector: buildConnector({ ca, allowH2: false }) }),
    deadlineMs: 2000,
  })
  return client
}

afterEach(async () => {
  await client?.close()
  server?.close()
})

describe('a provider over TLS', () => {
  it('is asked when its certificate is good', async () => {
    const { call } = await start(good, [good])
    expect(await call(toJsonRequest(), toAsk())).toEqual({ a: 1 })
    expect(await call(toJsonRequest(), toAsk())).toEqual({ a: 1 })
  })

  it.each([
    ['is signed by nobody we know', good, []],
    ['has expired', expired, [expired]],
    ['is for another host', elsewhere, [elsewhere]],
  ])('is UPSTREAM_UNAVAILABLE and gets no request when its certificate %s', async (_title, own, trusted) => {
    const { call } = await start(own, trusted)
    await expect(call(toJsonRequest(), toAsk())).rejects.toMatchObject({ code: 'UPSTREAM_UNAVAILABLE' })
    expect(requests).toBe(0)
  })
})
