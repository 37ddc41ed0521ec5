import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Meter } from '#contract/ask.ts'
import { QuotaExhaustedError, UpstreamError } from '#model/errors.ts'
import type { PushSample } from '#model/sample.ts'
import type { TimeRange } from '#model/time-range.ts'
import { createServices } from '#services/create-services.ts'
import { cutOnGrid } from '#services/history-windows.ts'
import { createAsk, createFakeAccount, createTestServices, toServiceOptions } from '#test/support/fake-account.ts'
import { FakeClock } from '#test/support/fake-clock.ts'

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
const NOW = Date.UTC(2026, 10, 21, 11, 23, 45)
const stream = { account: 'main', key: 'room1' }

/** A provider that has a row for every `everyMs`, each so late, and is asked at most for what it keeps. */
function createHistory(
  clock: FakeClock,
  everyMs = 5000,
  fail: (range: TimeRange) => boolean = () => false,
  lateMs = 0,
) {
  const asked: TimeRange[] = []
  const account = createFakeAccount({
    listPushSamples: async ({ from, to }) => {
      asked.push({ from, to })
      if (fail({ from, to })) throw new UpstreamError('UPSTREAM_UNAVAILABLE', 'the connection was refused')
      const samples: PushSample[] = []
      // Inclusive at both ends, and newest first: neither may matter.
      for (let at = Math.floor(to / everyMs) * everyMs; at >= from; at -= everyMs)
        if (at + lateMs <= clock.now())
          samples.push({
            observedAt: at,
            frameRate: 25,
            bitrateBitsPerSecond: at % 1000,
            clientIp: null,
            serverIp: 's',
          })
      return samples
    },
  })
  return { asked, services: createTestServices(clock, [account]) }
}

describe('history windows', () => {
  it('cuts any range on the grid without losing or doubling an instant', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: -1e12, max: 2e12 }),
        fc.integer({ min: 1, max: 1e9 }),
        fc.integer({ min: 1000, max: 1e8 }),
        (from, length, windowMs) => {
          const range = { from, to: from + length }
          const pieces = cutOnGrid(range, Math.max(windowMs, Math.ceil(length / 500)))
          expect(pieces[0]?.wanted.from).toBe(range.from)
          expect(pieces.at(-1)?.wanted.to).toBe(range.to)
          for (const [index, piece] of pieces.entries()) {
            expect(piece.window.from % (piece.window.to - piece.window.from) || 0).toBe(0)
            if (index > 0) expect(piece.wanted.from).toBe(pieces[index - 1]?.wanted.to)
          }
        },
      ),
    )
  })

  it('gives the same samples however a range is cut', async () => {
    const clock = new FakeClock(NOW)
    const { services } = createHistory(clock, 60_000)
    const whole = await services.listPushSamples(stream, { from: NOW - 10 * HOUR_MS, to: NOW }, createAsk(clock))
    expect(whole.items).toHaveLength(600)
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 1, max: 10 * HOUR_MS - 1 }), { maxLength: 6 }), async (cuts) => {
        const edges = [
          NOW - 10 * HOUR_MS,
          ...[...new Set(cuts)].sort((a, b) => a - b).map((cut) => NOW - 10 * HOUR_MS + cut),
          NOW,
        ]
        const parts: PushSample[] = []
        for (const [index, from] of edges.slice(0, -1).entries()) {
          const to = edges[index + 1] ?? NOW
          parts.push(...(await services.listPushSamples(stream, { from, to }, createAsk(clock))).items)
        }
        expect(parts).toEqual(whole.items)
      }),
      { numRuns: 50 },
    )
  })

  it('never asks for more than one window, nor for the future', async () => {
    const clock = new FakeClock(NOW)
    const { asked, services } = createHistory(clock)
    const answer = await services.listPushSamples(
      stream,
      { from: NOW - 3 * HOUR_MS, to: NOW + HOUR_MS },
      createAsk(clock),
    )
    expect(answer.items).toHaveLength(2160)
    expect(answer.to).toBe(NOW + HOUR_MS)
    for (const range of asked) {
      expect(range.to - range.from).toBeLessThanOrEqual(2 * HOUR_MS)
      expect(range.to).toBeLessThanOrEqual(NOW)
    }
  })

  it('asks for closed windows once and for the open one at the pace of the provider', async () => {
    const clock = new FakeClock(NOW)
    const { asked, services } = createHistory(clock)
    const query = { from: NOW - 6 * HOUR_MS, to: NOW + DAY_MS }
    await services.listPushSamples(stream, query, createAsk(clock))
    expect(asked).toHaveLength(4)
    const ask = createAsk(clock)
    await services.listPushSamples(stream, query, ask)
    expect(asked).toHaveLength(4)
    expect(ask.meter).toMatchObject({ calls: 0, cached: 4 })
    await clock.advance(5000)
    const later = await services.listPushSamples(stream, query, createAsk(clock))
    expect(asked).toHaveLength(5)
    // The last two rows may still have been growing.
    expect(asked[4]).toEqual({ from: NOW - 5000, to: NOW + 5000 })
    expect(later.items.at(-1)?.observedAt).toBe(clock.now() - 5000)
  })

  it('asks once for a window that has just ended and the one that has begun', async () => {
    const boundary = Math.floor(NOW / (2 * HOUR_MS)) * 2 * HOUR_MS
    const clock = new FakeClock(boundary - 10_000)
    const { asked, services } = createHistory(clock)
    const look = () =>
      services.listPushSamples(stream, { from: boundary - HOUR_MS, to: boundary + HOUR_MS }, createAsk(clock))
    await look()
    for (let tick = 0; tick < 100; tick += 1) {
      await clock.advance(5000)
      const { items, missing } = await look()
      expect(missing).toEqual([])
      expect(items).toHaveLength(Math.floor((clock.now() - boundary + HOUR_MS) / 5000))
    }
    expect(asked).toHaveLength(101)
    // The last two rows and the new one.
    expect(Math.max(...asked.slice(1).map(({ from, to }) => to - from))).toBe(10_000)
  })

  it('has every sample in the end, however late within 300 s it came and whenever was looked', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 1000, max: 900_000 }), { minLength: 5, maxLength: 25 }),
        fc.integer({ min: 0, max: 295_000 }),
        async (pauses, lateMs) => {
          const clock = new FakeClock(NOW)
          const { services } = createHistory(clock, 60_000, undefined, lateMs)
          for (const pause of pauses) {
            await services.listPushSamples(stream, { from: NOW - HOUR_MS, to: clock.now() }, createAsk(clock))
            await clock.advance(pause)
          }
          const to = clock.now()
          await clock.advance(310_000)
          const { items } = await services.listPushSamples(stream, { from: NOW - HOUR_MS, to }, createAsk(clock))
          const first = Math.ceil((NOW - HOUR_MS) / 60_000) * 60_000
          expect(items.map(({ observedAt }) => observedAt)).toEqual(
            Array.from({ length: Math.ceil((to - first) / 60_000) }, (_, index) => first + index * 60_000),
          )
        },
      ),
      { numRuns: 50 },
    )
  })

  it('asks again for a window that ended less than 300 s before it was asked for', async () => {
    const boundary = Math.floor(NOW / (2 * HOUR_MS)) * 2 * HOUR_MS
    const clock = new FakeClock(boundary + 10_000)
    const { asked, services } = createHistory(clock)
    const query = { from: boundary - HOUR_MS, to: boundary }
    await services.listPushSamples(stream, query, createAsk(clock))
    await clock.advance(300_000)
    await services.listPushSamples(stream, query, createAsk(clock))
    await clock.advance(300_000)
    await services.listPushSamples(stream, query, createAsk(clock))
    expect(asked).toHaveLength(2)
  })

  it('does not ask again for a part of the open window that has settled', async () => {
    const boundary = Math.floor(NOW / (2 * HOUR_MS)) * 2 * HOUR_MS
    const clock = new FakeClock(boundary + HOUR_MS)
    const { asked, services } = createHistory(clock)
    const query = { from: boundary, to: boundary + HOUR_MS / 2 }
    await services.listPushSamples(stream, query, createAsk(clock))
    await clock.advance(600_000)
    const again = await services.listPushSamples(stream, query, createAsk(clock))
    expect(asked).toHaveLength(1)
    expect(again.items).toHaveLength(360)
  })

  it('names a window that failed and keeps the others', async () => {
    const clock = new FakeClock(NOW)
    const broken = Math.floor(NOW / (2 * HOUR_MS)) * 2 * HOUR_MS - 2 * HOUR_MS
    const { services } = createHistory(clock, 60_000, (range) => range.from === broken)
    const answer = await services.listPushSamples(stream, { from: broken - HOUR_MS, to: NOW }, createAsk(clock))
    expect(answer.missing).toMatchObject([
      { from: broken, to: broken + 2 * HOUR_MS, code: 'UPSTREAM_UNAVAILABLE', message: 'the connection was refused' },
    ])
    expect(answer.items[0]?.observedAt).toBe(broken - HOUR_MS)
    expect(answer.items.some((sample) => sample.observedAt > broken && sample.observedAt < broken + 2 * HOUR_MS)).toBe(
      false,
    )
  })

  it('throws the error when no piece could be had', async () => {
    const clock = new FakeClock(NOW)
    const { services } = createHistory(clock, 60_000, () => true)
    await expect(
      services.listPushSamples(stream, { from: NOW - HOUR_MS, to: NOW }, createAsk(clock)),
    ).rejects.toMatchObject({ code: 'UPSTREAM_UNAVAILABLE' })
  })

  it('shows the last known window, marked stale, when the provider fails', async () => {
    const clock = new FakeClock(NOW)
    let down = false
    const { services } = createHistory(clock, 60_000, () => down)
    const query = { from: NOW - HOUR_MS / 2, to: NOW }
    const fresh = await services.listPushSamples(stream, query, createAsk(clock))
    down = true
    await clock.advance(10_000)
    const stale = await services.listPushSamples(stream, query, createAsk(clock))
    expect(fresh.stale).toBe(false)
    expect(stale).toMatchObject({ stale: true, fetchedAt: NOW, items: fresh.items })
  })

  it('names what came after the last known window among the missing', async () => {
    const clock = new FakeClock(NOW)
    let down = false
    const { services } = createHistory(clock, 60_000, () => down)
    await services.listPushSamples(stream, { from: NOW - HOUR_MS / 2, to: NOW }, createAsk(clock))
    down = true
    await clock.advance(600_000)
    const stale = await services.listPushSamples(
      stream,
      { from: NOW - HOUR_MS / 2, to: NOW + HOUR_MS },
      createAsk(clock),
    )
    expect(stale).toMatchObject({
      stale: true,
      missing: [{ from: NOW, to: NOW + 600_000, code: 'UPSTREAM_UNAVAILABLE' }],
    })
  })

  it('names nothing as missing of a window that grew old while another was asked for', async () => {
    const clock = new FakeClock(NOW)
    let slowMs = 0
    const account = createFakeAccount({
      listPushSamples: async () => {
        if (slowMs > 0) await clock.delay(slowMs)
        return []
      },
    })
    const services = createTestServices(clock, [account])
    await services.listPushSamples(stream, { from: NOW - HOUR_MS, to: NOW }, createAsk(clock))
    slowMs = 3000
    await clock.advance(4000)
    const read = services.listPushSamples(stream, { from: NOW - 6 * HOUR_MS, to: NOW + 4000 }, createAsk(clock))
    await clock.advance(6000)
    expect(await read).toMatchObject({ missing: [], stale: false })
  })

  it('shows every kept window, marked stale, when the quota is gone', async () => {
    const clock = new FakeClock(NOW)
    let gone = false
    const account = createFakeAccount({
      listPushSamples: async ({ from, to }) => {
        if (gone) throw new QuotaExhaustedError('no start is free', { retryAfterMs: 1000 })
        return [from, (from + to) / 2].map((observedAt) => ({
          observedAt,
          frameRate: 25,
          bitrateBitsPerSecond: 1,
          clientIp: null,
          serverIp: null,
        }))
      },
    })
    const services = createServices({
      ...toServiceOptions(clock, [account]),
      maxStaleMs: DAY_MS,
      closedAfterMs: 10 * DAY_MS,
    })
    const query = { from: NOW - 30 * HOUR_MS, to: NOW }
    const fresh = await services.listPushSamples(stream, query, createAsk(clock))
    gone = true
    await clock.advance(60_000)
    const stale = await services.listPushSamples(stream, query, createAsk(clock))
    expect(stale).toMatchObject({ stale: true, missing: [], items: fresh.items })
  })

  it('answers RANGE_UNAVAILABLE without a call for a range outside retention', async () => {
    const clock = new FakeClock(NOW)
    const { asked, services } = createHistory(clock)
    await expect(
      services.listPushSamples(stream, { from: NOW - 3650 * DAY_MS, to: NOW - 4 * DAY_MS }, createAsk(clock)),
    ).rejects.toMatchObject({ code: 'RANGE_UNAVAILABLE' })
    expect(asked).toHaveLength(0)
  })

  it('gives what is kept of a range of ten years and names the rest', async () => {
    const clock = new FakeClock(NOW)
    const { asked, services } = createHistory(clock, 60_000)
    const answer = await services.listPushSamples(stream, { from: NOW - 3650 * DAY_MS, to: NOW }, createAsk(clock))
    expect(answer.missing).toHaveLength(1)
    expect(answer.missing[0]).toMatchObject({ from: NOW - 3650 * DAY_MS, code: 'RANGE_UNAVAILABLE' })
    expect(asked.length).toBeLessThanOrEqual(37)
    for (const range of asked) expect(range.from).toBeGreaterThan(NOW - 3 * DAY_MS)
  })

  it('still gives what it kept itself after the provider forgot it', async () => {
    const clock = new FakeClock(NOW)
    const { asked, services } = createHistory(clock, 60_000)
    const query = { from: NOW - 2 * DAY_MS, to: NOW - 2 * DAY_MS + 4 * HOUR_MS }
    const before = await services.listPushSamples(stream, query, createAsk(clock))
    await clock.advance(2 * DAY_MS)
    const calls = asked.length
    const after = await services.listPushSamples(stream, query, createAsk(clock))
    expect(after.items).toEqual(before.items)
    expect(after.missing).toEqual([])
    expect(asked).toHaveLength(calls)
  })

  it('refuses before the first call what would cost more calls than the operation may', async () => {
    const clock = new FakeClock(NOW)
    const { asked, services } = createHistory(clock)
    const ask = createAsk(clock, { meter: new Meter(10) })
    await expect(services.listPushSamples(stream, { from: NOW - DAY_MS, to: NOW }, ask)).rejects.toMatchObject({
      code: 'QUERY_TOO_COMPLEX',
    })
    expect(asked).toHaveLength(0)
  })

  it('asks once for the windows that a long and a short range of one moment share', async () => {
    const clock = new FakeClock(NOW)
    const { asked, services } = createHistory(clock, 60_000)
    await Promise.all(
      [60, 8].map((hours) =>
        services.listPushSamples(stream, { from: NOW - hours * HOUR_MS, to: NOW }, createAsk(clock)),
      ),
    )
    expect(new Set(asked.map(({ from }) => from)).size).toBe(asked.length)
  })

  it('shares one call between all who ask at the same time', async () => {
    const clock = new FakeClock(NOW)
    const { asked, services } = createHistory(clock)
    const asks = Array.from({ length: 50 }, () => createAsk(clock))
    const query = { from: NOW - HOUR_MS / 2, to: NOW }
    const answers = await Promise.all(asks.map((ask) => services.listPushSamples(stream, query, ask)))
    expect(asked).toHaveLength(1)
    expect(asks.reduce((sum, ask) => sum + ask.meter.coalesced, 0)).toBe(49)
    for (const answer of answers) expect(answer.items).toEqual(answers[0]?.items)
  })

  it.each([
    ['from after to', { from: NOW, to: NOW - 1 }],
    ['from in the future', { from: NOW + 1000, to: NOW + 2000 }],
    ['an empty range', { from: NOW - 5, to: NOW - 5 }],
  ])('refuses %s without a call', async (_name, query) => {
    const clock = new FakeClock(NOW)
    const { asked, services } = createHistory(clock)
    await expect(services.listPushSamples(stream, query, createAsk(clock))).rejects.toMatchObject({
      code: 'INVALID_INPUT',
    })
    expect(asked).toHaveLength(0)
  })

  it('groups samples into buckets aligned to the epoch', async () => {
    const clock = new FakeClock(NOW)
    const { services } = createHistory(clock)
    const answer = await services.listPushSamples(
      stream,
      { from: NOW - 600_000, to: NOW, everySeconds: 60 },
      createAsk(clock),
    )
    expect(answer.items).toHaveLength(11)
    for (const sample of answer.items) expect(sample.observedAt % 60_000).toBe(0)
    expect(answer.items[0]?.observedAt).toBeLessThan(NOW - 600_000)
  })
})
