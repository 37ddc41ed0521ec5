import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { checkPlanted } from '#test/support/planted-project.ts'
import { findForbiddenCode } from '../../scripts/checks/source-rules.ts'

const project = join(import.meta.dirname, '..', '..')
const check = (path: string, text: string) => checkPlanted({ [path]: text }, findForbiddenCode)

test('this project keeps the rules', { timeout: 30_000 }, async () => {
  expect(await findForbiddenCode(project)).toEqual([])
})

describe('turns red on', () => {
  test.each([
    ['a raw fetch', "await fetch('https://a.example')", 'one-way-out', 'fetch'],
    ['a fetch by another way', "await globalThis['fetch']('https://a.example')", 'one-way-out', 'fetch'],
    ['a fetch that is handed on', 'export const options = { fetch: globalThis.fetch }', 'one-way-out', 'fetch'],
    ['a fetch by another name', 'export const load = fetch', 'one-way-out', 'fetch'],
    ['a request', "import { request as ask } from 'node:https'\nask('')", 'one-way-out', 'request'],
    ['all of a module', "import * as net from 'node:net'\nnet", 'one-way-out', '*'],
    ['a module that comes late', "const net = await import('net')\nnet", 'one-way-out', '*'],
    ['a module that is passed on', "export { connect } from 'node:tls'", 'one-way-out', 'connect'],
    ['a socket of one’s own', "import { Socket } from 'node:net'\nnew Socket()", 'one-way-out', 'Socket'],
    ['eval', "eval('1')", 'no-code-from-text', 'eval'],
    ['a function out of text', "new Function('return 1')", 'no-code-from-text', 'Function'],
    [
      'a machine for text',
      "import { runInNewContext } from 'node:vm'\nrunInNewContext('')",
      'no-code-from-text',
      'runInNewContext',
    ],
    ['another program', "import { exec } from 'node:child_process'\nexec('')", 'no-code-from-text', 'exec'],
    [
      'an import of who knows what',
      'export const load = (path: string) => import(path)',
      'no-code-from-text',
      'import(…)',
    ],
    [
      'certificates that are not checked',
      'export const tls = { rejectUnauthorized: false }',
      'certificates-are-checked',
      'rejectUnauthorized',
    ],
    [
      'the variable that does the same',
      "export const name = 'NODE_TLS_REJECT_UNAUTHORIZED'",
      'certificates-are-checked',
      'NODE_TLS_REJECT_UNAUTHORIZED',
    ],
    ['JSON by a cast', "export const a = JSON.parse('{}') as { b: string }", 'json-is-parsed-by-a-shape', 'JSON.parse'],
    ['JSON by a type', "export const a: { b: string } = JSON.parse('{}')", 'json-is-parsed-by-a-shape', 'JSON.parse'],
    ['JSON by trust', "export const a = JSON.parse('{}').b", 'json-is-parsed-by-a-shape', 'JSON.parse'],
    [
      'a key of Redis',
      'export const key = (name: string) => `weir:{${name}}:mine`',
      'keys-of-redis-have-owners',
      'a key with a hash tag',
    ],
    ['markup from text', "document.body.innerHTML = '<b>'", 'no-markup-from-text', 'innerHTML'],
  ])('%s', async (_, text, rule, written) => {
    const problems = await check('src/services/planted.ts', `${text}\n`)
    expect(problems).toEqual([expect.stringMatching(`^${rule}: src/services/planted.ts has `)])
    expect(problems[0]).toContain(` has ${written}; `)
  })

  test('markup from text in a page', async () => {
    const text = 'export const A = (text: string) => <b dangerouslySetInnerHTML={{ __html: text }} />\n'
    expect(await check('web/a.tsx', text)).toHaveLength(1)
  })

  test('a file that nobody can read', async () => {
    await expect(check('src/a.ts', 'export const = 1\n')).rejects.toThrow('src/a.ts cannot be parsed')
  })
})

describe('lets pass', () => {
  test.each([
    ['who asks the providers', 'src/upstream/a.ts', "import { connect } from 'node:net'\nconnect(1)"],
    ['who speaks Redis', 'src/fleet/a.ts', "import { connect } from 'node:net'\nconnect(1)"],
    [
      'who reads the keys of an issuer',
      'src/access/key-set-source.ts',
      "import { request } from 'node:https'\nrequest('')",
    ],
    ['a method called fetch', 'src/services/a.ts', 'export const load = (asker: { fetch(): void }) => asker.fetch()'],
    ['words', 'src/services/a.ts', "// fetch('')\nexport const a = \"eval('1') NODE_TLS\""],
    ['types of the network', 'src/rest/a.ts', "import type { Socket } from 'node:net'\nexport type A = Socket"],
    ['what only looks at an address', 'src/access/a.ts', "import { isIP } from 'node:net'\nisIP('')"],
    ['a server', 'src/server/a.ts', "import { createServer } from 'node:http'\ncreateServer()"],
    ['JSON that is unknown', 'src/model/a.ts', "export const a: unknown = JSON.parse('1')"],
    ['JSON that goes through a shape', 'src/model/a.ts', "export const a = shape.parse(JSON.parse('1'))"],
    ['other templates', 'src/services/a.ts', 'export const a = (b: string) => `{${b}}: ${b}`'],
    ['tests and scripts, which may fetch', 'scripts/a.ts', "await fetch('')"],
  ])('%s', async (_, path, text) => {
    expect(await check(path, `${text}\n`)).toEqual([])
  })
})
