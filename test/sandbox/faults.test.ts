import { connect } from 'node:net'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import type { Fault } from '../../sandbox/faults.ts'
import { type Sandbox, startSandbox } from '../../sandbox/sandbox.ts'
import { askReport, askTencent, send, tencentUrl } from './provider-clients.ts'

let sandbox: Sandbox

beforeAll(async () => {
  sandbox = await startSandbox({ snapshotStreams: 0 })
})
afterAll(() => sandbox.close())
afterEach(() => {
  sandbox.clearFaults()
  sandbox.snapshots.clear()
  sandbox.resetQuotas()
  sandbox.resetCalls()
})

const liveStat = () => send(tencentUrl(sandbox, 'Get_LiveStat'))
const pop = () => send(tencentUrl(sandbox, 'Live_Queue_Get', { 'Param.n.bid': 100 }))
const lastCall = () => sandbox.calls.at(-1)

/** Everything that comes back on one connection, however broken. */
async function rawAnswer(url: string): Promise<string> {
  const { hostname, port, pathname, search } = new URL(url)
  const socket = connect(Number(port), hostname)
  socket.write(`GET ${pathname}${search} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`)
  let text = ''
  for await (const chunk of socket) text += String(chunk)
  return text
}

test('hangs until the client leaves', async () => {
  sandbox.setFault({ kind: 'hang', times: 1 })
  const signal = AbortSignal.timeout(30)
  await expect(send(tencentUrl(sandbox, 'Get_LiveStat'), { signal })).rejects.toThrow()
  expect(lastCall()).toMatchObject({ verdict: 'faulted', fault: 'hang', status: 0 })
  expect((await liveStat()).status).toBe(200)
})

test.each(['connect', 'request', 'headers', 'body'] as const)('resets at %s', async (at) => {
  sandbox.setFault({ kind: 'reset', at, times: 1 })
  await expect(liveStat()).rejects.toMatchObject({ code: 'ECONNRESET' })
  expect(lastCall()).toMatchObject({
    verdict: 'faulted',
    fault: 'reset',
    interface: at === 'connect' ? '' : 'Get_LiveStat',
  })
  expect((await liveStat()).status).toBe(200)
})

test('sends the head, and half the body, before it resets there', async () => {
  const received = async (at: 'headers' | 'body') => {
    sandbox.setFault({ kind: 'reset', at, times: 1 })
    const { hostname, port, pathname, search } = new URL(tencentUrl(sandbox, 'Get_LiveStat'))
    const socket = connect(Number(port), hostname)
    socket.write(`GET ${pathname}${search} HTTP/1.1\r\nHost: x\r\n\r\n`)
    let text = ''
    socket.on('data', (chunk) => {
      text += String(chunk)
    })
    await new Promise<void>((resolve) => socket.on('error', () => resolve()))
    return text.split('\r\n\r\n')[1]?.slice(0, 7)
  }
  expect(await received('headers')).toBe('')
  expect(await received('body')).toBe('{"ret":')
})

test('is slow, or drips', async () => {
  sandbox.setFault({ kind: 'slow', delayMs: 20, times: 1 })
  sandbox.setFault({ kind: 'drip', intervalMs: 1, chunkBytes: 500, times: 1 })
  const started = performance.now()
  expect(JSON.parse((await liveStat()).text).ret).toBe(0)
  expect(performance.now() - started).toBeGreaterThanOrEqual(19)
  expect(JSON.parse((await liveStat()).text).ret).toBe(0)
  expect(sandbox.calls.map((call) => call.fault)).toEqual(['slow', 'drip'])
})

test('answers with a web page, half a JSON text, or a redirect', async () => {
  sandbox.setFault({ kind: 'html', times: 1 })
  expect((await liveStat()).text).toMatch(/^<html>/)
  sandbox.setFault({ kind: 'truncated', times: 1 })
  const { status, text } = await liveStat()
  expect([status, text.startsWith('{"ret":0')]).toEqual([200, true])
  expect(() => JSON.parse(text)).toThrow(SyntaxError)
  sandbox.setFault({ kind: 'redirect', location: 'http://127.0.0.1:1/', times: 1 })
  expect((await liveStat()).headers.location).toBe('http://127.0.0.1:1/')
})

test('throttles in the manner of the provider', async () => {
  sandbox.setFault({ kind: 'throttled', retryAfter: '30.5' })
  expect((await askTencent(sandbox, 'Get_LiveStat')).ret).toBe(1202)
  const { status, headers } = await askReport(sandbox, {})
  expect([status, headers['retry-after']]).toEqual([429, '30.5'])
  expect(lastCall()).toMatchObject({ verdict: 'faulted', fault: 'throttled', status: 429 })
})

test('fails with the code, text and status that were ordered, or with typical ones', async () => {
  sandbox.setFault({ kind: 'error', provider: 'tencent', code: 1000, message: 'no', status: 503 })
  sandbox.setFault({ kind: 'error', provider: 'chinanetcenter' })
  const reply = await liveStat()
  expect([reply.status, JSON.parse(reply.text)]).toEqual([503, { ret: 1000, message: 'no' }])
  const { status, json } = await askReport(sandbox, {})
  expect([status, json.code]).toEqual([500, '24102500'])
})

test.each([
  ['strings', { ret: '0' }],
  ['null', { ret: 0, output: null }],
  ['empty-text', { ret: 0, output: '' }],
  ['missing', { ret: 0, message: 'query data successfully' }],
  ['wrapped', { output: [{ stream_count: 40 }] }],
  ['extra', { unknown_field: [{ x: 1 }], output: { stream_count: 40, unknown_field: [{ x: 1 }] } }],
] as const)('gets types wrong: %s', async (variant, expected) => {
  sandbox.setFault({ kind: 'wrong-types', variant })
  const answer = await askTencent(sandbox, 'Get_LiveStat')
  expect(answer).toMatchObject(expected)
  expect('output' in answer).toBe(variant !== 'missing')
})

test('unwraps a list payload, and plants __proto__ fields', async () => {
  sandbox.setFault({ kind: 'wrong-types', variant: 'wrapped', times: 1 })
  const room = { 'Param.s.channel_id': '8888_room1' }
  expect((await askTencent(sandbox, 'Live_Channel_GetStatus', room)).output).toMatchObject({ status: 1 })
  sandbox.setFault({ kind: 'wrong-types', variant: 'extra', times: 1 })
  expect((await liveStat()).text).toContain('"__proto__":{"polluted":1}')
})

test('shuffles lists and repeats a row', async () => {
  const names = async () =>
    (await askTencent(sandbox, 'Get_LiveStat')).output.stream_info.map(
      (row: { stream_name: string }) => row.stream_name,
    )
  const right = await names()
  sandbox.setFault({ kind: 'shuffled', times: 1 })
  expect(await names()).toEqual([...right.toReversed(), right.at(-1)])
})

test('sends too much, plain or compressed', async () => {
  sandbox.setFault({ kind: 'oversize', times: 1 })
  expect((await liveStat()).text.length).toBeGreaterThan(9 * 1024 * 1024)
  sandbox.setFault({ kind: 'gzip-bomb', bytes: 2_000_000, times: 1 })
  const text = await rawAnswer(tencentUrl(sandbox, 'Get_LiveStat'))
  expect(text.length).toBeLessThan(20_000)
  expect(text).toContain('Content-Encoding: gzip')
})

test('compresses honestly', async () => {
  sandbox.setFault({ kind: 'gzip-bomb', bytes: 1_000_000, times: 1 })
  const response = await fetch(tencentUrl(sandbox, 'Get_LiveStat'))
  expect((await response.text()).length).toBeGreaterThan(1_000_000)
})

test.each([
  ['not-json', /\r\n\r\nret=0/],
  ['not-object', /\r\n\r\n\[\[42\]\]$/],
  ['two-lengths', /Content-Length: 40\r\nContent-Length: 5\r\n/],
  ['long-length', /Content-Length: 140\r\n\r\n.{40}$/],
  ['big-header', /X-Filling: x{100000}\r\n/],
  ['not-http', /^this is no HTTP/],
] as const)('answers with something unreadable: %s', async (variant, expected) => {
  sandbox.setFault({ kind: 'malformed', variant })
  expect(await rawAnswer(tencentUrl(sandbox, 'Get_LiveStat'))).toMatch(expected)
})

test('takes messages off the queue when the answer is lost on the way, not when there is none', async () => {
  sandbox.pushSnapshot({ n: 1 }, { n: 2 }, { n: 3 })
  for (const fault of [{ kind: 'html' }, { kind: 'error' }, { kind: 'reset' }] as Fault[]) {
    sandbox.setFault({ ...fault, times: 1 })
    await pop().catch(() => undefined)
    expect(sandbox.snapshots.size).toBe(3)
  }
  sandbox.setFault({ kind: 'reset', at: 'body', times: 1 })
  await expect(pop()).rejects.toThrow()
  expect(sandbox.snapshots.size).toBe(2)
  sandbox.setFault({ kind: 'html', takesEffect: true, times: 1 })
  await pop()
  expect(sandbox.snapshots.size).toBe(1)
})

test('strikes only the calls it is meant for', async () => {
  sandbox.setFault({ kind: 'error', interface: 'Live_Channel_GetStatus', stream: '8888_room2', role: 'control' })
  const status = async (key: string) =>
    (await askTencent(sandbox, 'Live_Channel_GetStatus', { 'Param.s.channel_id': key })).ret
  expect([await status('8888_room1'), await status('8888_room2')]).toEqual([0, 3000])
  expect((await askTencent(sandbox, 'Get_LiveStat')).ret).toBe(0)
})

test('strikes the n-th call, or skips some and ends after some', async () => {
  const spoilt = async (fault: Fault) => {
    sandbox.setFault(fault)
    const rets = []
    for (let call = 0; call < 5; call += 1) rets.push((await askTencent(sandbox, 'Get_LiveStat')).ret)
    sandbox.clearFaults()
    return rets.map((ret) => ret !== 0)
  }
  expect(await spoilt({ kind: 'error', nth: 3 })).toEqual([false, false, true, false, false])
  expect(await spoilt({ kind: 'error', skip: 1, times: 2 })).toEqual([false, true, true, false, false])
})

test('strikes with a probability that repeats itself', async () => {
  const run = async () => {
    const other = await startSandbox({ seed: 5 })
    other.setFault({ kind: 'error', probability: 0.5 })
    const rets = []
    for (let call = 0; call < 20; call += 1) rets.push((await askTencent(other, 'Get_LiveStat')).ret)
    await other.close()
    return rets
  }
  const first = await run()
  expect(new Set(first)).toEqual(new Set([0, 1201]))
  expect(await run()).toEqual(first)
})

test('lists faults with their hits, and takes single ones back', async () => {
  const id = sandbox.setFault({ kind: 'error', interface: 'Get_LiveStat' })
  sandbox.setFault({ kind: 'hang', interface: 'Live_Queue_Get' })
  await liveStat()
  expect(sandbox.listFaults()[0]).toMatchObject({ id, kind: 'error', seen: 1, hits: 1 })
  sandbox.clearFaults(id)
  expect(sandbox.listFaults().map((fault) => fault.kind)).toEqual(['hang'])
})

test.each([
  [{}, /kind must be one of/],
  [{ kind: 'explode' }, /kind must be one of/],
  [{ kind: 'hang', delay: 1 }, /no field delay/],
  [{ kind: 'hang', probability: 2 }, /probability/],
  [{ kind: 'malformed', variant: 'strings' }, /variant of malformed/],
  [{ kind: 'reset', at: 'connect', interface: 'Get_LiveStat' }, /before any interface/],
])('refuses the senseless fault %j', (fault, reason) => {
  expect(() => sandbox.setFault(fault as Fault)).toThrow(reason)
})

test('closes while calls hang', async () => {
  const other = await startSandbox()
  other.setFault({ kind: 'hang' })
  const call = send(tencentUrl(other, 'Get_LiveStat')).catch((error: NodeJS.ErrnoException) => error.code)
  while (other.countCalls({ verdict: 'faulted' }) === 0) await new Promise(setImmediate)
  await other.close()
  expect(await call).toBe('ECONNRESET')
})
