import { getIntrospectionQuery } from 'graphql'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Caller } from '#model/caller.ts'
import type { PlaySample } from '#model/sample.ts'
import { FakeServices } from '#test/support/fake-services.ts'
import { createAsk, createFace, type Face } from './harness.ts'

const reader: Caller = { name: 'web', role: 'reader', accounts: 'all' }
let face: Face
let caller: Caller | undefined
beforeAll(async () => {
  face = await createFace(new FakeServices({ main: {} }), { createAsk: () => createAsk(caller) })
})
afterAll(() => face.app.close())

const many = (count: number, write: (index: number) => string) =>
  Array.from({ length: count }, (_, index) => write(index)).join(' ')
const nest = (levels: number, open: string, inner: string) => `${open.repeat(levels)}${inner}${'}'.repeat(levels)}`

const refused: Record<string, string> = {
  '11 levels': `{ account(name: "main") ${nest(3, '{ liveStreams { nodes { account ', '{ name }').replace(/\}$/, '}'.repeat(7))} }`,
  '500 levels': nest(500, '{ a ', '{ b }'),
  '10 000 levels': nest(10_000, '{ a', '{ b }'),
  'levels through inline fragments': `{ ${nest(60, '... { a { ', 'b')}${'}'.repeat(60)} }`,
  'levels through fragments': `{ ...F0 } ${many(12, (i) => `fragment F${i} on Query { a { ...F${i + 1} } }`)} fragment F12 on Query { a }`,
  'lists in a literal': `{ account(name: ${'['.repeat(900)}1${']'.repeat(900)}) { name ${nest(20, '{ a ', '{b}')} } }`,
  'open lists in a literal': `{ account(name: ${'['.repeat(30_000)}`,
  '31 aliases': `{ ${many(31, (i) => `a${i}: __typename`)} }`,
  '10 000 aliases': `{ ${many(5_000, (i) => `a${i}: x`)} }`,
  '31 aliases through fragments': `{ a: account(name: "main") { ...F } b: account(name: "main") { ...F } } fragment F on Account { ${many(15, (i) => `a${i}: name`)} }`,
  'a field asked for 32 times': `{ accounts { ${'name '.repeat(32)} } }`,
  'a field asked for 32 times in inline fragments': `{ accounts { ${'... { name } '.repeat(32)} } }`,
  '5 000 duplicate fields': `{ accounts { ${'name '.repeat(5_000)} } }`,
  '10 000 directives': `{ __typename ${'@a '.repeat(10_000)} }`,
  '51 directives': `{ __typename ${'@include(if: true) '.repeat(51)} }`,
  '51 directives in all places': `query @a { ${many(12, () => '...F @a')} ${many(14, () => '... @a { __typename }')} } fragment F on Query @a { accounts @a { name } }`,
  'directives at every use of a fragment': `{ ${'...F '.repeat(18)} } fragment F on Query { __typename @include(if: true) accounts @skip(if: false) { name @include(if: true) } }`,
  'directives of a fragment doubled 16 times': `{ accounts { ...F0 } } ${many(16, (i) => `fragment F${i} on Account { ...F${i + 1} ...F${i + 1} }`)} fragment F16 on Account @a { name }`,
  '2 001 lines': `${'\n'.repeat(2000)}{ __typename }`,
  '30 000 lines': `{ __typename ${'\r'.repeat(30_000)} }`,
  '500 root fields': `{ ${many(500, (i) => `f${i}`)} }`,
  '51 root fields': `{ ${many(51, (i) => `f${i}`)} }`,
  '101 fragments': `{ accounts { ${'...F '.repeat(101)} } } fragment F on Account { name }`,
  'fragments doubled 22 times': `{ accounts { ...F0 } } ${many(22, (i) => `fragment F${i} on Account { liveStreams { nodes { account { ...F${i + 1} } } edges { node { account { ...F${i + 1} } } } } }`)} fragment F22 on Account { name }`,
  'lists inside lists':
    '{ liveStreams(first: 300) { nodes { account { liveStreams(first: 300) { nodes { key } } } } } }',
  'lists inside lists by default size':
    '{ liveStreams { nodes { recordings { nodes { id } } snapshots(first: 200) { nodes { id } } } } }',
  'lists inside lists through a fragment':
    '{ liveStreams(first: 300) { nodes { ...F } } } fragment F on Stream { recordings { nodes { id } } }',
  'an operation called __schema': `query __schema ${nest(20, '{ a ', '{ b }')}`,
  'a subscription called __schema': `subscription __schema { ${many(31, (i) => `a${i}: __typename`)} }`,
  'a fragment called __schema': `{ ...__schema } fragment __schema on Query { ${many(31, (i) => `a${i}: __typename`)} }`,
  'a deep introspection': `{ __schema ${nest(20, '{ a ', '{ b }')} }`,
}

describe('a document that is too large', () => {
  test.each(Object.keys(refused))('is refused within 20 ms by POST and GET: %s', async (name) => {
    const query = refused[name] ?? ''
    const times: number[] = []
    for (let round = 0; round < 3; round += 1) {
      const before = performance.now()
      const answer = await face.ask(query)
      times.push(performance.now() - before)
      expect(answer.errors).toMatchObject([{ extensions: { code: 'QUERY_TOO_COMPLEX' } }])
      expect(answer.status).toBe(400)
      expect(answer.text).not.toMatch(/call stack|"data"/)
      expect(answer.text.length).toBeLessThan(500)
    }
    expect(Math.min(...times)).toBeLessThan(20)
    const byGet = await face.get({ query })
    expect(byGet).toMatchObject({ status: 400, errors: [{ extensions: { code: 'QUERY_TOO_COMPLEX' } }] })
  })

  test('names the limit and the setting', async () => {
    const { errors } = await face.ask(refused['31 aliases'] ?? '')
    expect(errors[0]?.message).toBe(
      'the operation has more than the allowed 30 aliases and repeated fields (queries.maxAliases)',
    )
  })

  test('is refused whichever of its operations is meant', async () => {
    const payload = {
      query: `query Small { __typename } query Large { ${many(31, (i) => `a${i}: __typename`)} }`,
      operationName: 'Small',
    }
    expect((await face.post(payload)).errors).toMatchObject([{ extensions: { code: 'QUERY_TOO_COMPLEX' } }])
  })
})

test.each([
  [
    '10 levels',
    '{ liveStreams(first: 1) { nodes { account { liveStreams(first: 1) { nodes { account { liveStreams(first: 1) { nodes { key } } } } } } } } }',
  ],
  [
    '30 aliases',
    `{ ${many(30, (i) => `a${i}: stream(account: "main", key: "k${i}") { key state live { onlineViewers } }`)} }`,
  ],
  ['50 root fields', `{ ${many(30, (i) => `a${i}: __typename`)} __typename accounts { name } }`],
  [
    '50 directives',
    `{ __typename ${many(25, () => '...F @include(if: true)')} } fragment F on Query { accounts @skip(if: false) { name } }`,
  ],
  ['2 000 lines', `${'\r\n'.repeat(1999)}{ __typename }`],
  ['a long comment', `#${'x'.repeat(60_000)}\n{ __typename }`],
  ['lists inside lists of 10 000', '{ liveStreams(first: 100) { nodes { recordings(first: 99) { nodes { id } } } } }'],
])('a document within the limits passes: %s', async (_what, query) => {
  expect(await face.ask(query)).toMatchObject({ status: 200, errors: [] })
})

describe('the size of a page in a variable', () => {
  const query = 'query ($n: Int = 300) { liveStreams(first: $n) { nodes { recordings(first: $n) { nodes { id } } } } }'

  test.each([
    [{ n: 90 }, 200],
    [{ n: 100 }, 400],
    [{}, 400],
    [{ n: null }, 200],
    [{ n: -5 }, 200],
    [{ n: 1e9 }, 400],
  ])('counts as it is sent: %o', async (variables, status) => {
    expect((await face.ask(query, variables)).status).toBe(status)
  })

  test.each(['constructor', '__proto__', 'hasOwnProperty'])(
    'counts by its default when it is called %s',
    async (name) => {
      const named = query.replaceAll('$n', `$${name}`)
      expect((await face.ask(named)).status).toBe(400)
      expect((await face.ask(named.replace('300', '90'))).status).toBe(200)
    },
  )

  test('counts as the largest where a cursor says it', async () => {
    const paging = 'query ($after: String) { liveStreams { nodes { recordings(after: $after) { nodes { id } } } } }'
    expect((await face.ask(paging, { after: 'x' })).status).toBe(400)
  })
})

test('an answer of more than 200 000 items is cut at the list that is too much', async () => {
  const sample = (index: number): PlaySample => ({
    observedAt: index,
    bandwidthBitsPerSecond: null,
    onlineViewers: null,
    trafficBytes: null,
  })
  const playSamples = Array.from({ length: 120_000 }, (_, index) => sample(index))
  face.services.addAccount('large', { streams: { a: { playSamples }, b: { playSamples } } })
  const series = 'playSamples(from: "1970-01-01T00:00:00Z", to: "1971-01-01T00:00:00Z") { samples { observedAt } }'
  const { data, errors } = await face.ask(
    `{ a: stream(account: "large", key: "a") { ${series} } b: stream(account: "large", key: "b") { ${series} } }`,
  )
  expect(data.a.playSamples.samples).toHaveLength(120_000)
  expect(data.b.playSamples).toBeNull()
  expect(errors).toMatchObject([{ path: ['b', 'playSamples', 'samples'], extensions: { code: 'QUERY_TOO_COMPLEX' } }])
})

describe('what a wrong document is told', () => {
  test.each([
    ['unknown fields', `{ accounts { ${many(900, (i) => `field${i}`)} } }`],
    ['unknown directives', `{ __typename ${many(50, (i) => `@d${i}`)} }`],
    ['unused variables', `query (${many(400, (i) => `$v${i}: Int`)}) { __typename }`],
    ['the same argument', `{ account(${'name: "a" '.repeat(400)}) { name } }`],
    ['a long name', `{ ${'x'.repeat(60_000)} }`],
  ])('is at most ten errors in 4 KB: %s', async (_what, query) => {
    const { errors, text } = await face.ask(query)
    expect(errors.length).toBeGreaterThan(0)
    expect(errors.length).toBeLessThanOrEqual(10)
    expect(text.length).toBeLessThan(4096)
    expect(new Set(errors.map(({ extensions }) => extensions['code']))).toEqual(new Set(['INVALID_INPUT']))
  })

  test('names nothing that it might have meant', async () => {
    const { errors } = await face.ask('{ acount(name: "a") { nam } accounts(nams: []) { provide } }')
    expect(errors.map(({ message }) => message).join()).not.toMatch(/did you mean/i)
  })
})

describe('introspection', () => {
  test('is answered to ops, as deep as the usual tools ask', async () => {
    const query = getIntrospectionQuery({
      specifiedByUrl: true,
      directiveIsRepeatable: true,
      inputValueDeprecation: true,
    })
    const { data, errors } = await face.ask(query)
    expect(errors).toEqual([])
    const dateTime = data.__schema.types.find((type: { name: string }) => type.name === 'DateTime')
    expect(dateTime.specifiedByURL).toBe('https://www.rfc-editor.org/rfc/rfc3339')
    expect(dateTime.description).toContain('RFC 3339')
  })

  test.each([
    getIntrospectionQuery(),
    '{ __type(name: "Query") { name } }',
    '{ hidden: __schema { queryType { name } } }',
    '{ ... { ...F } } fragment F on Query { __schema { queryType { name } } }',
  ])('is refused to others, also a document that ops has asked before: %#', async (query) => {
    expect((await face.ask(query)).errors).toEqual([])
    caller = reader
    try {
      const answer = await face.ask(query)
      expect(answer).toMatchObject({ status: 403, errors: [{ extensions: { code: 'FORBIDDEN' } }] })
      expect(answer.text).not.toContain('"data"')
      expect((await face.ask('{ __typename accounts { __typename } }')).errors).toEqual([])
    } finally {
      caller = undefined
    }
  })
})

test('names of the prototype chain are plain texts', async () => {
  const { data, errors } = await face.ask(
    '{ account(name: "__proto__") { name } constructor: account(name: "constructor") { name } }',
  )
  expect(data).toEqual({ account: null, constructor: null })
  expect(errors).toHaveLength(2)
  expect(
    (await face.ask('query ($constructor: String!) { account(name: $constructor) { name } }', { constructor: 'main' }))
      .data,
  ).toEqual({
    account: { name: 'main' },
  })
  expect(Object.prototype).not.toHaveProperty('polluted')
})
