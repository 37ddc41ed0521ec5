import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { findImportProblems } from '../../scripts/checks/import-rules.ts'

const project = join(import.meta.dirname, '..', '..')
let folder: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'weir-imports-'))
  for (const name of ['.dependency-cruiser.mjs', 'package.json']) await cp(join(project, name), join(folder, name))
})

afterAll(() => rm(folder, { recursive: true, force: true }))

/** What the rules say of a project that holds these files and nothing else. */
async function check(files: Readonly<Record<string, string>>): Promise<readonly string[]> {
  await rm(join(folder, 'src'), { recursive: true, force: true })
  await rm(join(folder, 'sandbox'), { recursive: true, force: true })
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true })
    await writeFile(join(folder, path), text)
  }
  return findImportProblems(folder)
}

const value = 'export const value = 1\n'

test('lets a layer import what stands below it, under both spellings', async () => {
  const problems = await check({
    'src/services/list.ts': "import { value } from '#model/stream.ts'\nexport const list = [value]\n",
    'src/services/all.ts': "export { list } from './list.ts'\n",
    'src/model/stream.ts': value,
  })
  expect(problems).toEqual([])
})

describe('turns red on', () => {
  test('an import upwards', async () => {
    const problems = await check({
      'src/model/stream.ts': "import { value } from '#services/list.ts'\nexport const stream = value\n",
      'src/services/list.ts': value,
    })
    expect(problems).toEqual(['layer-model: src/model/stream.ts → src/services/list.ts'])
  })

  test('an import of types alone', async () => {
    const problems = await check({
      'src/model/stream.ts': "import type { List } from '#services/list.ts'\nexport type Stream = List\n",
      'src/services/list.ts': 'export type List = readonly string[]\n',
    })
    expect(problems).toEqual(['layer-model: src/model/stream.ts → src/services/list.ts'])
  })

  test('a circle', async () => {
    const problems = await check({
      'src/model/one.ts': "import { two } from './two.ts'\nexport const one = () => two\n",
      'src/model/two.ts': "import { one } from './one.ts'\nexport const two = () => one\n",
    })
    expect(problems.join('\n')).toContain('no-circles')
  })

  test('a provider that knows another', async () => {
    const problems = await check({
      'src/providers/tencent/convert.ts': "export { value } from '../chinanetcenter/convert.ts'\n",
      'src/providers/chinanetcenter/convert.ts': value,
    })
    expect(problems).toEqual([
      'provider-siblings: src/providers/tencent/convert.ts → src/providers/chinanetcenter/convert.ts',
    ])
  })

  test('a sandbox that shares code with the gateway', async () => {
    const problems = await check({
      'sandbox/sign.ts': "export { value } from '../src/signing/sign.ts'\n",
      'src/signing/sign.ts': value,
    })
    expect(problems).toEqual(['sandbox-apart: sandbox/sign.ts → src/signing/sign.ts'])
  })

  test('a folder that stands in no row', async () => {
    const problems = await check({ 'src/helpers/odd.ts': "import 'node:fs'\n" })
    expect(problems).toEqual(['layer-unlisted: src/helpers/odd.ts → fs'])
  })

  test('an import that leads nowhere', async () => {
    const problems = await check({ 'src/model/stream.ts': "export { value } from './gone.ts'\n" })
    expect(problems).toEqual(['resolvable: src/model/stream.ts → ./gone.ts'])
  })

  test('a project in which no module is found', async () => {
    const problems = await check({ 'src/model/notes.md': 'nothing\n' })
    expect(problems).toEqual(['no module was found: is @swc/core installed for this platform?'])
  })
})
