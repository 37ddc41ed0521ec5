import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createOwnCount } from '#access/own-count.ts'

const WINDOW_MS = 60_000

describe('the count of one process', () => {
  test('begins with the first request that is counted, not with the first that was looked for', () => {
    const { open } = createOwnCount({ windowMs: WINDOW_MS, maxClients: 10 })
    open('web', 0)
    const tally = open('web', 10_000)
    expect(tally).toEqual({ count: 0, endsAtMs: 70_000 })
    tally.count += 1
    expect(open('web', 20_000)).toEqual({ count: 1, endsAtMs: 70_000 })
    expect(open('web', 69_999)).toMatchObject({ count: 1 })
    expect(open('web', 70_000)).toEqual({ count: 0, endsAtMs: 130_000 })
  })

  test('forgets those who were quiet for longest when there are too many', () => {
    const { open } = createOwnCount({ windowMs: WINDOW_MS, maxClients: 2 })
    for (const key of ['one', 'two', 'one', 'three']) open(key, 0).count += 1
    expect([open('one', 1).count, open('three', 1).count, open('two', 1).count]).toEqual([2, 1, 0])
  })

  test('is of all requests in a window that its first one began', () => {
    const request = fc.record({ client: fc.nat(2), pauseMs: fc.nat(40_000), isCounted: fc.boolean() })
    fc.assert(
      fc.property(fc.array(request, { maxLength: 50 }), (requests) => {
        const { open } = createOwnCount({ windowMs: WINDOW_MS, maxClients: 3 })
        const countedAtMs = new Map<number, number[]>()
        let nowMs = 0
        for (const { client, pauseMs, isCounted } of requests) {
          nowMs += pauseMs
          const [begunAtMs = nowMs, ...rest] = countedAtMs.get(client) ?? []
          const times = nowMs - begunAtMs < WINDOW_MS && countedAtMs.has(client) ? [begunAtMs, ...rest] : []
          const tally = open(`${client}`, nowMs)
          expect(tally).toEqual({ count: times.length, endsAtMs: (times[0] ?? nowMs) + WINDOW_MS })
          if (!isCounted) continue
          tally.count += 1
          countedAtMs.set(client, [...times, nowMs])
        }
      }),
    )
  })
})
