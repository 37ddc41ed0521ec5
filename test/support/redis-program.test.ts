import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { findRedisProgram } from './redis-program.ts'
import { startRedis } from './redis-server.ts'

const INSTALL_TIMEOUT_MS = 300_000

let folder = ''

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'weir-path-'))
})

afterEach(async () => {
  vi.unstubAllEnvs()
  await rm(folder, { recursive: true })
})

const never = async () => false

/** A container engine as far as its command line goes: runs what it is asked to, without any container. */
const engineWithoutContainers = (server: string) => `#!/bin/sh
PATH=/usr/bin:/bin
cd "$(dirname "$0")"
case $1 in
run)
  while [ "$1" != --name ]; do shift; done
  echo $$ > "$2"
  while [ "$1" != redis:7 ]; do shift; done
  shift
  exec "${server}" "$@" ;;
kill) kill -s "\${3#SIG}" "$(cat "$4")" ;;
rm) kill -s KILL "$(cat "$3")" ;;
esac`

test('says in one sentence how to get a Redis where there is none', async () => {
  vi.stubEnv('PATH', folder)
  await expect(findRedisProgram(never)).rejects.toThrow(/^Redis is missing: put redis-server 7 [^.]*$/)
})

test('passes over a container engine that nothing stands behind', async () => {
  await writeFile(join(folder, 'docker'), '#!/bin/sh\nexit 1', { mode: 0o755 })
  vi.stubEnv('PATH', folder)
  await expect(findRedisProgram(never)).rejects.toThrow('Redis is missing')
})

test(
  'takes the server under the name that it has without its service',
  async (context) => {
    const program = await findRedisProgram()
    if (!('path' in program)) return context.skip('there is no program to give the other name to')
    await symlink(program.path, join(folder, 'redis-check-rdb'))
    vi.stubEnv('PATH', folder)
    const otherwise = await findRedisProgram(never)
    expect(otherwise).toEqual({ path: join(folder, 'redis-check-rdb') })
    const redis = await startRedis({ program: otherwise })
    expect(await redis.command('PING')).toBe('PONG')
    await redis.close()
  },
  INSTALL_TIMEOUT_MS,
)

test('freezes, kills and starts again what a container engine runs', async (context) => {
  const found = await findRedisProgram()
  if (!('path' in found) || process.platform !== 'linux') return context.skip('there is no program to run')
  const engine = join(folder, 'docker')
  await writeFile(engine, engineWithoutContainers(found.path), { mode: 0o755 })
  vi.stubEnv('PATH', folder)
  const program = await findRedisProgram(never)
  expect(program).toEqual({ engine, image: 'redis:7' })
  const redis = await startRedis({ program })
  try {
    await redis.freeze()
    expect(await redis.answers(300)).toBe(false)
    await redis.resume()
    expect(await redis.answers(5_000)).toBe(true)
    await redis.kill()
    await redis.start()
    await redis.freeze()
  } finally {
    await redis.close()
  }
  expect(await redis.answers(300)).toBe(false)
})
