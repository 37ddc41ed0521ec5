import { expect, it, vi } from 'vitest'
import type { RawAnswer } from '#contract/upstream-call.ts'
import { toRaw } from '#test/support/fake-upstream.ts'
import { connectTencent, readFixture, toOk } from './connect.ts'

const cos = { snapshots: { bucket: 'shots', cosAppId: '1250000000' } }

async function pop(output: unknown, settings: object = {}) {
  const { get, ask } = connectTencent(toOk(output), settings)
  return { ...(await get('popSnapshots')({ count: 100, keep: async () => undefined }, ask)), meter: ask.meter }
}

async function read(row: object, settings: object = {}) {
  const { messages } = await pop({ data: [row] }, settings)
  const [message] = messages
  if (!message) throw new Error('the message is missing')
  return message
}

const seconds = (instant: number | null) => (instant === null ? null : instant / 1000)

it('reads the form of 2017 from the documented sample', async () => {
  const { get, ask } = connectTencent(toRaw(readFixture('queue')))
  const url = 'http://shots-1250000000.cos.example.invalid/8888_room1/a-10-03-08-1280x720.jpg'
  expect(await get('popSnapshots')({ count: 1, keep: async () => undefined }, ask)).toEqual({
    rowCount: 1,
    messages: [{ key: '8888_room1', file: url, url, takenAt: 1_473_645_788_000, width: 1280, height: 720 }],
  })
})

it('reads the form of 2016: a bare file name, its address built from the bucket', async () => {
  const file = '8888_room1_1453279831_1453279835_20_300_168.jpg'
  expect(await read({ stream_id: '8888_room1', pic_url: file }, cos)).toEqual({
    key: '8888_room1',
    file,
    takenAt: 1_453_279_851_000,
    width: 300,
    height: 168,
    url: `http://shots-1250000000.file.myqcloud.com/${file}`,
  })
  expect((await read({ stream_id: '8888_room1', pic_url: file })).url).toBeNull()
})

it.each([
  ['8888_room1_1453279831_1453279835_20_300_168.jpg', '8888_room1', 1453279851],
  ['8888_room1_1453279831_20_300_168.jpg', '8888_room1', 1453279851],
  ['a_b_c_1453279831_1453279835_20_300_168.jpg', 'a_b_c', 1453279851],
  ['8888_1400000000_1453279831_20_300_168.jpg', '8888_1400000000', 1453279851],
  ['8888_1400000000_1453279831_1453279835_20_300_168.jpg', '8888_1400000000', 1453279851],
  ['other_room_1453279831_1453279835_20_300_168.jpg', '8888_room1', 1453279851],
  ['other_room_1453279831_20_300_168.jpg', '8888_room1', 1453279851],
  ['8888_room_1_1453279831_20_300_168.jpg', '8888_room', 1453279851],
  ['pictures/8888_room1_1453279831_1453279835_0_300_168.jpg', '8888_room1', 1453279831],
  ['中文_1453279831_1453279835_20_300_168.png', '中文', 1453279851],
])('takes %s of %s, read from the right, for a picture of %i', async (pic_url, stream_id, takenAt) => {
  const message = await read({ stream_id, pic_url })
  expect([seconds(message.takenAt), message.width, message.height]).toEqual([takenAt, 300, 168])
})

it.each([
  ['picture.jpg'],
  ['8888_room1.jpg'],
  ['8888_room1_20_300_168.jpg'],
  ['8888_room1_1453279831_x_300_168.jpg'],
  ['8888_room1_99999999999999_1_20_300_168.jpg'],
  [''.padEnd(4, '_')],
])('takes no time from %s', async (pic_url) => {
  expect((await read({ stream_id: '8888_room1', pic_url })).takenAt).toBeNull()
})

it('prefers create_time, also as text, to the file name', async () => {
  const row = { stream_id: 'a', pic_url: 'a_1453279831_20_300_168.jpg' }
  expect(seconds((await read({ ...row, create_time: '1473645788' })).takenAt)).toBe(1473645788)
  expect(seconds((await read({ ...row, create_time: 'soon' })).takenAt)).toBe(1453279851)
  expect(seconds((await read({ ...row, create_time: 0 })).takenAt)).toBe(1453279851)
})

it('reads the name at the end of a full address, undoing its percent-encoding', async () => {
  const pic_full_url = 'https://cos.example.com/x/%E4%B8%AD_1453279831_20_300_168.jpg?sign=abc'
  expect(await read({ stream_id: '中', pic_full_url })).toMatchObject({
    takenAt: 1_453_279_851_000,
    width: 300,
    height: 168,
    url: pic_full_url,
  })
})

it('percent-encodes a file name in the address it builds', async () => {
  const message = await read({ stream_id: 'a', pic_url: 'a b/#中?.jpg' }, cos)
  expect(message.url).toBe('http://shots-1250000000.file.myqcloud.com/a%20b/%23%E4%B8%AD%3F.jpg')
  expect(message.file).toBe('a b/#中?.jpg')
})

it('builds an address even from text that is no Unicode', async () => {
  const message = await read({ stream_id: 'a', pic_url: 'a\ud800.jpg' }, cos)
  expect(message.url).toBe('http://shots-1250000000.file.myqcloud.com/a%EF%BF%BD.jpg')
})

it('passes on http and https addresses only', async () => {
  for (const address of ['javascript:alert(1)', 'ftp://cos.example.com/a.jpg']) {
    expect((await read({ stream_id: 'a', pic_full_url: address }, cos)).url).toBeNull()
    expect((await read({ stream_id: 'a', pic_url: address }, cos)).url).toBeNull()
  }
  const address = 'https://cos.example.com/a.jpg'
  expect((await read({ stream_id: 'a', pic_url: address }, cos)).url).toBe(address)
})

it('counts a message without stream or file as a row and no message', async () => {
  const data = [{ stream_id: 'a' }, { pic_url: 'a.jpg' }, null, { stream_id: 'a', pic_url: 'a.jpg' }]
  const { messages, rowCount, meter } = await pop({ count: 4, data })
  expect([messages.length, rowCount, meter.unreadableRows]).toEqual([1, 4, 3])
})

it.each([['3'], [100], [0], [null], ['many']])('trusts the length of data, not a count of %j', async (count) => {
  const { messages, rowCount } = await pop({ count, data: [{ stream_id: 'a', pic_url: 'a.jpg' }] })
  expect([messages.length, rowCount]).toEqual([1, 1])
})

it.each([[null], [''], [[]], [{}], [{ count: 0 }], [{ count: '0', data: null }], [{ data: [] }]])(
  'takes output %j for an empty queue',
  async (output) => {
    expect(await pop(output)).toMatchObject({ messages: [], rowCount: 0 })
  },
)

it.each([[{ count: 2 }], [[{ stream_id: 'a', pic_url: 'a.jpg' }]], [{ data: 'x' }], [[{}, {}]]])(
  'refuses output %j rather than lose what may be in it',
  async (output) => {
    await expect(pop(output)).rejects.toMatchObject({ code: 'UPSTREAM_RESPONSE' })
  },
)

it('has the raw answer kept before anything is parsed', async () => {
  const raw = toRaw('<html>no JSON</html>')
  const { get, ask } = connectTencent(raw)
  const keep = vi.fn<(kept: RawAnswer) => Promise<void>>(async () => undefined)
  await expect(get('popSnapshots')({ count: 1, keep }, ask)).rejects.toMatchObject({ code: 'UPSTREAM_RESPONSE' })
  expect(keep).toHaveBeenCalledExactlyOnceWith(raw)
})

it('reads a kept answer again to the same messages', async () => {
  const raw = toRaw(readFixture('queue'))
  const { get, ask, connection } = connectTencent(raw)
  const popped = await get('popSnapshots')({ count: 1, keep: async () => undefined }, ask)
  expect(connection.readSnapshotBatch?.({ ...raw, headers: {} })).toEqual(popped)
  expect(() => connection.readSnapshotBatch?.(toRaw('{}'))).toThrow('without a readable "ret"')
})
