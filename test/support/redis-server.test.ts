import { afterEach, expect, test, vi } from 'vitest'
import { openTestRedis, type RedisOptions, startRedis } from './redis-server.ts'

const INSTALL_TIMEOUT_MS = 300_000

const opened: { close: () => Promise<void> }[] = []

async function start(options?: RedisOptions) {
  const redis = await startRedis(options)
  opened.push(redis)
  return redis
}

afterEach(async () => {
  vi.unstubAllEnvs()
  await Promise.all(opened.splice(0).map((one) => one.close()))
})

test(
  'starts a server that answers',
  async () => {
    const redis = await start()
    expect(await redis.command('PING')).toBe('PONG')
    expect(redis.url).toBe(`redis://127.0.0.1:${redis.port}`)
  },
  INSTALL_TIMEOUT_MS,
)

test('a frozen server answers nothing until it is resumed', async () => {
  const redis = await start()
  await redis.freeze()
  expect(await redis.answers(300)).toBe(false)
  await redis.resume()
  expect(await redis.answers(5_000)).toBe(true)
})

test('a killed server refuses connections, and is empty at the same port when it starts again', async () => {
  const redis = await start()
  await redis.command('SET', 'key', 'value')
  await redis.kill()
  await expect(redis.command('PING')).rejects.toThrow()
  await redis.start()
  expect(await redis.command('DBSIZE')).toBe(0)
})

test('a frozen server can be killed', async () => {
  const redis = await start()
  await redis.freeze()
  await redis.kill()
  await redis.start()
  expect(await redis.answers(5_000)).toBe(true)
})

test('a persistent server has its keys when it starts again', async () => {
  const redis = await start({ persistent: true })
  await redis.command('SET', 'key', 'value')
  await redis.kill()
  await redis.start()
  expect(await redis.command('GET', 'key')).toBe('value')
})

test('a flushed server is empty', async () => {
  const redis = await start()
  await redis.command('SET', 'key', 'value')
  await redis.flush()
  expect(await redis.command('DBSIZE')).toBe(0)
})

test('can be closed twice', async () => {
  const redis = await start()
  await redis.close()
  await redis.close()
  expect(await redis.answers(300)).toBe(false)
})

test('takes more settings', async () => {
  const redis = await start({ settings: ['maxmemory 64mb'] })
  expect(await redis.command('CONFIG', 'GET', 'maxmemory')).toEqual(['maxmemory', String(64 * 1024 * 1024)])
})

test('says what the server said when it does not start', async () => {
  await expect(startRedis({ settings: ['no-such-setting 1'] })).rejects.toThrow('no-such-setting')
})

test('removes only its own keys from the server that REDIS_URL names', async () => {
  const server = await start()
  vi.stubEnv('REDIS_URL', server.url)
  const shared = await openTestRedis()
  expect(shared.url).toBe(server.url)
  await server.command('SET', 'foreign', '1')
  await server.command('SET', `${shared.prefix}:own`, '1')
  await shared.close()
  expect(await server.command('KEYS', '*')).toEqual(['foreign'])
})

test('starts a server when REDIS_URL names none', async () => {
  vi.stubEnv('REDIS_URL', '')
  const shared = await openTestRedis()
  opened.push(shared)
  expect(shared.url).toMatch(/^redis:\/\/127\.0\.0\.1:\d+$/)
})
