// A real Redis for tests: one of their own that they may freeze, kill and flush, or the one in REDIS_URL.
import { randomUUID } from 'node:crypto'
import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { Redis } from 'ioredis'
import { findFreePort } from './free-port.ts'
import { createRedisHome, type RedisHome, type RedisProcess } from './redis-process.ts'
import { findRedisProgram, type RedisProgram } from './redis-program.ts'

const READY_WITHIN_MS = 15_000
const POLL_MS = 10
const ATTEMPTS = 5

/** How a server of a test's own is to be. */
export interface RedisOptions {
  /** Whether data is kept in a file (appended at once, synced every second) and is there after `start`. Default no. */
  readonly persistent?: boolean
  /** More lines of redis.conf. */
  readonly settings?: readonly string[]
  /** Whether it is a sentinel instead of a server. Default no. */
  readonly sentinel?: boolean
  /** What runs it. Default: what `findRedisProgram` finds. */
  readonly program?: RedisProgram
}

/** A server that belongs to one test (or file of tests). */
export interface TestRedis {
  /** `redis://127.0.0.1:<port>`. */
  readonly url: string
  readonly port: number
  /** Stops the process where it stands: connections stay open, nothing is answered. */
  readonly freeze: () => Promise<void>
  /** Lets a frozen process go on; what was sent meanwhile is answered. */
  readonly resume: () => Promise<void>
  /** Kills the process, frozen or not, and waits until it is gone: connections are refused from then on. */
  readonly kill: () => Promise<void>
  /** Starts it again at the same port after `kill`: empty, unless it is persistent. @throws Error when it runs */
  readonly start: () => Promise<void>
  /** Removes all keys. */
  readonly flush: () => Promise<void>
  /** Sends one command over a connection of its own, gives up after five seconds. @throws Error as ioredis does */
  readonly command: (...words: readonly [string, ...(string | number)[]]) => Promise<unknown>
  /** Whether it answers a PING within that many milliseconds. */
  readonly answers: (withinMs: number) => Promise<boolean>
  /** Kills it and removes its files. May be called again. */
  readonly close: () => Promise<void>
}

/** Starts a server at a free port of 127.0.0.1 and waits until it answers. Whoever starts one closes it. */
export async function startRedis(options: RedisOptions = {}): Promise<TestRedis> {
  const home = await createRedisHome(options.program ?? (await findRedisProgram()))
  try {
    for (let attempt = 1; ; attempt += 1) {
      const port = await findFreePort()
      await writeFile(configFile(home), configLines(port, home.folder, options).join('\n'))
      try {
        return serverAt(port, home, options, await launch(port, home, options))
      } catch (error) {
        const isPortTaken = error instanceof Error && error.message.includes('Address already in use')
        if (!isPortTaken || attempt === ATTEMPTS) throw error
      }
    }
  } catch (error) {
    await home.close()
    throw error
  }
}

/** A Redis that may be shared with others, under names of one's own. */
export interface SharedRedis {
  readonly url: string
  /** Begins every key of the test; nobody else's keys begin so. */
  readonly prefix: string
  /** Removes the keys with that prefix (and the server, if it was started for this). */
  readonly close: () => Promise<void>
}

/** Opens the Redis of `REDIS_URL` (`redis:` or `rediss:`), or starts one, for a test that needs nothing but keys. */
export async function openTestRedis(): Promise<SharedRedis> {
  const prefix = `weir-test-${randomUUID()}`
  const url = process.env['REDIS_URL'] ?? ''
  if (url === '') {
    const own = await startRedis()
    return { url: own.url, prefix, close: own.close }
  }
  if (!/^rediss?:/.test(url)) throw new Error('REDIS_URL must begin with redis:// or rediss:// for the tests')
  return { url, prefix, close: () => removeKeys(url, prefix) }
}

async function removeKeys(url: string, prefix: string): Promise<void> {
  const client = new Redis(url)
  try {
    for await (const keys of client.scanStream({ match: `${prefix}*`, count: 1000 }))
      if (keys.length > 0) await client.unlink(keys)
  } finally {
    client.disconnect()
  }
}

function serverAt(port: number, home: RedisHome, options: RedisOptions, first: RedisProcess): TestRedis {
  let running = first
  return {
    url: `redis://127.0.0.1:${port}`,
    port,
    freeze: () => running.freeze(),
    resume: () => running.resume(),
    kill: () => running.kill(),
    start: async () => {
      if (!running.hasEnded()) throw new Error('the server runs already: kill it first')
      // A replica receives its data as this file, and a server reads it at start whether it is to persist or not.
      await rm(join(home.folder, 'dump.rdb'), { force: true })
      running = await launch(port, home, options)
    },
    flush: async () => {
      await send(port, 5_000, 'FLUSHALL', 'SYNC')
    },
    command: (...words) => send(port, 5_000, ...words),
    answers: (withinMs) =>
      send(port, withinMs, 'PING').then(
        () => true,
        () => false,
      ),
    close: async () => {
      await running.kill()
      await home.close()
    },
  }
}

const configFile = (home: RedisHome) => join(home.folder, 'redis.conf')

function configLines(port: number, folder: string, options: RedisOptions): string[] {
  const place = ['bind 127.0.0.1', `port ${port}`, `dir ${folder}`, ...(options.settings ?? []), '']
  if (options.sentinel) return place
  const persistence = options.persistent ? ['appendonly yes', 'appendfsync everysec'] : ['appendonly no']
  return ['save ""', ...persistence, 'enable-debug-command local', ...place]
}

/** Starts the process and waits until it answers, and not somebody else who has its port. */
async function launch(port: number, home: RedisHome, options: RedisOptions): Promise<RedisProcess> {
  const server = await home.run(configFile(home), ...(options.sentinel ? ['--sentinel'] : []))
  const giveUpAt = performance.now() + READY_WITHIN_MS
  while (!(await isReady(port, home))) {
    if (server.hasEnded()) throw new Error(`the Redis of this test has ended at once: ${await home.lastLines()}`)
    if (performance.now() > giveUpAt) {
      await server.kill()
      throw new Error(`the Redis of this test does not answer: ${await home.lastLines()}`)
    }
    await delay(POLL_MS)
  }
  return server
}

/** Whether the server of that home answers at that port, its data read. */
async function isReady(port: number, home: RedisHome): Promise<boolean> {
  try {
    const about = String(await send(port, 1_000, 'INFO'))
    return about.includes(`config_file:${configFile(home)}`) && !about.includes('loading:1')
  } catch {
    return false
  }
}

async function send(port: number, withinMs: number, command: string, ...words: (string | number)[]): Promise<unknown> {
  const client = new Redis({
    host: '127.0.0.1',
    port,
    lazyConnect: true,
    enableReadyCheck: false,
    maxRetriesPerRequest: 0,
    retryStrategy: () => null,
    connectTimeout: withinMs,
    commandTimeout: withinMs,
    disableClientInfo: true,
    // A frozen server does not close its end; by default the client would wait two seconds for it.
    disconnectTimeout: 50,
  })
  // The command tells; without a listener the client would write it on the console too.
  client.on('error', () => undefined)
  try {
    return await client.call(command, ...words)
  } finally {
    client.disconnect()
  }
}
