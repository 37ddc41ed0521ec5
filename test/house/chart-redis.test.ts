// The Redis that the chart brings along, as far as it can be tried without its image: its settings, and how it starts.
import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { renderChart } from '#test/support/chart.ts'
import { startRedis } from '#test/support/redis-server.ts'

const run = promisify(execFile)
const values = {
  config: {
    access: { mode: 'open' },
    accounts: [{ name: 'cnc-main', provider: 'chinanetcenter', credentials: { username: 'a', apiKey: '${KEY}' } }],
  },
  redis: { enabled: true, passwordSecret: { name: 'weir-redis' }, maxMemory: '64Mi' },
}
const chart = await renderChart(values)
const settings = chart.get('ConfigMap', 'release-weir-redis').data['redis.conf'] ?? ''

test('its settings are those of a Redis that keeps what it is told', async () => {
  // Where it listens and writes is the test's own affair.
  const lines = settings.split('\n').filter((line) => !/^(bind|port|dir) /.test(line))
  const redis = await startRedis({ settings: lines })
  try {
    const get = (name: string) => redis.command('CONFIG', 'GET', name)
    expect(await get('maxmemory-policy')).toEqual(['maxmemory-policy', 'noeviction'])
    expect(await get('maxmemory')).toEqual(['maxmemory', String(64 * 1024 * 1024)])
    expect(await get('appendonly')).toEqual(['appendonly', 'yes'])
  } finally {
    await redis.close()
  }
})

test('its password comes out of the environment into a file that nobody else can read', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'weir-chart-'))
  try {
    const [container] = chart.get('StatefulSet', 'release-weir-redis').spec.template.spec.containers
    const [shell, flag, script] = container.command
    await writeFile(join(folder, 'settings'), settings)
    const here = script
      .replace('/etc/redis/redis.conf', join(folder, 'settings'))
      .replaceAll('/run/redis/redis.conf', join(folder, 'redis.conf'))
      .replace(/^exec .*$/m, `stat -c %a ${join(folder, 'redis.conf')}`)
    const { stdout } = await run(shell, [flag, here], { env: { PATH: process.env['PATH'], REDISCLI_AUTH: 'a-Pass_1' } })
    expect(stdout.trim()).toBe('600')
    expect(await readFile(join(folder, 'redis.conf'), 'utf8')).toBe(`${settings}requirepass "a-Pass_1"\n`)
    expect(script).toMatch(
      /^exec "\$\(command -v valkey-server \|\| command -v redis-server\)" \/run\/redis\/redis\.conf$/m,
    )
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
})
