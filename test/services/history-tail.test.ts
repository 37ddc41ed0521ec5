// What becomes of rows that come late, grow, or never come.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { PushSample } from '#model/sample.ts'
import type { Instant, TimeRange } from '#model/time-range.ts'
import { createAsk, createFakeAccount, createTestServices } from '#test/support/fake-account.ts'
import { FakeClock } from '#test/support/fake-clock.ts'

const GRID_MS = 5000
const PACE_MS = 5000
const CLOSED_AFTER_MS = 300_000
const HOUR_MS = 3_600_000
const WINDOW_MS = 2 * HOUR_MS
const EDGE = Math.floor(Date.UTC(2026, 10, 21, 11) / WINDOW_MS) * WINDOW_MS
const stream = { account: 'main', key: 'room1' }

/** A row that the provider will have. */
interface PlannedRow {
  readonly observedAt: Instant
  readonly serverIp: string
  readonly appearsAt: Instant
}

/** The rows a provider has at a moment: each may be told anew while it is of its last two ticks, and no longer than 300 s. */
class LateProvider {
  private readonly rows: readonly (PlannedRow & { readonly settlesAt: Instant })[]

  constructor(rows: readonly PlannedRow[]) {
    this.rows = rows.map((row) => {
      const later = new Map<Instant, Instant>()
      for (const { observedAt, appearsAt } of rows)
        if (observedAt > row.observedAt)
          later.set(observedAt, Math.min(appearsAt, later.get(observedAt) ?? Number.POSITIVE_INFINITY))
      const [, second = Number.POSITIVE_INFINITY] = [...later.values()].sort((one, other) => one - other)
      return { ...row, settlesAt: Math.min(Math.max(second, row.appearsAt), row.observedAt + CLOSED_AFTER_MS) }
    })
  }

  list({ from, to }: TimeRange, now: Instant): PushSample[] {
    return this.rows
      .filter(({ observedAt, appearsAt }) => appearsAt <= now && observedAt >= from && observedAt <= to)
      .map(({ observedAt, serverIp, settlesAt }) => ({
        observedAt,
        frameRate: Math.min(now, settlesAt) % 1000,
        bitrateBitsPerSecond: Math.min(now, settlesAt),
        clientIp: null,
        serverIp,
      }))
      .sort((one, other) => (one.observedAt % 7) - (other.observedAt % 7) || other.observedAt - one.observedAt)
  }
}

function createRig(clock: FakeClock, list: (range: TimeRange) => readonly PushSample[]) {
  const asked: TimeRange[] = []
  const rig = { asked, rows: 0 }
  const account = createFakeAccount({
    listPushSamples: async (range) => {
      asked.push({ from: range.from, to: range.to })
      const rows = list(range)
      rig.rows += rows.length
      return rows
    },
  })
  return Object.assign(rig, { services: createTestServices(clock, [account]) })
}

/** Pushes one behind the other: how many ticks each lasts, how many lie between, and how late each row comes. */
const pushes = fc.array(
  fc.record({
    ticks: fc.integer({ min: 1, max: 40 }),
    // Also -1: the next server takes over while the last one still tells of the same tick.
    pauseTicks: fc.integer({ min: -1, max: 12 }),
    server: fc.constantFrom('a', 'b', 'c'),
  }),
  { minLength: 1, maxLength: 8 },
)

function toRows(
  startsAt: Instant,
  plan: readonly { ticks: number; pauseTicks: number; server: string }[],
  toLateMs: () => number,
): readonly PlannedRow[] {
  const rows = new Map<string, PlannedRow>()
  let at = startsAt
  for (const { ticks, pauseTicks, server } of plan) {
    for (let tick = 0; tick < ticks; tick += 1, at += GRID_MS)
      rows.set(`${at} ${server}`, { observedAt: at, serverIp: server, appearsAt: at + toLateMs() })
    at += pauseTicks * GRID_MS
  }
  return [...rows.values()]
}

describe('the end of a history', () => {
  it('shows 300 s behind its time all the provider has, however late it came and whenever was looked', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: -120, max: 20 }),
        pushes,
        fc.infiniteStream(fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 20_000 }), fc.nat(CLOSED_AFTER_MS))),
        fc.array(
          fc.record({
            pauseMs: fc.oneof(fc.constant(10_000), fc.integer({ min: 200, max: 60_000 }), fc.nat(900_000)),
            lookBackMs: fc.oneof(fc.constant(6 * HOUR_MS), fc.integer({ min: 1000, max: HOUR_MS })),
            endsBeforeMs: fc.oneof(fc.constant(0), fc.nat(600_000)),
          }),
          { minLength: 1, maxLength: 40 },
        ),
        async (startTick, plan, late, looks) => {
          const startsAt = EDGE + startTick * GRID_MS
          const provider = new LateProvider(toRows(startsAt, plan, () => late.next().value ?? 0))
          const clock = new FakeClock(startsAt - 7000)
          const { services } = createRig(clock, (range) => provider.list(range, clock.now()))
          for (const { pauseMs, lookBackMs, endsBeforeMs } of looks) {
            await clock.advance(pauseMs)
            const to = clock.now() - endsBeforeMs
            const { items } = await services.listPushSamples(stream, { from: to - lookBackMs, to }, createAsk(clock))
            const closed = clock.now() - CLOSED_AFTER_MS - PACE_MS
            const isClosed = ({ observedAt }: PushSample) => observedAt <= closed && observedAt < to
            const expected = provider.list({ from: to - lookBackMs, to }, clock.now()).filter(isClosed)
            const byTime = (one: PushSample, other: PushSample) =>
              one.observedAt - other.observedAt || ((one.serverIp ?? '') < (other.serverIp ?? '') ? -1 : 1)
            expect(items.filter(isClosed).toSorted(byTime)).toEqual(expected.sort(byTime))
            expect(items.map(({ observedAt }) => observedAt)).toEqual(
              items.map(({ observedAt }) => observedAt).toSorted((one, other) => one - other),
            )
          }
        },
      ),
      { numRuns: 150 },
    )
  })

  it.each([
    ['takes over, though it came late', 21, { 20: 100_000 }],
    ['takes over, though the second came still later', 21, { 20: 250_000, 21: 299_000 }],
    ['joins another, though it came late', 220, { 20: 100_000 }],
  ])('shows the first row of a server that %s', async (_name, ticks, lateMs) => {
    const handedOver = toRows(EDGE, [{ ticks, pauseTicks: 0, server: 'a' }], () => 0)
    const lateBy = new Map(Object.entries(lateMs).map(([tick, ms]) => [EDGE + Number(tick) * GRID_MS, ms]))
    const next = toRows(EDGE + 20 * GRID_MS, [{ ticks: 200, pauseTicks: 0, server: 'b' }], () => 0)
    const provider = new LateProvider([
      ...handedOver,
      ...next.map((row) => ({ ...row, appearsAt: row.appearsAt + (lateBy.get(row.observedAt) ?? 0) })),
    ])
    const clock = new FakeClock(EDGE + 3000)
    const { services } = createRig(clock, (range) => provider.list(range, clock.now()))
    for (let look = 0; look < 60; look += 1) {
      await services.listPushSamples(stream, { from: EDGE, to: clock.now() }, createAsk(clock))
      await clock.advance(10_000)
    }
    const { items } = await services.listPushSamples(stream, { from: EDGE, to: EDGE + HOUR_MS }, createAsk(clock))
    const taken = items.filter(({ observedAt }) => observedAt === EDGE + 20 * GRID_MS)
    expect(new Set(taken.map(({ serverIp }) => serverIp))).toEqual(new Set(['a', 'b']))
  })

  it('looks for a row that does not come for 300 s, and then no more', async () => {
    const clock = new FakeClock(EDGE + HOUR_MS)
    const hole = EDGE + HOUR_MS + 60_000
    const { asked, services } = createRig(clock, ({ from, to }) =>
      new LateProvider(
        toRows(EDGE, [{ ticks: 2000, pauseTicks: 0, server: 'a' }], () => 0).filter(
          ({ observedAt }) => observedAt !== hole && observedAt >= from - GRID_MS && observedAt <= to + GRID_MS,
        ),
      ).list({ from, to }, clock.now()),
    )
    const farthest: number[] = []
    for (let look = 0; look < 45; look += 1) {
      const to = clock.now()
      await services.listPushSamples(stream, { from: to - HOUR_MS, to }, createAsk(clock))
      farthest.push(to - (asked.at(-1)?.from ?? 0))
      await clock.advance(10_000)
    }
    expect(asked).toHaveLength(45)
    // By what was asked 10 s before.
    expect(Math.max(...farthest.slice(1))).toBe(310_000)
    expect(farthest.slice(1, 6).every((backMs) => backMs === 15_000)).toBe(true)
    expect(farthest.slice(38).every((backMs) => backMs === 15_000)).toBe(true)
  })

  it('costs a stream that pushes nothing no more calls than one that pushes', async () => {
    const costs = await Promise.all(
      [true, false].map(async (isLive) => {
        const clock = new FakeClock(EDGE - HOUR_MS / 4)
        const { asked, services } = createRig(clock, ({ from, to }) =>
          isLive
            ? Array.from({ length: Math.floor((Math.min(to, clock.now()) - from) / GRID_MS) + 1 }, (_, index) => ({
                observedAt: (Math.ceil(from / GRID_MS) + index) * GRID_MS,
                frameRate: 25,
                bitrateBitsPerSecond: 1,
                clientIp: null,
                serverIp: 's',
              })).filter(({ observedAt }) => observedAt <= Math.min(to, clock.now()))
            : [],
        )
        for (let look = 0; look < 360; look += 1) {
          const to = clock.now()
          await services.listPushSamples(stream, { from: to - 6 * HOUR_MS, to }, createAsk(clock))
          await clock.advance(10_000)
        }
        return asked.length
      }),
    )
    expect(costs).toEqual([363, 363])
  })

  it('asks for what lies before the part that is kept of a window, and for that alone', async () => {
    const clock = new FakeClock(EDGE + 1.75 * HOUR_MS)
    const { asked, services } = createRig(clock, () => [])
    const to = clock.now()
    await services.listPushSamples(stream, { from: EDGE - HOUR_MS / 2, to }, createAsk(clock))
    await services.listPushSamples(stream, { from: EDGE - 1.5 * HOUR_MS, to }, createAsk(clock))
    await services.listPushSamples(stream, { from: EDGE - 2 * HOUR_MS, to: EDGE }, createAsk(clock))
    expect(asked).toEqual([
      { from: EDGE - HOUR_MS / 2, to: EDGE },
      { from: EDGE, to },
      { from: EDGE - 2 * HOUR_MS, to: EDGE - HOUR_MS / 2 },
    ])
  })

  it.each([
    ['before', EDGE],
    ['behind', EDGE + 1.75 * HOUR_MS],
  ])('waits for what lies %s the part that is kept as for what is not kept at all', async (_where, from) => {
    const clock = new FakeClock(EDGE + 1.75 * HOUR_MS)
    let delayMs = 0
    const account = createFakeAccount({
      listPushSamples: async () => {
        await clock.delay(delayMs)
        return []
      },
    })
    const services = createTestServices(clock, [account])
    const first = services.listPushSamples(stream, { from: EDGE + HOUR_MS, to: clock.now() }, createAsk(clock))
    await clock.advance(6000)
    await first
    delayMs = 3000
    const asked = services.listPushSamples(stream, { from, to: clock.now() }, createAsk(clock))
    await clock.advance(3000)
    expect(await asked).toMatchObject({ missing: [], stale: false })
  })

  it('lets two who want different beginnings share a call, and asks for the rest once', async () => {
    const clock = new FakeClock(EDGE + 1.75 * HOUR_MS)
    const { asked, services } = createRig(clock, () => [])
    const to = clock.now()
    await Promise.all(
      [0.25, 1.5, 1.5].map((hours) =>
        services.listPushSamples(stream, { from: EDGE - hours * HOUR_MS, to }, createAsk(clock)),
      ),
    )
    expect(asked.toSorted((one, other) => one.from - other.from)).toEqual([
      { from: EDGE - 2 * HOUR_MS, to: EDGE - HOUR_MS / 2 },
      { from: EDGE - HOUR_MS / 2, to: EDGE },
      { from: EDGE, to },
    ])
  })
})
