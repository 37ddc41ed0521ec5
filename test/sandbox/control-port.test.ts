import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Sandbox, startSandbox } from '../../sandbox/sandbox.ts'
import { askTencent, type Loose, NOW_MS, send } from './provider-clients.ts'

let sandbox: Sandbox

beforeAll(async () => {
  sandbox = await startSandbox({ now: () => NOW_MS, snapshotStreams: 0, streams: 3 })
})
afterAll(() => sandbox.close())

async function ask(method: string, path: string, body?: unknown): Promise<{ status: number; json: Loose }> {
  const text = body === undefined ? undefined : JSON.stringify(body)
  const reply = await send(`${sandbox.urls.control}${path}`, { method }, text)
  return { status: reply.status, json: JSON.parse(reply.text) }
}

test('shows and forgets the calls', async () => {
  await askTencent(sandbox, 'Get_LiveStat')
  await askTencent(sandbox, 'Live_Channel_GetStatus', { 'Param.s.channel_id': '8888_room1' })
  const { json } = await ask('GET', '/calls?role=statistics&limit=5')
  expect([json.total, json.calls[0].interface]).toEqual([1, 'Get_LiveStat'])
  expect((await ask('DELETE', '/calls')).json).toEqual({ total: 0 })
  expect(sandbox.countCalls()).toBe(0)
})

test('sets, lists and takes back faults', async () => {
  const { json } = await ask('POST', '/faults', { kind: 'error', interface: 'Get_LiveStat', code: 1201 })
  expect((await askTencent(sandbox, 'Get_LiveStat')).ret).toBe(1201)
  expect((await ask('GET', '/faults')).json.faults).toMatchObject([{ id: json.id, hits: 1 }])
  expect((await ask('DELETE', `/faults/${json.id}`)).json).toEqual({ faults: [] })
  expect((await askTencent(sandbox, 'Get_LiveStat')).ret).toBe(0)
})

test('starts, stops and replaces streams of either provider', async () => {
  expect((await ask('POST', '/streams', { stop: ['8888_room2'], add: ['8888_x'] })).json.live).toEqual([
    '8888_room1',
    '8888_room3',
    '8888_x',
  ])
  expect((await ask('POST', '/streams', { live: ['8888_room1'] })).json.live).toEqual(['8888_room1'])
  const provider = 'chinanetcenter'
  await ask('POST', '/streams', { provider, start: ['push.example.com/live/x'] })
  expect((await ask('GET', `/streams?provider=${provider}`)).json.live).toContain('push.example.com/live/x')
})

test('fills, shows and empties the screenshot queue', async () => {
  const { json } = await ask('POST', '/snapshots', { items: [{ stream_id: 'a', pic_url: 'b' }], fill: 4 })
  expect(json).toMatchObject({ size: 5, popped: 0, dropped: 0 })
  expect((await ask('DELETE', '/snapshots')).json.size).toBe(0)
})

test('sets the provider clock, the latency and the quota', async () => {
  expect((await ask('POST', '/clock', { offsetMs: -1000 })).json.nowMs).toBe(NOW_MS - 1000)
  expect((await ask('POST', '/clock', { advanceMs: 3000 })).json.nowMs).toBe(NOW_MS + 2000)
  await ask('POST', '/clock', { offsetMs: 0 })
  expect((await ask('POST', '/latency', { ms: 1 })).json).toEqual({ ms: 1 })
  await ask('DELETE', '/quota')
  await ask('POST', '/quota', { limit: 1, windowSeconds: 60 })
  await askTencent(sandbox, 'Get_LiveStat')
  expect((await askTencent(sandbox, 'Get_LiveStat')).ret).toBe(1202)
  expect((await ask('GET', '/state')).json.quotaUsed).toEqual({ tencent: 1, chinanetcenter: 0 })
})

test.each([
  ['POST', '/faults', { kind: 'explode' }],
  ['POST', '/faults', []],
  ['POST', '/streams', { stop: ['8888_unheard'] }],
  ['POST', '/streams', { stop: 'x' }],
  ['POST', '/streams', { destroy: ['x'] }],
  ['POST', '/streams', { provider: 'x', stop: [] }],
  ['POST', '/snapshots', { items: 1 }],
  ['POST', '/clock', {}],
  ['POST', '/quota', { limit: 1, windowSeconds: 0 }],
])('says what is wrong with %s %s %j', async (method, path, body) => {
  const { status, json } = await ask(method, path, body)
  expect([status, typeof json.error]).toEqual([400, 'string'])
})

test('names its routes to whoever asks for another one', async () => {
  const { status, json } = await ask('PUT', '/calls')
  expect([status, json.routes.includes('GET /calls')]).toEqual([404, true])
})
