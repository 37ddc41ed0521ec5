import { afterEach, beforeEach, expect, test } from 'vitest'
import { createFace, type Face, toAnswer } from './harness.ts'

let face: Face
beforeEach(async () => {
  face = await createFace()
})
afterEach(() => face.app.close())

test('an operation name that is not there is refused by GET and POST, kept document or not', async () => {
  for (const _ of [1, 2]) {
    const query = { query: 'query A { __typename } query B { __typename }', operationName: 'C' }
    const byGet = toAnswer(await face.app.inject({ url: '/graphql', query }))
    const byPost = toAnswer(await face.app.inject({ method: 'POST', url: '/graphql', payload: query }))
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
  expect(headers).toMatchObject({ 'content-type': `${type}; charset=utf-8`, vary: 'accept' })
})

test('variables and operation names come by GET as well', async () => {
  const query = {
    query: 'query A($name: String!) { account(name: $name) { name } } query B { __typename }',
    operationName: 'A',
    variables: '{"name":"nobody"}',
  }
  const answer = toAnswer(await face.app.inject({ url: '/graphql', query }))
  expect(answer).toMatchObject({ status: 200, data: { account: null } })
})
