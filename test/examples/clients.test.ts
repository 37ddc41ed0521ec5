import { execFile, spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { findProgram } from '#test/support/find-program.ts'
import { type Gateway, type Json, startGateway } from '#test/support/gateway.ts'
import { generateDocuments } from '../../examples/clients/node/generate-documents.ts'

const run = promisify(execFile)
const folder = join(import.meta.dirname, '../../examples/clients')
const key = 'a-key-of-the-examples'

let gateway: Gateway
let environment: Record<string, string>

beforeAll(async () => {
  const sha256 = createHash('sha256').update(key).digest('hex')
  gateway = await startGateway({
    sandbox: { snapshotStreams: 3, snapshotBacklogSeconds: 0 },
    settings: { access: { mode: 'keys', keys: [{ name: 'examples', sha256, role: 'reader' }] } },
    tencent: { snapshots: { collect: true, pollSeconds: 1, bucket: 'shots', cosAppId: '1250000000' } },
  })
  environment = { PATH: process.env['PATH'] ?? '', WEIR_URL: gateway.address, WEIR_KEY: key }
})
afterAll(() => gateway.close())

const readExample = (path: string) => readFile(join(folder, path), 'utf8')
const get = (path: string) => gateway.get(path, { 'x-api-key': key })

describe('curl', async () => {
  const curl = await findProgram('curl')

  test.skipIf(curl === undefined)(
    'asks by GraphQL and REST, and finds the same once more (skipped without curl)',
    async () => {
      const { stdout } = await run('sh', [join(folder, 'curl/ask.sh')], { env: environment })
      const answers = stdout.split(/^# .*\n/m).slice(1)
      expect(answers).toHaveLength(5)
      const [accounts = '', streams = '', list = '', csv = '', again = ''] = answers
      expect(JSON.parse(accounts).data.accounts).toMatchObject([{ name: 'tencent-main' }, { name: 'cnc-main' }])
      const keys = JSON.parse(streams).data.liveStreams.nodes.map((node: Json) => node.key)
      expect(keys).toHaveLength(3)
      expect(JSON.parse(list).items.map((item: Json) => item.key)).toEqual(keys)
      expect(csv.split(/\r?\n/, 1)).toEqual([expect.stringContaining('observedAt')])
      expect(again.trim()).toBe('304')
    },
  )

  test.skipIf(curl === undefined)('ends with the refusal of a wrong key (skipped without curl)', async () => {
    const asked = run('sh', [join(folder, 'curl/ask.sh')], { env: { ...environment, WEIR_KEY: 'another' } })
    await expect(asked).rejects.toMatchObject({ stdout: expect.stringContaining('UNAUTHENTICATED') })
  })
})

describe('Python', async () => {
  const python = await findProgram('python3')
  const ask = (more: Record<string, string>, ...accounts: string[]) =>
    run('python3', [join(folder, 'python/live_streams.py'), ...accounts], { env: { ...environment, ...more } })

  test.skipIf(python === undefined)('reads all live streams of an account (skipped without python3)', async () => {
    const { stdout, stderr } = await ask({}, 'tencent-main')
    const lines = stdout.trim().split('\n')
    expect(lines).toHaveLength(11)
    expect(lines[0]).toMatch(/^ *\d+ {2}tencent-main {2}\S+$/)
    expect(lines[10]).toMatch(/^[1-9]\d* streams are live$/)
    expect(stderr).toBe('')
  })

  test.skipIf(python === undefined)(
    'names who could not answer, and ends where nobody may ask (skipped without python3)',
    async () => {
      expect((await ask({}, 'tencent-main', 'cnc-main')).stderr).toMatch(
        /^cnc-main could not answer: CAPABILITY_UNSUPPORTED /,
      )
      await expect(ask({ WEIR_KEY: 'another' })).rejects.toMatchObject({
        stderr: expect.stringMatching(/^UNAUTHENTICATED: /),
      })
    },
  )
})

describe('Node', () => {
  test('has documents of the schema as it is', async () => {
    const generated = (await generateDocuments()).replaceAll(/\s+|[|;]/g, '')
    expect((await readExample('node/documents.ts')).replaceAll(/\s+|[|;]/g, '')).toBe(generated)
  })

  test('prints the live streams of all accounts that can list', async () => {
    const { stdout, stderr } = await run(process.execPath, [join(folder, 'node/live-streams.ts')], { env: environment })
    expect(stdout.trim().split('\n').length).toBeGreaterThan(10)
    expect(stdout).toMatch(/^tencent-main\t\S+\t(\d+|not measured)\n/)
    expect(stderr).toBe('')
  })

  test('says why it was refused', async () => {
    const asked = run(process.execPath, [join(folder, 'node/live-streams.ts')], {
      env: { ...environment, WEIR_KEY: 'x' },
    })
    await expect(asked).rejects.toMatchObject({ stderr: expect.stringContaining('UNAUTHENTICATED') })
  })

  test('prints snapshots as they are collected, and ends when it is told to', async () => {
    const child = spawn(process.execPath, [join(folder, 'node/watch-snapshots.ts'), 'tencent-main'], {
      env: environment,
    })
    const ended = once(child, 'exit')
    const lines = createInterface(child.stdout)
    const timer = setInterval(() => gateway.sandbox.snapshots.fill(1), 500)
    const [line]: unknown[] = await once(lines, 'line')
    clearInterval(timer)
    expect(line).toMatch(/^\d{4}-\d\d-\d\dT\S+Z\t\S+\thttps?:\/\/\S+$/)
    child.kill('SIGTERM')
    expect(await ended).toEqual([0, null])
  })
})

const columnsShape = z.array(z.object({ selector: z.string(), type: z.enum(['string', 'number', 'timestamp']) }))
const targetShape = z.object({
  url: z.string(),
  url_options: z.object({ params: z.array(z.object({ key: z.string(), value: z.string() })) }),
  root_selector: z.string(),
  columns: columnsShape,
})
const dashboardShape = z.object({
  panels: z.array(z.object({ title: z.string(), targets: z.array(targetShape) })),
  templating: z.object({
    list: z.array(
      z.object({ name: z.string(), query: z.union([z.string(), z.object({ infinityQuery: targetShape })]) }),
    ),
  }),
})
type Target = z.output<typeof targetShape>

describe('Grafana', () => {
  /** What Grafana puts where its variables stand. */
  const fill = (text: string) =>
    text
      .replaceAll('${account}', 'tencent-main')
      .replaceAll('${__from:date:iso}', new Date(Date.now() - 3_600_000).toISOString())
      .replaceAll('${__to:date:iso}', new Date().toISOString())
  const select = (value: Json, selector: string) =>
    selector.split('.').reduce((inner: Json, name) => inner?.[name], value)

  async function readRows({ url, url_options, root_selector }: Target): Promise<readonly Json[]> {
    const query = new URLSearchParams(
      url_options.params.map(({ key: name, value }): [string, string] => [name, fill(value)]),
    )
    expect(fill(url) + query).not.toContain('$')
    const response = await get(`${fill(url)}?${query}`)
    expect(response.status).toBe(200)
    return [select(await response.json(), root_selector)].flat()
  }

  test('finds in the answers what each panel shows', async () => {
    const { panels, templating } = dashboardShape.parse(JSON.parse(await readExample('grafana/dashboard.json')))
    const lists = templating.list.flatMap(({ query }) => (typeof query === 'string' ? [] : [query.infinityQuery]))
    const targets = [...panels.flatMap((panel) => panel.targets), ...lists]
    expect(targets).toHaveLength(5)
    for (const target of targets) {
      const rows = await readRows(target)
      expect(rows.length).toBeGreaterThan(0)
      for (const { selector, type } of target.columns) {
        const values = rows.map((row) => select(row, selector)).filter((value) => value !== null)
        expect(values.length, `${target.url} ${selector}`).toBeGreaterThan(0)
        for (const value of values)
          if (type === 'timestamp') expect(Date.parse(value)).not.toBeNaN()
          else expect(typeof value).toBe(type)
      }
    }
  })
})
