// Kept windows whose writer knew the time otherwise than their reader, or was of another version.
import { describe, expect, it } from 'vitest'
import type { Cache } from '#cache/cache.ts'
import { toCacheKey } from '#cache/cache-keys.ts'
import { createMemoryCache } from '#cache/memory-cache.ts'
import { shiftEntry } from '#cache/shift-entry.ts'
import type { Clock } from '#model/clock.ts'
import type { PushSample } from '#model/sample.ts'
import { FOREVER, type Instant, type TimeRange } from '#model/time-range.ts'
import { createServices } from '#services/create-services.ts'
import { createAsk, createFakeAccount, toServiceOptions } from '#test/support/fake-account.ts'
import { FakeClock } from '#test/support/fake-clock.ts'

const GRID_MS = 5000
const MINUTE_MS = 60_000
const WINDOW_MS = 120 * MINUTE_MS
const EDGE = Math.floor(Date.UTC(2026, 10, 21, 11) / WINDOW_MS) * WINDOW_MS
const stream = { account: 'main', key: 'room1' }

function toSample(observedAt: Instant): PushSample {
  return { observedAt, frameRate: 25, bitrateBitsPerSecond: 1, clientIp: null, serverIp: 's' }
}

/** An account whose provider has a row every 5 s up to this moment, and what it was asked. */
function createRig(providerNow: () => Instant) {
  const asked: TimeRange[] = []
  const account = createFakeAccount({
    listPushSamples: async ({ from, to }) => {
      asked.push({ from, to })
      const first = Math.ceil(from / GRID_MS)
      const last = Math.floor(Math.min(to, providerNow()) / GRID_MS)
      return Array.from({ length: Math.max(0, last - first + 1) }, (_, tick) => toSample((first + tick) * GRID_MS))
    },
  })
  return { asked, account }
}

/** A clock that is so far ahead of another, and a cache as it is seen by it. */
function aheadBy(leadMs: number, clock: Clock, cache: Cache): { readonly clock: Clock; readonly cache: Cache } {
  return {
    clock: {
      now: () => clock.now() + leadMs,
      monotonicMs: () => clock.monotonicMs(),
      delay: (ms, signal) => clock.delay(ms, signal),
    },
    cache: {
      get: async (key) => cache.get(key),
      getMany: async <Value>(keys: Parameters<Cache['getMany']>[0]) =>
        (await cache.getMany<Value>(keys)).map((entry) => entry && shiftEntry(entry, leadMs)),
      set: (key, entry, options) =>
        cache.set(key, shiftEntry(entry, -leadMs), { ...options, keepUntil: options.keepUntil - leadMs }),
    },
  }
}

describe('a kept window', () => {
  it.each([
    ['in its midst', 60],
    ['short of its end', 118],
  ])('is open again, %s, once the clock that it was asked by has been set back', async (_where, minutes) => {
    const clock = new FakeClock(EDGE + minutes * MINUTE_MS)
    const realNow = () => EDGE + minutes * MINUTE_MS + clock.monotonicMs()
    const { account } = createRig(realNow)
    const services = createServices(toServiceOptions(clock, [account]))
    const read = async (to: Instant) =>
      (await services.listPushSamples(stream, { from: EDGE, to }, createAsk(clock))).items.at(-1)?.observedAt
    clock.stepWall(60 * MINUTE_MS)
    await read(clock.now())
    clock.stepWall(-60 * MINUTE_MS)
    await clock.advance(10_000)
    expect(await read(clock.now())).toBe(clock.now() - GRID_MS)
    await clock.advance(30 * MINUTE_MS)
    expect(await read(Math.min(clock.now(), EDGE + WINDOW_MS))).toBe(Math.min(clock.now(), EDGE + WINDOW_MS) - GRID_MS)
  })

  it.each([
    ['in its midst', 60],
    ['short of its end', 118],
    ['soon after its end', 121],
  ])(
    'is told whole by a replica whose clock is right, %s, though one far ahead keeps it too',
    async (_where, minutes) => {
      const clock = new FakeClock(EDGE + minutes * MINUTE_MS)
      const late = EDGE + WINDOW_MS - GRID_MS
      // The last row of the window comes as late as a row may.
      const { account } = createRig(() => clock.now())
      const list = account.connection.capabilities.listPushSamples
      if (typeof list !== 'function') throw new Error('the rig lists no samples')
      const lateAccount = createFakeAccount({
        listPushSamples: async (query, ask) => {
          const rows = await list(query, ask)
          return rows.filter(({ observedAt }) => observedAt !== late || clock.now() >= late + 290_000)
        },
      })
      const options = toServiceOptions(clock, [lateAccount])
      const cache = createMemoryCache({ maxBytes: 64 * 1024 * 1024, clock })
      const other = aheadBy(10 * MINUTE_MS, clock, cache)
      const right = createServices({ ...options, cache })
      const ahead = createServices({ ...options, ...other })
      for (let look = 0; look < 30; look += 1) {
        await ahead.listPushSamples(stream, { from: EDGE, to: other.clock.now() }, createAsk(other.clock))
        await clock.advance(10_000)
        await right.listPushSamples(stream, { from: EDGE, to: clock.now() }, createAsk(clock))
        await clock.advance(10_000)
      }
      await clock.advance(10_000)
      const to = Math.min(clock.now(), EDGE + WINDOW_MS)
      const { items } = await right.listPushSamples(stream, { from: EDGE, to }, createAsk(clock))
      expect(items.map(({ observedAt }) => observedAt)).toEqual(
        Array.from({ length: (to - EDGE) / GRID_MS }, (_, tick) => EDGE + tick * GRID_MS),
      )
    },
  )

  it('is not taken for one of this version where another version has left it', async () => {
    const clock = new FakeClock(EDGE + 60 * MINUTE_MS)
    const { asked, account } = createRig(() => clock.now())
    const options = toServiceOptions(clock, [account])
    const fetchedAt = clock.now() - 6000
    await options.cache.set(
      { scope: 'main', key: toCacheKey(['main', 'listPushSamples', stream.key, EDGE]) },
      { value: { asked: { from: EDGE, to: fetchedAt }, samples: [] }, fetchedAt, freshUntil: fetchedAt + 5000 },
      { sizeBytes: 200, keepUntil: FOREVER },
    )
    const services = createServices(options)
    const range = { from: EDGE, to: clock.now() }
    const { items } = await services.listPushSamples(stream, range, createAsk(clock))
    expect(asked).toEqual([range])
    expect(items).toHaveLength(720)
  })
})
