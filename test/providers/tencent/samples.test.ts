import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readTime } from '#providers/tencent/beijing-time.ts'
import { fromTimeRange, toSeries } from '#providers/tencent/convert.ts'
import { toRaw } from '#test/support/fake-upstream.ts'
import { connectTencent, range, readFixture, toOk } from './connect.ts'

const at = (text: string) => Date.parse(text)

describe('times', () => {
  it.each([
    ['2016-01-20 16:50:35', '2016-01-20T08:50:35Z'],
    ['2016-01-20T16:50:35', '2016-01-20T08:50:35Z'],
    [' 2016-01-20 16:50:35 ', '2016-01-20T08:50:35Z'],
    ['2038-01-19 11:14:07', '2038-01-19T03:14:07Z'],
    ['2016-01-20T16:50:35+08:00', '2016-01-20T08:50:35Z'],
    ['2016-01-20T08:50:35Z', '2016-01-20T08:50:35Z'],
    ['2016-01-20 08:50:35.5Z', '2016-01-20T08:50:35.500Z'],
    [1453279835, '2016-01-20T08:50:35Z'],
    ['1453279835', '2016-01-20T08:50:35Z'],
  ])('reads %j as %s', (value, instant) => {
    expect(readTime(value)).toBe(at(instant))
  })

  it.each([
    ['2016-02-30 10:00:00'],
    ['2015-02-29 10:00:00'],
    ['2016-01-20 24:00:00'],
    ['2016-13-01 00:00:00'],
    ['0000-00-00 00:00:00'],
    ['2016-01-20'],
    ['yesterday'],
    [''],
    [0],
    [-5],
    [1453279835000],
    [null],
    [{}],
    [true],
  ])('takes %j for no time', (value) => {
    expect(readTime(value)).toBeNull()
  })

  it('reads every Beijing time back', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 4_102_444_800 }), (seconds) => {
        const text = new Date(seconds * 1000 + 28_800_000).toISOString().slice(0, 19).replace('T', ' ')
        expect(readTime(text)).toBe(seconds * 1000)
      }),
    )
  })

  it('covers any range by whole seconds, and by less than a second too much', () => {
    const instant = fc.integer({ min: 0, max: 4_102_444_800_000 })
    fc.assert(
      fc.property(instant, instant, (from, to) => {
        const { start, end } = fromTimeRange({ from, to })
        expect(start * 1000 <= from && from < (start + 1) * 1000).toBe(true)
        expect((end - 1) * 1000 < to && to <= end * 1000).toBe(true)
      }),
    )
  })
})

describe('push samples', () => {
  async function list(output: unknown) {
    const { get, ask } = connectTencent(toOk(output))
    const samples = await get('listPushSamples')({ key: 'a', ...range }, ask)
    return { samples, unreadable: ask.meter.unreadableRows }
  }

  it('are read from the documented sample; speed is bit/s as it is', async () => {
    const { get, ask } = connectTencent(toRaw(readFixture('push-history')))
    const samples = await get('listPushSamples')({ key: 'a', ...range }, ask)
    expect(samples).toHaveLength(2)
    expect(samples[0]).toEqual({
      observedAt: at('2016-01-20T08:50:35Z'),
      frameRate: 25,
      bitrateBitsPerSecond: 1_203_344,
      clientIp: '203.0.113.7',
      serverIp: '198.51.100.10',
    })
  })

  it('are sorted, and folded by time and server with the last mention winning', async () => {
    const rows = [
      { time: '2016-01-20 16:50:40', server_ip: 'b', fps: 1 },
      { time: '2016-01-20 16:50:35', server_ip: 'a', fps: 2 },
      { time: '2016-01-20 16:50:40', server_ip: 'a', fps: 3 },
      { time: 1453279840, server_ip: 'b', fps: 4 },
    ]
    const { samples } = await list({ stream_info: rows })
    expect(samples.map(({ serverIp, frameRate }) => [serverIp, frameRate])).toEqual([
      ['a', 2],
      ['a', 3],
      ['b', 4],
    ])
  })

  it('come out the same in whatever order they came', () => {
    const sample = fc.record({ observedAt: fc.nat(20), serverIp: fc.constantFrom(null, '10.0.0.1', '10.0.0.2') })
    fc.assert(
      fc.property(fc.array(sample), (samples) => {
        const series = toSeries(samples)
        expect(toSeries(series)).toEqual(series)
        const once = new Map(series.map((one) => [JSON.stringify(one), one]))
        expect(toSeries([...once.values()].reverse())).toEqual(series)
        expect(series).toHaveLength(new Set(samples.map((one) => JSON.stringify(one))).size)
      }),
    )
  })

  it('do without rows whose time cannot be read, which are counted', async () => {
    const rows = [{ time: '2016-02-30 10:00:00' }, { fps: 1 }, null, { time: '2016-01-20 16:50:40' }]
    const { samples, unreadable } = await list({ stream_info: rows })
    expect(samples).toHaveLength(1)
    expect(unreadable).toBe(3)
  })

  it('are not cut to the range that was asked for', async () => {
    const { samples } = await list({ stream_info: [{ time: '2001-01-01 00:00:00' }] })
    expect(samples).toHaveLength(1)
  })

  it.each([[null], [[]], [{}], ['']])('are none when stream_info is %j', async (stream_info) => {
    expect((await list({ stream_info })).samples).toEqual([])
  })

  it('are one when stream_info is a single object', async () => {
    expect((await list({ stream_info: { time: '2016-01-20 16:50:40' } })).samples).toHaveLength(1)
  })

  it('are none when the provider says "query data is empty" (10003), which is no failure', async () => {
    const { get, ask } = connectTencent(toRaw({ ret: 10003, message: 'query data is empty' }))
    expect(await get('listPushSamples')({ key: 'a', ...range }, ask)).toEqual([])
  })
})

describe('play samples', () => {
  async function list(output: unknown) {
    const { get, ask } = connectTencent(toOk(output))
    return get('listPlaySamples')({ key: 'a', domain: null, ...range }, ask)
  }

  it('are read from the documented sample: Mbps and MB are decimal', async () => {
    const { get, ask } = connectTencent(toRaw(readFixture('play-history')))
    expect(await get('listPlaySamples')({ key: '8888_room1', domain: null, ...range }, ask)).toEqual([
      {
        observedAt: at('2016-01-20T08:51:00Z'),
        bandwidthBitsPerSecond: 3_200_000,
        onlineViewers: 4,
        trafficBytes: 24_000_000,
      },
      {
        observedAt: at('2016-01-20T08:52:00Z'),
        bandwidthBitsPerSecond: 3_400_000,
        onlineViewers: 5,
        trafficBytes: 25_500_000,
      },
    ])
  })

  it('never derive traffic from bandwidth, or the reverse', async () => {
    const rows = [
      { time: 60, bandwidth: 8 },
      { time: 120, flux: 60 },
    ]
    expect(await list({ stat_info: rows })).toMatchObject([
      { bandwidthBitsPerSecond: 8_000_000, trafficBytes: null },
      { bandwidthBitsPerSecond: null, trafficBytes: 60_000_000 },
    ])
  })

  it('are sorted and folded by time, the last mention winning', async () => {
    const rows = [
      { time: 120, online: 1 },
      { time: 60, online: 2 },
      { time: '120', online: 3 },
    ]
    const samples = await list({ stat_info: rows })
    expect(samples.map(({ observedAt, onlineViewers }) => [observedAt, onlineViewers])).toEqual([
      [60_000, 2],
      [120_000, 3],
    ])
  })

  it.each([[{ sum_flux: 1 }], [[{ sum_flux: 1 }]], [null]])(
    'are read whatever sum_info is, as %j',
    async (sum_info) => {
      expect(await list({ stat_info: [{ time: 60 }], sum_info })).toHaveLength(1)
    },
  )

  it('are none when the provider says 10003', async () => {
    const { get, ask } = connectTencent(toRaw({ ret: '10003', message: 'query data is empty' }))
    expect(await get('listPlaySamples')({ key: null, domain: null, ...range }, ask)).toEqual([])
  })
})
