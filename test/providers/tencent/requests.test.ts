import { describe, expect, it } from 'vitest'
import { tencent } from '#providers/tencent/provider.ts'
import { connectTencent, range, toOk } from './connect.ts'

const key = '8888_room1'

describe('what is asked', () => {
  it('asks Get_LiveStat for a page of the account, and for one playback domain only when told', async () => {
    const { get, ask, upstream } = connectTencent(toOk({}))
    await get('listLiveStreams')({ domain: null, page: 2, size: 300 }, ask)
    expect(upstream.requests[0]).toEqual({
      endpoint: 'statistics',
      operation: 'Get_LiveStat',
      method: 'GET',
      query: [
        ['interface', 'Get_LiveStat'],
        ['Param.n.page_no', '2'],
        ['Param.n.page_size', '300'],
      ],
      idParameter: 'cmd',
    })
    await get('listLiveStreams')({ domain: 'play.example.com', page: 1, size: 10 }, ask)
    expect(upstream.lastQuery['Param.s.pull_domain']).toBe('play.example.com')
    expect(upstream.lastQuery).not.toHaveProperty('Param.s.push_domain')
  })

  it('asks Get_LiveStat for one stream by stream_id', async () => {
    const { get, ask, upstream } = connectTencent(toOk({}))
    await get('getLiveReading')({ key }, ask)
    expect(upstream.lastQuery).toEqual({
      interface: 'Get_LiveStat',
      'Param.n.page_no': '1',
      'Param.n.page_size': '300',
      'Param.s.stream_id': key,
    })
  })

  it('asks the histories in whole UNIX seconds that cover the range', async () => {
    const { get, ask, upstream } = connectTencent(toOk({}))
    await get('listPushSamples')({ key, from: range.from + 1, to: range.to + 1 }, ask)
    expect(upstream.lastQuery).toEqual({
      interface: 'Get_LivePushStatHistory',
      'Param.n.start_time': String(range.from / 1000),
      'Param.n.end_time': String(range.to / 1000 + 1),
      'Param.s.stream_id': key,
    })
    await get('listPlaySamples')({ key: null, domain: 'play.example.com', ...range }, ask)
    expect(upstream.lastQuery).toEqual({
      interface: 'Get_LivePlayStatHistory',
      'Param.n.start_time': String(range.from / 1000),
      'Param.n.end_time': String(range.to / 1000),
      'Param.s.domain': 'play.example.com',
    })
  })

  it('asks for recordings oldest first, by channel_id', async () => {
    const { get, ask, upstream } = connectTencent(toOk({}))
    await get('listRecordings')({ key, page: 1, size: 100 }, ask)
    expect(upstream.requests[0]).toMatchObject({ endpoint: 'control', method: 'GET', idParameter: 'appid' })
    expect(upstream.lastQuery).toEqual({
      interface: 'Live_Tape_GetFilelist',
      'Param.s.channel_id': key,
      'Param.n.page_no': '1',
      'Param.n.page_size': '100',
      'Param.s.sort_type': 'asc',
    })
  })

  it('asks the queue with Param.n.count, not with the Param.ncount of the first page', async () => {
    const { get, ask, upstream } = connectTencent(toOk({}))
    await get('popSnapshots')({ count: 100, keep: async () => undefined }, ask)
    expect(upstream.lastQuery).toEqual({
      interface: 'Live_Queue_Get',
      'Param.n.bid': '100',
      'Param.n.count': '100',
    })
  })

  it('prefixes by the parameter, not by the value: a stream id of digits is a text', async () => {
    const { get, ask, upstream } = connectTencent(toOk({}))
    await get('getStreamStatus')({ key: '123' }, ask)
    expect(upstream.lastQuery).toEqual({ interface: 'Live_Channel_GetStatus', 'Param.s.channel_id': '123' })
  })

  it('passes a stream id on as it is, without adding or taking a bizid', async () => {
    const { get, ask, upstream } = connectTencent(toOk({}))
    for (const odd of ['room', '8888_room', 'a&interface=Live_Tape_Start#x', ' 中文 @+%20']) {
      await get('getStreamStatus')({ key: odd }, ask)
      expect(upstream.lastQuery['Param.s.channel_id']).toBe(odd)
    }
  })

  it('emits no white space of its own and sends no headers, so no cookies', async () => {
    const { get, ask, upstream } = connectTencent(toOk({}))
    await get('listRecordings')({ key, page: 1, size: 100 }, ask)
    await get('listPlaySamples')({ key, domain: null, ...range }, ask)
    for (const { query = [], headers } of upstream.requests) {
      expect(headers).toBeUndefined()
      for (const part of query.flat()) expect(part).toMatch(/^\S+$/)
    }
  })

  it('names the APPID as the settings say, host by host', async () => {
    const settings = { idParameters: { statistics: 'appid', control: 'cmd' } }
    const { get, ask, upstream } = connectTencent(toOk({}), settings)
    await get('getLiveReading')({ key }, ask)
    await get('getStreamStatus')({ key }, ask)
    expect(upstream.requests.map((request) => request.idParameter)).toEqual(['appid', 'cmd'])
  })
})

describe('settings', () => {
  const credentials = { appId: 1_250_000_000, apiKey: 'key' }

  it('have the documented defaults', () => {
    expect(tencent.settings.parse({ credentials })).toEqual({
      credentials,
      endpoints: {
        statistics: 'http://statcgi.video.qcloud.com/common_access',
        control: 'http://fcgi.video.qcloud.com/common_access',
      },
      idParameters: { statistics: 'cmd', control: 'appid' },
      signatureTtlSeconds: 60,
      recordings: {},
      snapshots: { collect: false, pollSeconds: 10, keepDays: 30, keepCount: 1_000_000 },
    })
  })

  it('take ids with or without quotes', () => {
    const settings = tencent.settings.parse({
      credentials: { appId: '1250000000', apiKey: 'key' },
      recordings: { vodBizId: 200000000 },
      snapshots: { bucket: 'shots', cosAppId: 1250000000 },
    })
    expect(tencent.toCredential(settings)).toEqual({ id: '1250000000', secret: 'key' })
    expect(settings.recordings.vodBizId).toBe('200000000')
    expect(settings.snapshots.cosAppId).toBe('1250000000')
  })

  it.each([
    [{ credentials: { appId: 0, apiKey: 'key' } }, 'an APPID of zero'],
    [{ credentials: { appId: '12 34', apiKey: 'key' } }, 'an APPID with a blank'],
    [{ credentials: { appId: 1, apiKey: 'a key' } }, 'a key with a blank'],
    [{ credentials: { appId: 1, apiKey: '' } }, 'an empty key'],
    [{ credentials, endpoint: {} }, 'an unknown name'],
    [{ credentials, endpoints: { stats: 'http://a.example' } }, 'an unknown name inside'],
    [{ credentials, endpoints: { control: 'ftp://a.example' } }, 'another scheme'],
    [{ credentials, endpoints: { control: 'http://user:pass@a.example' } }, 'user information'],
    [{ credentials, endpoints: { control: 'http://a.example/?a=b' } }, 'a query'],
    [{ credentials, endpoints: { control: 'http://a.example/#a' } }, 'a fragment'],
    [{ credentials, snapshots: { bucket: 'shots' } }, 'a bucket without its APPID'],
    [{ credentials, snapshots: { bucket: 'a.evil/', cosAppId: '1' } }, 'a bucket that is none'],
    [{ credentials, recordings: { vodBizId: 'evil.example/' } }, 'a bizid that is none'],
  ])('refuse %j: %s', (settings: object, _reason: string) => {
    expect(tencent.settings.safeParse(settings).success).toBe(false)
  })

  it('take an endpoint on loopback', () => {
    const endpoints = { statistics: 'http://127.0.0.1:4100/common_access', control: 'http://localhost:4101/a' }
    expect(tencent.settings.parse({ credentials, endpoints }).endpoints).toEqual(endpoints)
  })
})
