import { createServer as createPlainServer, type Socket } from 'node:net'
import { createGzip } from 'node:zlib'
import { afterEach, describe, expect, test } from 'vitest'
import { KeySetError, type KeySetTrouble, readKeySet } from '#access/key-set-source.ts'
import { FakeClock } from '#test/support/fake-clock.ts'
import { createSigningKey, type KeySetServer, type SigningKey, startKeySetServer } from '#test/support/token-issuer.ts'

const key = await createSigningKey('one')
const rsa = await createSigningKey('two', 'RS256')
const keySet = JSON.stringify({ keys: [key.jwk] })

const servers: KeySetServer[] = []
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()))
})

async function openServer(...keys: readonly SigningKey[]): Promise<KeySetServer> {
  const server = await startKeySetServer(...keys)
  servers.push(server)
  return server
}

function read(url: string, clock = new FakeClock(), closing = new AbortController()) {
  return readKeySet(new URL(url), clock, closing.signal)
}

async function troubleOf(reading: Promise<unknown>): Promise<KeySetTrouble> {
  try {
    await reading
  } catch (error) {
    if (error instanceof KeySetError) return error.trouble
    throw error
  }
  throw new Error('it was read')
}

describe('reading the keys of an issuer', () => {
  test('takes the public keys and nothing else', async () => {
    const server = await openServer()
    const odd = [{ kty: 'oct', k: 'c2VjcmV0' }, { kty: 'AKP' }, 'text', null, { ...key.jwk, kid: 7 }, []]
    const keys = [...odd, { ...key.jwk, d: 'private', x5c: ['…'], ['__proto__']: { polluted: true } }, rsa.jwk]
    server.answer((response) => response.end(JSON.stringify({ keys, more: {} })))
    const clock = new FakeClock()
    expect(await read(server.url, clock)).toEqual([key.jwk, rsa.jwk])
    expect(clock.waiting).toBe(0)
  })

  test('takes an empty set for what it is', async () => {
    expect(await read((await openServer()).url)).toEqual([])
  })

  test('asks for an answer that is not compressed, and keeps no connection', async () => {
    const server = await openServer()
    const headers: object[] = []
    server.answer((response) => {
      headers.push(response.req.headers)
      response.end(keySet)
    })
    await read(server.url)
    expect(headers).toEqual([expect.objectContaining({ 'accept-encoding': 'identity', connection: 'close' })])
  })

  test.each<[KeySetTrouble, string, Parameters<KeySetServer['answer']>[0]]>([
    ['STATUS', 'an error', (response) => response.writeHead(500).end(keySet)],
    ['STATUS', 'an empty answer', (response) => response.writeHead(204).end()],
    ['STATUS', 'a redirect', (response) => response.writeHead(302, { location: '/other' }).end(keySet)],
    [
      'ENCODED',
      'a compressed answer',
      (response) => {
        response.setHeader('content-encoding', 'gzip')
        createGzip().end(keySet).pipe(response)
      },
    ],
    ['TOO_LARGE', 'a huge answer', (response) => response.end(keySet.padEnd(64 * 1024 + 1))],
    [
      'TOO_LARGE',
      'an endless answer',
      (response) => {
        const more = () => {
          while (!response.destroyed && response.write('x'.repeat(16_384)));
        }
        response.on('drain', more)
        more()
      },
    ],
    ['MALFORMED', 'a page', (response) => response.end('<html>sign in</html>')],
    ['MALFORMED', 'another object', (response) => response.end('{"jwks_uri":"https://example.com"}')],
    ['MALFORMED', 'keys that are no list', (response) => response.end('{"keys":{}}')],
    [
      'MALFORMED',
      'bytes that are no text',
      (response) => response.end(Buffer.from('{"keys":[],"more":"\xff"}', 'latin1')),
    ],
    ['MALFORMED', 'deep brackets', (response) => response.end('['.repeat(60_000))],
    [
      'UNREACHABLE',
      'an answer that breaks off',
      (response) => response.writeHead(200).write('{"keys"', () => response.destroy()),
    ],
    ['UNREACHABLE', 'no answer', (response) => response.destroy()],
  ])('fails with %s on %s', async (trouble, _, answer) => {
    const server = await openServer()
    server.answer(answer)
    const clock = new FakeClock()
    expect(await troubleOf(read(server.url, clock))).toBe(trouble)
    expect(server.asked()).toBe(1)
    expect(clock.waiting).toBe(0)
  })

  test('takes as much as 64 KiB', async () => {
    const server = await openServer()
    server.answer((response) => response.end(keySet.padEnd(64 * 1024)))
    expect(await read(server.url)).toEqual([key.jwk])
  })

  test('fails with UNREACHABLE where nobody listens', async () => {
    const server = await openServer()
    await server.close()
    expect(await troubleOf(read(server.url))).toBe('UNREACHABLE')
  })

  test.each(['', 'HTTP/1.1 200 OK\r\ncontent-length: 50\r\n\r\n{"keys"'])(
    'gives up after 3 s with %j',
    async (bytes) => {
      const clock = new FakeClock()
      const sockets = new Set<Socket>()
      const asked = Promise.withResolvers<void>()
      const server = createPlainServer((socket) => {
        sockets.add(socket)
        socket.on('error', () => undefined)
        socket.once('data', () => socket.write(bytes === '' ? 'HT' : bytes, () => asked.resolve()))
      })
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
      const address = server.address()
      if (address === null || typeof address === 'string') throw new Error('the server has no port')
      const trouble = troubleOf(read(`http://127.0.0.1:${address.port}/`, clock))
      await asked.promise
      await clock.advance(2999)
      expect(clock.waiting).toBe(1)
      await clock.advance(1)
      expect(await trouble).toBe('TIMEOUT')
      for (const socket of sockets) socket.destroy()
      server.close()
    },
  )

  test('ends when it is told to', async () => {
    const server = await openServer()
    const asked = Promise.withResolvers<void>()
    server.answer(() => asked.resolve())
    const clock = new FakeClock()
    const closing = new AbortController()
    const trouble = troubleOf(read(server.url, clock, closing))
    await asked.promise
    closing.abort()
    expect(await trouble).toBe('UNREACHABLE')
    expect(clock.waiting).toBe(0)
  })
})
