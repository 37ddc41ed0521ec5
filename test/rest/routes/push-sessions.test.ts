import { describe, expect, test } from 'vitest'
import { pushSessionSeriesSchema, streamPushSessionsListSchema } from '#rest/schemas/push-session.ts'
import { at, buildRestApp, RANGE } from '../rest-app.ts'

const closed = {
  startedAt: at('03:10:00'),
  endedAt: at('03:40:00'),
  durationMs: 1_800_000,
  source: 'DERIVED' as const,
  startsBefore: true,
  endsAfter: false,
}
const open = { ...closed, startedAt: at('03:50:00'), endedAt: null, durationMs: null, startsBefore: false }
const shownClosed = { ...closed, startedAt: '2026-11-21T03:10:00.000Z', endedAt: '2026-11-21T03:40:00.000Z' }
const gap = {
  from: at('03:00:00'),
  to: at('03:05:00'),
  code: 'NOT_FOUND' as const,
  message: 'the provider dropped d.example.com',
}
const accounts = {
  a: {
    streams: {
      k: { pushSessions: [closed, open] },
      '=cmd|"x"': { pushSessions: [closed] },
      gone: { missing: [gap] },
    },
  },
}
const range = { from: '2026-11-21T03:00:00Z', to: '2026-11-21T04:00:00Z' }
const post = (body: unknown, accept = 'application/json') => ({
  method: 'POST' as const,
  url: '/v1/accounts/a/push-sessions',
  headers: { accept, 'content-type': 'application/json' },
  body: JSON.stringify(body),
})

describe('of one stream', () => {
  test('are shown as they are', async () => {
    const { app } = await buildRestApp(accounts)
    const body = (await app.inject(`/v1/accounts/a/streams/k/push-sessions?${RANGE}`)).json()
    const series = pushSessionSeriesSchema.strict().parse(body)
    expect(series.items).toEqual([shownClosed, { ...open, startedAt: '2026-11-21T03:50:00.000Z' }])
    expect(series).toMatchObject({ nextCursor: null, missing: [], stale: false })
  })

  test('come as CSV', async () => {
    const { app } = await buildRestApp(accounts)
    const url = `/v1/accounts/a/streams/k/push-sessions?${RANGE}`
    expect((await app.inject({ url, headers: { accept: 'text/csv' } })).body.split('\r\n')).toEqual([
      'startedAt,endedAt,durationMs,source,startsBefore,endsAfter',
      '2026-11-21T03:10:00.000Z,2026-11-21T03:40:00.000Z,1800000,DERIVED,true,false',
      '2026-11-21T03:50:00.000Z,,,DERIVED,false,false',
      '',
    ])
  })
})

describe('of many streams', () => {
  test('are asked for at once and shown in the order of the keys', async () => {
    const { app, services } = await buildRestApp(accounts)
    const response = await app.inject(post({ keys: ['gone', 'k'], ...range }))
    expect(response.statusCode).toBe(200)
    const { items, nextCursor } = streamPushSessionsListSchema.strict().parse(response.json())
    expect(nextCursor).toBeNull()
    expect(items.map(({ stream, sessions, missing }) => [stream.key, sessions.length, missing.length])).toEqual([
      ['gone', 0, 1],
      ['k', 2, 0],
    ])
    expect(items[1]).toMatchObject({
      stream: { account: 'a', key: 'k', name: 'k' },
      from: '2026-11-21T03:00:00.000Z',
      sessions: [shownClosed, {}],
      fetchedAt: '2026-11-21T04:00:00.000Z',
    })
    expect(services.count('listManyPushSessions')).toBe(1)
    expect(response.headers).toMatchObject({
      'cache-control': 'no-store',
      'weir-missing': '1',
      'x-upstream-calls': '1',
    })
  })

  test('are kept as long as the shortest-lived when they are whole', async () => {
    const { app } = await buildRestApp(accounts)
    expect((await app.inject(post({ keys: ['k'], ...range }))).headers['cache-control']).toBe('private, max-age=5')
  })

  test('come as CSV with their stream, and no key runs in a spreadsheet', async () => {
    const { app } = await buildRestApp(accounts)
    const response = await app.inject(post({ keys: ['=cmd|"x"', 'gone'], ...range }, 'text/csv'))
    expect(response.headers['weir-missing']).toBe('1')
    expect(response.body.split('\r\n')).toEqual([
      'account,key,startedAt,endedAt,durationMs,source,startsBefore,endsAfter',
      `a,"'=cmd|""x""",2026-11-21T03:10:00.000Z,2026-11-21T03:40:00.000Z,1800000,DERIVED,true,false`,
      '',
    ])
  })

  test('may be none', async () => {
    const { app } = await buildRestApp(accounts)
    const response = await app.inject(post({ keys: [], ...range }))
    expect(response.json()).toEqual({ items: [], nextCursor: null })
    expect(response.headers).toMatchObject({ 'cache-control': 'private, max-age=0', age: '0' })
  })

  test.each([
    [{ keys: ['k'] }, 'from is missing'],
    [{ keys: 'k', ...range }, 'keys is no list of texts'],
    [{ keys: ['k', 5], ...range }, 'keys.1 is no text'],
    [{ keys: ['k'], ...range, everySeconds: 60 }, 'everySeconds is no argument here; allowed are: keys, from, to'],
    [[], 'body is no JSON object'],
    [null, 'body is no JSON object'],
  ])('refuse %j', async (body, detail) => {
    const { app } = await buildRestApp(accounts)
    const response = await app.inject(post(body))
    expect([response.statusCode, response.json().detail]).toEqual([400, expect.stringContaining(detail)])
  })
})
