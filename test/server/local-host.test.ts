import fastify, { type FastifyInstance } from 'fastify'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { refuseOtherHosts } from '../../src/server/local-host.ts'

const browser = { 'user-agent': 'Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0' }
let app: FastifyInstance

beforeEach(() => {
  app = fastify()
  refuseOtherHosts(app, ['*', 'https://Console.example.com:8443'])
  app.get('/', async () => 'answer')
})
afterEach(() => app.close())

test.each([
  'localhost',
  'LOCALHOST:4000',
  '127.0.0.1:4000',
  '127.8.9.10',
  '[::1]:4000',
  'weir.localhost',
  'console.example.com:8443',
])('a request to %s is answered', async (host) => {
  expect((await app.inject({ url: '/', headers: { host, ...browser } })).statusCode).toBe(200)
})

test.each([
  'evil.example',
  'evil.example:4000',
  '127.0.0.1.evil.example',
  'localhost.evil.example',
  'evil.example#localhost',
  'console.example.com',
  '10.0.0.1',
  '[::2]',
])('a page whose name "%s" has come to stand for this machine gets nothing', async (host) => {
  const { payload } = await app.inject({ url: '/', headers: { host, ...browser } })
  expect(payload).toContain('names of its own machine')
})

test('a program may call this machine what it likes', async () => {
  const headers = { host: 'weir.internal', 'user-agent': 'curl/8.5.0' }
  expect((await app.inject({ url: '/', headers })).statusCode).toBe(200)
})
