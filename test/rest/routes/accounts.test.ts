import { expect, test } from 'vitest'
import { CapabilityUnsupportedError } from '#model/errors.ts'
import { accountListSchema, accountSchema } from '#rest/schemas/account.ts'
import { collectorSchema } from '#rest/schemas/collector.ts'
import { at, buildRestApp } from '../rest-app.ts'

const accounts = {
  'tencent-main': {
    liveTotals: { streamCount: 3, onlineViewers: 290, bandwidthBitsPerSecond: 426_000_000 },
    quota: { limit: 300, windowSeconds: 300, used: 300, remaining: 0, nextFreeAt: at('04:00:07.5') },
    health: { state: 'DEGRADED' as const, since: at('03:59:00'), lastErrorCode: 'UPSTREAM_THROTTLED' as const },
  },
  'cnc-main': {
    provider: 'chinanetcenter' as const,
    unsupported: { LIVE_STREAMS: 'there is no list of live streams' },
  },
}

test('lists the accounts in the order of the settings without a provider call', async () => {
  const { app } = await buildRestApp(accounts)
  const response = await app.inject('/v1/accounts')
  const { items, nextCursor } = accountListSchema.strict().parse(response.json())
  expect(items.map(({ name, provider }) => [name, provider])).toEqual([
    ['tencent-main', 'TENCENT'],
    ['cnc-main', 'CHINANETCENTER'],
  ])
  expect(nextCursor).toBeNull()
  expect(response.headers['x-upstream-calls']).toBe('0')
  expect(items[0]).toMatchObject({
    quota: { limit: 300, windowSeconds: 300, used: 300, remaining: 0, nextFreeAt: '2026-11-21T04:00:07.500Z' },
    health: { state: 'DEGRADED', since: '2026-11-21T03:59:00.000Z', lastErrorCode: 'UPSTREAM_THROTTLED' },
  })
  expect(items[1]?.capabilities).toContainEqual({
    capability: 'LIVE_STREAMS',
    supported: false,
    reason: 'there is no list of live streams',
  })
})

test('lists only accounts of the names that are asked for', async () => {
  const { app } = await buildRestApp(accounts)
  const namesOf = async (query: string) =>
    accountListSchema.parse((await app.inject(`/v1/accounts?${query}`)).json()).items.map(({ name }) => name)
  expect(await namesOf('name=cnc-main&name=gone')).toEqual(['cnc-main'])
  expect(await namesOf('name=gone')).toEqual([])
})

test('shows an account with the totals over its live streams', async () => {
  const { app } = await buildRestApp(accounts)
  const response = await app.inject('/v1/accounts/tencent-main')
  const account = accountSchema.strict().parse(response.json())
  expect(account).toMatchObject({
    name: 'tencent-main',
    provider: 'TENCENT',
    liveTotals: {
      streamCount: 3,
      onlineViewers: 290,
      bandwidthBitsPerSecond: 426_000_000,
      fetchedAt: '2026-11-21T04:00:00.000Z',
      stale: false,
    },
    failures: [],
  })
  expect(response.headers['x-upstream-calls']).toBe('1')
})

test('shows an account whose totals cannot be had, and says why', async () => {
  const { app, services } = await buildRestApp(accounts)
  services.fail('getLiveTotals', new CapabilityUnsupportedError('there is no list of live streams'))
  const response = await app.inject('/v1/accounts/cnc-main')
  expect(response.statusCode).toBe(200)
  expect(accountSchema.parse(response.json())).toMatchObject({
    liveTotals: null,
    failures: [{ field: 'liveTotals', code: 'CAPABILITY_UNSUPPORTED', message: 'there is no list of live streams' }],
  })
  expect(response.headers['cache-control']).toBe('no-store')
})

test('does not hide a fault of ours behind a failed part', async () => {
  const { app, services, logged } = await buildRestApp(accounts)
  services.fail('getLiveTotals', new TypeError('x is undefined'))
  expect((await app.inject('/v1/accounts/tencent-main')).statusCode).toBe(500)
  expect(logged).toHaveLength(1)
})

test('shows who spends the quota to keys of role ops alone', async () => {
  const spender = { client: 'wall', operation: 'PUSH_SAMPLES' as const, calls: 3, savedByCache: 70, savedBySharing: 1 }
  const quota = { limit: 300, windowSeconds: 300, used: 3, remaining: 297, nextFreeAt: null }
  const main = { quota: { ...quota, exhaustedAt: at('04:02:00') }, spenders: [spender] }
  const ops = await buildRestApp({ main })
  const shown = accountSchema.strict().parse((await ops.app.inject('/v1/accounts/main')).json())
  expect(shown.quota).toEqual({ ...quota, exhaustedAt: '2026-11-21T04:02:00.000Z', spenders: [spender] })
  const reader = await buildRestApp({ main }, { caller: { name: 'web', role: 'reader', accounts: 'all' } })
  for (const path of ['/v1/accounts/main', '/v1/accounts']) {
    const answer = (await reader.app.inject(path)).json()
    expect((answer.items?.[0] ?? answer).quota).toMatchObject({
      exhaustedAt: '2026-11-21T04:02:00.000Z',
      spenders: null,
    })
    expect(JSON.stringify(answer)).not.toContain('wall')
  }
})

test('tells how the watched streams of an account are being read', async () => {
  const slowedBecause = 'the quota is short'
  const sampling = { watchedStreams: 7, pushEverySeconds: 10, playEverySeconds: 60, slowedBecause }
  const { app } = await buildRestApp({ main: { sampling }, other: {} })
  const { items } = accountListSchema.strict().parse((await app.inject('/v1/accounts')).json())
  const idle = { watchedStreams: 0, pushEverySeconds: null, playEverySeconds: null, slowedBecause: null }
  expect(items.map((item) => item.sampling)).toEqual([sampling, idle])
  expect(accountSchema.parse((await app.inject('/v1/accounts/main')).json()).sampling).toEqual(sampling)
})

test('tells keys of role ops alone how the snapshots of an account are being collected', async () => {
  const collector = {
    ...{ collects: true, isCollector: true, lagSeconds: 1.5, backlog: 1 },
    ...{ popped: 12, stored: 11, quarantined: 1, batchesUnknown: 0 },
  }
  const { app } = await buildRestApp({ main: { collector }, other: { provider: 'chinanetcenter' } })
  const response = await app.inject('/v1/accounts/main/collector')
  expect(collectorSchema.strict().parse(response.json())).toEqual(collector)
  expect([response.headers['x-upstream-calls'], response.headers['cache-control']]).toEqual(['0', 'private, max-age=0'])
  const none = await app.inject('/v1/accounts/other/collector')
  expect([none.statusCode, none.json().code]).toEqual([422, 'CAPABILITY_UNSUPPORTED'])
  const reader = await buildRestApp(
    { main: { collector } },
    { caller: { name: 'web', role: 'reader', accounts: 'all' } },
  )
  expect((await reader.app.inject('/v1/accounts/main/collector')).statusCode).toBe(403)
})
