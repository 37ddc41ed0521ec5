import fc from 'fast-check'
import { expect, it } from 'vitest'
import { toRaw } from '#test/support/fake-upstream.ts'
import { connectTencent, readFixture, toOk } from './connect.ts'

const query = { key: '8888_room1', page: 1, size: 100 }
const vod = { recordings: { vodBizId: '200000000' } }

async function list(output: unknown, settings: object = {}) {
  const { get, ask } = connectTencent(toOk(output), settings)
  return get('listRecordings')(query, ask)
}

async function read(row: object, settings: object = {}) {
  const { recordings } = await list({ file_list: [row] }, settings)
  const [recording] = recordings
  if (!recording) throw new Error('the row is missing')
  return recording
}

it('reads the documented sample: ids of 19 digits exact, Beijing times, bytes from text', async () => {
  const { get, ask } = connectTencent(toRaw(readFixture('recordings')))
  expect(await get('listRecordings')(query, ask)).toEqual({
    rowCount: 1,
    totalCount: 1,
    recordings: [
      {
        id: '9007199254740993001',
        startedAt: Date.parse('2018-11-05T12:00:03Z'),
        endedAt: Date.parse('2018-11-05T12:30:03Z'),
        durationMs: 1_800_000,
        sizeBytes: 104_857_600,
        url: 'http://1250000000.vod2.example.invalid/abc/f0.mp4',
      },
    ],
  })
})

it('keeps an id of 19 digits exact that is sent without quotes', async () => {
  const { get, ask } = connectTencent(toRaw('{"ret":0,"output":{"file_list":[{"file_id": 9007199254740993001}]}}'))
  const { recordings } = await get('listRecordings')(query, ask)
  expect(recordings[0]?.id).toBe('9007199254740993001')
})

it('takes the first id there is: file_id, record_file_id, vid, id', async () => {
  const row = { file_id: 'f', record_file_id: 'r', vid: 'v', id: 'i' }
  expect((await read(row)).id).toBe('f')
  expect((await read({ ...row, file_id: '' })).id).toBe('r')
  expect((await read({ ...row, file_id: null, record_file_id: ' ' })).id).toBe('v')
  expect((await read({ id: 100000001, vid: '' })).id).toBe('100000001')
})

it('gives a file without any id one that stays the same', async () => {
  const row = { start_time: '2018-11-05 20:00:03', end_time: '2018-11-05 20:30:03' }
  const { id } = await read(row)
  expect(id).toMatch(/^unnamed-[0-9a-f]{16}$/)
  expect((await read(row)).id).toBe(id)
  expect((await read({ ...row, file_size: '1' })).id).not.toBe(id)
})

it('builds the address from the vid when none is sent and the bizid is known', async () => {
  const row = { vid: '200000000_0123', record_file_url: '' }
  expect((await read(row, vod)).url).toBe('http://200000000.vod.myqcloud.com/200000000_0123.f0.flv')
  expect((await read({ vid: 'a/b?c' }, vod)).url).toBe('http://200000000.vod.myqcloud.com/a%2Fb%3Fc.f0.flv')
  expect((await read(row)).url).toBeNull()
})

it('builds an address even from text that is no Unicode', async () => {
  expect((await read({ vid: 'a\ud800' }, vod)).url).toBe('http://200000000.vod.myqcloud.com/a%EF%BF%BD.f0.flv')
})

it('prefers the address that is sent', async () => {
  const row = { vid: 'v', record_file_url: 'https://play.example.com/a.mp4' }
  expect((await read(row, vod)).url).toBe('https://play.example.com/a.mp4')
})

it('passes on http and https addresses only', async () => {
  expect((await read({ record_file_url: 'javascript:alert(1)' })).url).toBeNull()
  expect((await read({ record_file_url: 'ftp://play.example.com/a' })).url).toBeNull()
})

it('keeps an item without any usable address, and one of nulls only', async () => {
  expect(await read({ file_id: 'f', vid: '', record_file_url: null, start_time: null, file_size: null })).toEqual({
    id: 'f',
    startedAt: null,
    endedAt: null,
    durationMs: null,
    sizeBytes: null,
    url: null,
  })
})

it('never gives a negative length: an end before the start keeps both, without one', async () => {
  const row = { start_time: '2018-11-05 20:30:03', end_time: '2018-11-05 20:00:03' }
  expect(await read(row)).toMatchObject({
    startedAt: Date.parse('2018-11-05T12:30:03Z'),
    endedAt: Date.parse('2018-11-05T12:00:03Z'),
    durationMs: null,
  })
})

it('gives a segment of no length the length 0', async () => {
  expect((await read({ start_time: '2018-11-05 20:30:03', end_time: '2018-11-05 20:30:03' })).durationMs).toBe(0)
})

it('sorts oldest first, files without a start last', async () => {
  const rows = [{ id: 'c' }, { id: 'b', start_time: '2018-11-06 00:00:00' }, { id: 'a', start_time: 1 }]
  const { recordings } = await list({ all_count: '3', file_list: rows })
  expect(recordings.map(({ id }) => id)).toEqual(['a', 'b', 'c'])
})

it('counts rows as sent and leaves the total null when it is not told', async () => {
  expect(await list({ file_list: [{ id: 'a' }, null] })).toMatchObject({ rowCount: 2, totalCount: null })
  expect((await list({ all_count: '250', file_list: [] })).totalCount).toBe(250)
})

it.each([[null], [''], [[]], [{}], [{ file_list: null }], [{ file_list: [] }], [{ file_list: {} }]])(
  'takes output %j for an empty page',
  async (output) => {
    expect(await list(output)).toMatchObject({ recordings: [], rowCount: 0 })
  },
)

it.each([[10003], [20601], [20301]])('takes ret %i, nothing there, for an empty page', async (ret) => {
  const { get, ask } = connectTencent(toRaw({ ret, message: 'nothing' }))
  expect(await get('listRecordings')(query, ask)).toEqual({ recordings: [], rowCount: 0, totalCount: null })
})

it('has a length that is the span, or none, for any two times', () => {
  const seconds = fc.integer({ min: 1, max: 4_102_444_800 })
  return fc.assert(
    fc.asyncProperty(seconds, seconds, async (start_time, end_time) => {
      const { durationMs } = await read({ start_time, end_time: String(end_time) })
      expect(durationMs).toBe(end_time < start_time ? null : (end_time - start_time) * 1000)
    }),
  )
})
