import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Meter } from '#contract/ask.ts'
import { UpstreamError } from '#model/errors.ts'
import type { PushSession } from '#model/push-session.ts'
import type { PushSample } from '#model/sample.ts'
import type { Instant } from '#model/time-range.ts'
import { toRuns } from '#services/day-calls.ts'
import { toDay } from '#services/day-sessions.ts'
import { deriveSessions } from '#services/derived-sessions.ts'
import { throwWhenAllLost } from '#services/range.ts'
import { createAsk, createFakeAccount, createTestServices } from '#test/support/fake-account.ts'
import { FakeClock } from '#test/support/fake-clock.ts'

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
/** 2026-11-21 15:00 in UTC+8. */
const NOW = Date.UTC(2026, 10, 21, 7)
const TODAY = Date.UTC(2026, 10, 20, 16)
const zone = { utcOffsetMs: 8 * HOUR_MS }

interface Push {
  readonly key: string
  readonly from: Instant
  readonly to: Instant | null
}

function toSession(from: Instant, to: Instant | null): PushSession {
  return {
    startedAt: from,
    endedAt: to,
    durationMs: to === null ? null : to - from,
    source: 'PROVIDER',
    startsBefore: false,
    endsAfter: false,
  }
}

/** A report by days; `clip` shows how the provider treats a push that crosses the edge of what was asked. */
function createReporter(
  clock: FakeClock,
  pushes: readonly Push[],
  { clip = false, domains = ['d.example'], maxDomainsPerCall = 1 } = {},
) {
  const asked: { keys: readonly string[]; firstDay: Instant; lastDay: Instant }[] = []
  const reporter = { asked, failing: false, knownDomains: new Set(domains) }
  const domainOf = (key: string) => key.split('/')[0] ?? ''
  const account = createFakeAccount(
    {
      listPushSessions: async ({ keys, firstDay, lastDay }) => {
        asked.push({ keys, firstDay, lastDay })
        if (reporter.failing) throw new UpstreamError('UPSTREAM_UNAVAILABLE', 'the connection was refused')
        const end = lastDay + DAY_MS
        return {
          askedTo: end,
          droppedDomains: [...new Set(keys.map(domainOf))].filter((domain) => !reporter.knownDomains.has(domain)),
          streams: keys
            .filter((key) => reporter.knownDomains.has(domainOf(key)))
            .map((key) => ({
              key,
              sessions: pushes
                .filter((push) => push.key === key && push.from < clock.now())
                .filter((push) =>
                  clip ? push.from < end && (push.to ?? end) > firstDay : push.from >= firstDay && push.from < end,
                )
                .map((push) =>
                  clip
                    ? toSession(Math.max(push.from, firstDay), push.to === null ? null : Math.min(push.to, end))
                    : toSession(push.from, push.to),
                ),
            })),
        }
      },
    },
    {
      facts: { pushSessions: { ...zone, retentionDays: 180, maxDaysPerCall: 31, maxDomainsPerCall } },
      readKey: (key) => ({ domain: domainOf(key), app: 'live', name: key }),
    },
  )
  return Object.assign(reporter, { services: createTestServices(clock, [account]) })
}

const stream = { account: 'main', key: 'd.example/live/a' }

describe('push sessions from a report by days', () => {
  it('begins days at midnight of UTC+8', () => {
    expect(toDay(Date.UTC(2026, 10, 20, 15, 59, 59), zone)).toBe(Date.UTC(2026, 10, 19, 16))
    expect(toDay(Date.UTC(2026, 10, 20, 16), zone)).toBe(TODAY)
  })

  it('cuts days into runs without holes and none too long', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.nat(400)), fc.integer({ min: 1, max: 40 }), (numbers, maxDays) => {
        const days = numbers.sort((a, b) => a - b).map((number) => number * DAY_MS)
        const runs = toRuns(days, maxDays)
        const covered = runs.flatMap(({ firstDay, lastDay }) => {
          expect((lastDay - firstDay) / DAY_MS).toBeLessThan(maxDays)
          return Array.from({ length: (lastDay - firstDay) / DAY_MS + 1 }, (_, index) => firstDay + index * DAY_MS)
        })
        expect(covered).toEqual(days)
      }),
    )
  })

  it('asks for the day before the range too, and gives every session that overlaps it, uncut', async () => {
    const clock = new FakeClock(NOW)
    const push = { key: stream.key, from: TODAY - HOUR_MS, to: TODAY + HOUR_MS }
    const { asked, services } = createReporter(clock, [push])
    const series = await services.listPushSessions(stream, { from: TODAY, to: TODAY + 2 * HOUR_MS }, createAsk(clock))
    expect(series.items).toEqual([toSession(push.from, push.to)])
    expect(asked).toEqual([{ keys: [stream.key], firstDay: TODAY - DAY_MS, lastDay: TODAY }])
  })

  it('asks for each run of up to 31 missing days in one call', async () => {
    const clock = new FakeClock(NOW)
    const { asked, services } = createReporter(clock, [])
    await services.listPushSessions(stream, { from: TODAY - 69 * DAY_MS, to: NOW }, createAsk(clock))
    expect(asked.map(({ firstDay, lastDay }) => (lastDay - firstDay) / DAY_MS + 1)).toEqual([31, 31, 9])
  })

  it('keeps closed days and asks again for the open one alone, every 60 s', async () => {
    const clock = new FakeClock(NOW)
    const { asked, services } = createReporter(clock, [])
    const query = { from: TODAY - 5 * DAY_MS, to: NOW + DAY_MS }
    await services.listPushSessions(stream, query, createAsk(clock))
    await services.listPushSessions(stream, query, createAsk(clock))
    expect(asked).toHaveLength(1)
    await clock.advance(60_000)
    await services.listPushSessions(stream, query, createAsk(clock))
    expect(asked).toHaveLength(2)
    expect(asked[1]).toMatchObject({ firstDay: TODAY, lastDay: TODAY })
  })

  it('does not close a day while a push that began on it may still be running', async () => {
    const clock = new FakeClock(NOW)
    const { asked, services } = createReporter(clock, [{ key: stream.key, from: TODAY - HOUR_MS, to: null }])
    const query = { from: TODAY - HOUR_MS, to: TODAY }
    const first = await services.listPushSessions(stream, query, createAsk(clock))
    expect(first.items[0]).toMatchObject({ startedAt: TODAY - HOUR_MS, endedAt: null })
    await clock.advance(60_000)
    await services.listPushSessions(stream, query, createAsk(clock))
    expect(asked[1]?.firstDay).toBe(TODAY - DAY_MS)
  })

  it('gives the same sessions however the days were asked for, whether the provider clips at its edges or not', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.boolean(),
        fc.uniqueArray(fc.integer({ min: 1, max: 40 * 24 }), { minLength: 2, maxLength: 30 }),
        fc.array(fc.tuple(fc.nat(39), fc.nat(39)), { maxLength: 5 }),
        async (clip, hours, warmUps) => {
          const clock = new FakeClock(NOW)
          const edges = hours.sort((a, b) => b - a).map((hour) => TODAY - hour * HOUR_MS + 600_000)
          const pushes: Push[] = []
          for (let index = 0; index + 1 < edges.length; index += 2)
            // A push longer than a day is only seen from its first day on by a provider that files by start.
            pushes.push({
              key: stream.key,
              from: edges[index] ?? 0,
              to: Math.min(edges[index + 1] ?? 0, (edges[index] ?? 0) + 20 * HOUR_MS),
            })
          const { services } = createReporter(clock, pushes, { clip })
          for (const [one, other] of warmUps) {
            const [early, late] = one < other ? [other, one] : [one, other]
            await services.listPushSessions(
              stream,
              { from: TODAY - early * DAY_MS, to: TODAY - late * DAY_MS + 1 },
              createAsk(clock),
            )
          }
          const series = await services.listPushSessions(
            stream,
            { from: TODAY - 42 * DAY_MS, to: NOW },
            createAsk(clock),
          )
          expect(series.items).toEqual(pushes.map((push) => toSession(push.from, push.to)))
        },
      ),
      { numRuns: 60 },
    )
  })

  it('keeps two pushes apart that touch or overlap, however the days were asked for', async () => {
    const clock = new FakeClock(NOW)
    const pushes = [
      { key: stream.key, from: TODAY - 2 * HOUR_MS, to: TODAY + 4 * HOUR_MS },
      { key: stream.key, from: TODAY + 4 * HOUR_MS, to: TODAY + 5 * HOUR_MS },
      { key: stream.key, from: TODAY + 5 * HOUR_MS - 1000, to: TODAY + 6 * HOUR_MS },
    ]
    const { services } = createReporter(clock, pushes)
    const query = { from: TODAY - DAY_MS, to: NOW }
    const first = await services.listPushSessions(stream, query, createAsk(clock))
    await clock.advance(61_000)
    const second = await services.listPushSessions(stream, query, createAsk(clock))
    expect(first.items).toEqual(pushes.map((push) => toSession(push.from, push.to)))
    expect(second.items).toEqual(first.items)
  })

  it('adds up the pieces of a push that the edges of several calls have cut', async () => {
    const clock = new FakeClock(NOW)
    const push = { key: stream.key, from: TODAY - 8 * DAY_MS + HOUR_MS, to: TODAY + HOUR_MS }
    const { services } = createReporter(clock, [push], { clip: true })
    for (const days of [1, 5, 3, 7])
      await services.listPushSessions(
        stream,
        { from: TODAY - days * DAY_MS, to: TODAY - days * DAY_MS + 1 },
        createAsk(clock),
      )
    const series = await services.listPushSessions(stream, { from: TODAY - 9 * DAY_MS, to: NOW }, createAsk(clock))
    expect(series.items).toEqual([toSession(push.from, push.to)])
  })

  it('says that a push from the day before may be absent when that day could not be had', async () => {
    const clock = new FakeClock(NOW)
    const reporter = createReporter(clock, [
      { key: stream.key, from: TODAY - 3 * DAY_MS - HOUR_MS, to: TODAY - 3 * DAY_MS + HOUR_MS },
    ])
    await reporter.services.listPushSessions(stream, { from: TODAY - DAY_MS, to: TODAY }, createAsk(clock))
    reporter.failing = true
    const series = await reporter.services.listPushSessions(
      stream,
      { from: TODAY - 2 * DAY_MS, to: TODAY },
      createAsk(clock),
    )
    expect(series.missing).toMatchObject([
      { from: TODAY - 2 * DAY_MS, to: TODAY - DAY_MS, code: 'UPSTREAM_UNAVAILABLE' },
    ])
  })

  it('asks for two streams of one domain in one call, in the order of the keys', async () => {
    const clock = new FakeClock(NOW)
    const { asked, services } = createReporter(clock, [])
    const keys = ['d.example/live/b', 'd.example/live/a', 'd.example/live/b']
    const views = await services.listManyPushSessions('main', { keys, from: TODAY, to: NOW }, createAsk(clock))
    expect(asked).toHaveLength(1)
    expect(views.map((view) => view.stream.key)).toEqual(['d.example/live/b', 'd.example/live/a'])
  })

  it('asks for as many domains in one call as the account may', async () => {
    const clock = new FakeClock(NOW)
    const domains = ['a.example', 'b.example', 'c.example']
    const { asked, services } = createReporter(clock, [], { domains, maxDomainsPerCall: 2 })
    const keys = domains.map((domain) => `${domain}/live/x`)
    await services.listManyPushSessions('main', { keys, from: TODAY, to: NOW }, createAsk(clock))
    expect(asked.map((call) => call.keys.length).sort()).toEqual([1, 2])
  })

  it('names a domain that the provider drops without a word', async () => {
    const clock = new FakeClock(NOW)
    const { services } = createReporter(clock, [])
    const foreign = 'foreign.example/live/x'
    await expect(
      services.listPushSessions({ account: 'main', key: foreign }, { from: TODAY, to: NOW }, createAsk(clock)),
    ).rejects.toMatchObject({ code: 'NOT_FOUND', message: expect.stringContaining('foreign.example') })
    const views = await services.listManyPushSessions(
      'main',
      { keys: [foreign, stream.key], from: TODAY, to: NOW },
      createAsk(clock),
    )
    expect(views[0]?.missing).toMatchObject([{ from: TODAY, to: NOW, code: 'NOT_FOUND' }])
    expect(views[1]?.missing).toEqual([])
  })

  it('names its own domain for each of several streams that are lost', async () => {
    const clock = new FakeClock(NOW)
    const { services } = createReporter(clock, [])
    const keys = ['aa.example/live/x', 'bb.example/live/x']
    const views = await services.listManyPushSessions('main', { keys, from: TODAY, to: NOW }, createAsk(clock))
    expect(views.map((view) => view.loss?.message)).toEqual([
      expect.stringContaining('aa.example'),
      expect.stringContaining('bb.example'),
    ])
    expect(() => throwWhenAllLost(views)).toThrow('aa.example')
  })

  it('shows a push once that two calls told in the same moment', async () => {
    const clock = new FakeClock(NOW)
    const edge = toDay(NOW - 69 * DAY_MS, zone) - DAY_MS + 31 * DAY_MS
    const push = { key: stream.key, from: edge - HOUR_MS, to: edge + HOUR_MS }
    const { services } = createReporter(clock, [push])
    const series = await services.listPushSessions(stream, { from: NOW - 69 * DAY_MS, to: NOW }, createAsk(clock))
    expect(series.items).toEqual([toSession(push.from, push.to)])
  })

  it('shows kept days, marked stale, when the provider fails', async () => {
    const clock = new FakeClock(NOW)
    const reporter = createReporter(clock, [{ key: stream.key, from: TODAY + HOUR_MS, to: TODAY + 2 * HOUR_MS }])
    const query = { from: TODAY, to: NOW }
    const fresh = await reporter.services.listPushSessions(stream, query, createAsk(clock))
    reporter.failing = true
    await clock.advance(61_000)
    const stale = await reporter.services.listPushSessions(stream, query, createAsk(clock))
    expect(stale).toMatchObject({ stale: true, items: fresh.items, missing: [] })
  })

  it('refuses before any look what spans too many days of too many streams', async () => {
    const clock = new FakeClock(NOW)
    const { asked, services } = createReporter(clock, [])
    const keys = Array.from({ length: 1000 }, (_, index) => `d.example/live/${index}`)
    await expect(
      services.listManyPushSessions('main', { keys, from: TODAY - 179 * DAY_MS, to: NOW }, createAsk(clock)),
    ).rejects.toMatchObject({ code: 'QUERY_TOO_COMPLEX' })
    expect(asked).toHaveLength(0)
  })

  it('throws when a failure and the end of what is kept leave nothing of the range', async () => {
    const clock = new FakeClock(NOW)
    const reporter = createReporter(clock, [])
    reporter.failing = true
    await expect(
      reporter.services.listPushSessions(stream, { from: TODAY - 400 * DAY_MS, to: NOW }, createAsk(clock)),
    ).rejects.toMatchObject({ code: 'UPSTREAM_UNAVAILABLE' })
  })

  it('names the part outside half a year, and refuses without a call what lies wholly outside', async () => {
    const clock = new FakeClock(NOW)
    const { asked, services } = createReporter(clock, [])
    const series = await services.listPushSessions(stream, { from: TODAY - 400 * DAY_MS, to: NOW }, createAsk(clock))
    expect(series.missing).toMatchObject([
      { from: TODAY - 400 * DAY_MS, to: TODAY - 180 * DAY_MS, code: 'RANGE_UNAVAILABLE' },
    ])
    const calls = asked.length
    await expect(
      services.listPushSessions(stream, { from: TODAY - 400 * DAY_MS, to: TODAY - 300 * DAY_MS }, createAsk(clock)),
    ).rejects.toMatchObject({ code: 'RANGE_UNAVAILABLE' })
    expect(asked).toHaveLength(calls)
  })
})

describe('push sessions derived from push samples', () => {
  const toSamples = (...spans: [number, number][]): PushSample[] =>
    spans.flatMap(([from, to]) =>
      Array.from({ length: Math.floor((to - from) / 5) + 1 }, (_, index) => ({
        observedAt: NOW + (from + index * 5) * 1000,
        frameRate: 25,
        bitrateBitsPerSecond: 1,
        clientIp: null,
        serverIp: null,
      })),
    )
  const at = (seconds: number) => NOW + seconds * 1000

  it('ends a session at a gap of 30 s, and not at a shorter one', () => {
    const range = { from: at(-1000), to: at(0) }
    expect(deriveSessions(toSamples([-900, -800], [-775, -700]), range, NOW)).toHaveLength(1)
    expect(deriveSessions(toSamples([-900, -800], [-770, -700]), range, NOW)).toMatchObject([
      {
        startedAt: at(-900),
        endedAt: at(-800),
        durationMs: 100_000,
        source: 'DERIVED',
        startsBefore: false,
        endsAfter: false,
      },
      { startedAt: at(-770), endedAt: at(-700) },
    ])
  })

  it('cuts sessions to the range and says so', () => {
    const samples = toSamples([-500, -100])
    expect(deriveSessions(samples, { from: at(-400), to: at(-200) }, NOW)).toMatchObject([
      { startedAt: at(-400), endedAt: at(-200), startsBefore: true, endsAfter: true },
    ])
  })

  it('leaves the end open only for a push that is still running', () => {
    const samples = toSamples([-500, -5])
    expect(deriveSessions(samples, { from: at(-600), to: at(0) }, NOW)).toMatchObject([
      { endedAt: null, endsAfter: false },
    ])
    expect(deriveSessions(toSamples([-500, -40]), { from: at(-600), to: at(0) }, NOW)).toMatchObject([
      { endedAt: at(-40), endsAfter: false },
    ])
  })

  it('does not end a push at a piece that could not be had', () => {
    const range = { from: at(-1000), to: at(0) }
    expect(deriveSessions(toSamples([-900, -500]), range, NOW, [{ from: at(-495), to: at(0) }])).toMatchObject([
      { startedAt: at(-900), endedAt: at(-500), startsBefore: false, endsAfter: true },
    ])
    expect(deriveSessions(toSamples([-500, -100]), range, NOW, [{ from: at(-1000), to: at(-505) }])).toMatchObject([
      { startedAt: at(-500), endedAt: at(-100), startsBefore: true, endsAfter: false },
    ])
  })

  it('plans the calls of all streams before the first is made', async () => {
    const clock = new FakeClock(NOW)
    let calls = 0
    const account = createFakeAccount({
      listPushSamples: async () => {
        calls += 1
        return []
      },
    })
    const services = createTestServices(clock, [account])
    const keys = Array.from({ length: 20 }, (_, index) => `room${index}`)
    const ask = createAsk(clock, { meter: new Meter(10) })
    await expect(services.listManyPushSessions('main', { keys, from: at(-60), to: at(0) }, ask)).rejects.toMatchObject({
      code: 'QUERY_TOO_COMPLEX',
    })
    expect(calls).toBe(0)
  })

  it('derives them for an account whose provider has samples and no report', async () => {
    const clock = new FakeClock(NOW)
    const account = createFakeAccount({
      listPushSamples: async ({ from, to }) =>
        toSamples([-7200, -3600], [-1800, -5]).filter(({ observedAt }) => observedAt >= from && observedAt <= to),
    })
    const services = createTestServices(clock, [account])
    const series = await services.listPushSessions(
      { account: 'main', key: 'x' },
      { from: at(-9000), to: at(3600) },
      createAsk(clock),
    )
    expect(series.items).toMatchObject([
      { startedAt: at(-7200), endedAt: at(-3600) },
      { startedAt: at(-1800), endedAt: null },
    ])
    expect(services.getAccount('main', createAsk(clock)).capabilities).toContainEqual({
      capability: 'PUSH_SESSIONS',
      supported: true,
      reason: expect.stringContaining('derived'),
    })
  })
})
