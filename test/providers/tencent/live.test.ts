import { describe, expect, it } from 'vitest'
import { toRaw } from '#test/support/fake-upstream.ts'
import { connectTencent, readFixture, toOk } from './connect.ts'

const firstPage = { domain: null, page: 1, size: 300 }
const room1 = {
  onlineViewers: 30,
  bandwidthBitsPerSecond: 25_100_000,
  push: { frameRate: 25, bitrateBitsPerSecond: 1_180_000, clientIp: '203.0.113.7', serverIp: '198.51.100.10' },
}
const nothing: readonly (readonly [string, unknown])[] = [
  ['missing', undefined],
  ['null', null],
  ['an empty text', ''],
  ['an empty list', []],
  ['an empty object', {}],
  ['a list of nothing', [null]],
]

async function list(output: unknown, query = firstPage) {
  const { get, ask } = connectTencent(toOk(output))
  return { ...(await get('listLiveStreams')(query, ask)), unreadable: ask.meter.unreadableRows }
}

async function find(output: unknown, key = '8888_room1') {
  const { get, ask } = connectTencent(toOk(output))
  return get('getLiveReading')({ key }, ask)
}

describe('the list of live streams', () => {
  it('is read from the documented sample', async () => {
    const { get, ask } = connectTencent(toRaw(readFixture('live-stat')))
    const page = await get('listLiveStreams')(firstPage, ask)
    expect(page.streams.map(({ key }) => key)).toEqual(['8888_room1', '8888_room2'])
    expect(page.streams[0]?.reading).toEqual(room1)
    expect(page.rowCount).toBe(2)
    expect(page.totals).toEqual({ streamCount: 2, onlineViewers: 42, bandwidthBitsPerSecond: 35_600_000 })
  })

  it('takes an output that is an array with the object in it', async () => {
    const page = await list([{ stream_count: 1, stream_info: [{ stream_name: 'a' }] }])
    expect(page.streams.map(({ key }) => key)).toEqual(['a'])
  })

  it.each(nothing)('is empty when output is %s', async (_name, output) => {
    expect(await list(output)).toMatchObject({ streams: [], rowCount: 0, totals: { streamCount: 0 } })
  })

  it('is empty when the provider says "has not live stream" (1301)', async () => {
    const { get, ask } = connectTencent(toRaw({ ret: 1301, message: 'has not live stream' }))
    expect(await get('listLiveStreams')(firstPage, ask)).toMatchObject({ streams: [], rowCount: 0 })
  })

  it('does not take an empty later page for an idle account', async () => {
    expect((await list({}, { ...firstPage, page: 2 })).totals.streamCount).toBeNull()
  })

  it('lets the last row of a stream win and counts rows as sent', async () => {
    const rows = [{ stream_name: 'a', online: 1 }, { stream_name: 'b' }, { stream_name: 'a', online: 2 }]
    const page = await list({ stream_info: rows })
    expect(page.rowCount).toBe(3)
    expect(page.streams.map(({ key, reading }) => [key, reading.onlineViewers])).toEqual([
      ['a', 2],
      ['b', null],
    ])
  })

  it('takes numbers as texts, with blanks around them', async () => {
    const page = await list({
      stream_count: ' 7 ',
      total_online: '42',
      total_bandwidth: '35.6',
      stream_info: [{ stream_name: 'a', online: ' 3', bandwidth: '1.5', fps: '25', speed: '1000 ' }],
    })
    expect(page.totals).toEqual({ streamCount: 7, onlineViewers: 42, bandwidthBitsPerSecond: 35_600_000 })
    expect(page.streams[0]?.reading).toEqual({
      onlineViewers: 3,
      bandwidthBitsPerSecond: 1_500_000,
      push: { frameRate: 25, bitrateBitsPerSecond: 1000, clientIp: null, serverIp: null },
    })
  })

  it('nulls a field that is malformed or negative and keeps its row', async () => {
    const rows = [{ stream_name: 'a', online: -1, bandwidth: 'n/a', fps: true, speed: {}, client_ip: '1.2.3.4' }]
    expect((await list({ stream_info: rows })).streams[0]?.reading).toEqual({
      onlineViewers: null,
      bandwidthBitsPerSecond: null,
      push: { frameRate: null, bitrateBitsPerSecond: null, clientIp: '1.2.3.4', serverIp: null },
    })
  })

  it('tells a measured 0 from a missing value', async () => {
    const rows = [{ stream_name: 'a', online: 0, bandwidth: 0, fps: 0, speed: 0 }]
    expect((await list({ stream_info: rows })).streams[0]?.reading).toEqual({
      onlineViewers: 0,
      bandwidthBitsPerSecond: 0,
      push: { frameRate: 0, bitrateBitsPerSecond: 0, clientIp: null, serverIp: null },
    })
  })

  it('takes a row without its push half, and one without its play half', async () => {
    const rows = [
      { stream_name: 'play', bandwidth: 1, online: 1 },
      { stream_name: 'push', fps: 25, speed: 1000 },
    ]
    const { streams } = await list({ stream_info: rows })
    expect(streams[0]?.reading.push).toBeNull()
    expect(streams[1]?.reading).toMatchObject({ onlineViewers: null, bandwidthBitsPerSecond: null })
  })

  it('leaves out and counts rows without a name that could be asked for, and ignores fields it does not know', async () => {
    const names = ['', 'a\0b', 'a\r\nb', '\ud800', '..', 'x'.repeat(513)].map((name) => ({ stream_name: name }))
    const rows = [null, 5, 'a', { online: 1 }, ...names, { stream_name: 'a', new_field: [{}] }]
    const page = await list({ stream_info: rows, extra: { deep: [1] } })
    expect(page.streams.map(({ key }) => key)).toEqual(['a'])
    expect(page.rowCount).toBe(11)
    expect(page.unreadable).toBe(10)
  })

  it('takes one row that comes bare instead of in a list', async () => {
    expect((await list({ stream_info: { stream_name: 'a' } })).streams).toHaveLength(1)
  })

  it('keeps a stream name that is sent as a number exact', async () => {
    const raw = toRaw('{"ret":0,"output":{"stream_info":[{"stream_name":9007199254740993001},{"stream_name":12}]}}')
    const { get, ask } = connectTencent(raw)
    const { streams } = await get('listLiveStreams')(firstPage, ask)
    expect(streams.map(({ key }) => key)).toEqual(['9007199254740993001', '12'])
  })

  it.each([[5], [true], ['text'], [[{}, {}]], [{ stream_info: 'text' }], [{ stream_info: 7 }]])(
    'refuses an output of unknown shape, %j, rather than call it empty',
    async (output) => {
      await expect(list(output)).rejects.toMatchObject({ code: 'UPSTREAM_RESPONSE', retry: { times: 2 } })
    },
  )
})

describe('the reading of one stream', () => {
  it('is read from the documented sample', async () => {
    const { get, ask } = connectTencent(toRaw(readFixture('live-stat')))
    expect(await get('getLiveReading')({ key: '8888_room1' }, ask)).toEqual(room1)
  })

  it('never shows totals of the account as those of the stream', async () => {
    const output = { total_online: 42, total_bandwidth: 35.6, stream_info: [{ stream_name: '8888_room1' }] }
    expect(await find(output)).toEqual({ onlineViewers: null, bandwidthBitsPerSecond: null, push: null })
  })

  it('takes only rows of the asked stream, and the last of them', async () => {
    const rows = [
      { stream_name: '8888_room1', online: 1 },
      { stream_name: '8888_room1', online: 2 },
      { stream_name: '8888_room10', online: 3 },
    ]
    expect(await find({ stream_count: 99, stream_info: rows })).toMatchObject({ onlineViewers: 2 })
    expect(await find({ stream_count: 1, stream_info: rows }, '8888_room')).toBeNull()
  })

  it.each(nothing)('is null, not live, when output is %s', async (_name, output) => {
    expect(await find(output)).toBeNull()
  })

  it('is null, not live, when the provider says 1301', async () => {
    const { get, ask } = connectTencent(toRaw({ ret: 1301, message: 'has not live stream' }))
    expect(await get('getLiveReading')({ key: 'a' }, ask)).toBeNull()
  })
})

describe('the state of a stream', () => {
  async function read(output: unknown) {
    const { get, ask } = connectTencent(toOk(output))
    return get('getStreamStatus')({ key: 'a' }, ask)
  }

  it('is read from the documented sample, an array of one', async () => {
    const { get, ask } = connectTencent(toRaw(readFixture('status')))
    expect(await get('getStreamStatus')({ key: 'a' }, ask)).toEqual({
      state: 'LIVE',
      ingest: { protocols: ['RTMP_FLV', 'HLS'], rendition: 'ORIGINAL' },
    })
  })

  it.each([
    [0, 'OFFLINE'],
    [1, 'LIVE'],
    [3, 'FORBIDDEN'],
    ['1', 'LIVE'],
    [2, 'UNKNOWN'],
    [99, 'UNKNOWN'],
    [null, 'UNKNOWN'],
    ['live', 'UNKNOWN'],
  ])('takes status %j for %s, as a bare object too', async (status, state) => {
    expect(await read({ status })).toEqual({ state, ingest: null })
  })

  it.each([
    [1, 0, { protocols: ['RTMP_FLV'], rendition: 'ORIGINAL' }],
    [2, 10, { protocols: ['HLS'], rendition: 'LOW' }],
    [3, 20, { protocols: ['RTMP_FLV', 'HLS'], rendition: 'HIGH' }],
    [9, 7, { protocols: [], rendition: null }],
  ])('takes recv_type %j and rate_type %j for the ingest', async (recv_type, rate_type, ingest) => {
    expect(await read([{ status: 1, recv_type, rate_type, width: 640, height: 360 }])).toEqual({
      state: 'LIVE',
      ingest,
    })
  })

  it('is NEVER_SEEN when the provider says 20601, which is no failure', async () => {
    const { get, ask } = connectTencent(toRaw({ ret: 20601, message: 'stream not exist', output: null }))
    expect(await get('getStreamStatus')({ key: 'a' }, ask)).toEqual({ state: 'NEVER_SEEN', ingest: null })
  })

  it.each(nothing)('is UNKNOWN when output is %s', async (_name, output) => {
    expect(await read(output)).toEqual({ state: 'UNKNOWN', ingest: null })
  })
})
