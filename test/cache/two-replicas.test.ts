import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { FOREVER, MINUTE_MS, openCacheFleet, toKey } from '#test/cache/cache-fleet.ts'
import { openLink } from '#test/support/open-link.ts'
import { openTestRedis } from '#test/support/redis-server.ts'

let redis: Awaited<ReturnType<typeof openTestRedis>>
let link: Awaited<ReturnType<typeof openLink>>
beforeAll(async () => {
  redis = await openTestRedis()
  link = await openLink(redis.url, redis.prefix)
})
afterAll(async () => {
  await link?.close()
  await redis?.close()
})

describe('two replicas over one Redis', () => {
  const replica = fc.nat(1)
  const name = fc.constantFrom('a', 'b')
  const step = fc.oneof(
    {
      weight: 3,
      arbitrary: fc.record({
        do: fc.constant('set' as const),
        replica,
        name,
        freshMs: fc.constantFrom(0, 1000, 5000, FOREVER),
      }),
    },
    {
      weight: 5,
      arbitrary: fc.record({
        do: fc.constant('get' as const),
        replica,
        names: fc.array(name, { minLength: 1, maxLength: 3 }),
      }),
    },
    {
      weight: 3,
      arbitrary: fc.record({ do: fc.constant('advance' as const), ms: fc.constantFrom(1, 999, 5000, 30_000) }),
    },
    {
      weight: 1,
      arbitrary: fc.record({
        do: fc.constant('step' as const),
        replica,
        ms: fc.constantFrom(-600_000, -2000, 3000, 600_000),
      }),
    },
    {
      weight: 1,
      arbitrary: fc.record({
        do: fc.constant('restart' as const),
        replica,
        leadMs: fc.constantFrom(-600_000, 0, 600_000),
      }),
    },
  )

  it('give nobody anything older than before, nothing past its end, and the newest to whoever has nothing fresh', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), fc.constantFrom(20_000, MINUTE_MS), async (steps, keepMs) => {
        const { fleet, openReplica, advance } = openCacheFleet(link, redis.prefix)
        const open = (leadMs: number) => ({ ...openReplica(leadMs), seen: new Map<string, number>() })
        const replicas = [open(-600_000), open(600_000)]
        const at = (index: number) => replicas[index] ?? open(0)
        // Every value is its place here: when it was stored, and until when it was fresh, on the fleet's clock.
        const stored: { readonly at: number; readonly freshUntil: number }[] = []
        const newest = new Map<string, number>()
        const isKept = (value: number | undefined) =>
          value !== undefined && fleet.now() < (stored[value]?.at ?? 0) + keepMs

        for (const now of steps) {
          if (now.do === 'advance') await advance(now.ms)
          if (now.do === 'step') at(now.replica).clock.stepWall(now.ms)
          if (now.do === 'restart') replicas[now.replica] = open(now.leadMs)
          if (now.do === 'set') {
            await advance(1)
            const value = stored.push({ at: fleet.now(), freshUntil: fleet.now() + now.freshMs }) - 1
            await at(now.replica).set(toKey(now.name), value, { freshMs: now.freshMs, keepMs })
            at(now.replica).seen.set(now.name, value)
            newest.set(now.name, value)
          }
          if (now.do === 'get') {
            const { cache, clock, seen } = at(now.replica)
            const entries = await cache.getMany<number>(now.names.map((one) => toKey(one)))
            for (const [index, one] of now.names.entries()) {
              const entry = entries[index]
              const [had, last] = [seen.get(one), newest.get(one)]
              const hadFresh = had !== undefined && isKept(had) && fleet.now() < (stored[had]?.freshUntil ?? 0)
              expect(entry?.value).toBe(hadFresh ? had : isKept(last) ? last : undefined)
              if (!entry) continue
              expect(entry.value).toBeGreaterThanOrEqual(had ?? 0)
              expect(isKept(entry.value)).toBe(true)
              expect(clock.now() - entry.fetchedAt).toBe(fleet.now() - (stored[entry.value]?.at ?? 0))
              seen.set(one, entry.value)
            }
          }
        }
      }),
      { numRuns: 150 },
    )
  })
})
