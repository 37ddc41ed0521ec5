import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { type Sandbox, startSandbox } from '../../sandbox/sandbox.ts'
import { askTencent, type Loose, NOW_MS } from './provider-clients.ts'

let sandbox: Sandbox
let nowMs = NOW_MS

beforeAll(async () => {
  sandbox = await startSandbox({ now: () => nowMs, snapshotStreams: 4, snapshotCapacity: 500 })
})
afterAll(() => sandbox.close())
afterEach(() => {
  nowMs = NOW_MS
  sandbox.snapshots.clear()
})

const pop = (count?: number) =>
  askTencent(sandbox, 'Live_Queue_Get', {
    'Param.n.bid': 100,
    ...(count === undefined ? {} : { 'Param.n.count': count }),
  })
const status = async (key: string) => {
  const reply = await askTencent(sandbox, 'Live_Channel_GetStatus', { 'Param.s.channel_id': key })
  return reply.ret === 0 ? reply.output[0].status : reply.ret
}
const recordings = async (key: string, parameters: Record<string, string | number> = {}): Promise<Loose> =>
  askTencent(sandbox, 'Live_Tape_GetFilelist', { 'Param.s.channel_id': key, ...parameters })

test('starts with a small backlog of screenshots, in both documented forms', async () => {
  const fresh = await startSandbox({ now: () => NOW_MS, snapshotStreams: 2, snapshotBacklogSeconds: 60 })
  const { output } = await askTencent(fresh, 'Live_Queue_Get', { 'Param.n.bid': 100, 'Param.n.count': 100 })
  await fresh.close()
  expect(output.count).toBe(12)
  const named = output.data.filter((item: Loose) => item.pic_url !== undefined)
  const addressed = output.data.filter((item: Loose) => item.pic_full_url !== undefined)
  expect([named.length > 0, addressed.length > 0, named.length + addressed.length]).toEqual([true, true, 12])
  for (const item of named) expect(item.pic_url).toMatch(/^8888_room\d_\d{10}(_\d{10})?_\d+_300_168\.jpg$/)
  for (const item of addressed) expect(item.create_time % 10).toBe(0)
})

test('makes a screenshot of each photographed stream on every tenth second', async () => {
  nowMs = NOW_MS + 60_000
  expect(sandbox.snapshots.size).toBe(24)
})

test('hands every message out once, oldest first, one by default', async () => {
  sandbox.pushSnapshot({ n: 1 }, { n: 2 }, { n: 3 })
  expect((await pop()).output).toEqual({ count: 1, data: [{ n: 1 }] })
  expect((await pop(100)).output.data).toEqual([{ n: 2 }, { n: 3 }])
  expect((await pop(100)).output).toEqual({ count: 0, data: [] })
  expect(sandbox.snapshots.poppedMessages.slice(-3)).toEqual([{ n: 1 }, { n: 2 }, { n: 3 }])
})

test('drops the oldest messages of a full queue', async () => {
  const before = sandbox.snapshots.dropped
  sandbox.snapshots.fill(520)
  expect([sandbox.snapshots.size, sandbox.snapshots.dropped - before]).toEqual([500, 20])
  const [first] = (await pop()).output.data
  expect(first.pic_full_url).toMatch(/filled\/21\.jpg$/)
})

test.each([{ 'Param.n.bid': 100, 'Param.n.count': 101 }, { 'Param.n.bid': 1 }, { 'Param.n.count': 1 }])(
  'refuses to pop with %j and takes nothing away',
  async (parameters) => {
    sandbox.pushSnapshot({ n: 1 })
    expect((await askTencent(sandbox, 'Live_Queue_Get', parameters as Record<string, number>)).ret).toBe(1000)
    expect(sandbox.snapshots.size).toBe(1)
  },
)

test('tells live, interrupted, disabled and never seen apart', async () => {
  expect(await status('8888_room1')).toBe(1)
  expect(await status('8888_offline')).toBe(0)
  expect(await status('8888_forbidden')).toBe(3)
  expect(await status('8888_never')).toBe(20601)
})

test('follows streams that are started, stopped, forbidden and removed', async () => {
  const { tencentStreams } = sandbox
  tencentStreams.start('8888_new')
  expect(await status('8888_new')).toBe(1)
  expect(tencentStreams.liveKeys()).toHaveLength(41)
  nowMs += 60_000
  tencentStreams.stop('8888_new')
  expect(await status('8888_new')).toBe(0)
  tencentStreams.forbid('8888_new')
  expect(await status('8888_new')).toBe(3)
  tencentStreams.remove('8888_new')
  expect(await status('8888_new')).toBe(20601)
  expect(() => tencentStreams.stop('8888_new')).toThrow(RangeError)
})

test('makes exactly the given streams live, with history up to the stop and from the start on', async () => {
  const other = await startSandbox({ now: () => nowMs })
  other.tencentStreams.setLive(['8888_room2', '8888_guest'])
  expect(other.tencentStreams.liveKeys()).toEqual(['8888_room2', '8888_guest'])
  nowMs += 60_000
  const rows = async (key: string) => {
    const window = { 'Param.n.start_time': NOW_MS / 1000 - 3, 'Param.n.end_time': NOW_MS / 1000 + 60 }
    const reply = await askTencent(other, 'Get_LivePushStatHistory', { ...window, 'Param.s.stream_id': key })
    return reply.output.stream_info.map((row: Loose) => row.time.slice(-5))
  }
  expect(await rows('8888_room1')).toEqual(['51:30'])
  expect((await rows('8888_guest')).slice(0, 2)).toEqual(['51:35', '51:40'])
  await other.close()
})

test('lists closed recording segments of at most half an hour, oldest first', async () => {
  const { output } = await recordings('8888_room1', { 'Param.n.page_size': 100 })
  expect(output.all_count).toBeGreaterThan(900)
  expect(output.file_list).toHaveLength(100)
  const starts = output.file_list.map((file: Loose) => file.start_time)
  expect(starts).toEqual(starts.toSorted())
  for (const file of output.file_list) {
    const spanMs = Date.parse(`${file.end_time}Z`) - Date.parse(`${file.start_time}Z`)
    expect(spanMs).toBeLessThanOrEqual(1_800_000)
    expect(file.file_id).toMatch(/^\d{19}$/)
    const odd = Object.values(file).filter((value) => value !== null && typeof value !== 'string')
    expect([odd, file.task_id]).toEqual([[], null])
  }
})

test('pages recordings by ten and sorts them either way', async () => {
  const first = (await recordings('8888_room1')).output.file_list
  const second = (await recordings('8888_room1', { 'Param.n.page_no': 2 })).output.file_list
  expect([first.length, second.length]).toEqual([10, 10])
  const newest = (await recordings('8888_room1', { 'Param.s.sort_type': 'desc' })).output.file_list[0]
  expect(newest.end_time).toBe('2026-01-20 16:30:00')
  expect((await recordings('8888_room1', { 'Param.s.sort_type': 'up' })).ret).toBe(1000)
})

test('shows some recordings without a video id or an address', async () => {
  const { file_list } = (await recordings('8888_room1', { 'Param.n.page_size': 100 })).output
  expect(file_list.some((file: Loose) => file.vid === '')).toBe(true)
  expect(file_list.some((file: Loose) => file.record_file_url === '')).toBe(true)
})

test('restricts recordings to a part of one day', async () => {
  const bounds = (from: string, to: string) => ({ 'Param.s.start_time': from, 'Param.s.end_time': to })
  const day = await recordings('8888_room1', bounds('2026-01-19 00:00:00', '2026-01-19 23:59:59'))
  expect(day.output.all_count).toBe(48)
  expect((await recordings('8888_room1', bounds('2026-01-18 23:00:00', '2026-01-19 01:00:00'))).ret).toBe(1000)
  expect((await recordings('8888_room1', bounds('2026-02-30 00:00:00', '2026-02-30 01:00:00'))).ret).toBe(1000)
  expect((await recordings('8888_room1', { 'Param.s.start_time': '2026-01-19 00:00:00' })).ret).toBe(1000)
})

test('has a recording appear seconds after its segment has ended', async () => {
  const count = async () => (await recordings('8888_room1')).output.all_count
  const before = await count()
  nowMs = Date.UTC(2026, 0, 20, 9, 0, 2)
  expect(await count()).toBe(before)
  nowMs += 10_000
  expect(await count()).toBe(before + 1)
})

test('knows streams whose names need escaping, or are digits only', async () => {
  for (const key of ['8888_课堂 #1 & a=b+c@d%2F/?', '88880001']) {
    expect(await status(key)).toBe(0)
    expect((await recordings(key)).output.file_list[0].stream_id).toBe(key)
  }
})
