import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { type IncomingMessage, request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { json } from 'node:stream/consumers'
import { gunzipSync, gzipSync } from 'node:zlib'
import type { FastifyInstance } from 'fastify'
import { pino } from 'pino'
import { expect, onTestFinished, test } from 'vitest'
import { NotFoundError } from '#model/errors.ts'
import { buildErrorHandler } from '#rest/error-handler.ts'
import { createQuietServer } from '#test/support/quiet-server.ts'
import { type BundledPageOptions, bundledPage } from '../../src/server/bundled-page.ts'
import { narrowPolicy } from '../../src/server/page-headers.ts'

const script = 'export const one = 1\n'.repeat(100)

/** A bundle as the build leaves it: one script, and that packed. */
async function writeBundle(inside = ''): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'weir-bundle-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  const bundle = join(folder, inside)
  await mkdir(join(bundle, 'assets'), { recursive: true })
  await writeFile(join(bundle, 'index.html'), '<!doctype html>')
  await writeFile(join(bundle, 'assets/main-1a2b.js'), script)
  await writeFile(join(bundle, 'assets/main-1a2b.js.gz'), gzipSync(script))
  return bundle
}

async function serve(options: Partial<BundledPageOptions>, log?: string[]): Promise<FastifyInstance> {
  const app = await createQuietServer(
    log && { log: pino({ level: 'warn' }, { write: (line: string) => void log.push(line) }) },
  )
  onTestFinished(() => app.close())
  app.setErrorHandler(buildErrorHandler({ error: () => undefined }))
  app.setNotFoundHandler(() => {
    throw new NotFoundError('there is nothing at this address')
  })
  await app.register(bundledPage, { name: 'the page', path: '/page', bundle: '/nowhere', ...options })
  return app
}

test('leads from its name without a slash to the page, whose relative addresses need one', async () => {
  const app = await serve({ bundle: await writeBundle() })
  const answer = await app.inject('/page')
  expect([answer.statusCode, answer.headers.location]).toEqual([308, '/page/'])
  expect((await app.inject('/page/')).body).toBe('<!doctype html>')
  expect((await app.inject('/page?x=1&y=%2F')).headers.location).toBe('/page/?x=1&y=%2F')
})

test.each(['/page/../x', '/page/%2e%2e/x', '/page/%00', '/page//x', '/page/%5c..', '/page/.hidden', '/page/none'])(
  'has nothing at %s',
  async (path) => {
    const app = await serve({ bundle: await writeBundle() })
    const address = new URL(await app.listen({ host: '127.0.0.1', port: 0 }))
    // Clients put most of these in order before they send them.
    const answer = await new Promise<IncomingMessage>((resolve, reject) => {
      request({ host: address.hostname, port: address.port, path, agent: false }, resolve).on('error', reject).end()
    })
    expect([answer.statusCode, await json(answer)]).toMatchObject([404, { code: 'NOT_FOUND' }])
  },
)

test('has browsers ask for the page each time, and for what has a digest in its name never again', async () => {
  const app = await serve({ bundle: await writeBundle() })
  expect((await app.inject('/page/')).headers['cache-control']).toBe('no-cache')
  const asset = await app.inject('/page/assets/main-1a2b.js')
  expect(asset.headers['cache-control']).toBe('public, max-age=31536000, immutable')
})

test('has them do so wherever it is installed', async () => {
  const app = await serve({ bundle: await writeBundle('assets/web') })
  expect((await app.inject('/page/')).headers['cache-control']).toBe('no-cache')
  expect((await app.inject('/page/assets/main-1a2b.js')).headers['cache-control']).toContain('immutable')
})

test('sends what is packed to whom takes it, and says that it depends', async () => {
  const app = await serve({ bundle: await writeBundle() })
  const url = '/page/assets/main-1a2b.js'
  const packed = await app.inject({ url, headers: { 'accept-encoding': 'gzip, deflate' } })
  expect(packed.headers).toMatchObject({ 'content-encoding': 'gzip', vary: 'accept-encoding' })
  expect(packed.headers['content-type']).toMatch(/^(?:text|application)\/javascript/)
  expect(gunzipSync(packed.rawPayload).toString()).toBe(script)
  const plain = await app.inject(url)
  expect(plain.headers['content-encoding']).toBeUndefined()
  expect(plain.body).toBe(script)
})

test('keeps to a policy of its own where it has one, and to that of the server where it has none', async () => {
  const bundle = await writeBundle()
  const readPolicy = async (options: Partial<BundledPageOptions>) =>
    (await (await serve({ bundle, ...options })).inject('/page/')).headers['content-security-policy']
  const narrow = await readPolicy({ policy: narrowPolicy })
  expect(narrow).toMatch(/^default-src 'self'; .*require-trusted-types-for 'script'$/)
  expect(narrow).not.toMatch(/unsafe|data:/)
  expect(await readPolicy({})).toContain("style-src 'self' 'unsafe-inline'")
})

test('does without a page that has not been built, and says how it is built', async () => {
  const log: string[] = []
  const app = await serve({}, log)
  expect((await app.inject('/page/')).statusCode).toBe(404)
  expect(log.join()).toContain('the bundle of the page is missing: run npm ci')
})
