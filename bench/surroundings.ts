// What has to be said beside every figure: when, where, with what.
import { readFile } from 'node:fs/promises'
import { availableParallelism, cpus, loadavg } from 'node:os'
import { z } from 'zod'
import type { TestRedis } from '#test/support/redis-server.ts'

const packageFile = z.object({ version: z.string() })

/**
 * One line in Markdown, with the load that was there before: the comparison's own is 1 to 2. To be called first.
 * @param words of the command line
 */
export async function describeRun(redis: Pick<TestRedis, 'command'>, words: readonly string[]): Promise<string> {
  const date = new Date().toISOString().slice(0, 10)
  const info = String(await redis.command('INFO', 'server'))
  const redisVersion = /redis_version:(\S+)/.exec(info)?.[1] ?? 'unknown'
  const packages = await Promise.all(
    ['ioredis', 'async-cache-dedupe'].map(async (name) => `${name} ${await readVersion(name)}`),
  )
  const machine = `${availableParallelism()} cores (${cpus()[0]?.model.trim() ?? 'unknown'}) under a load of ${(loadavg()[0] ?? 0).toFixed(1)}`
  const command = ['npm run bench', ...(words.length > 0 ? ['--', ...words] : [])].join(' ')
  return `${date}, ${machine}, Node ${process.versions.node}, Redis ${redisVersion}, ${packages.join(', ')}: \`${command}\``
}

async function readVersion(name: string): Promise<string> {
  const path = new URL(`../node_modules/${name}/package.json`, import.meta.url)
  return packageFile.parse(JSON.parse(await readFile(path, 'utf8'))).version
}
