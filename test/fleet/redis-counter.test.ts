import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { createClientLimit } from '#access/client-limit.ts'
import type { FleetLink } from '#fleet/fleet-link.ts'
import { createRedisCounter } from '#fleet/redis-counter.ts'
import { systemClock } from '#model/clock.ts'
import { openLink, patient } from '#test/support/open-link.ts'
import { startRedis, type TestRedis } from '#test/support/redis-server.ts'

const WINDOW_MS = 60_000

describe('a counter in Redis', () => {
  let redis: TestRedis
  const links: FleetLink[] = []
  beforeAll(async () => {
    redis = await startRedis()
  })
  afterEach(async () => {
    await Promise.all(links.splice(0).map((link) => link.close()))
  })
  afterAll(() => redis.close())

  async function openReplica(prefix: string, url = redis.url, patience: typeof patient = patient) {
    const link = await openLink(url, prefix, patience)
    links.push(link)
    return createRedisCounter({ link, prefix })
  }

  it('adds up what all replicas count, and says how long it lasts', async () => {
    const [one, two] = await Promise.all([openReplica('sum'), openReplica('sum')])
    const first = await one.add('web', 5, WINDOW_MS)
    expect(first).toEqual({ total: 5, msLeft: WINDOW_MS })
    const { total, msLeft } = await two.add('web', 2, WINDOW_MS)
    expect(total).toBe(7)
    expect(msLeft).toBeGreaterThan(0)
    expect(msLeft).toBeLessThanOrEqual(WINDOW_MS)
    expect((await two.add('team', 1, WINDOW_MS)).total).toBe(1)
  })

  it('begins anew when the time since its first points is over', async () => {
    const counter = await openReplica('anew')
    const startedAtMs = performance.now()
    await counter.add('web', 1, 100)
    let totals = 0
    while ((await counter.add('web', 1, 100)).total > 1) totals += 1
    expect(performance.now() - startedAtMs).toBeGreaterThan(95)
    expect(totals).toBeGreaterThan(0)
  })

  it('gives an end to a count that has none', async () => {
    const counter = await openReplica('endless')
    await counter.add('web', 1, WINDOW_MS)
    const keys = await redis.command('KEYS', 'endless:*')
    const [key] = Array.isArray(keys) ? keys.map(String) : []
    await redis.command('PERSIST', key ?? '')
    expect(await counter.add('web', 1, WINDOW_MS)).toEqual({ total: 2, msLeft: WINDOW_MS })
    expect(await redis.command('PTTL', key ?? '')).toBeGreaterThan(0)
  })

  it('keeps the name of a client out of its keys', async () => {
    const counter = await openReplica('names')
    await counter.add('client key auth0|ann', 1, WINDOW_MS)
    expect(await redis.command('KEYS', 'names:*')).toEqual([expect.stringMatching(/^names:limit:[A-Za-z0-9_-]{43}$/)])
  })

  it('throws when its key holds something else', async () => {
    const counter = await openReplica('other')
    await counter.add('web', 1, WINDOW_MS)
    const keys = await redis.command('KEYS', 'other:*')
    const [key] = Array.isArray(keys) ? keys.map(String) : []
    await redis.command('SET', key ?? '', 'text')
    await expect(counter.add('web', 1, WINDOW_MS)).rejects.toMatchObject({ name: 'FleetCommandError', code: 'ERR' })
  })

  it('holds a limit over replicas, and leaves it to each of them when Redis is gone', async () => {
    const own = await startRedis()
    const caller = { name: 'web', role: 'reader', accounts: 'all' } as const
    const limits = await Promise.all(
      [1, 2].map(async () => {
        const shared = await openReplica('limit', own.url)
        return createClientLimit({ requestsPerMinute: 4, clock: systemClock, shared, maxReplicas: 3 })
      }),
    )
    const ask = (replica: number) =>
      limits[replica]?.take(caller, '10.0.0.1').then(
        (reading) => reading?.remaining,
        () => 'refused',
      )
    // Small enough a limit that every request is counted before it is let through.
    expect([await ask(0), await ask(1), await ask(0)]).toEqual([3, 2, 1])
    await own.kill()
    // The first has let two through itself, the second one.
    expect([await ask(0), await ask(1), await ask(0), await ask(1)]).toEqual([1, 2, 0, 1])
    expect([await ask(0), await ask(1), await ask(1)]).toEqual(['refused', 0, 'refused'])
    for (const limit of limits) limit.close()
    await own.close()
  })
})
