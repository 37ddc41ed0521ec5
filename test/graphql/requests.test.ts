import { afterEach, beforeEach, expect, test } from 'vitest'
import { createFace, type Face } from './harness.ts'

let face: Face
beforeEach(async () => {
  face = await createFace()
})
afterEach(() => face.app.close())

test('an operation name that is not there is refused by GET and POST, kept document or not', async () => {
  for (const _ of [1, 2]) {
    const query = { query: 'query A { __typename } query B { __typename }', operationName: 'C' }
    const byGet = await face.get(query)
    const byPost = await face.post(query)
    for (const { status, errors } of [byGet, byPost]) {
      expect(status).toBe(200)
      expect(errors).toMatchObject([{ extensions: { code: 'INVALID_INPUT' } }])
    }
  }
})

test.each([
  [undefined, 'application/json'],
  ['*/*', 'application/json'],
  ['text/html', 'application/json'],
  ['application/graphql-response+json', 'application/graphql-response+json'],
  ['application/graphql-response+json, application/json;q=0.9', 'application/graphql-response+json'],
  ['application/graphql-response+json;q=0.5, application/json;q=0.9', 'application/json'],
  ['application/graphql-response+json;q=0, */*;q=0.1', 'application/json'],
  ['application/json, application/graphql-response+json', 'application/json'],
])('a client that accepts %s gets %s', async (accept, type) => {
  const { headers } = await face.ask('{ __typename }', undefined, accept === undefined ? {} : { accept })
  expect(headers).toMatchObject({
    'content-type': `${type}; charset=utf-8`,
    vary: 'accept, accept-encoding, authorization, x-api-key',
    'cache-control': 'no-store',
  })
})

test('variables and operation names come by GET as well', async () => {
  const query = {
    query: 'query A($name: String!) { account(name: $name) { name } } query B { __typename }',
    operationName: 'A',
    variables: '{"name":"nobody"}',
  }
  expect(await face.get(query)).toMatchObject({ status: 200, data: { account: null } })
})

test('HEAD says what GET would', async () => {
  const headers = { 'graphql-require-preflight': '1' }
  const head = async (query: string) => face.app.inject({ method: 'HEAD', url: '/graphql', query: { query }, headers })
  expect(await head('{ __typename }')).toMatchObject({ statusCode: 200, body: '' })
  expect(await head('mutation { __typename }')).toMatchObject({ statusCode: 405, body: '' })
})
