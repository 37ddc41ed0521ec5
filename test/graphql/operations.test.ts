import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { buildSchema } from 'graphql'
import { beforeEach, describe, expect, test } from 'vitest'
import { createExecutor } from '#graphql/executing-schema.ts'
import { createOperations, type Operations } from '#graphql/operations.ts'
import { createPersistedOperations } from '#graphql/persisted-operations.ts'
import { readParameters } from '#graphql/request.ts'
import type { Caller } from '#model/caller.ts'
import { createRowWriter } from '#rows/row-writer.ts'
import { createAsk, schemaText } from './harness.ts'

const schema = buildSchema(schemaText)
const executor = createExecutor({ text: schemaText, schema, rows: createRowWriter({ maxBytes: 1024 }) })
const reader: Caller = { name: 'web', role: 'reader', accounts: 'all' }
const many = (count: number, write: (index: number) => string) =>
  Array.from({ length: count }, (_, index) => write(index)).join(' ')

let operations: Operations
const prepare = (query: string, parameters: object = {}, caller?: Caller) =>
  operations.prepare(readParameters({ query, ...parameters }), createAsk(caller))

beforeEach(() => {
  operations = createOperations({
    schema,
    executor,
    limits: { maxDepth: 10, maxAliases: 30 },
    persisted: createPersistedOperations(),
  })
})

test('an operation that may be executed comes with its document, name, variables and type', () => {
  const query =
    'query A($name: String!) { account(name: $name) { name } } subscription B { snapshot(account: "a") { id } }'
  const variables = { name: 'main' }
  const { schema: against, document, ...rest } = prepare(query, { operationName: 'A', variables })
  expect(rest).toEqual({
    ...{ operationName: 'A', variableValues: variables, type: 'query', readsData: true },
    ...{ label: 'account', name: 'A' },
  })
  expect(against === executor.schema).toBe(true)
  expect(document.definitions).toHaveLength(2)
  expect(prepare(query, { operationName: 'B' }).type).toBe('subscription')
})

test('what asks about the schema is executed against the public one', () => {
  expect(prepare('{ __schema { queryType { name } } }').schema === schema).toBe(true)
})

test('a document that comes again is not parsed again', () => {
  const query = '{ accounts { name } }'
  expect(prepare(query).document).toBe(prepare(query).document)
})

test.each([
  ['no such operation', 'query A { __typename }', { operationName: 'B' }, 'INVALID_INPUT'],
  ['an empty name', 'query A { __typename }', { operationName: '' }, 'INVALID_INPUT'],
  ['one of several without a name', 'query A { __typename } query B { __typename }', {}, 'INVALID_INPUT'],
  ['no operation', 'fragment A on Query { __typename }', {}, 'INVALID_INPUT'],
  ['an id that nobody registered', undefined, { documentId: 'a' }, 'NOT_FOUND'],
])('%s is refused', (_what, query, parameters, code) => {
  for (const _ of [1, 2])
    expect(() => operations.prepare(readParameters({ query, ...parameters }), createAsk())).toThrow(
      expect.objectContaining({ code }),
    )
})

test('what a reader may not ask is refused though ops have asked it before', () => {
  const query = '{ __schema { queryType { name } } }'
  expect(() => prepare(query)).not.toThrow()
  expect(() => prepare(query, {}, reader)).toThrow(expect.objectContaining({ code: 'FORBIDDEN' }))
})

describe('memory', () => {
  const size = 63_000
  setFlagsFromString('--expose-gc')
  const collect: () => void = runInNewContext('gc')

  /** How many MB of heap are held more after all of them were refused, or kept. */
  function measure(count: number, write: (index: number) => string): number {
    const ask = (index: number) => {
      try {
        prepare(write(index))
      } catch {
        // Refused.
      }
    }
    ask(-1)
    collect()
    const before = process.memoryUsage().heapUsed
    for (let index = 0; index < count; index += 1) ask(index)
    collect()
    return (process.memoryUsage().heapUsed - before) / 2 ** 20
  }

  const texts = (index: number) => many(1400, (one) => `"n${index}x${one}"`)
  // A tenth of what a hostile client is held to send: 10 000 wrong documents, 2 000 of the largest size. By then
  // everything that is kept has been replaced several times.
  test.each<[string, number, (index: number) => string]>([
    ['1 000 documents that cannot be parsed', 1000, (index) => `{ a${index} ${'#'.repeat(1000)}`],
    [
      '2 000 documents that are not valid',
      2000,
      (index) => `{ accounts { a${index} b${index} } ${'#'.repeat(1000)}\n}`,
    ],
    ['200 documents of a long comment', 200, (index) => `{ accounts { name } } #${index}`.padEnd(size, 'x')],
    ['200 documents of many comments', 200, (index) => `{ accounts { name } }${`\n#${index}`.repeat(1900)}`],
    ['200 documents of a long text', 200, (index) => `{ account(name: "${`${index}`.padEnd(size, 'x')}") { name } }`],
    ['100 documents of many texts', 100, (index) => `{ accounts(names: [${texts(index)}]) { name } }`],
    ['200 documents of too many tokens', 200, (index) => `{ a${index} ${'a '.repeat(30_000)} }`],
  ])('stays within 20 MB for %s', (_what, count, write) => {
    expect(measure(count, write)).toBeLessThan(20)
  })
})
