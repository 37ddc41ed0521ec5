import { describe, expect, test } from 'vitest'
import { refusePages, refuseUnproven } from '#graphql/cross-site.ts'
import { createFace } from './harness.ts'

const json = { accept: 'application/json' }
const browser = { 'user-agent': 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/130.0 Safari/537.36' }

const refusal = expect.objectContaining({
  code: 'INVALID_INPUT',
  status: 400,
  message: expect.stringContaining('GraphQL-Require-Preflight'),
})

describe('a GET', () => {
  test.each([
    ['a key', { authorization: 'Bearer x' }],
    ['a key in its own header', { 'x-api-key': 'x' }],
    ['the header for it', { 'graphql-require-preflight': '1' }],
  ])('of a browser passes with %s, for which CORS had to be asked', (_what, headers) => {
    for (const method of ['GET', 'HEAD'])
      for (const refuse of [
        refusePages,
        (request: Parameters<typeof refusePages>[0]) => refuseUnproven(request, { readsData: true }),
      ])
        expect(() => refuse({ method, headers: { ...browser, origin: 'https://a.example', ...headers } })).not.toThrow()
  })

  test('of a program passes when it only asks about the schema, which costs nothing', () => {
    for (const headers of [{}, { accept: '*/*', 'user-agent': 'curl/8.5.0' }, { ...json, 'sec-fetch-mode': 'cors' }]) {
      const request = { method: 'GET', headers }
      expect(() => refusePages(request)).not.toThrow()
      expect(() => refuseUnproven(request, { readsData: false })).not.toThrow()
      expect(() => refuseUnproven(request, { readsData: true })).toThrow(refusal)
    }
  })

  test.each([
    ['the name of a browser', { ...json, ...browser }],
    ['an origin', { ...json, origin: 'null' }],
    ['a page it comes from', { ...json, referer: 'https://a.example/' }],
    ['cookies', { ...json, cookie: 'a=b' }],
    ['a site it comes from', { ...json, 'sec-fetch-site': 'same-origin' }],
    ['a place in a page', { ...json, 'sec-fetch-dest': 'script' }],
    ['a person behind it', { ...json, 'sec-fetch-user': '?1' }],
    ['what a browser adds for who has logged in', { ...browser, authorization: 'Basic dTpw' }],
  ])('with %s is refused whatever it asks', (_what, headers) => {
    for (const method of ['GET', 'HEAD']) expect(() => refusePages({ method, headers })).toThrow(refusal)
  })
})

test.each([
  '{ accounts { name } }',
  '{ __typename accounts { name } }',
  '{ ...F } fragment F on Query { ... { accounts { name } } }',
])('a GET without the headers is not executed when it reads data: %s', async (query) => {
  const face = await createFace()
  const answer = await face.app.inject({ url: '/graphql', query: { query } })
  expect(answer.statusCode).toBe(400)
  expect(answer.json().errors).toMatchObject([{ message: expect.stringContaining('GraphQL-Require-Preflight') }])
  expect(face.services.calls).toEqual([])
  const proven = await face.app.inject({
    url: '/graphql',
    query: { query },
    headers: { 'graphql-require-preflight': '1' },
  })
  expect(proven.json()).toMatchObject({ data: { accounts: expect.any(Array) } })
  await face.app.close()
})

test('what a page of another site can send is refused before anybody is asked who they are', async () => {
  let asked = 0
  const face = await createFace(undefined, {
    createAsk: () => {
      asked += 1
      throw new Error('asked')
    },
  })
  for (const accept of ['text/html', 'application/graphql-response+json']) {
    const query = { query: '{ __typename }' }
    const answer = await face.app.inject({ url: '/graphql', query, headers: { ...browser, accept } })
    expect(answer.statusCode).toBe(400)
    expect(answer.json().errors).toMatchObject([{ extensions: { code: 'INVALID_INPUT' } }])
    expect(answer.json()).not.toHaveProperty('data')
  }
  expect(asked).toBe(0)
  expect(face.services.calls).toEqual([])
  await face.app.close()
})

test.each([
  ['text/plain', '{"query":"{ accounts { name } }"}'],
  ['application/x-www-form-urlencoded', 'query=%7B+accounts+%7B+name+%7D+%7D'],
  [
    'multipart/form-data; boundary=x',
    '--x\r\nContent-Disposition: form-data; name="query"\r\n\r\n{ accounts { name } }\r\n--x--',
  ],
  ['text/plain; application/json', '{"query":"{ accounts { name } }"}'],
  ['application/jsonp', '{"query":"{ accounts { name } }"}'],
])('a POST of %s, which needs no leave of CORS, executes nothing', async (type, payload) => {
  const face = await createFace()
  const headers = { ...browser, origin: 'https://a.example', 'content-type': type }
  const answer = await face.app.inject({ method: 'POST', url: '/graphql', payload, headers })
  expect(answer.statusCode).toBe(400)
  expect(face.services.calls).toEqual([])
  await face.app.close()
})
