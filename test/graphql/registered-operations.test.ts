import { createHash } from 'node:crypto'
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { RegisteredOperationsError, readRegisteredOperations } from '#graphql/registered-operations.ts'
import { schemaText } from './harness.ts'

let parent: string
let folder: string
beforeEach(async () => {
  parent = await mkdtemp(join(tmpdir(), 'weir-registered-'))
  folder = join(parent, 'queries')
  await mkdir(folder)
})
afterEach(() => rm(parent, { recursive: true }))

const write = async (files: Record<string, string | object | Buffer>) => {
  for (const [name, content] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name)), { recursive: true })
    const isText = typeof content === 'string' || Buffer.isBuffer(content)
    await writeFile(join(folder, name), isText ? content : JSON.stringify(content))
  }
}
const read = () => readRegisteredOperations(folder, { schema: schemaText, limits: { maxDepth: 10, maxAliases: 30 } })
const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')

/** What the folder is refused for, by file and id. */
async function problems(): Promise<readonly string[]> {
  const error = await read().catch((thrown: unknown) => thrown)
  if (!(error instanceof RegisteredOperationsError)) throw new Error('the folder was taken', { cause: error })
  expect(error.message.split('\n')[0]).toBe(`the registered operations of ${folder} cannot be used:`)
  return error.problems.map(({ file, id, problem }) => [file, id, problem].filter(Boolean).join(' | '))
}

describe('a folder', () => {
  test('gives its documents by file name, by the ids of its lists, and by digest', async () => {
    const accounts = '{ accounts { name } }\n'
    const body = 'query Live { liveStreams { nodes { key } } }'
    await write({
      'accounts.graphql': accounts,
      'list.json': {
        'v1/quota': '{ accounts { quota { used } } }',
        [`sha256:${sha256('{ __typename }')}`]: '{ __typename }',
      },
      'manifest.json': {
        format: 'apollo-persisted-query-manifest',
        version: 1,
        operations: [{ id: sha256(body), name: 'Live', type: 'query', body }],
      },
      'README.md': 'not read',
      '.hidden.graphql': 'not read',
    })
    const registered = await read()
    expect(registered.findById('accounts')).toBe(accounts)
    expect(registered.findById(`sha256:${sha256(accounts)}`)).toBe(accounts)
    expect(registered.findById(`SHA256:${sha256(accounts.trimEnd()).toUpperCase()}`)).toBe(accounts)
    expect(registered.findById('v1/quota')).toBe('{ accounts { quota { used } } }')
    expect(registered.findById(`sha256:${sha256('{ __typename }')}`)).toBe('{ __typename }')
    expect(registered.findById(sha256(body))).toBe(body)
    expect(registered.findByDigest(sha256(body))).toBe(body)
    for (const id of ['manifest', '.hidden', 'README', 'Accounts', 'constructor', '__proto__', sha256(accounts), ''])
      expect(registered.findById(id)).toBeUndefined()
  })

  test('is told from one where a name stands for another document, or for none any more', async () => {
    await write({ 'a.graphql': '{ accounts { name } }', 'b.graphql': '{ __typename }' })
    const { digest } = await read()
    expect((await read()).digest).toBe(digest)
    await write({ 'a.graphql': '{ accounts { provider } }' })
    const changed = (await read()).digest
    await rm(join(folder, 'a.graphql'))
    expect(new Set([digest, changed, (await read()).digest]).size).toBe(3)
  })

  test('may hold links that stay inside, as those of a mounted volume do', async () => {
    await write({ '..data/a.graphql': '{ __typename }' })
    await symlink('..data/a.graphql', join(folder, 'a.graphql'))
    expect((await read()).findById('a')).toBe('{ __typename }')
  })

  test('is refused when a link leads out of it, without a word of what is there', async () => {
    await writeFile(join(parent, 'secret.graphql'), '{ s3cret }')
    await symlink('../secret.graphql', join(folder, 'a.graphql'))
    await symlink('/dev/zero', join(folder, 'b.graphql'))
    await symlink('nowhere', join(folder, 'c.graphql'))
    expect(await problems()).toEqual([
      'a.graphql | is a link that leads out of the folder',
      'b.graphql | is a link that leads out of the folder',
      'c.graphql | cannot be read (ENOENT)',
    ])
  })

  test('is refused when it is not there, is no folder or holds nothing', async () => {
    expect(await problems()).toEqual(['. | holds no operation: neither a .graphql nor a .json file has one'])
    await rm(folder, { recursive: true })
    expect(await problems()).toEqual(['. | cannot be read (ENOENT)'])
    await writeFile(folder, '')
    expect(await problems()).toEqual(['. | cannot be read (ENOTDIR)'])
  })

  test('is refused with more than 1000 documents', async () => {
    const list = Object.fromEntries(Array.from({ length: 1001 }, (_, index) => [`id${index}`, '{ __typename }']))
    await write({ 'list.json': list })
    expect(await problems()).toEqual(['. | holds 1001 operations; allowed are 1000'])
  })

  test('takes 1000 documents', async () => {
    const list = Object.fromEntries(
      Array.from({ length: 1000 }, (_, index) => [`id${index}`, `{ __typename } # ${index}`]),
    )
    await write({ 'list.json': list })
    expect((await read()).findById('id999')).toBe('{ __typename } # 999')
  })
})

describe('a folder is refused with every file, id and reason', () => {
  test('for what cannot be read', async () => {
    await write({
      'a.graphql': Buffer.from([0x7b, 0xff, 0x7d]),
      'b.graphql': `#${'x'.repeat(64 * 1024)}\n{ __typename }`,
      'c.json': '{ "a": ',
      'd.json': [],
      'e.json': { a: 1 },
      'f.json': { format: 'apollo-persisted-query-manifest', version: 2, operations: [] },
      'g.graphql/x': '',
      'h.json': { long: `#${'x'.repeat(64 * 1024)}\n{ __typename }`, short: '{ __typename }' },
    })
    const isNoList = 'is neither one JSON object, id to document, nor a manifest of Apollo (version 1)'
    expect(await problems()).toEqual([
      'a.graphql | is not UTF-8',
      'b.graphql | is larger than 65536 bytes',
      `c.json | ${isNoList}`,
      `d.json | ${isNoList}`,
      `e.json | ${isNoList}`,
      `f.json | ${isNoList}`,
      'g.graphql | is not a file',
      'h.json | long | is larger than 65536 bytes',
    ])
  })

  test('for ids that stand twice or cannot be asked for', async () => {
    await write({
      'a.graphql': '{ __typename }',
      'b.json': {
        a: '{ accounts { name } }',
        'a b': '{ __typename }',
        '': '{ __typename }',
        [`sha256:${'0'.repeat(64)}`]: '{ __typename }',
      },
    })
    expect(await problems()).toEqual([
      'b.json | a | stands in "a.graphql" already',
      'b.json | a b | the id must be 1 to 200 letters, digits and "_.:+/=~-"',
      'b.json | the id must be 1 to 200 letters, digits and "_.:+/=~-"',
      `b.json | sha256:${'0'.repeat(64)} | an id of sha256: and digits must be the SHA-256 of its document`,
    ])
  })

  test('for documents that nobody could have carried out', async () => {
    const range = (from: string) => `(from: "${from}", to: "2026-11-21T11:00:00Z")`
    await write({
      'aliases.graphql': `{ ${Array.from({ length: 31 }, (_, index) => `a${index}: __typename`).join(' ')} }`,
      'empty.graphql': '',
      'fragment.graphql': 'fragment F on Query { __typename }',
      'lists.graphql': '{ liveStreams(first: 300) { nodes { recordings(first: 300) { nodes { id } } } } }',
      'mutation.graphql': 'mutation { __typename }',
      'syntax.graphql': '{',
      'time.graphql': `{ stream(account: "a", key: "b") { pushSamples${range('yesterday')} { stale } } }`,
      'unknown.graphql': '{ acounts { name } nodes }',
      // What they are sent with may still make these small enough.
      'good.json': {
        paged: 'query ($n: Int = 300) { liveStreams(first: $n) { nodes { recordings(first: $n) { nodes { id } } } } }',
        introspection: '{ __schema { queryType { name } } }',
        watch: 'subscription { snapshot(account: "main") { id } }',
      },
    })
    expect(await problems()).toEqual([
      'aliases.graphql | aliases | the operation has more than the allowed 30 aliases and repeated fields (queries.maxAliases)',
      'empty.graphql | empty | Syntax Error: Unexpected <EOF>.',
      'fragment.graphql | fragment | query holds no operation',
      'lists.graphql | lists | the operation has more than the allowed 10000 items in lists inside lists; ask for smaller pages',
      'mutation.graphql | mutation | is a mutation, and the schema has none',
      'syntax.graphql | syntax | Syntax Error: Expected Name, found <EOF>.',
      expect.stringContaining('time.graphql | time | '),
      'unknown.graphql | unknown | Cannot query field "acounts" on type "Query".',
      'unknown.graphql | unknown | Cannot query field "nodes" on type "Query".',
    ])
  })

  test('in a message of at most 50 lines', async () => {
    const list = Object.fromEntries(Array.from({ length: 60 }, (_, index) => [`id${index}`, `{ ${'x'.repeat(500)} }`]))
    await write({ 'list.json': list })
    const error = await read().catch((thrown: unknown) => thrown)
    const lines = error instanceof Error ? error.message.split('\n') : []
    expect(lines).toHaveLength(52)
    expect(lines[1]).toMatch(/^ {2}"list.json", id "id0": Cannot query field "x{200,}/)
    expect(lines.at(-1)).toBe('  and 10 more')
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThan(400)
  })
})
