// Every request leaves one line in the log and one count in the metrics, whatever way it came and however it ended.
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { get } from 'node:http'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { type Gateway, startGateway } from '#test/support/gateway.ts'
import { waitUntil } from '#test/support/wait-until.ts'

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')
const access = {
  mode: 'keys',
  keys: [
    { name: 'ops', sha256: sha256('ops-key'), role: 'ops' },
    { name: 'web', sha256: sha256('web-key') },
  ],
}
const web = { 'x-api-key': 'web-key' }

let gateway: Gateway
beforeAll(async () => {
  gateway = await startGateway({ settings: { access, log: { level: 'info' } } })
})
afterAll(() => gateway.close())

type Line = Readonly<Record<string, unknown>>

function listLines(): readonly Line[] {
  const lines = gateway
    .log()
    .split('\n')
    .filter((line) => line !== '')
  return lines.map((line): Line => JSON.parse(line)).filter(({ msg }) => msg === 'request')
}

/** Counted requests, by their labels as the text has them. */
async function readCounts(): Promise<ReadonlyMap<string, number>> {
  const text = await (await gateway.get('/metrics', { 'x-api-key': 'ops-key' })).text()
  const samples = [...text.matchAll(/^weir_requests_total\{(.*)\} (\d+)$/gm)]
  return new Map(samples.map(([, labels = '', count]) => [labels, Number(count)]))
}

/** What became more. */
function compare(before: ReadonlyMap<string, number>, after: ReadonlyMap<string, number>): Record<string, number> {
  const grown = [...after].map(([labels, count]) => [labels, count - (before.get(labels) ?? 0)] as const)
  return Object.fromEntries(grown.filter(([labels, count]) => count > 0 && !labels.includes('operation="health"')))
}

/** Does something that is one request, and returns its line after checking that there is one, and one count. */
async function follow(act: () => Promise<unknown>): Promise<Line> {
  const before = await readCounts()
  const from = listLines().length
  await act()
  await waitUntil('the line is written', async () => listLines().length > from)
  const lines = listLines().slice(from)
  const counted = compare(before, await readCounts())
  expect(lines).toHaveLength(1)
  const [line = {}] = lines
  expect(counted).toEqual({ [`face="${line['face']}",operation="${line['operation']}",code="${line['code']}"`]: 1 })
  expect(line['requestId']).toEqual(expect.stringMatching(/^[\w-]+$/))
  expect(line['tookMs']).toBeGreaterThanOrEqual(0)
  return line
}

const post = (body: object | string, headers: Record<string, string> = web) =>
  fetch(`${gateway.address}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  })

describe('one line and one count', () => {
  it('of a POST: what was asked, by whom, and what it cost', async () => {
    const query = 'query Names($name: String!) { account(name: $name) { name liveTotals { streamCount } } }'
    const variables = { name: 'tencent-main' }
    const line = await follow(() => post({ query, variables }, { ...web, 'x-request-id': 'one' }))
    expect(line).toMatchObject({
      level: 'info',
      ...{ face: 'graphql', operation: 'account', operationName: 'Names', client: 'web', requestId: 'one' },
      ...{ code: 'OK', status: 200, from: 'made', upstream: { calls: 1, cached: 0, coalesced: 0 } },
    })
    expect(JSON.stringify(line)).not.toContain('tencent-main')
  })

  it('of a GET, of a document of several fields', async () => {
    const query = encodeURIComponent('{ b: accounts { name } account(name: "tencent-main") { provider } }')
    const line = await follow(() => gateway.get(`/graphql?query=${query}`, web))
    expect(line).toMatchObject({ face: 'graphql', operation: 'account+accounts', code: 'OK', status: 200 })
    expect(line).not.toHaveProperty('operationName')
  })

  it('of a route, and of the same answer from kept bytes, which knows what it is the answer to', async () => {
    const path = '/v1/accounts/tencent-main/play-samples?from=2026-01-01T00:00:00Z&to=2026-01-01T00:05:00Z'
    const ask = async () => (await gateway.get(path, web)).text()
    const first = await follow(ask)
    expect(first).toMatchObject({ face: 'rest', operation: expect.stringMatching(/^\w+$/), from: 'made' })
    await follow(ask)
    const kept = await follow(ask)
    expect(kept).toMatchObject({ face: 'rest', operation: first['operation'], client: 'web', status: first['status'] })
  })

  it('of a kept answer of GraphQL, by the name its client gave it', async () => {
    const ask = () => post({ query: 'query Kept { liveStreams { nodes { key } } }' })
    await follow(ask)
    await follow(ask)
    const answer = await follow(async () => {
      const { headers } = await ask()
      expect([...headers.keys()].filter((name) => name.startsWith('weir-kept'))).toEqual([])
    })
    expect(answer).toMatchObject({ operation: 'liveStreams', operationName: 'Kept', from: 'memory', client: 'web' })
    expect(answer).toMatchObject({ code: 'OK', status: 200, upstream: { calls: 0, cached: 0, coalesced: 0 } })
  })

  it('of whoever is not let in', async () => {
    expect(await follow(() => post({ query: '{ accounts { name } }' }, {}))).toMatchObject({
      ...{ face: 'graphql', operation: 'unknown', code: 'UNAUTHENTICATED', status: 401, client: null },
    })
    expect(await follow(() => gateway.get('/v1/accounts'))).toMatchObject({
      ...{ face: 'rest', operation: 'listAccounts', code: 'UNAUTHENTICATED', status: 401, client: null },
    })
  })

  it.each([
    ['a document that cannot be parsed', { query: '{ accounts {' }, 'INVALID_INPUT'],
    ['one that is not valid', { query: '{ secretField_of_mine }' }, 'INVALID_INPUT'],
    ['a body that is no JSON', '{', 'INVALID_INPUT'],
    ['an operation that is too large', { query: `{ ${'a'.repeat(3)} { ${'b { '.repeat(20)}` }, 'INVALID_INPUT'],
    ['the schema, for readers', { query: '{ __schema { types { name } } }' }, 'FORBIDDEN'],
  ])('of %s', async (_name, body, code) => {
    const line = await follow(() => post(body))
    expect(line).toMatchObject({ face: 'graphql', operation: 'invalid', code, client: 'web' })
    expect(JSON.stringify(line)).not.toContain('secretField_of_mine')
  })

  it('of an argument that is wrong, and of a field that failed', async () => {
    expect(await follow(() => gateway.get('/v1/live-streams?first=0', web))).toMatchObject({
      ...{ face: 'rest', operation: 'listLiveStreams', code: 'INVALID_INPUT', status: 400, client: 'web' },
    })
    const query = '{ account(name: "cnc-main") { liveTotals { streamCount } } }'
    expect(await follow(() => post({ query }))).toMatchObject({
      ...{ operation: 'account', code: 'CAPABILITY_UNSUPPORTED', status: 200 },
    })
  })

  it('of no route, of another method, of a malformed address, and of pages', async () => {
    expect(await follow(() => gateway.get('/v1/nothing/here', web))).toMatchObject({
      ...{ face: 'rest', operation: 'unknown', code: 'NOT_FOUND', status: 404 },
    })
    expect(await follow(() => fetch(`${gateway.address}/v1/accounts`, { method: 'DELETE' }))).toMatchObject({
      ...{ face: 'rest', operation: 'unknown', code: 'NOT_FOUND', status: 405 },
    })
    expect(await follow(() => gateway.get('/v1/accounts/%zz', web))).toMatchObject({
      ...{ face: 'rest', operation: 'unknown', code: 'INVALID_INPUT', status: 400 },
    })
    expect(await follow(() => gateway.get('/docs/errors'))).toMatchObject({
      face: 'page',
      operation: 'page',
      code: 'OK',
    })
    expect(await follow(() => gateway.get('/nowhere'))).toMatchObject({ face: 'page', code: 'NOT_FOUND', status: 404 })
  })

  it('of a client that left a stream of events', async () => {
    const line = await follow(async () => {
      const request = get(`${gateway.address}/v1/accounts/tencent-main/streams/k/events`, { headers: web })
      await once(request, 'response')
      request.destroy()
    })
    expect(line).toMatchObject({ face: 'rest', operation: 'watchStream', code: 'OK', client: 'web', status: 200 })
    const text = await (await gateway.get('/metrics', { 'x-api-key': 'ops-key' })).text()
    expect(text).toMatch(/weir_request_duration_seconds_count\{face="rest",operation="listAccounts"\} \d/)
    expect(text).not.toMatch(/weir_request_duration_seconds.*watchStream/)
  })

  it('of each operation of a WebSocket, and none of the socket', async () => {
    const socket = new WebSocket(`${gateway.address.replace('http', 'ws')}/graphql`, ['graphql-transport-ws'])
    const messages: { type: string; id?: string }[] = []
    socket.on('message', (data) => messages.push(JSON.parse(String(data))))
    await once(socket, 'open')
    const send = (message: object) => socket.send(JSON.stringify(message))
    const has = (type: string, id?: string) =>
      waitUntil(`a message ${type}`, async () => messages.some((one) => one.type === type && one.id === id))
    send({ type: 'connection_init', payload: { apiKey: 'web-key' } })
    await has('connection_ack')
    const asked = await follow(async () => {
      send({ type: 'subscribe', id: '1', payload: { query: 'query OnSocket { accounts { name } }' } })
      await has('complete', '1')
    })
    expect(asked).toMatchObject({ face: 'graphql', operation: 'accounts', operationName: 'OnSocket', client: 'web' })
    expect(asked).not.toHaveProperty('status')
    const refused = await follow(async () => {
      send({ type: 'subscribe', id: '2', payload: { query: '{ nothing }' } })
      await has('error', '2')
    })
    expect(refused).toMatchObject({ operation: 'invalid', code: 'INVALID_INPUT', client: 'web' })
    const watched = await follow(async () => {
      send({
        type: 'subscribe',
        id: '3',
        payload: { query: 'subscription { snapshot(account: "tencent-main") { id } }' },
      })
      send({ type: 'ping' })
      await has('pong')
      socket.close()
    })
    expect(watched).toMatchObject({ operation: 'subscription:snapshot', code: 'OK', client: 'web' })
  })
})
