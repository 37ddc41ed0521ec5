// The process itself, as an operator starts and stops it: from its sources, and built into one folder.
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { startRedis } from '#test/support/redis-server.ts'
import { startTraceCollector } from '#test/support/trace-collector.ts'
import type { Sandbox } from '../sandbox/handle.ts'
import { startSandbox } from '../sandbox/sandbox.ts'
import { toSettings } from '../sandbox/settings-snippet.ts'
import { build } from '../scripts/build.ts'

let built: string
let entry: string
let folder: string
const children: ChildProcess[] = []
const sandboxes: Sandbox[] = []

beforeAll(async () => {
  built = await mkdtemp(join(tmpdir(), 'weir-built-'))
  await build(built)
}, 60_000)
afterAll(() => rm(built, { recursive: true, force: true }))
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'weir-main-'))
})
afterEach(async () => {
  for (const child of children.splice(0)) child.kill('SIGKILL')
  for (const sandbox of sandboxes.splice(0)) await sandbox.close()
  await rm(folder, { recursive: true, force: true })
})

/** Starts the process in the test's folder and gathers what it says. */
function start(environment: Record<string, string> = {}, ...args: string[]) {
  const child = spawn(process.execPath, [entry, ...args], {
    cwd: folder,
    env: { PATH: process.env['PATH'] ?? '', PORT: '0', ...environment },
  })
  children.push(child)
  const said = { out: '', error: '' }
  child.stdout.on('data', (chunk) => {
    said.out += chunk
  })
  child.stderr.on('data', (chunk) => {
    said.error += chunk
  })
  const ended = new Promise<number | null>((done) => child.on('close', (code) => done(code)))
  const address = () =>
    vi.waitFor(() => {
      const found = /listening at (http:\/\/[\d.:]+)/.exec(said.out)?.[1]
      if (!found) throw new Error(`it does not listen: ${said.error}`)
      return found
    }, 10_000)
  return { child, said, ended, address }
}

async function writeSettings(text: string, { drainSeconds = 0 } = {}): Promise<void> {
  await writeFile(join(folder, 'weir.yaml'), `server: { drainSeconds: ${drainSeconds} }\n${text}`)
}

const forms = [
  { form: 'from its sources', find: () => resolve('src/main.ts') },
  { form: 'as it is built', find: () => join(built, 'app/main.js') },
]

describe.each(forms)('the process, $form', ({ find }) => {
  beforeEach(() => {
    entry = find()
  })

  it('sends traces where the environment says, the last of them when it is told to stop', async () => {
    const collector = await startTraceCollector()
    const weir = start({ OTEL_EXPORTER_OTLP_ENDPOINT: collector.url })
    await fetch(`${await weir.address()}/v1/accounts`)
    weir.child.kill('SIGTERM')
    expect(await weir.ended).toBe(0)
    await collector.close()
    expect(collector.spans.map(({ name }) => name)).toContain('rest listAccounts')
    expect(collector.resource).toMatchObject({ 'service.name': 'weir', 'service.version': '0.1.0' })
  })

  it('runs over its sandbox without settings, says so loudly, and stops cleanly on SIGTERM', async () => {
    const weir = start()
    const address = await weir.address()
    const response = await fetch(`${address}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query: '{ accounts { name provider } }' }),
    })
    expect(await response.json()).toMatchObject({
      data: {
        accounts: [
          { name: 'tencent-main', provider: 'TENCENT' },
          { name: 'cnc-main', provider: 'CHINANETCENTER' },
        ],
      },
    })
    await vi.waitFor(() => expect(weir.said.out).toContain('ALL DATA IS SIMULATED'))
    weir.child.kill('SIGTERM')
    expect(await weir.ended).toBe(0)
    expect(weir.said.error).toBe('')
  })

  it('answers over Redis, and serves its pages', async () => {
    const redis = await startRedis()
    const sandbox = await startSandbox()
    sandboxes.push(sandbox)
    await writeSettings(`redis: { url: "${redis.url}" }\n${toSettings(sandbox)}`)
    const weir = start()
    const address = await weir.address()
    const answer = await fetch(`${address}/v1/live-streams?account=tencent-main&first=3`)
    expect(await answer.json()).toMatchObject({ items: [{}, {}, {}] })
    expect(sandbox.countCalls()).toBeGreaterThan(0)
    for (const [path, type] of [
      ['/graphiql', 'text/html'],
      ['/console', 'text/html'],
      ['/docs/static/swagger-ui.css', 'text/css'],
      ['/openapi.json', 'application/json'],
    ]) {
      const page = await fetch(`${address}${path}`)
      expect(page.status).toBe(200)
      expect(page.headers.get('content-type')).toContain(type)
    }
    weir.child.kill('SIGTERM')
    expect(await weir.ended).toBe(0)
    await redis.close()
  })

  it('collects snapshots over its sandbox unasked', async () => {
    const weir = start()
    const address = await weir.address()
    await vi.waitFor(async () => {
      const response = await fetch(`${address}/v1/accounts/tencent-main/snapshots`)
      const { items } = (await response.json()) as { items: unknown[] }
      expect(items.length).toBeGreaterThan(0)
    }, 10_000)
  })

  it('checks settings without starting: 0 for good ones, 1 and every problem for others, no secret in either', async () => {
    const sandbox = await startSandbox()
    sandboxes.push(sandbox)
    await writeSettings(toSettings(sandbox))
    const good = start({}, '--check-config')
    expect(await good.ended).toBe(0)
    await writeSettings(
      `surver: {}\ncache: { maxBytes: lots }\n${toSettings(sandbox).replace('appId: 1', 'appId: -1')}`,
    )
    const bad = start({}, '--check-config')
    expect(await bad.ended).toBe(1)
    expect(bad.said.error).toContain('surver')
    expect(bad.said.error).toContain('cache.maxBytes')
    expect(bad.said.error).toContain('credentials.appId')
    expect(bad.said.error).not.toMatch(/\n\s+at /)
    for (const said of [good.said, bad.said])
      expect(said.out + said.error).not.toContain(sandbox.credentials.tencent.apiKey)
  })

  it('refuses a data directory that another process holds', async () => {
    const sandbox = await startSandbox()
    sandboxes.push(sandbox)
    await writeSettings(toSettings(sandbox))
    await start().address()
    const second = start()
    expect(await second.ended).toBe(1)
    expect(second.said.error).toContain('in use by another process')
    expect(second.said.error).not.toMatch(/\n\s+at /)
  })

  it('told to stop, answers for a while and says that it is not ready; told once more, it does the same', async () => {
    const sandbox = await startSandbox()
    sandboxes.push(sandbox)
    await writeSettings(toSettings(sandbox), { drainSeconds: 1 })
    const weir = start()
    const address = await weir.address()
    expect((await fetch(`${address}/readyz`)).status).toBe(200)
    const toldAtMs = performance.now()
    weir.child.kill('SIGTERM')
    await vi.waitFor(async () => expect((await fetch(`${address}/readyz`)).status).toBe(503))
    weir.child.kill('SIGTERM')
    const answer = await fetch(`${address}/v1/accounts`)
    expect(answer.status).toBe(200)
    expect(answer.headers.get('connection')).toBe('close')
    expect(await weir.ended).toBe(0)
    expect(performance.now() - toldAtMs).toBeGreaterThanOrEqual(990)
    expect(weir.said.error).toBe('')
  })

  it('does not spend the quota twice when it is killed and started again', async () => {
    const sandbox = await startSandbox({ quota: { limit: 10, windowSeconds: 6 } })
    sandboxes.push(sandbox)
    const settings = toSettings(sandbox)
      .replace('collect: true', 'collect: false')
      .replace('provider: tencent', 'provider: tencent\n    quota: { limit: 10, windowSeconds: 6 }')
    await writeSettings(`upstream: { deadlineMs: 1000 }\n${settings}`)
    for (let round = 0; round < 3; round += 1) {
      const weir = start()
      const address = await weir.address()
      const key = (index: number) => `8888_room${round * 20 + index}`
      await Promise.all(
        Array.from({ length: 20 }, (_, index) =>
          fetch(`${address}/v1/accounts/tencent-main/streams/${key(index)}/recordings`),
        ),
      )
      weir.child.kill('SIGKILL')
      await weir.ended
    }
    expect(sandbox.mostCallsInWindow(6000)).toBeLessThanOrEqual(10)
    expect(sandbox.countCalls()).toBeGreaterThanOrEqual(10)
  })

  it('says in one line that its address is taken', async () => {
    const sandbox = await startSandbox()
    sandboxes.push(sandbox)
    await writeSettings(toSettings(sandbox))
    const weir = start({ PORT: new URL(sandbox.urls.control).port })
    expect(await weir.ended).toBe(1)
    expect(weir.said.error).toMatch(/^weir: cannot listen on 127\.0\.0\.1:\d+ \(EADDRINUSE\).*\n$/)
  })
})
