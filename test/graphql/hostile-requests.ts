// Requests as clients send them, and as nobody should: around every limit, wrong in every way a document can be.
import fc from 'fast-check'
import { getIntrospectionQuery } from 'graphql'

/** A request with who sends it. */
export interface HostileRequest {
  readonly role: 'reader' | 'ops'
  readonly query: string
  readonly variables: Record<string, unknown> | undefined
  readonly operationName: string | undefined
}

const many = (count: number, write: (index: number) => string) =>
  Array.from({ length: count }, (_, index) => write(index)).join(' ')
const around = (limit: number) => fc.integer({ min: limit - 2, max: limit + 2 })

const accountName = fc.constantFrom('main', 'other', 'nobody', '__proto__', 'ümläut', '')
const range = '(from: "2026-11-21T03:00:00Z", to: "2026-11-21T05:00:00Z")'
const streamFields = fc
  .uniqueArray(
    fc.constantFrom(
      'key',
      'id domain',
      'state stateStale',
      'live { onlineViewers fetchedAt }',
      'account { name }',
      'recordings(first: 2) { nodes { id } }',
      `pushSamples${range} { samples { observedAt } missing { code } }`,
      `pushSessions${range} { sessions { source } }`,
    ),
    { minLength: 1, maxLength: 4 },
  )
  .map((fields) => fields.join(' '))
const accountFields = fc.constantFrom(
  'name provider',
  'quota { used }',
  'liveTotals { streamCount }',
  'health { state }',
)
const rootField = fc.oneof(
  fc.constant('__typename'),
  accountFields.map((fields) => `accounts { ${fields} }`),
  fc.tuple(accountName, accountFields).map(([name, fields]) => `account(name: "${name}") { ${fields} }`),
  fc.tuple(accountName, streamFields).map(([name, fields]) => `stream(account: "${name}", key: "a") { ${fields} }`),
  fc
    .tuple(fc.integer({ min: -1, max: 301 }), streamFields)
    .map(([first, fields]) => `liveStreams(first: ${first}) { nodes { ${fields} } }`),
)
/** Good as they stand, though what they ask for may not be there. */
const goodQuery = fc
  .array(rootField, { minLength: 1, maxLength: 4 })
  .map(
    (fields) =>
      `{ ${fields.map((field, index) => (field === '__typename' ? field : `f${index}: ${field}`)).join(' ')} }`,
  )

/** One limit each, from just inside to just outside. */
const nearLimit = fc.oneof(
  around(30).map((count) => `{ ${many(count, (index) => `a${index}: __typename`)} }`),
  around(31).map((count) => `{ accounts { ${'name '.repeat(count)} } }`),
  around(50).map((count) => `{ __typename ${'@include(if: true) '.repeat(count)} }`),
  around(50).map((count) => `{ ...F } fragment F on Query { ${many(count, () => '__typename')} }`),
  around(100).map((count) => `{ accounts { ${'...F '.repeat(count)} } } fragment F on Account { name }`),
  around(9).map(
    (count) =>
      `{ account(name: "main") { ${many(count, () => 'liveStreams(first: 1) { nodes { account {')} name ${'} } } '.repeat(count)} } }`,
  ),
  around(3).map(
    (count) =>
      `{ account(name: "main") { ${many(count, () => 'liveStreams(first: 1) { nodes { account {')} name ${'} } } '.repeat(count)} } }`,
  ),
  around(22).map(
    (count) =>
      `{ accounts { ...F0 } } ${many(count, (index) => `fragment F${index} on Account { ...F${index + 1} ...F${index + 1} }`)} fragment F${count} on Account { name }`,
  ),
  around(1996).map((count) => `{ accounts(names: [${'"x" '.repeat(count - 6)}]) { name } }`),
  around(1999).map((count) => `${'\n'.repeat(count)}{ __typename }`),
  around(100).map((count) => `{ liveStreams(first: ${count}) { nodes { recordings(first: 99) { nodes { id } } } } }`),
  around(900).map((count) => `{ accounts(names: ${'['.repeat(count)}"x"${']'.repeat(count)}) { name } }`),
  fc.integer({ min: 1, max: 12_000 }).map((count) => `${'{ a '.repeat(count)}${'}'.repeat(count)}`),
)

const wrong = fc.oneof(
  fc.constantFrom(
    '{ acounts { name } }',
    '{ accounts { nam } account }',
    '{ accounts }',
    '{ __typename { a } }',
    '{ ...F }',
    '{ ...F } fragment F on Nothing { a }',
    '{ ...F } fragment F on Query { ...F }',
    '{ __typename @nothing }',
    'query ($a: Nothing) { __typename }',
    'query ($a: Int) { __typename }',
    '{ account(name: $a) { name } }',
    '{ account(name: 1) { name } }',
    'fragment F on Query { __typename }',
    'type A { b: Int }',
    '{ stream(account: "main", key: "a") { pushSamples(from: "now", to: "then") { stale } } }',
    '{ accounts { name } name: accounts { provider } name: __typename }',
    'query A { __typename } query A { __typename }',
  ),
  // What is cut off or has something put in.
  fc
    .tuple(goodQuery, fc.nat(), fc.constantFrom('', '{', '}', '"', '$', '#', ' é', '\u0000', '"""', '...', '@'))
    .map(([query, at, put]) => {
      const index = at % query.length
      return put === '' ? query.slice(0, index + 1) : `${query.slice(0, index)}${put}${query.slice(index)}`
    }),
  fc.string({ minLength: 1, unit: 'grapheme', maxLength: 40 }),
)

const introspection = fc.constantFrom(
  getIntrospectionQuery(),
  '{ __type(name: "Query") { name } }',
  '{ a: __schema { queryType { name } } }',
  '{ ...F accounts { name } } fragment F on Query { __schema { queryType { name } } }',
  'query __schema { accounts { __typename } }',
)

const otherThanQuery = fc.constantFrom(
  'mutation { __typename }',
  'mutation { accountDelete(name: "main") }',
  'subscription { snapshot(account: "main") { id } }',
  'subscription { snapshot(account: "nobody") { id } }',
  'subscription { snapshot(account: "main") { id } accounts { name } }',
  `subscription { snapshot(account: "main") { ${'id '.repeat(40)} } }`,
  'subscription { nothing }',
  'subscription { snapshot(account: "main") { stream { account { liveStreams { nodes { account { liveStreams { nodes { account { liveStreams { nodes { key } } } } } } } } } } } }',
)

const withVariables = fc.record({
  query: fc.constantFrom(
    'query ($name: String!) { account(name: $name) { name } }',
    'query A($n: Int = 300) { liveStreams(first: $n) { nodes { recordings(first: $n) { nodes { id } } } } }',
    'query ($constructor: Int = 300) { liveStreams(first: $constructor) { nodes { recordings(first: $constructor) { nodes { id } } } } }',
    'query ($names: [String!]) { accounts(names: $names) { name } }',
    `query ($from: DateTime!) { stream(account: "main", key: "a") { playSamples(from: $from, to: "2026-11-21T05:00:00Z") { stale } } }`,
  ),
  variables: fc.dictionary(
    fc.constantFrom('name', 'n', 'names', 'from', 'constructor', 'more'),
    fc.oneof(
      fc.constantFrom(null, 0, 1, 99, 101, 300, 1e9, -1, 1.5, 'main', '', '2026-11-21T03:00:00Z', true),
      fc.array(fc.constantFrom('main', 'other', 1, null), { maxLength: 3 }),
      fc.constant({ a: { b: {} } }),
    ),
    { maxKeys: 4 },
  ),
})

const operationName = fc.oneof(
  { weight: 8, arbitrary: fc.constant(undefined) },
  { weight: 1, arbitrary: fc.constantFrom('A', 'B', '__schema', '') },
)

/** Any of them. */
export const hostileRequest: fc.Arbitrary<HostileRequest> = fc
  .tuple(
    fc.constantFrom('reader' as const, 'ops' as const),
    fc.oneof(
      { weight: 3, arbitrary: goodQuery },
      { weight: 3, arbitrary: nearLimit },
      { weight: 3, arbitrary: wrong },
      { weight: 1, arbitrary: introspection },
      { weight: 1, arbitrary: otherThanQuery },
      { weight: 2, arbitrary: withVariables },
    ),
    operationName,
  )
  .map(([role, asked, name]) => ({
    role,
    ...(typeof asked === 'string' ? { query: asked, variables: undefined } : asked),
    operationName: name,
  }))
