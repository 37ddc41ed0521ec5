import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { extname, join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { launchChromium } from '#test/support/chromium.ts'
import { startGateway } from '#test/support/gateway.ts'

const folder = join(import.meta.dirname, '../../examples/clients/browser')
const types: Readonly<Record<string, string>> = { '.html': 'text/html; charset=utf-8', '.js': 'text/javascript' }
const key = 'a-key-that-is-typed-in'

/** Serves the example on an origin of its own, under the policy that its README names. */
async function servePage() {
  const readme = await readFile(join(folder, 'README.md'), 'utf8')
  const policy = /Content-Security-Policy: (.*)/.exec(readme)?.[1] ?? ''
  const place = { weir: '' }
  const server = createServer(async (request, response) => {
    const name = new URL(request.url ?? '/', 'http://page').pathname.slice(1)
    if (!['index.html', 'page.js', 'weir.js'].includes(name)) return void response.writeHead(404).end()
    response.setHeader('content-type', types[extname(name)] ?? 'text/plain')
    const own = policy
      .replace('https://weir.example.com', place.weir)
      .replace('wss://weir.example.com', place.weir.replace('http', 'ws'))
    response.setHeader('content-security-policy', own)
    response.end(await readFile(join(folder, name)))
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the system gave no port')
  onTestFinished(async () => {
    server.closeAllConnections()
    server.close()
  })
  return { origin: `http://127.0.0.1:${address.port}`, place }
}

const sha256 = createHash('sha256').update(key).digest('hex')
const toSettings = (origins: readonly string[]) => ({
  server: { port: 0, cors: { origins } },
  access: { mode: 'keys', keys: [{ name: 'page', sha256 }] },
})

test('a page of another origin, under a strict policy, shows streams and hears of snapshots', async () => {
  const { origin, place } = await servePage()
  const gateway = await startGateway({
    sandbox: { snapshotStreams: 3, snapshotBacklogSeconds: 0 },
    settings: toSettings([origin]),
    tencent: { snapshots: { collect: true, pollSeconds: 1, bucket: 'shots', cosAppId: '1250000000' } },
  })
  onTestFinished(() => gateway.close())
  place.weir = gateway.address
  const browser = await launchChromium()
  onTestFinished(() => browser.close())
  const page = await browser.context.newPage()
  const complaints: string[] = []
  page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()))
  page.on('pageerror', (error) => complaints.push(error.message))
  await page.goto(`${origin}/index.html?weir=${encodeURIComponent(gateway.address)}`)
  await page.locator('input').fill(key)
  await page.keyboard.press('Enter')
  await page.locator('tbody tr').first().waitFor()
  expect(await page.locator('[role=status]').innerText()).toMatch(/^\d+ streams$/)
  expect(await page.locator('tbody tr').first().innerText()).toMatch(/^tencent-main\s+\S+\s+\d+$/)
  const timer = setInterval(() => gateway.sandbox.snapshots.fill(1), 500)
  await page.locator('li').first().waitFor()
  clearInterval(timer)
  expect(complaints).toEqual([])
}, 120_000)

test('a gateway answers pages of the origins it was told, and no others', async () => {
  const origin = 'https://studio.example.com'
  const gateway = await startGateway({ settings: toSettings([origin]) })
  onTestFinished(() => gateway.close())
  const ask = async (from: string) => {
    const preflight = await fetch(`${gateway.address}/graphql`, {
      method: 'OPTIONS',
      headers: {
        origin: from,
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'content-type,x-api-key',
      },
    })
    const asked = await fetch(`${gateway.address}/graphql`, {
      method: 'POST',
      headers: { origin: from, 'content-type': 'application/json', 'x-api-key': key },
      body: '{"query":"{ accounts { name } }"}',
    })
    const allowed = (response: Response) => response.headers.get('access-control-allow-origin')
    return {
      preflight: allowed(preflight),
      asked: allowed(asked),
      headers: preflight.headers.get('access-control-allow-headers'),
    }
  }
  const { headers, ...own } = await ask(origin)
  expect(own).toEqual({ preflight: origin, asked: origin })
  expect(headers?.toLowerCase()).toContain('x-api-key')
  expect(await ask('https://other.example.com')).toMatchObject({ preflight: null, asked: null })
})
