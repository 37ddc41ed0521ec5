import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { Redis } from 'ioredis'
import { expect, test } from 'vitest'
import { z } from 'zod'

const INSTALL_TIMEOUT_MS = 300_000

const server = new URL('./redis-server.ts', import.meta.url).href

/** A process that starts a server, says where it is, and then does as `then` says. */
async function startElsewhere(then: string) {
  const program = `
    import { startRedis } from ${JSON.stringify(server)}
    const redis = await startRedis()
    const [, folder] = await redis.command('CONFIG', 'GET', 'dir')
    console.log(JSON.stringify({ port: redis.port, folder }))
    ${then}`
  const child = spawn(process.execPath, ['--input-type=module-typescript', '--eval', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const [line] = await once(createInterface(child.stdout), 'line')
  const { port, folder } = z.object({ port: z.number(), folder: z.string() }).parse(JSON.parse(String(line)))
  return { child, port, folder }
}

async function isListening(port: number) {
  const client = new Redis(port, '127.0.0.1', { lazyConnect: true, retryStrategy: () => null, connectTimeout: 300 })
  client.on('error', () => undefined)
  const code = await client.connect().then(
    () => 'connected',
    (error: unknown) => String(error),
  )
  client.disconnect()
  return code === 'connected'
}

test(
  'a server ends, and its files go, with a test process that is killed while the server is frozen',
  async () => {
    const { child, port, folder } = await startElsewhere('await redis.freeze(); setInterval(() => {}, 1000)')
    child.kill('SIGKILL')
    await expect.poll(() => existsSync(folder), { timeout: 5_000 }).toBe(false)
    expect(await isListening(port)).toBe(false)
  },
  INSTALL_TIMEOUT_MS,
)

test('a process that forgets to close its server ends all the same, and the server with it', async () => {
  const { child, port, folder } = await startElsewhere('')
  if (child.exitCode === null) await once(child, 'exit')
  expect(child.exitCode).toBe(0)
  await expect.poll(() => existsSync(folder), { timeout: 5_000 }).toBe(false)
  expect(await isListening(port)).toBe(false)
})
