import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { type Sandbox, startSandbox } from '../../sandbox/sandbox.ts'
import { askReport, type Loose, NOW, NOW_MS, reportHeaders, reportUrl, send } from './provider-clients.ts'

let sandbox: Sandbox
let nowMs = NOW_MS

beforeAll(async () => {
  sandbox = await startSandbox({ now: () => nowMs, quota: { limit: 10_000, windowSeconds: 300 } })
})
afterAll(() => sandbox.close())
afterEach(() => {
  nowMs = NOW_MS
})

const PERIOD = { dateFrom: '2026-01-18', dateTo: '2026-01-19' }
const DOMAIN = { domainStream: [{ domain: 'push.example.com' }] }
const ask = (body: unknown, headers = {}) => askReport(sandbox, body, headers)

async function pushesOf(stream: string, period: Record<string, string>, headers = {}): Promise<Loose[]> {
  const domainStream = [{ domain: 'push.example.com', stream: [stream] }]
  const { json } = await ask({ ...period, domainStream }, headers)
  return json.data[0].streamList[0]?.durationDetailList ?? []
}

test.each([
  ['Thu, 17 May 2012 19:37:58 GMT', 'Basic ZXhhbXBsZV91c2VybmFtZTpGNHVpUFdHTWNacGlEaEEySkUxbmdiMnZwNmM9'],
  ['Wed, 11 Aug 2021 16:00:00 GMT', 'Basic ZXhhbXBsZV91c2VybmFtZTplOVBLaHFvNGYrQXVLRjJSSW9DRmJpZXdhdDQ9'],
])('accepts the authorization that belongs to %s', async (date, authorization) => {
  nowMs = Date.parse(date)
  const headers = { Date: date, Authorization: authorization }
  expect((await ask({ ...DOMAIN }, headers)).status).toBe(200)
  const { Date: _, ...rest } = { ...reportHeaders(sandbox), ...headers }
  const substitute = { method: 'POST', headers: { ...rest, 'x-cnc-date': date } }
  expect((await send(reportUrl(sandbox), substitute, '{"domainStream":[{"domain":"push.example.com"}]}')).status).toBe(
    200,
  )
})

test('refuses with 401, and no JSON, what is not signed over the very date it carries', async () => {
  const wrong = [
    { Date: new Date(NOW_MS + 1000).toUTCString() },
    { Authorization: 'Basic eDp5' },
    { Authorization: 'Bearer x' },
    reportHeaders(sandbox, NOW_MS - 301_000),
    reportHeaders(sandbox, NOW_MS + 301_000),
    { Date: '2026-01-20T08:51:33Z' },
  ]
  for (const headers of wrong) {
    const reply = await ask(DOMAIN, headers)
    expect([reply.status, reply.json]).toEqual([401, undefined])
  }
  expect((await ask(DOMAIN, reportHeaders(sandbox, NOW_MS - 299_000))).status).toBe(200)
})

test('reports the pushes of one domain with seconds as texts and milliseconds as numbers', async () => {
  const { json, headers } = await ask({ ...PERIOD, ...DOMAIN })
  expect(headers['x-cnc-request-id']).toMatch(/^[\w-]{8,}$/)
  expect([json.code, json.message, json.data.length]).toEqual(['0', 'success', 1])
  expect(json.data[0].domain).toBe('push.example.com')
  const streams = json.data[0].streamList
  expect(streams.map((entry: Loose) => entry.stream)).toContain('push.example.com/live/room2')
  for (const entry of streams) {
    const durations = entry.durationDetailList.map((detail: Loose) => detail.duration)
    expect(entry.sumTime).toBe(durations.reduce((sum: number, duration: number) => sum + duration, 0))
    for (const detail of entry.durationDetailList) {
      expect([typeof detail.startTime, typeof detail.endTime, typeof detail.duration]).toEqual([
        'string',
        'string',
        'number',
      ])
      expect(detail.duration).toBeLessThanOrEqual((detail.endTime - detail.startTime) * 1000)
    }
  }
})

test('gives pushes out of order, some of them shorter than their span', async () => {
  const month = { dateFrom: '2025-12-20', dateTo: '2026-01-19' }
  const pushes = await pushesOf('live/room2', month)
  const starts = pushes.map((push) => Number(push.startTime))
  expect(starts).not.toEqual(starts.toSorted((left, right) => left - right))
  const short = pushes.filter((push) => push.duration < (push.endTime - push.startTime) * 1000 - 1000)
  expect(short.length).toBeGreaterThan(10)
  expect(short.length).toBeLessThan(pushes.length)
})

test('filters streams and leaves out those without pushes or unknown', async () => {
  const stream = ['live/room1', 'live/silent', 'live/never']
  const { json } = await ask({ ...PERIOD, domainStream: [{ domain: 'push.example.org', stream }] })
  expect(json.data[0].streamList.map((entry: Loose) => entry.stream)).toEqual(['push.example.org/live/room1'])
})

test('drops an unknown domain silently', async () => {
  const { status, json } = await ask({ ...PERIOD, domainStream: [{ domain: 'push.example.net' }] })
  expect([status, json.code, json.data]).toEqual([200, '0', []])
})

test('counts a push to the day of its start in the zone asked for, dateTo included', async () => {
  const dayOf = (second: number, zoneHours: number) =>
    new Date((second + zoneHours * 3600) * 1000).toISOString().slice(0, 10)
  for (const [zone, hours] of [
    ['GMT+08:00', 8],
    ['GMT-05:00', -5],
    ['GMT+00:00', 0],
  ] as const) {
    const pushes = await pushesOf('live/flap', PERIOD, { 'X-Time-Zone': zone })
    const days = new Set(pushes.map((push) => dayOf(Number(push.startTime), hours)))
    expect([...days].toSorted()).toEqual(['2026-01-18', '2026-01-19'])
    expect(pushes).toHaveLength(288)
  }
  expect(await pushesOf('live/flap', PERIOD)).toEqual(
    await pushesOf('live/flap', PERIOD, { 'X-Time-Zone': 'GMT+08:00' }),
  )
})

test('asks for the last seven days when no date is given', async () => {
  const starts = (await pushesOf('live/flap', {})).map((push) => Number(push.startTime))
  expect(Math.min(...starts)).toBeGreaterThanOrEqual(Date.UTC(2026, 0, 12, 16) / 1000)
  expect(Math.min(...starts)).toBeLessThan(Date.UTC(2026, 0, 12, 17) / 1000)
  expect(Math.max(...starts)).toBeGreaterThan(NOW - 1200)
})

test('lets a running push end now, and later so', async () => {
  const period = { dateFrom: '2026-01-19', dateTo: '2026-01-21' }
  const lastEnd = async () => Math.max(...(await pushesOf('live/room1', period)).map((push) => Number(push.endTime)))
  expect(await lastEnd()).toBe(NOW)
  nowMs += 60_000
  expect(await lastEnd()).toBe(NOW + 60)
})

test.each([
  ['one date only', { dateFrom: '2026-01-18' }, '24102006'],
  ['equal dates', { dateFrom: '2026-01-18', dateTo: '2026-01-18' }, '24102006'],
  ['a start in the future', { dateFrom: '2026-01-21', dateTo: '2026-01-22' }, '24102006'],
  ['compact dates', { dateFrom: '20260118', dateTo: '20260119' }, '24102006'],
  ['a day that does not exist', { dateFrom: '2026-01-18', dateTo: '2026-01-32' }, '24102006'],
  ['days before half a year ago', { dateFrom: '2025-07-01', dateTo: '2025-07-02' }, '24102006'],
  ['32 days', { dateFrom: '2025-12-01', dateTo: '2026-01-02' }, '24102007'],
  ['an empty domain', { domainStream: [{ domain: '' }] }, '24102008'],
  ['a missing domain', { domainStream: [{}] }, '24102008'],
  ['two domains', { domainStream: [{ domain: 'a.example' }, { domain: 'b.example' }] }, '24102019'],
  ['all domains', { domainStream: undefined }, '24102019'],
  ['streams that are no list', { domainStream: [{ domain: 'a.example', stream: 'live/x' }] }, '24102002'],
  ['a list', [], '24102002'],
])('refuses %s', async (_, change, code) => {
  const body = Array.isArray(change) ? change : { ...PERIOD, ...DOMAIN, ...change }
  if (!Array.isArray(change) && 'dateFrom' in change && !('dateTo' in change)) delete (body as Loose).dateTo
  const { status, json } = await ask(body)
  expect([status, json.code]).toEqual([400, code])
})

test('names count and limit of domains, and the limit of days, in the texts', async () => {
  const domains = { domainStream: [{ domain: 'a.example' }, { domain: 'b.example' }] }
  expect((await ask({ ...PERIOD, ...domains })).json.message).toMatch(/Domain\(2\) exceeds the limit \(1\)/)
  const long = { dateFrom: '2025-12-01', dateTo: '2026-01-02', ...DOMAIN }
  expect((await ask(long)).json.message).toBe('You cannot specify a period greater than 31 day(s).')
})

test('accepts 31 days, and an end in the future', async () => {
  expect((await ask({ dateFrom: '2025-12-25', dateTo: '2026-01-25', ...DOMAIN })).json.code).toBe('0')
})

test('answers several domains when the account may ask for them', async () => {
  const wide = await startSandbox({ maxDomainsPerCall: 5, now: () => NOW_MS })
  const { json } = await askReport(wide, PERIOD)
  expect(json.data.map((entry: Loose) => entry.domain)).toEqual(['push.example.com', 'push.example.org'])
  await wide.close()
})

test.each([
  [{ Accept: 'text/html' }, '24102013'],
  [{ Accept: '*/*' }, '24102013'],
  [{ 'X-Time-Zone': '+08:00' }, '24102020'],
  [{ 'X-Time-Zone': 'GMT+8:00' }, '24102020'],
  [{ 'Content-Type': 'application/x-www-form-urlencoded' }, '24102002'],
])('refuses the headers %j with %s', async (headers, code) => {
  const { status, json } = await ask({ ...PERIOD, ...DOMAIN }, headers)
  expect([status, json.code]).toEqual([400, code])
})

test('misses a body, and a content type', async () => {
  const { 'Content-Type': _, ...untyped } = reportHeaders(sandbox)
  const noType = await send(reportUrl(sandbox), { method: 'POST', headers: untyped }, '{}')
  const noBody = await send(reportUrl(sandbox), { method: 'POST', headers: reportHeaders(sandbox) })
  const noJson = await send(reportUrl(sandbox), { method: 'POST', headers: reportHeaders(sandbox) }, '{')
  const codes = [noType, noBody, noJson].map((reply) => [reply.status, JSON.parse(reply.text).code])
  expect(codes).toEqual([
    [400, '24102014'],
    [400, '24102014'],
    [400, '24102002'],
  ])
})

test('speaks XML when asked to', async () => {
  const reply = await ask({ ...PERIOD, ...DOMAIN }, { Accept: 'application/xml' })
  expect(reply.headers['content-type']).toMatch('application/xml')
  expect(reply.text).toMatch(/^<\?xml .*<code>0<\/code>/)
})

test('knows one path and one method', async () => {
  expect((await send(reportUrl(sandbox), { headers: reportHeaders(sandbox) })).status).toBe(405)
  expect((await send(`${sandbox.urls.chinanetcenter}/api/report/else`, { method: 'POST' })).status).toBe(404)
})

test('adds the pushes of streams that are started and stopped by hand', async () => {
  sandbox.chinanetcenterStreams.start('push.example.com/live/guest')
  nowMs += 90_000
  sandbox.chinanetcenterStreams.stop('push.example.com/live/guest')
  nowMs += 90_000
  const today = { dateFrom: '2026-01-20', dateTo: '2026-01-21' }
  const [push, ...others] = await pushesOf('live/guest', today)
  expect([push.startTime, push.endTime, others]).toEqual([String(NOW), String(NOW + 90), []])
})
