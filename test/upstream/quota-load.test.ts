import { describe, expect, it } from 'vitest'
import type { Lane } from '#contract/ask.ts'
import { FakeClock, settle } from '#test/support/fake-clock.ts'
import { createTestQuota, toQuotaAsk } from '#test/support/test-quota.ts'

describe('a quota under load', () => {
  it('uses all of its limit under steady demand', async () => {
    const clock = new FakeClock()
    const quota = createTestQuota({ limit: 10, windowSeconds: 1, guardMs: 250 }, clock)
    let granted = 0
    for (let turn = 0; turn < 100; turn += 1) {
      for (let call = 0; call < 5; call += 1)
        quota.take('a', toQuotaAsk(clock.monotonicMs() + 500)).then(
          () => {
            granted += 1
          },
          () => undefined,
        )
      await clock.advance(125)
    }
    // 12.5 s hold ten windows of 1.25 s.
    expect(granted).toBeGreaterThanOrEqual(100)
    await quota.close()
  })

  it('is bounded', async () => {
    const clock = new FakeClock()
    const quota = createTestQuota({ limit: 1, windowSeconds: 1 }, clock)
    const refused: unknown[] = []
    await quota.take('a', toQuotaAsk(0))
    for (let call = 0; call < 1002; call += 1)
      quota.take('a', toQuotaAsk(Number.POSITIVE_INFINITY)).catch((error) => refused.push(error))
    await settle()
    expect(refused).toHaveLength(2)
    expect(refused[0]).toMatchObject({ code: 'QUOTA_EXHAUSTED', retryAfterMs: 1_001_000 })
    await quota.close()
  })

  it('makes room for others at the cost of the client that fills it', async () => {
    const clock = new FakeClock()
    const quota = createTestQuota({ limit: 1, windowSeconds: 1 }, clock)
    const refused: string[] = []
    const take = (name: string) => {
      const ask = toQuotaAsk(Number.POSITIVE_INFINITY, { caller: { name } })
      quota.take('a', ask).catch(() => refused.push(name))
    }
    for (let call = 0; call < 1001; call += 1) take('greedy')
    take('modest')
    take('modest')
    take('greedy')
    await settle()
    expect(refused).toEqual(['greedy', 'greedy', 'greedy'])
    await quota.close()
  })

  it('refuses those of a burst that come too late as soon as the first of it have their starts', async () => {
    const clock = new FakeClock()
    const quota = createTestQuota({ limit: 2, windowSeconds: 1 }, clock)
    // Whoever has no time to lose is in time for a start that is free.
    const burst = [0, 0, 900, 900].map((withinMs) => quota.take('a', toQuotaAsk(withinMs)))
    const fates = await Promise.allSettled(burst)
    expect(fates.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected', 'rejected'])
    expect(clock.monotonicMs()).toBe(0)
    await quota.close()
  })

  it('gives the background the next start that comes free while its share is unspent', async () => {
    const clock = new FakeClock()
    const quota = createTestQuota({ limit: 2, windowSeconds: 1 }, clock)
    const order: string[] = []
    const take = (lane: Lane) =>
      quota.take('a', toQuotaAsk(Number.POSITIVE_INFINITY, { lane })).then(() => order.push(lane))
    await take('interactive')
    await clock.advance(500)
    await take('interactive')
    const waiting = [take('interactive'), take('background')]
    await clock.advance(1000)
    await Promise.all(waiting)
    expect(order.slice(2)).toEqual(['background', 'interactive'])
    await quota.close()
  })

  it('refuses one at once that is overtaken because its own limit holds it back', async () => {
    const clock = new FakeClock()
    const interfaces = { a: { limit: 1, windowSeconds: 2 } }
    const quota = createTestQuota({ limit: 1, windowSeconds: 1, interfaces }, clock)
    await quota.take('a', toQuotaAsk(0))
    // Would come to its turn at 2000.
    const overtaken = quota.take('a', toQuotaAsk(2050))
    overtaken.catch(() => undefined)
    await clock.advance(1990)
    await quota.take('b', toQuotaAsk(1990))
    await expect(overtaken).rejects.toMatchObject({ code: 'QUOTA_EXHAUSTED', retryAfterMs: 1000 })
    await quota.close()
  })

  it('leaves no timer behind when all have left', async () => {
    const clock = new FakeClock()
    const quota = createTestQuota({ limit: 1, windowSeconds: 1 }, clock)
    const controller = new AbortController()
    await quota.take('a', toQuotaAsk(10_000))
    const waiting = quota.take('a', toQuotaAsk(10_000, { signal: controller.signal }))
    await settle()
    expect(clock.waiting).toBe(1)
    controller.abort(new Error('left'))
    await expect(waiting).rejects.toThrow('left')
    expect(clock.waiting).toBe(0)
    await quota.close()
  })

  it('leaves no timer behind when it is closed', async () => {
    const clock = new FakeClock()
    const quota = createTestQuota({ limit: 1, windowSeconds: 1 }, clock)
    const takes = [1, 2, 3].map(() => quota.take('a', toQuotaAsk(10_000)))
    await settle()
    expect(clock.waiting).toBe(1)
    await quota.close()
    await Promise.allSettled(takes)
    expect(clock.waiting).toBe(0)
  })
})
