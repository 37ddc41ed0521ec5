import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fromDay, readKey } from '#providers/chinanetcenter/convert.ts'
import { toRaw } from '#test/support/fake-upstream.ts'
import { connectChinanetcenter, readFixture, toDay, toOk } from './connect.ts'

const key = 'push.example.com/live/room1'
const days = { firstDay: toDay('2021-09-01'), lastDay: toDay('2021-09-03') }
const push = { startTime: '1630468800', endTime: '1630472400', duration: 3_600_000 }

/** What is told of `key` when its pushes are sent like this. */
async function read(durationDetailList: unknown, query: { firstDay: number; lastDay: number } = days, settings = {}) {
  const data = [{ domain: 'push.example.com', streamList: [{ stream: key, durationDetailList }] }]
  const { list, ask } = connectChinanetcenter(toOk(data), settings)
  const { streams } = await list({ keys: [key], ...query }, ask)
  return { sessions: streams[0]?.sessions ?? [], unreadable: ask.meter.unreadableRows }
}

async function tell(data: unknown, keys: readonly string[] = [key]) {
  const { list, ask } = connectChinanetcenter(toOk(data))
  return list({ keys, ...days }, ask)
}

describe('what is asked', () => {
  it('is one report in JSON, by days of UTC+8, with the headers the page names', async () => {
    const { list, ask, upstream } = connectChinanetcenter(toOk([]))
    await list({ keys: [key, 'push.example.com/live/room2', key], ...days }, ask)
    expect(upstream.requests).toEqual([
      {
        endpoint: 'reports',
        operation: 'report/domain/stream/duration',
        method: 'POST',
        path: '/api/report/domain/stream/duration',
        headers: { 'Content-Type': 'application/json', Accept: 'application/json', 'X-Time-Zone': 'GMT+08:00' },
        body: JSON.stringify({
          dateFrom: '2021-09-01',
          dateTo: '2021-09-03',
          domainStream: [{ domain: 'push.example.com', stream: ['live/room1', 'live/room2'] }],
        }),
      },
    ])
  })

  it('groups streams by domain', async () => {
    const { list, ask, upstream } = connectChinanetcenter(toOk([]), { maxDomainsPerCall: 2 })
    await list({ keys: ['a/live/1', 'b/live/1', 'a/live/2/x'], ...days }, ask)
    expect(JSON.parse(upstream.requests[0]?.body ?? '')).toMatchObject({
      domainStream: [
        { domain: 'a', stream: ['live/1', 'live/2/x'] },
        { domain: 'b', stream: ['live/1'] },
      ],
    })
  })

  it('stretches a single day by the next, for the end must be later than the start', async () => {
    const day = toDay('2021-12-31')
    const { list, ask, upstream } = connectChinanetcenter(toOk([]))
    await list({ keys: [key], firstDay: day, lastDay: day }, ask)
    expect(JSON.parse(upstream.requests[0]?.body ?? '')).toMatchObject({ dateFrom: '2021-12-31', dateTo: '2022-01-01' })
  })

  it('asks for a single day as it is where the settings say that it may', async () => {
    const { list, ask, upstream } = connectChinanetcenter(toOk([]), { allowSingleDay: true })
    await list({ keys: [key], firstDay: days.firstDay, lastDay: days.firstDay }, ask)
    expect(JSON.parse(upstream.requests[0]?.body ?? '')).toMatchObject({ dateFrom: '2021-09-01', dateTo: '2021-09-01' })
  })

  it('leaves out what began on the day that was asked only to stretch', async () => {
    const day = toDay('2021-09-01')
    const rows = [
      { startTime: day / 1000 + 86_399, endTime: day / 1000 + 90_000, duration: 1 },
      { startTime: day / 1000 + 86_400, endTime: day / 1000 + 90_000, duration: 1 },
    ]
    const { sessions } = await read(rows, { firstDay: day, lastDay: day })
    expect(sessions.map(({ startedAt }) => startedAt)).toEqual([day + 86_399_000])
    expect((await read(rows, { firstDay: day, lastDay: day }, { allowSingleDay: true })).sessions).toHaveLength(2)
  })

  it('refuses a key that is no domain/app/name without asking', async () => {
    const { list, ask, upstream } = connectChinanetcenter(toOk([]))
    await expect(list({ keys: ['room1'], ...days }, ask)).rejects.toMatchObject({ code: 'INVALID_INPUT' })
    expect(upstream.requests).toEqual([])
  })

  it('writes the day that begins in UTC+8, whatever the day', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 36_524 }), (count) => {
        const date = new Date(count * 86_400_000).toISOString().slice(0, 10)
        expect(fromDay(toDay(date))).toBe(date)
      }),
    )
  })
})

describe('keys', () => {
  it('are domain, app and the rest', () => {
    expect(readKey('push.example.com/live/room1')).toEqual({ domain: 'push.example.com', app: 'live', name: 'room1' })
    expect(readKey('a/b/c/d//e')).toEqual({ domain: 'a', app: 'b', name: 'c/d//e' })
  })

  it.each([['a'], ['a/b'], ['a/b/'], ['/b/c'], ['a//c'], ['/'], ['//'], ['///']])('are not like %j', (text) => {
    expect(readKey(text)).toHaveProperty('problem')
  })

  it('of any three parts come back as they were', () => {
    const part = fc.string({ minLength: 1 }).filter((text) => !text.includes('/'))
    fc.assert(
      fc.property(part, part, fc.string({ minLength: 1 }), (domain, app, name) => {
        expect(readKey(`${domain}/${app}/${name}`)).toEqual({ domain, app, name })
      }),
    )
  })
})

describe('pushes', () => {
  it('are read from the documented form: seconds as texts, lengths in milliseconds', async () => {
    const { list, ask } = connectChinanetcenter(toRaw(readFixture('report')))
    const told = { source: 'PROVIDER', startsBefore: false, endsAfter: false }
    expect(await list({ keys: [key], ...days }, ask)).toEqual({
      streams: [
        {
          key,
          sessions: [
            { startedAt: 1_630_468_800_000, endedAt: 1_630_472_400_000, durationMs: 3_600_000, ...told },
            { startedAt: 1_630_555_200_000, endedAt: 1_630_557_000_000, durationMs: 1_800_000, ...told },
          ],
        },
      ],
      droppedDomains: [],
      askedTo: Date.parse('2021-09-04T00:00:00+08:00'),
    })
  })

  it('come sorted by start though they are not sent so, as the published sample shows', async () => {
    const { list, ask } = connectChinanetcenter(toRaw(readFixture('published-sample')))
    const { streams } = await list({ keys: ['www.a.com/test/steam0'], ...days }, ask)
    expect(streams[0]?.sessions.map(({ startedAt }) => startedAt / 1000)).toEqual([1628528400, 1628532000, 1628697600])
  })

  it('keep the reported length where it differs from the span, neither repaired from the other', async () => {
    const { list, ask } = connectChinanetcenter(toRaw(readFixture('published-sample')))
    const { streams } = await list({ keys: ['www.a.com/test/steam0'], ...days }, ask)
    expect(streams[0]?.sessions[2]).toMatchObject({
      startedAt: 1_628_697_600_000,
      endedAt: 1_628_698_600_000,
      durationMs: 600_000,
    })
  })

  it('do not depend on the total that is sent', async () => {
    const streamList = [{ stream: key, sumTime: 'nonsense', durationDetailList: [push] }]
    const { streams } = await tell([{ domain: 'push.example.com', streamList }])
    expect(streams[0]?.sessions).toHaveLength(1)
  })

  it('take times and lengths as numbers or texts', async () => {
    const { sessions } = await read([{ startTime: 1630468800, endTime: ' 1630472400 ', duration: '3600000' }])
    expect(sessions).toMatchObject([
      { startedAt: 1_630_468_800_000, endedAt: 1_630_472_400_000, durationMs: 3_600_000 },
    ])
  })

  it.each([[null], [undefined], [''], [' '], ['0'], [0]])('are still open when the end is %j', async (endTime) => {
    const { sessions } = await read([{ ...push, endTime }])
    expect(sessions).toMatchObject([{ startedAt: 1_630_468_800_000, endedAt: null }])
  })

  it.each([
    [{ ...push, startTime: 'soon' }],
    [{ ...push, startTime: '' }],
    [{ ...push, startTime: -1 }],
    [{ ...push, startTime: 1630468800000000 }],
    [{ ...push, endTime: 'later' }],
    [{}],
    [null],
    [7],
  ])('that cannot be dated, such as %j, are left out and counted', async (row) => {
    const { sessions, unreadable } = await read([row, { ...push, startTime: '1630468801' }])
    expect(sessions).toHaveLength(1)
    expect(unreadable).toBe(1)
  })

  it('have no length when it is malformed or negative', async () => {
    const { sessions } = await read([{ ...push, duration: -5 }])
    expect(sessions).toMatchObject([{ durationMs: null }])
  })

  it('told twice in exactly the same words are one', async () => {
    const { sessions } = await read([push, { ...push, startTime: 1630468800 }, { ...push, duration: 1 }])
    expect(sessions).toHaveLength(2)
  })

  it('of a stream listed twice, or of a domain listed twice, are put together', async () => {
    const later = { ...push, startTime: '1630470000' }
    const row = (detail: object) => ({ stream: key, durationDetailList: [detail] })
    const entry = (...streamList: readonly object[]) => ({ domain: 'push.example.com', streamList })
    const one = await tell([entry(row(later), row(push))])
    const two = await tell([entry(row(later)), entry(row(push))])
    expect(one).toEqual(two)
    expect(one.streams[0]?.sessions.map(({ startedAt }) => startedAt)).toEqual([1_630_468_800_000, 1_630_470_000_000])
  })

  it.each([[[]], [null], [undefined], [''], [{}]])('are none when the list of them is %j', async (detailList) => {
    expect((await read(detailList)).sessions).toEqual([])
  })
})

describe('streams and domains', () => {
  it('takes the domain from data, so that a stream of B listed under A is none of either', async () => {
    const { list, ask } = connectChinanetcenter(toRaw(readFixture('published-sample')), { maxDomainsPerCall: 2 })
    const keys = ['www.a.com/test/steam1', 'www.b.com/test/steam1', 'www.a.com/www.b.com/test/steam1']
    const { streams, droppedDomains } = await list({ keys, ...days }, ask)
    expect(streams.map((stream) => [stream.key, stream.sessions.length])).toEqual([
      ['www.a.com/test/steam1', 0],
      ['www.a.com/www.b.com/test/steam1', 2],
    ])
    expect(droppedDomains).toEqual(['www.b.com'])
  })

  it('also takes a stream that is written without its domain', async () => {
    const streamList = [{ stream: 'live/room1', durationDetailList: [push] }]
    expect((await tell([{ domain: 'push.example.com', streamList }])).streams[0]?.sessions).toHaveLength(1)
  })

  it('compares domains without regard to case, streams with it', async () => {
    const streamList = [{ stream: 'PUSH.example.com/live/room1', durationDetailList: [push] }]
    const keys = [key, 'push.example.com/live/ROOM1']
    const { streams, droppedDomains } = await tell([{ domain: 'Push.Example.com', streamList }], keys)
    expect(streams.map(({ sessions }) => sessions.length)).toEqual([1, 0])
    expect(droppedDomains).toEqual([])
  })

  it('answers for every stream asked, in the order asked, whatever else is told', async () => {
    const streamList = [{ stream: 'push.example.com/live/other', durationDetailList: [push] }]
    const keys = ['push.example.com/live/b', 'push.example.com/live/a']
    expect((await tell([{ domain: 'push.example.com', streamList }], keys)).streams).toEqual([
      { key: 'push.example.com/live/b', sessions: [] },
      { key: 'push.example.com/live/a', sessions: [] },
    ])
  })

  it.each([[[]], [[{ domain: 'other.example.com', streamList: [] }]], [[null]]])(
    'names a domain that is missing from the list %j as dropped without a word',
    async (data) => {
      expect(await tell(data)).toMatchObject({ streams: [], droppedDomains: ['push.example.com'] })
    },
  )

  it.each([[null], [undefined], [''], [{}]])(
    'takes data %j for nothing found, with no domain dropped',
    async (data) => {
      expect(await tell(data)).toMatchObject({ streams: [{ key, sessions: [] }], droppedDomains: [] })
    },
  )

  it.each([[[]], [null], [undefined], [''], [{}]])('takes streamList %j for no streams', async (streamList) => {
    const { streams, droppedDomains } = await tell([{ domain: 'push.example.com', streamList }])
    expect(streams).toEqual([{ key, sessions: [] }])
    expect(droppedDomains).toEqual([])
  })

  it.each([[5], ['text'], [true], [[{ streamList: [] }]], [[{ domain: 'push.example.com', streamList: 5 }]]])(
    'refuses data of unknown shape, %j, rather than call it empty',
    async (data) => {
      await expect(tell(data)).rejects.toMatchObject({ code: 'UPSTREAM_RESPONSE' })
    },
  )
})
