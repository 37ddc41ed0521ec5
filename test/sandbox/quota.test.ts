import { afterEach, expect, test } from 'vitest'
import { RollingQuota } from '../../sandbox/rolling-quota.ts'
import { type Sandbox, startSandbox } from '../../sandbox/sandbox.ts'
import { askReport, askTencent, NOW_MS, send, tencentUrl } from './provider-clients.ts'

let sandbox: Sandbox
let nowMs = NOW_MS

afterEach(() => sandbox?.close())

async function start(limit: number): Promise<void> {
  nowMs = NOW_MS
  sandbox = await startSandbox({ now: () => nowMs, quota: { limit, windowSeconds: 300 } })
}

test('admits exactly the limit in every rolling window, however the calls fall', () => {
  const quota = new RollingQuota({ limit: 3, windowSeconds: 10 })
  const verdicts = [0, 4000, 9000, 9999, 10_000, 10_001, 14_000].map((atMs) => quota.take(atMs).admitted)
  expect(verdicts).toEqual([true, true, true, false, true, false, true])
  expect(quota.take(14_001).retryAfterMs).toBe(4999)
})

test('is shared by both Tencent hosts and says 1202 when it is used up', async () => {
  await start(2)
  const parameters = { 'Param.s.channel_id': '8888_room1' }
  expect((await askTencent(sandbox, 'Get_LiveStat')).ret).toBe(0)
  expect((await askTencent(sandbox, 'Live_Channel_GetStatus', parameters)).ret).toBe(0)
  expect(await askTencent(sandbox, 'Live_Channel_GetStatus', parameters)).toMatchObject({ ret: 1202, retcode: 1202 })
  nowMs += 300_000
  expect((await askTencent(sandbox, 'Get_LiveStat')).ret).toBe(0)
  expect(sandbox.countCalls({ verdict: 'throttled' })).toBe(1)
})

test('makes the report answer 429 with the seconds to wait', async () => {
  await start(1)
  const body = { domainStream: [{ domain: 'push.example.com' }] }
  expect((await askReport(sandbox, body)).status).toBe(200)
  nowMs += 60_500
  const { status, headers, json } = await askReport(sandbox, body)
  expect([status, headers['retry-after'], typeof json.message]).toEqual([429, '240', 'string'])
})

test('takes nothing from the queue when it refuses a pop', async () => {
  await start(0)
  sandbox.snapshots.clear()
  sandbox.pushSnapshot({ n: 1 })
  expect((await askTencent(sandbox, 'Live_Queue_Get', { 'Param.n.bid': 100 })).ret).toBe(1202)
  expect(sandbox.snapshots.size).toBe(1)
})

test('counts badly signed calls of the account, and none of other accounts', async () => {
  await start(5)
  await send(tencentUrl(sandbox, 'Get_LiveStat').replace(/sign=.*/, 'sign=0'))
  await send(tencentUrl(sandbox, 'Get_LiveStat').replace('1250000000', '7'))
  expect(sandbox.quotaUsed()).toEqual({ tencent: 1, chinanetcenter: 0 })
})

test('goes by true time while the provider clock is set wrong', async () => {
  await start(1)
  await askTencent(sandbox, 'Get_LiveStat')
  sandbox.advanceClock(600_000)
  expect((await askTencent(sandbox, 'Get_LiveStat')).ret).toBe(1202)
})

test('logs every call with what it asked and how it ended', async () => {
  await start(1)
  await askTencent(sandbox, 'Live_Channel_GetStatus', { 'Param.s.channel_id': '8888_a&b=c' })
  nowMs += 7
  await askReport(sandbox, { domainStream: [{ domain: 'push.example.com' }] })
  const [first, second] = sandbox.calls
  expect(first).toMatchObject({
    id: 1,
    provider: 'tencent',
    role: 'control',
    account: '1250000000',
    interface: 'Live_Channel_GetStatus',
    arrivedAtMs: NOW_MS,
    verdict: 'answered',
    code: '20601',
  })
  expect(first?.parameters['Param.s.channel_id']).toBe('8888_a&b=c')
  expect(second).toMatchObject({
    account: 'example_username',
    interface: 'stream-duration',
    arrivedAtMs: NOW_MS + 7,
    body: { domainStream: [{ domain: 'push.example.com' }] },
    status: 200,
  })
  expect(sandbox.countCalls({ sinceMs: NOW_MS + 1 })).toBe(1)
  sandbox.resetCalls()
  expect(sandbox.countCalls()).toBe(0)
})

test('finds the busiest rolling window', async () => {
  await start(300)
  for (const atMs of [0, 10, 900, 1000, 1005, 1899]) {
    nowMs = NOW_MS + atMs
    await askTencent(sandbox, 'Get_LiveStat')
  }
  expect(sandbox.mostCallsInWindow(1000)).toBe(4)
  expect(sandbox.mostCallsInWindow(1000, { provider: 'chinanetcenter' })).toBe(0)
})

test('tells calls that overlap from calls that follow each other', async () => {
  sandbox = await startSandbox({ latencyMs: 5 })
  await askTencent(sandbox, 'Get_LiveStat')
  await askTencent(sandbox, 'Get_LiveStat')
  expect(sandbox.mostCallsAtOnce()).toBe(1)
  await Promise.all([askTencent(sandbox, 'Get_LiveStat'), askTencent(sandbox, 'Get_LiveStat')])
  expect(sandbox.mostCallsAtOnce()).toBe(2)
})

test.each([{ streams: -1 }, { seed: 0.5 }, { quota: { limit: 1, windowSeconds: 0 } }])(
  'does not start with %j',
  async (options) => {
    await expect(startSandbox(options)).rejects.toThrow(RangeError)
  },
)
