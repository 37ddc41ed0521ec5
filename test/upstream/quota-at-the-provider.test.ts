import { afterEach, describe, expect, it } from 'vitest'
import { systemClock } from '#model/clock.ts'
import { type HostileUpstream, startHostileUpstream, toAnswer } from '#test/support/hostile-upstream.ts'
import { createTestQuota } from '#test/support/test-quota.ts'
import { toAsk, toJsonRequest, toTestClient } from '#test/support/upstream-client.ts'

let server: HostileUpstream

afterEach(() => server.close())

describe('the quota, counted where it matters: on arrival at the provider', () => {
  it('is never exceeded in any window and hardly ever left unused, under more demand than it has', async () => {
    const limit = 60
    const spanMs = 1500
    const runMs = 3 * spanMs
    const arrivals: number[] = []
    server = await startHostileUpstream((socket) => {
      arrivals.push(performance.now())
      setTimeout(() => socket.write(toAnswer('{}')), Math.random() * 20)
    })
    const quota = createTestQuota({ limit, windowSeconds: 1, guardMs: 500 }, systemClock)
    const { call, close } = toTestClient(server.url, { quota, deadlineMs: 600 })
    const startedAt = performance.now()
    const calls: Promise<unknown>[] = []
    const refusals: { readonly code: unknown; readonly tookMs: number }[] = []
    while (performance.now() - startedAt < runMs) {
      for (let count = 0; count < 4; count += 1) {
        const calledAt = performance.now()
        calls.push(
          call(toJsonRequest(), toAsk()).catch((error) =>
            refusals.push({ code: error.code, tookMs: performance.now() - calledAt }),
          ),
        )
      }
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
    await Promise.all(calls)
    await close()
    await quota.close()

    const mostInAWindow = Math.max(
      ...arrivals.map((from) => arrivals.filter((at) => at >= from && at < from + 1000).length),
    )
    expect(mostInAWindow).toBeLessThanOrEqual(limit)
    // The run holds three spans; each is used up.
    const inTime = arrivals.filter((at) => at < startedAt + runMs)
    expect(inTime.length).toBeGreaterThanOrEqual(3 * limit * 0.95)
    expect(new Set(refusals.map(({ code }) => code))).toEqual(new Set(['QUOTA_EXHAUSTED']))
    const slow = refusals.filter(({ tookMs }) => tookMs > 250)
    expect(slow.length).toBeLessThanOrEqual(refusals.length * 0.05)
  })

  it('is not wasted by a burst of many more calls than connections', async () => {
    server = await startHostileUpstream((socket) => setTimeout(() => socket.write(toAnswer('{}')), 30))
    const quota = createTestQuota({ limit: 150, windowSeconds: 60, guardMs: 1000 }, systemClock)
    const { call, close, readings } = toTestClient(server.url, { quota, deadlineMs: 5000, maxConnections: 16 })
    await Promise.all(Array.from({ length: 150 }, () => call(toJsonRequest(), toAsk())))
    expect(server.requests).toHaveLength(150)
    expect(server.connections).toBeLessThanOrEqual(16)
    expect((await readings.quota()).used).toBe(150)
    await close()
    await quota.close()
  })
})
