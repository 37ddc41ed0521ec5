import { expect, test } from 'vitest'
import { liveStreamListSchema } from '#rest/schemas/stream.ts'
import { buildRestApp } from '../rest-app.ts'

const reading = (onlineViewers: number) => ({ onlineViewers, bandwidthBitsPerSecond: null, push: null })
const push = { frameRate: 25, bitrateBitsPerSecond: 1_500_000, clientIp: '203.0.113.7', serverIp: null }
const accounts = {
  a: { streams: { one: { live: { ...reading(1), push } }, off: { live: null }, two: { live: reading(2) } } },
  b: {
    provider: 'chinanetcenter' as const,
    streams: { 'x.example.com/live/r': { live: reading(3) }, 'y.example.com/live/r': { live: reading(0) } },
  },
}

test('lists what is live over all accounts', async () => {
  const { app } = await buildRestApp(accounts)
  const list = liveStreamListSchema.strict().parse((await app.inject('/v1/live-streams')).json())
  expect(list.items.map(({ account, key }) => `${account} ${key}`)).toEqual([
    'a one',
    'a two',
    'b x.example.com/live/r',
    'b y.example.com/live/r',
  ])
  expect(list).toMatchObject({
    nextCursor: null,
    totalCount: 4,
    failures: [],
    fetchedAt: '2026-11-21T04:00:00.000Z',
    stale: false,
  })
  expect(list.items[0]).toEqual({
    id: expect.stringMatching(/^s1\./),
    account: 'a',
    key: 'one',
    domain: null,
    app: null,
    name: 'one',
    state: 'LIVE',
    stateSource: 'LIST',
    stateSince: null,
    stateFetchedAt: '2026-11-21T04:00:00.000Z',
    stateStale: false,
    live: {
      onlineViewers: 1,
      bandwidthBitsPerSecond: null,
      push: { observedAt: '2026-11-21T04:00:00.000Z', ...push },
      fetchedAt: '2026-11-21T04:00:00.000Z',
      stale: false,
    },
  })
})

test('lists the accounts that are named, and names those that could not answer', async () => {
  const { app, services } = await buildRestApp(accounts)
  const response = await app.inject('/v1/live-streams?account=b&account=gone&first=10')
  const list = liveStreamListSchema.parse(response.json())
  expect(list.items).toHaveLength(2)
  expect(list.failures).toEqual([{ account: 'gone', code: 'NOT_FOUND', message: 'there is no account gone' }])
  expect(services.calls.at(-1)?.args).toEqual([{ accounts: ['b', 'gone'], first: 10 }])
})

test('pages with the cursor of the page before', async () => {
  const { app } = await buildRestApp(accounts)
  const keys: string[] = []
  let url: string | undefined = '/v1/live-streams?first=3'
  while (url) {
    const { items, nextCursor } = liveStreamListSchema.parse((await app.inject(url)).json())
    keys.push(...items.map(({ key }) => key))
    url = nextCursor === null ? undefined : `/v1/live-streams?after=${nextCursor}`
  }
  expect(keys).toEqual(['one', 'two', 'x.example.com/live/r', 'y.example.com/live/r'])
})

test('refuses the cursor of another list', async () => {
  const { app } = await buildRestApp(accounts)
  const { nextCursor } = (await app.inject('/v1/accounts/a/live-streams?first=1')).json()
  const response = await app.inject(`/v1/live-streams?after=${nextCursor}`)
  expect([response.statusCode, response.json().detail]).toEqual([400, expect.stringMatching(/^after /)])
})

test('lists the live streams of one account and domain', async () => {
  const { app } = await buildRestApp(accounts)
  const response = await app.inject('/v1/accounts/b/live-streams?domain=y.example.com')
  const list = liveStreamListSchema.strict().parse(response.json())
  expect(list.items).toMatchObject([{ domain: 'y.example.com', app: 'live', name: 'r', live: { onlineViewers: 0 } }])
})
