import { createHash } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { AutomaticOperations } from '#graphql/automatic-operations.ts'
import { createPersistedOperations, type PersistedOptions } from '#graphql/persisted-operations.ts'
import type { RegisteredOperations } from '#graphql/registered-operations.ts'
import type { Caller } from '#model/caller.ts'
import { FakeServices } from '#test/support/fake-services.ts'
import { createAsk, createFace, type Face } from './harness.ts'

const web: Caller = { name: 'web', role: 'reader', accounts: 'all' }
const other: Caller = { name: 'other', role: 'reader', accounts: 'all' }
const ops: Caller = { name: 'ops', role: 'ops', accounts: 'all' }
const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')
const named = (text: string) => ({ persistedQuery: { version: 1, sha256Hash: sha256(text) } })

const accounts = '{ accounts { name } }'
const typename = '{ __typename }'
const registered: RegisteredOperations = {
  findById: (id) => (id === 'accounts' ? accounts : undefined),
  findByDigest: (digest) => (digest === sha256(accounts) ? accounts : undefined),
}

let face: Face
let caller: Caller
beforeEach(() => {
  caller = web
})
afterEach(() => face.app.close())

async function start(options: PersistedOptions): Promise<void> {
  face = await createFace(new FakeServices({ main: {} }), {
    createAsk: () => createAsk(caller),
    persisted: createPersistedOperations(options),
  })
}
const refusal = (code: string, message: unknown, status = 200) => ({
  status,
  errors: [{ message, extensions: { code } }],
})
const notFound = refusal('NOT_FOUND', 'PersistedQueryNotFound')

describe('a registered operation', () => {
  beforeEach(() => start({ registered }))

  test('is asked for by its id or its digest, by POST and GET', async () => {
    const data = { accounts: [{ name: 'main' }] }
    expect(await face.post({ documentId: 'accounts' })).toMatchObject({ status: 200, data })
    expect(await face.post({ extensions: named(accounts) })).toMatchObject({ status: 200, data })
    expect(await face.get({ documentId: 'accounts' })).toMatchObject({ status: 200, data })
    expect(await face.get({ extensions: JSON.stringify(named(accounts)) })).toMatchObject({ status: 200, data })
  })

  test('that is not there is NOT_FOUND', async () => {
    expect(await face.post({ documentId: 'nothing' })).toMatchObject(notFound)
    expect(await face.post({ documentId: 'nothing' }, { accept: 'application/graphql-response+json' })).toMatchObject({
      status: 404,
      errors: notFound.errors,
    })
  })
})

describe('where only registered operations are carried out', () => {
  beforeEach(() => start({ registered, only: true, automatic: true }))
  const forbidden = refusal('FORBIDDEN', expect.stringContaining('only registered operations'), 403)

  test('a reader asks for nothing else', async () => {
    expect(await face.post({ documentId: 'accounts' })).toMatchObject({ status: 200, errors: [] })
    expect(await face.post({ query: accounts })).toMatchObject({ status: 200, errors: [] })
    expect(await face.post({ query: accounts, extensions: named(accounts) })).toMatchObject({ status: 200, errors: [] })
    expect(await face.post({ query: typename })).toMatchObject(forbidden)
    expect(await face.post({ query: typename, extensions: named(typename) })).toMatchObject(forbidden)
    expect(await face.post({ extensions: named(typename) })).toMatchObject(forbidden)
    expect(await face.get({ query: `${accounts} ` })).toMatchObject(forbidden)
    expect(await face.post({ query: '{' })).toMatchObject(forbidden)
    expect(await face.post({ query: '{ a(b: "\ud800") }' })).toMatchObject(forbidden)
    expect(await face.post({ documentId: 'nothing' })).toMatchObject(notFound)
  })

  test('ops ask for anything, and leave nothing to readers', async () => {
    caller = ops
    expect(await face.post({ query: typename, extensions: named(typename) })).toMatchObject({ status: 200, errors: [] })
    expect(await face.post({ extensions: named(typename) })).toMatchObject({ status: 200, errors: [] })
    caller = { ...ops, role: 'reader' }
    expect(await face.post({ extensions: named(typename) })).toMatchObject(forbidden)
  })
})

describe('a document that a client has kept by its digest', () => {
  beforeEach(() => start({ registered, automatic: true }))

  test('is asked for without its text from then on', async () => {
    expect(await face.post({ extensions: named(typename) })).toMatchObject(notFound)
    expect(await face.post({ query: typename, extensions: named(typename) })).toMatchObject({ errors: [] })
    const data = { __typename: 'Query' }
    expect(await face.post({ extensions: named(typename) })).toMatchObject({ status: 200, data })
    expect(await face.get({ extensions: JSON.stringify(named(typename)) })).toMatchObject({ status: 200, data })
  })

  test('is nobody else’s', async () => {
    await face.post({ query: typename, extensions: named(typename) })
    caller = other
    expect(await face.post({ extensions: named(typename) })).toMatchObject(notFound)
  })

  test.each([
    ['not parsed', '{', {}],
    ['not valid', '{ acounts }', {}],
    ['over a limit', `{ ${'__typename '.repeat(40)} }`, {}],
    ['not its caller’s to ask', '{ __schema { queryType { name } } }', {}],
    [
      'over a limit with its variables',
      'query ($n: Int) { liveStreams(first: $n) { nodes { recordings(first: $n) { nodes { id } } } } }',
      { n: 300 },
    ],
  ])('is not kept when it is %s', async (_what, query, variables) => {
    expect((await face.post({ query, variables, extensions: named(query) })).errors[0]?.extensions['code']).toMatch(
      /INVALID_INPUT|QUERY_TOO_COMPLEX|FORBIDDEN/,
    )
    expect(await face.post({ extensions: named(query) })).toMatchObject(notFound)
  })

  test('must be the one of that digest', async () => {
    const message = 'extensions.persistedQuery.sha256Hash must be the SHA-256 of query'
    for (const [query, of] of [
      [typename, accounts],
      [typename, `${typename} `],
      // UTF-8 writes both alike.
      ['{ account(name: "\ud800") { name } }', '{ account(name: "\ufffd") { name } }'],
    ] as const)
      expect(await face.post({ query, extensions: named(of) })).toMatchObject(refusal('INVALID_INPUT', message, 400))
    expect(await face.post({ extensions: named(typename) })).toMatchObject(notFound)
  })

  test('is told by its whole text', async () => {
    const query = '{ account(name: "zürich 🌍") { name } }'
    await face.post({ query, extensions: named(query) })
    const { errors } = await face.post({ extensions: named(query) })
    expect(errors).toMatchObject([{ message: expect.stringContaining('zürich 🌍'), extensions: { code: 'NOT_FOUND' } }])
  })
})

test('where nothing is kept, a client is told not to ask by digest again', async () => {
  await start({ automatic: false })
  const answer = refusal('INVALID_INPUT', 'PersistedQueryNotSupported')
  expect(await face.post({ extensions: named(typename) })).toMatchObject(answer)
  expect(await face.post({ query: typename, extensions: named(typename) })).toMatchObject({ status: 200, errors: [] })
  expect(await face.post({ extensions: named(typename) })).toMatchObject(answer)
})

describe('what is kept', () => {
  const text = (index: number, length: number) => `{ __typename } # ${index}`.padEnd(length, 'x')
  const count = (kept: AutomaticOperations, name: string, most: number) =>
    Array.from({ length: most }, (_, index) => kept.find(name, String(index))).filter((one) => one !== undefined).length

  beforeEach(() => start({}))

  test('is at most 100 documents of a caller, those asked for last', () => {
    const kept = new AutomaticOperations()
    for (let index = 0; index < 100; index += 1) kept.keep('web', String(index), text(index, 100))
    expect(kept.find('web', '0')).toBe(text(0, 100))
    kept.keep('web', '100', text(100, 100))
    expect(kept.find('web', '0')).toBe(text(0, 100))
    expect(kept.find('web', '1')).toBeUndefined()
    expect(count(kept, 'web', 101)).toBe(100)
  })

  test('is at most 256 KiB of a caller', () => {
    const kept = new AutomaticOperations()
    for (let index = 0; index < 50; index += 1) kept.keep('web', String(index), text(index, 60_000))
    expect(count(kept, 'web', 50)).toBe(4)
    expect(kept.find('web', '49')).toBe(text(49, 60_000))
  })

  test('is at most 16 MiB of all callers, and no caller can make another one lose anything but by being one of many', () => {
    const kept = new AutomaticOperations()
    kept.keep('busy', '0', text(0, 100))
    for (let caller = 0; caller < 200; caller += 1) {
      for (let index = 0; index < 5; index += 1) kept.keep(`c${caller}`, String(index), text(index, 60_000))
      expect(kept.find('busy', '0')).toBe(text(0, 100))
    }
    const documents = Array.from({ length: 200 }, (_, index) => count(kept, `c${index}`, 5)).reduce(
      (sum, one) => sum + one,
    )
    expect(documents * 60_000).toBeLessThan(16 * 1024 * 1024)
    expect(documents).toBeGreaterThan(240)
    expect(kept.find('busy', '0')).toBe(text(0, 100))
    for (let index = 0; index < 10_000; index += 1) kept.keep('greedy', String(index), text(index, 1000))
    expect(kept.find('busy', '0')).toBe(text(0, 100))
  })
})
