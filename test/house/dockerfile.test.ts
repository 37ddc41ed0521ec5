import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeAll, expect, test } from 'vitest'

const project = join(import.meta.dirname, '..', '..')

/** Instructions as written, continued lines joined, comments left out. */
let instructions: readonly { readonly name: string; readonly words: string }[]

beforeAll(async () => {
  const text = await readFile(join(project, 'Dockerfile'), 'utf8')
  instructions = text
    .replaceAll(/^\s*#.*\n/gm, '')
    .replaceAll(/\\\n\s*/g, '')
    .split('\n')
    .map((line) => /^([A-Z]+)\s+(.*)$/.exec(line.trim()))
    .flatMap((match) => (match ? [{ name: match[1] ?? '', words: match[2] ?? '' }] : []))
})

const all = (name: string) => instructions.filter((instruction) => instruction.name === name).map(({ words }) => words)
/** Those of the last stage: what the image is. */
const ofImage = (name: string) => {
  const start = instructions.findLastIndex((instruction) => instruction.name === 'FROM')
  return instructions.slice(start).flatMap((instruction) => (instruction.name === name ? [instruction.words] : []))
}

test('every stage is built on an exact version', () => {
  expect(all('FROM').length).toBeGreaterThan(0)
  for (const from of all('FROM')) expect(from).toMatch(/^node:\d+\.\d+\.\d+-bookworm-slim AS \w+$/)
})

test('runs as a numbered user that is not root', () => {
  expect(ofImage('USER')).toEqual(['10001:10001'])
})

test('starts node itself, as a list, so that signals reach it', () => {
  expect(ofImage('CMD').map((words): unknown => JSON.parse(words))).toEqual([
    ['node', '--max-semi-space-size=8', '--min-semi-space-size=8', '--no-memory-reducer', 'app/main.js'],
  ])
  expect(ofImage('ENTRYPOINT')).toEqual([])
  expect(ofImage('STOPSIGNAL')).toEqual(['SIGTERM'])
})

test('asks for its health with what the image holds', () => {
  const [check = ''] = ofImage('HEALTHCHECK')
  expect(check).toContain('CMD ["node", "--eval"')
  expect(check).toContain('/healthz')
  expect(check).not.toMatch(/curl|wget/)
})

test('installs from the lock file, without scripts', () => {
  const installs = all('RUN').filter((words) => /npm (ci|install|i)\b/.test(words))
  expect(installs).toHaveLength(1)
  expect(installs[0]).toMatch(/^npm ci --ignore-scripts/)
})

test('copies single things into the image, from the build', () => {
  const copies = ofImage('COPY')
  expect(copies.length).toBeGreaterThan(0)
  for (const words of copies) expect(words).toBe('--from=build /app ./')
})

test('says what it was built from, and takes nothing else while it is built', async () => {
  const manifest: unknown = JSON.parse(await readFile(join(project, 'package.json'), 'utf8'))
  const [labels = ''] = ofImage('LABEL')
  const said = new Map(
    [...labels.matchAll(/org\.opencontainers\.image\.([\w.]+)="([^"]*)"/g)].map((match) => [match[1], match[2]]),
  )
  expect(manifest).toMatchObject({
    version: said.get('version'),
    description: said.get('description'),
    license: said.get('licenses'),
  })
  expect(`${said.get('base.name')?.replace('docker.io/library/', '')} AS runtime`).toBe(all('FROM').at(-1))
  expect(['source', 'revision', 'created'].map((name) => said.get(name))).toEqual([
    '${SOURCE}',
    '${REVISION}',
    '${CREATED}',
  ])
  expect(ofImage('ARG').map((words) => words.split('=')[0])).toEqual(['SOURCE', 'REVISION', 'CREATED'])
  expect(all('ARG')).toEqual(ofImage('ARG'))
})

test('takes no secret while it is built', () => {
  for (const words of [...all('ENV'), ...all('RUN')]) expect(words).not.toMatch(/key|token|secret|password/i)
})

test('leaves out everything that is not named', async () => {
  const lines = (await readFile(join(project, '.dockerignore'), 'utf8')).split('\n')
  expect(lines.filter((line) => line !== '' && !line.startsWith('#'))[0]).toBe('*')
})
