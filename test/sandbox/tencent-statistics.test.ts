import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Sandbox, startSandbox } from '../../sandbox/sandbox.ts'
import { askTencent, type Loose, NOW, NOW_MS } from './provider-clients.ts'

let sandbox: Sandbox

beforeAll(async () => {
  sandbox = await startSandbox({ now: () => NOW_MS, quota: { limit: 10_000, windowSeconds: 300 } })
})
afterAll(() => sandbox.close())

function history(name: string, from: number, to: number, parameters: Record<string, string> = {}): Promise<Loose> {
  const bounds = { 'Param.n.start_time': from, 'Param.n.end_time': to }
  return askTencent(sandbox, name, { ...bounds, ...parameters })
}

const playHistory = (from: number, to: number, parameters = {}) =>
  history('Get_LivePlayStatHistory', from, to, parameters)
const pushHistory = (from: number, to: number, key = '8888_room1') =>
  history('Get_LivePushStatHistory', from, to, { 'Param.s.stream_id': key })

const times = (rows: Loose[]) => rows.map((row) => row.time)

test('lists the live streams page by page with totals of the whole account', async () => {
  const all = (await askTencent(sandbox, 'Get_LiveStat')).output
  const page = (await askTencent(sandbox, 'Get_LiveStat', { 'Param.n.page_no': 3, 'Param.n.page_size': 15 })).output
  expect(all.stream_count).toBe(40)
  expect(all.stream_info).toHaveLength(40)
  expect(page).toEqual({ ...all, stream_info: all.stream_info.slice(30) })
  expect(all.total_online).toBe(all.stream_info.reduce((sum: number, row: Loose) => sum + row.online, 0))
  expect(Object.keys(all.stream_info[0])).toEqual(
    'stream_name bandwidth online client_ip server_ip fps speed'.split(' '),
  )
})

test('answers a page past the end with no rows', async () => {
  const { ret, output } = await askTencent(sandbox, 'Get_LiveStat', { 'Param.n.page_no': 9 })
  expect([ret, output.stream_info]).toEqual([0, []])
})

test('lists one stream, and nothing at all for one that is not live', async () => {
  const one = await askTencent(sandbox, 'Get_LiveStat', { 'Param.s.stream_id': '8888_room7' })
  expect(one.output.stream_info.map((row: Loose) => row.stream_name)).toEqual(['8888_room7'])
  const none = await askTencent(sandbox, 'Get_LiveStat', { 'Param.s.stream_id': '8888_offline' })
  expect(none).toMatchObject({ ret: 0, output: [] })
})

test('splits the streams among the playback domains', async () => {
  const domains = ['play1.example.com', 'play2.example.com', 'play.example.org', 'else.example.com']
  const counts = await Promise.all(
    domains.map(async (domain) => {
      const { output } = await askTencent(sandbox, 'Get_LiveStat', { 'Param.s.pull_domain': domain })
      expect(output.stream_count).toBe(output.stream_info.length)
      return output.stream_count
    }),
  )
  expect(counts.at(-1)).toBe(0)
  expect(Math.min(...counts.slice(0, 3))).toBeGreaterThan(0)
  expect(counts.reduce((sum, count) => sum + count, 0)).toBe(40)
})

test('says 1301 when no stream of the account is live', async () => {
  const empty = await startSandbox({ streams: 0 })
  expect(await askTencent(empty, 'Get_LiveStat')).toMatchObject({ ret: 1301, message: 'has not live stream' })
  await empty.close()
})

test.each([
  { 'Param.n.page_size': 301 },
  { 'Param.n.page_size': 0 },
  { 'Param.n.page_no': 0 },
  { 'Param.n.page_no': '1.5' },
  { 'Param.n.stream_id': '1' },
  { 'Param.s.page_no': '1' },
  { 'Param.s.stream_id': '' },
  { 'Param.n.pagesize': 1 },
  { page_no: 1 },
])('refuses %j with 1204', async (parameters) => {
  expect(await askTencent(sandbox, 'Get_LiveStat', parameters as Record<string, string>)).toMatchObject({ ret: 1204 })
})

test('keeps one play sample a minute, 360 in six hours, without a gap', async () => {
  const seen = new Set<string>()
  for (let from = NOW - 6 * 3600; from < NOW; from += 7200) {
    const { output } = await playHistory(from, from + 7200, { 'Param.s.stream_id': '8888_room2' })
    for (const row of output.stat_info) seen.add(row.time)
    expect(output.stream_id).toBe('8888_room2')
  }
  expect(seen.size).toBe(360)
  expect([...seen].at(-1)).toBe('2026-01-20 16:51:00')
})

test('keeps one push sample each five seconds, 2160 in three hours, without a gap', async () => {
  const from = NOW - 3 * 3600
  const rows = [...(await pushHistory(from, from + 7200)).output.stream_info]
  rows.push(...(await pushHistory(from + 7200, NOW)).output.stream_info)
  expect(new Set(times(rows)).size).toBe(2160)
  expect(rows.at(-1).time).toBe('2026-01-20 16:51:30')
})

test('gives the row at end_time to both of two touching windows', async () => {
  const [first, middle, last] = [NOW - 3633, NOW - 1833, NOW - 33]
  const earlier = (await playHistory(first, middle)).output.stat_info
  const later = (await playHistory(middle, last)).output.stat_info
  expect(earlier.at(-1)).toEqual(later[0])
  const exclusive = await startSandbox({ now: () => NOW_MS, endTimeInclusive: false })
  const cut = await askTencent(exclusive, 'Get_LivePlayStatHistory', {
    'Param.n.start_time': first,
    'Param.n.end_time': middle,
  })
  expect(cut.output.stat_info).toEqual(earlier.slice(0, -1))
  await exclusive.close()
})

test('computes flux from the minute and sums it up', async () => {
  const { output } = await playHistory(NOW - 600, NOW, { 'Param.s.stream_id': '8888_room1' })
  for (const row of output.stat_info) expect(row.flux).toBeCloseTo((row.bandwidth * 60) / 8, 1)
  const sum = output.stat_info.reduce((total: number, row: Loose) => total + row.flux, 0)
  expect(output.sum_info.sum_flux).toBeCloseTo(sum, 2)
})

test('agrees with the live list about the present minute', async () => {
  const live = (await askTencent(sandbox, 'Get_LiveStat', { 'Param.s.stream_id': '8888_room1' })).output.stream_info[0]
  const play = (await playHistory(NOW - 60, NOW, { 'Param.s.stream_id': '8888_room1' })).output.stat_info.at(-1)
  const push = (await pushHistory(NOW - 60, NOW)).output.stream_info.at(-1)
  expect([live.bandwidth, live.online]).toEqual([play.bandwidth, play.online])
  expect([live.speed, live.fps, live.client_ip]).toEqual([push.speed, push.fps, push.client_ip])
})

test('keeps play history by playback domain, and none where the stream is not played', async () => {
  const all = (await playHistory(NOW - 300, NOW)).output.stat_info.at(-1).online
  let sum = 0
  for (const domain of ['play1.example.com', 'play2.example.com', 'play.example.org']) {
    const { output } = await playHistory(NOW - 300, NOW, { 'Param.s.domain': domain })
    expect(output.domain).toBe(domain)
    sum += output.stat_info.at(-1).online
  }
  expect(sum).toBe(all)
  const elsewhere = { 'Param.s.stream_id': '8888_room1', 'Param.s.domain': 'else.example.com' }
  expect(await playHistory(NOW - 300, NOW, elsewhere)).toMatchObject({ ret: 10003, message: 'query data is empty' })
})

test('says 10003 for a window without rows and for a stream that it never saw', async () => {
  expect(await pushHistory(NOW - 7200, NOW, '8888_never')).toMatchObject({ ret: 10003 })
  expect(await pushHistory(NOW - 1800, NOW, '8888_offline')).toMatchObject({ ret: 10003 })
  expect((await pushHistory(NOW - 3 * 3600, NOW - 2 * 3600, '8888_offline')).ret).toBe(0)
})

test('shows the reconnects of the flapping stream as gaps of at least 30 s', async () => {
  const rows = (await pushHistory(NOW - 7200, NOW, '8888_room3')).output.stream_info
  const seconds = rows.map((row: Loose) => Date.parse(`${row.time.replace(' ', 'T')}+08:00`) / 1000)
  const gaps = seconds.slice(1).filter((second: number, index: number) => second - seconds[index] > 30)
  expect(gaps.length).toBeGreaterThanOrEqual(38)
})

test.each([
  ['Get_LivePlayStatHistory', 15],
  ['Get_LivePushStatHistory', 3],
])('%s reaches back %i days and no further', async (name, days) => {
  const key = { 'Param.s.stream_id': '8888_room1' }
  const oldest = NOW - days * 86_400
  expect((await history(name, oldest, oldest + 7200, key)).ret).toBe(0)
  expect((await history(name, oldest - 1, oldest + 60, key)).ret).toBe(1204)
})

test('refuses spans over two hours, ends that do not follow starts, and missing bounds with 1204', async () => {
  expect((await playHistory(NOW - 7201, NOW)).ret).toBe(1204)
  expect((await playHistory(NOW, NOW)).ret).toBe(1204)
  expect((await playHistory(NOW, NOW - 60)).ret).toBe(1204)
  expect((await askTencent(sandbox, 'Get_LivePlayStatHistory', { 'Param.n.end_time': NOW })).ret).toBe(1204)
  expect((await history('Get_LivePushStatHistory', NOW - 60, NOW)).ret).toBe(1204)
})

test('has the same past in every sandbox with the same seed, and another one with another seed', async () => {
  const later = { now: () => NOW_MS + 1_800_000, streams: 3 }
  const same = await startSandbox(later)
  const other = await startSandbox({ ...later, seed: 2 })
  const window = {
    'Param.n.start_time': NOW - 3600,
    'Param.n.end_time': NOW - 1800,
    'Param.s.stream_id': '8888_room2',
  }
  const mine = (await askTencent(sandbox, 'Get_LivePushStatHistory', window)).output
  expect((await askTencent(same, 'Get_LivePushStatHistory', window)).output).toEqual(mine)
  expect((await askTencent(other, 'Get_LivePushStatHistory', window)).output).not.toEqual(mine)
  await Promise.all([same.close(), other.close()])
})

test('follows an audience that is larger in the evening than before dawn', async () => {
  const at = async (second: number) => (await playHistory(second, second + 60)).output.stat_info[0].online
  const midnight = Date.UTC(2026, 0, 18, 16) / 1000
  expect(await at(midnight + 21 * 3600)).toBeGreaterThan(3 * (await at(midnight + 4 * 3600)))
})
