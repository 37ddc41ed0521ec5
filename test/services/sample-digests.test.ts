import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { PlaySample } from '#model/sample.ts'
import { FOREVER } from '#model/time-range.ts'
import { joinSlices, toSeries, toSlices } from '#services/history-series.ts'
import { SampleDigests } from '#services/sample-digests.ts'
import { groupPlaySamples } from '#services/sample-groups.ts'
import { createAsk, createFakeAccount, createTestServices } from '#test/support/fake-account.ts'
import { FakeClock } from '#test/support/fake-clock.ts'

const HOUR_MS = 3_600_000
const WINDOW_MS = 2 * HOUR_MS
const EDGE = Math.floor(Date.UTC(2026, 10, 21, 11) / WINDOW_MS) * WINDOW_MS

function toSample(observedAt: number, bytes: number | null): PlaySample {
  return { observedAt, bandwidthBitsPerSecond: bytes, onlineViewers: 1, trafficBytes: bytes }
}

/** Two windows with samples here and there, and any range over them. */
const histories = fc.record({
  windows: fc.tuple(
    ...[0, 1].map((index) =>
      fc
        .uniqueArray(fc.integer({ min: 0, max: 719 }), { maxLength: 60 })
        .map((ticks) =>
          ticks
            .sort((one, other) => one - other)
            .map((tick) => toSample(EDGE + index * WINDOW_MS + tick * 10_000, tick % 5 === 0 ? null : tick)),
        ),
    ),
  ),
  from: fc.integer({ min: 0, max: 2 * WINDOW_MS }),
  lengthMs: fc.integer({ min: 1, max: 2 * WINDOW_MS }),
})

describe('what is made of kept samples', () => {
  it('is the same as of the samples in one list, whatever the groups and the range', () => {
    const digests = new SampleDigests()
    fc.assert(
      fc.property(
        histories,
        fc.constantFrom(1, 10, 60, 90, 300, 700, 3600, 7200, 86_400),
        ({ windows, from, lengthMs }, everySeconds) => {
          const range = { from: EDGE + from, to: EDGE + from + lengthMs }
          const inside = windows.flat().filter(({ observedAt }) => observedAt >= range.from && observedAt < range.to)
          const slices = windows.flatMap((window) => toSlices(window, range))
          expect(joinSlices(slices)).toEqual(inside)
          const groups = digests.play.toSlices(slices, everySeconds * 1000, WINDOW_MS)
          expect(joinSlices(groups)).toEqual(groupPlaySamples(inside, everySeconds * 1000))
          const measured = inside.flatMap(({ trafficBytes }) => trafficBytes ?? [])
          const sum = measured.reduce((total, bytes) => total + bytes, 0)
          expect(digests.traffic.sum(slices)).toBe(inside.length > 0 && measured.length === 0 ? null : sum)
        },
      ),
    )
  })

  it('is made once of a kept window, for a few widths', () => {
    const { play } = new SampleDigests()
    const samples = [0, 1, 2, 3].map((minute) => toSample(EDGE + minute * 60_000, 1))
    const slices = toSlices(samples, { from: EDGE, to: EDGE + WINDOW_MS })
    const groupsOf = (seconds: number) => play.toSlices(slices, seconds * 1000, WINDOW_MS)[0]?.samples
    const first = groupsOf(120)
    expect(groupsOf(120)).toBe(first)
    for (const seconds of [180, 300, 600]) groupsOf(seconds)
    expect(groupsOf(120)).not.toBe(first)
    expect(groupsOf(120)).toEqual(first)
  })

  it('is held of a kept window in no more groups than that has samples', () => {
    const { play } = new SampleDigests()
    const samples = [0, 1, 2, 3].map((minute) => toSample(EDGE + minute * 60_000, 1))
    const slices = toSlices(samples, { from: EDGE, to: EDGE + WINDOW_MS })
    const groupsOf = (seconds: number) => play.toSlices(slices, seconds * 1000, WINDOW_MS)[0]?.samples
    const [wide, narrow] = [groupsOf(300), groupsOf(30)]
    expect(groupsOf(30)).toBe(narrow)
    const again = groupsOf(300)
    expect(again).not.toBe(wide)
    expect(groupsOf(120)).toHaveLength(2)
    expect(groupsOf(300)).toBe(again)
  })

  it('puts its items together when they are first read, once, and copies none of a whole window', () => {
    const samples = [toSample(EDGE, 1), toSample(EDGE + 60_000, 2)]
    const range = { from: EDGE, to: EDGE + WINDOW_MS }
    const freshness = { missing: [], fetchedAt: EDGE, freshUntil: EDGE, stale: false }
    expect(toSeries(range, toSlices(samples, range), freshness).items).toBe(samples)
    const parts = toSeries(range, [...toSlices(samples, range), { samples, begin: 1, end: 2 }], freshness)
    expect(parts.items).toHaveLength(3)
    expect(parts.items).toBe(parts.items)
  })
})

describe('a history that is kept', () => {
  const stream = { account: 'main', key: 'room1' }
  const createRig = () => {
    const clock = new FakeClock(EDGE + HOUR_MS)
    const account = createFakeAccount({
      listPlaySamples: async ({ from, to }) =>
        Array.from({ length: Math.ceil((to - from) / 60_000) }, (_, index) => toSample(from + index * 60_000, 1)),
    })
    const services = createTestServices(clock, [account])
    const read = async (from: number, to: number) => {
      const ask = createAsk(clock)
      return { series: await services.listPlaySamples(stream, { from, to }, ask), meter: ask.meter }
    }
    return { clock, read }
  }

  it('is the same array for all who read the window', async () => {
    const { read } = createRig()
    await read(EDGE - 2 * HOUR_MS, EDGE)
    const [one, other] = await Promise.all([read(EDGE - 2 * HOUR_MS, EDGE), read(EDGE - 1.5 * HOUR_MS, EDGE - HOUR_MS)])
    expect(one.series.slices?.[0]?.samples).toBe(other.series.slices?.[0]?.samples)
    expect(Object.isFrozen(one.series.slices?.[0]?.samples)).toBe(true)
    expect(other.series.items).toHaveLength(30)
  })

  it('holds for ever where it is closed, and as long as its end where it is not', async () => {
    const { clock, read } = createRig()
    const now = clock.now()
    await read(EDGE - 3 * HOUR_MS, now)
    expect((await read(EDGE - 3 * HOUR_MS, EDGE)).meter.holdsUntil).toBe(FOREVER)
    await clock.advance(1000)
    expect((await read(EDGE - 3 * HOUR_MS, clock.now())).meter.holdsUntil).toBe(now + 60_000)
    expect((await read(EDGE - 3 * HOUR_MS, now - 240_000)).meter.holdsUntil).toBe(clock.now() + 60_000)
  })

  it('holds for no time where a piece is missing', async () => {
    const { clock, read } = createRig()
    const from = clock.now() - 15 * 24 * HOUR_MS
    await read(from, EDGE)
    const { series, meter } = await read(from, EDGE)
    expect(series.missing).toHaveLength(1)
    expect(meter.holdsUntil).toBe(Number.NEGATIVE_INFINITY)
  })
})
