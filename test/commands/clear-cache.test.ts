// The command as an operator types it.
import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type Gateway, startGateway } from '#test/support/gateway.ts'
import { startRedis, type TestRedis } from '#test/support/redis-server.ts'
import { waitUntil } from '#test/support/wait-until.ts'
import { startSandbox } from '../../sandbox/sandbox.ts'

const main = resolve('src/main.ts')
const accounts = `accounts:
  - { name: tencent-main, provider: tencent, credentials: { appId: 1250000000, apiKey: not-shown } }
  - { name: cnc-main, provider: chinanetcenter, credentials: { username: example, apiKey: not-shown } }
`

let redis: TestRedis
let folder: string
beforeAll(async () => {
  redis = await startRedis()
})
afterAll(() => redis?.close())
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'weir-clear-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

const writeSettings = (text: string) => writeFile(join(folder, 'weir.yaml'), text)
const toSettings = (url: string) => `redis: { url: "${url}", prefix: w }\n${accounts}`

/** Runs the process to its end. */
function run(...words: readonly string[]) {
  return new Promise<{ code: number; out: string; error: string }>((done) => {
    const options = { cwd: folder, env: { PATH: process.env['PATH'] ?? '' }, timeout: 15_000 }
    const child = execFile(process.execPath, [main, ...words], options, (_error, out, error) =>
      done({ code: child.exitCode ?? -1, out, error }),
    )
  })
}

const readGenerations = () =>
  Promise.all(['tencent-main', 'cnc-main'].map((name) => redis.command('GET', `w:{${name}}:cache:generation`)))

describe('cache clear', () => {
  it('begins new generations of all accounts, or of those that are named, and says so', async () => {
    await writeSettings(toSettings(redis.url))
    expect(await run('cache', 'clear')).toEqual({
      code: 0,
      out: 'cleared what is kept of tencent-main, cnc-main: replicas forget it within 5 s\n',
      error: '',
    })
    const all = await readGenerations()
    for (const generation of all) expect(generation).toMatch(/^[\w-]{8}$/)
    const { code, out } = await run('cache', 'clear', 'cnc-main', 'cnc-main')
    expect([code, out]).toEqual([0, 'cleared what is kept of cnc-main: replicas forget it within 5 s\n'])
    const [tencent, chinanetcenter] = await readGenerations()
    expect(tencent).toBe(all[0])
    expect(chinanetcenter).not.toBe(all[1])
  })

  it('clears nothing when it does not know one of the names, and lists those it knows', async () => {
    await writeSettings(toSettings(redis.url))
    const before = await readGenerations()
    const { code, out, error } = await run('cache', 'clear', 'tencent-main', 'tencent-mian')
    expect([code, out]).toEqual([2, ''])
    expect(error).toBe('weir: no account is called tencent-mian; there are tencent-main, cnc-main\n')
    expect(await readGenerations()).toEqual(before)
  })

  it('says that there is nothing to clear without redis, and without settings', async () => {
    expect(await run('cache', 'clear')).toMatchObject({ code: 1, out: '', error: /^weir: there is no settings file/ })
    await writeSettings(accounts)
    expect(await run('cache', 'clear')).toMatchObject({ code: 1, out: '', error: /^weir: the settings name no redis/ })
  })

  it.each(['cache', 'cache drop', 'clear', 'cache clear --all'])('knows nothing of "%s"', async (line) => {
    await writeSettings(toSettings(redis.url))
    const { code, out, error } = await run(...line.split(' '))
    expect([code, out]).toEqual([1, ''])
    expect(error).toContain('allowed: --check-config, cache clear [account ...]')
  })

  it('gives up after 5 s when redis is out of reach, and does not tell its password', async () => {
    await writeSettings(toSettings('redis://:secret-word@127.0.0.1:1'))
    const startedAt = performance.now()
    const { code, out, error } = await run('cache', 'clear')
    expect(performance.now() - startedAt).toBeGreaterThan(4900)
    expect([code, out]).toEqual([1, ''])
    expect(error).toBe('weir: redis is out of reach (ECONNREFUSED): nothing cleared\n')
  }, 20_000)

  it('tells what redis answers when it refuses', async () => {
    await redis.command(
      'ACL',
      'SETUSER',
      'reader',
      'on',
      '>word',
      '~*',
      '+@read',
      '+ping',
      '+role',
      '+evalsha',
      '+eval',
    )
    await writeSettings(toSettings(redis.url.replace('redis://', 'redis://reader:word@')))
    const { code, error } = await run('cache', 'clear')
    expect([code, error]).toEqual([1, expect.stringMatching(/^weir: redis refused with [A-Z]+: nothing cleared\n$/)])
  })

  it('has gateways that run ask the provider again', async () => {
    const sandbox = await startSandbox({ streams: 4 })
    const gateways: Gateway[] = []
    try {
      const settings = { redis: { url: redis.url, prefix: 'w' } }
      gateways.push(await startGateway({ over: sandbox, settings }), await startGateway({ over: sandbox, settings }))
      for (const gateway of gateways)
        await waitUntil('redis is in reach', async () => (await gateway.getJson('/readyz')).parts[0].state === 'ok')
      const to = Math.floor(Date.now() / 7_200_000) * 7_200_000 - 7_200_000
      const path = `/v1/accounts/tencent-main/streams/8888_room1/play-samples?from=${new Date(to - 3_600_000).toISOString()}&to=${new Date(to).toISOString()}`
      const ask = async (gateway: Gateway) => expect((await gateway.get(path)).status).toBe(200)
      for (const gateway of gateways) {
        await ask(gateway)
        await ask(gateway)
      }
      expect(sandbox.countCalls()).toBe(1)
      await writeSettings(toSettings(redis.url))
      expect(await run('cache', 'clear')).toMatchObject({ code: 0 })
      const clearedAt = performance.now()
      for (const gateway of gateways)
        await waitUntil('it has forgotten', async () =>
          gateway.log().includes('what was kept of the account is forgotten'),
        )
      expect(performance.now() - clearedAt).toBeLessThan(5000)
      for (const gateway of gateways) await ask(gateway)
      expect(sandbox.countCalls()).toBe(2)
    } finally {
      await Promise.all(gateways.map((gateway) => gateway.close()))
      await sandbox.close()
    }
  }, 20_000)
})
