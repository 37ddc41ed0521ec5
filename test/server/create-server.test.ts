import { connect } from 'node:net'
import type { FastifyInstance } from 'fastify'
import { pino } from 'pino'
import { afterEach, describe, expect, it } from 'vitest'
import { buildFrameworkErrorHandler } from '#rest/error-handler.ts'
import { createServer } from '../../src/server/create-server.ts'

let app: FastifyInstance | undefined
afterEach(() => app?.close())

async function create(options: { corsOrigins?: string[]; trustProxy?: string[] } = {}) {
  app = await createServer({
    log: pino({ level: 'silent' }),
    corsOrigins: options.corsOrigins ?? [],
    trustProxy: options.trustProxy ?? [],
    frameworkErrors: buildFrameworkErrorHandler({ error: () => {} }),
  })
  app.get('/', async (request) => ({ id: request.id, address: request.ip }))
  return app
}

describe('the server', () => {
  it('lets pages load nothing from elsewhere and run nothing inline', async () => {
    const { headers } = await (await create()).inject('/')
    const policy = String(headers['content-security-policy'])
    expect(policy).toContain("default-src 'self'")
    expect(policy).not.toMatch(/script-src|unsafe-eval|https:|\*/)
    expect(headers['x-content-type-options']).toBe('nosniff')
  })

  it('takes a request id that is one, and replaces any other', async () => {
    const server = await create()
    const named = await server.inject({ url: '/', headers: { 'x-request-id': 'abc-1' } })
    expect(named.json().id).toBe('abc-1')
    const forged = await server.inject({ url: '/', headers: { 'x-request-id': '{"level":"fatal"}' } })
    expect(forged.json().id).toMatch(/^[0-9a-f-]{36}$/)
  })

  it('believes forwarding headers of named proxies only', async () => {
    const headers = { 'x-forwarded-for': '203.0.113.9' }
    expect((await (await create()).inject({ url: '/', headers })).json().address).toBe('127.0.0.1')
    await app?.close()
    const behind = await create({ trustProxy: ['127.0.0.1'] })
    expect((await behind.inject({ url: '/', headers })).json().address).toBe('203.0.113.9')
  })

  it('answers what is no HTTP request with a problem', async () => {
    const server = await create()
    await server.listen({ port: 0, host: '127.0.0.1' })
    const address = server.server.address()
    const port = typeof address === 'object' && address ? address.port : 0
    const ask = (text: string) =>
      new Promise<string>((resolve) => {
        const socket = connect(port, '127.0.0.1', () => socket.write(text))
        let answer = ''
        socket.on('data', (chunk) => {
          answer += chunk
        })
        socket.on('close', () => resolve(answer))
      })
    const malformed = await ask('NOT HTTP\r\n\r\n')
    expect(malformed).toMatch(/^HTTP\/1\.1 400 /)
    expect(malformed).toContain('application/problem+json')
    expect(malformed).toContain('"code":"INVALID_INPUT"')
    const oversized = await ask(`GET / HTTP/1.1\r\nhost: x\r\nx: ${'y'.repeat(20_000)}\r\n\r\n`)
    expect(oversized).toMatch(/^HTTP\/1\.1 431 /)
  })

  it('lets pages of listed origins call, and no others', async () => {
    const server = await create({ corsOrigins: ['https://studio.example.com'] })
    const asked = async (origin: string) =>
      (await server.inject({ url: '/', headers: { origin } })).headers['access-control-allow-origin']
    expect(await asked('https://studio.example.com')).toBe('https://studio.example.com')
    expect(await asked('https://evil.example.com')).not.toBe('https://evil.example.com')
  })
})
