import { expect, test } from 'vitest'
import { readParameters } from '#graphql/request.ts'

const deep = `${'{"a":'.repeat(5000)}{"__proto__":{}}${'}'.repeat(5000)}`

test.each(['{"__proto__":{"admin":true}}', '{"a":[{"b":{"__proto__":1}}]}', '{"constructor":{"prototype":{}}}', deep])(
  'keys that careless copies take for a prototype are refused however the request came: %.40s',
  (text) => {
    for (const place of ['variables', 'extensions'])
      expect(() => readParameters({ query: '{ a }', [place]: JSON.parse(text) })).toThrow(
        expect.objectContaining({ status: 400, code: 'INVALID_INPUT', message: expect.stringContaining('__proto__') }),
      )
  },
)

test('a variable may be called like what every object has', () => {
  const variables = { constructor: 'x', toString: null, prototype: [1, null] }
  expect(readParameters({ query: '{ a }', variables })).toMatchObject({ variables })
})

test('a request names its document in one way', () => {
  expect(() => readParameters({ query: '{ a }', documentId: 'a' })).toThrow('documentId')
  expect(() => readParameters({})).toThrow('query')
  for (const documentId of ['', 7, {}]) expect(() => readParameters({ documentId })).toThrow('documentId')
  for (const persistedQuery of [{}, 'x', { version: 2, sha256Hash: 'a'.repeat(64) }, { version: 1, sha256Hash: 'a' }])
    expect(() => readParameters({ extensions: { persistedQuery } })).toThrow('64 hexadecimal digits')
})
