import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { CapabilityTable } from '#contract/capability.ts'
import type { FleetLink } from '#fleet/fleet-link.ts'
import { createRedisSingleFlight } from '#fleet/redis-single-flight.ts'
import { createProcessSingleFlight } from '#fleet/single-flight.ts'
import { systemClock } from '#model/clock.ts'
import { QuotaExhaustedError, UpstreamError } from '#model/errors.ts'
import { Asker } from '#services/ask.ts'
import { createServices } from '#services/create-services.ts'
import type { Question } from '#services/question.ts'
import { createCopyingStore } from '#test/support/copying-cache.ts'
import { createAsk, createFakeAccount, toServiceOptions } from '#test/support/fake-account.ts'
import { openLink } from '#test/support/open-link.ts'
import { openTestRedis, type SharedRedis } from '#test/support/redis-server.ts'

const clock = systemClock
const DAY_MS = 86_400_000
const links: FleetLink[] = []
let redis: SharedRedis
let fleets = 0

beforeAll(async () => {
  redis = await openTestRedis()
  links.push(...(await Promise.all([1, 2, 3].map(() => openLink(redis.url, redis.prefix)))))
})
afterAll(async () => {
  await Promise.all(links.map((link) => link.close()))
  await redis.close()
})

const pause = (ms: number) => clock.delay(ms)

/** What three replicas are made with that know of each other: one store, one Redis. */
function createFleet(store = createCopyingStore()) {
  fleets += 1
  const prefix = `${redis.prefix}-${fleets}`
  return links.map((link) => ({
    cache: store.open(),
    flights: createRedisSingleFlight({ link, clock, prefix, processFlights: createProcessSingleFlight() }),
  }))
}

function createQuestion(fetch: (count: number) => Promise<number | null>, lifeMs = 5000) {
  const counter = { fetched: 0 }
  const question: Question<number | null> = {
    account: 'main',
    operation: 'getLiveReading',
    parts: ['x'],
    fetch: () => {
      counter.fetched += 1
      return fetch(counter.fetched)
    },
    freshUntil: (_value, fetchedAt) => fetchedAt + lifeMs,
    sizeOf: () => 8,
  }
  return Object.assign(counter, { question })
}

/** The services of three replicas over one account. */
function createServicesOf(capabilities: Partial<CapabilityTable>, store = createCopyingStore()) {
  const readKey = (key: string) => ({ domain: key.split('/')[0] ?? '', app: 'live', name: key })
  const account = createFakeAccount(capabilities, { readKey })
  return createFleet(store).map((parts) => createServices({ ...toServiceOptions(clock, [account]), ...parts }))
}

describe('asking at several replicas', () => {
  it('asks the provider once for 50 callers at each of 3, and counts the others as sharing', async () => {
    const counter = createQuestion((count) => pause(50).then(() => count))
    const askers = createFleet().map((parts) => new Asker({ ...parts, clock, maxStaleMs: 1000 }))
    const asks = askers.flatMap((asker) => Array.from({ length: 50 }, () => ({ asker, ask: createAsk(clock) })))
    const answers = await Promise.all(asks.map(({ asker, ask }) => asker.ask(counter.question, ask)))
    expect(counter.fetched).toBe(1)
    expect(new Set(answers.map(({ value, fetchedAt }) => `${value} ${fetchedAt}`)).size).toBe(1)
    expect(asks.reduce((sum, { ask }) => sum + ask.meter.coalesced, 0)).toBe(149)
  })

  it('takes for an answer only what is newer than what was in hand', async () => {
    const counter = createQuestion((count) => pause(40).then(() => count), 100)
    const [first, second] = createFleet().map((parts) => new Asker({ ...parts, clock, maxStaleMs: 60_000 }))
    await first?.ask(counter.question, createAsk(clock))
    expect(await second?.ask(counter.question, createAsk(clock))).toMatchObject({ value: 1, stale: false })
    await pause(110)
    const both = await Promise.all([first, second].map((asker) => asker?.ask(counter.question, createAsk(clock))))
    expect(both).toMatchObject([
      { value: 2, stale: false },
      { value: 2, stale: false },
    ])
    expect(counter.fetched).toBe(2)
  })

  it('shares that there is nothing', async () => {
    const counter = createQuestion(() => pause(40).then(() => null))
    const askers = createFleet().map((parts) => new Asker({ ...parts, clock, maxStaleMs: 1000 }))
    const answers = await Promise.all(askers.map((asker) => asker.ask(counter.question, createAsk(clock))))
    for (const answer of answers) expect(answer).toMatchObject({ value: null, stale: false })
    expect(counter.fetched).toBe(1)
  })

  it('shows what each keeps, marked stale, when the one call for all fails', async () => {
    let isDown = false
    const failure = () => new UpstreamError('UPSTREAM_UNAVAILABLE', 'the connection was refused')
    const counter = createQuestion((count) => pause(40).then(() => (isDown ? Promise.reject(failure()) : count)), 60)
    const askers = createFleet().map((parts) => new Asker({ ...parts, clock, maxStaleMs: 60_000 }))
    await askers[0]?.ask(counter.question, createAsk(clock))
    await pause(70)
    isDown = true
    const answers = await Promise.all(askers.map((asker) => asker.ask(counter.question, createAsk(clock))))
    for (const answer of answers)
      expect(answer).toMatchObject({ value: 1, stale: true, staleBecause: { code: 'UPSTREAM_UNAVAILABLE' } })
    expect(counter.fetched).toBe(2)
  })

  it('lets a waiter ask itself when the one who asked elsewhere ran out of time', async () => {
    const exhausted = new QuotaExhaustedError('no start is free', { retryAfterMs: 1 })
    const counter = createQuestion((count) =>
      pause(40).then(() => (count === 1 ? Promise.reject(exhausted) : Promise.resolve(count))),
    )
    const [first, second] = createFleet().map((parts) => new Asker({ ...parts, clock, maxStaleMs: 1000 }))
    const leader = expect(first?.ask(counter.question, createAsk(clock))).rejects.toThrow('no start is free')
    await pause(20)
    expect(await second?.ask(counter.question, createAsk(clock))).toMatchObject({ value: 2 })
    await leader
  })

  it('makes one call for the days of a report, and shares what it told', async () => {
    let calls = 0
    const key = 'd.example/live/a'
    const today = Math.floor(clock.now() / DAY_MS) * DAY_MS
    const session = {
      startedAt: today - 3 * DAY_MS + 60_000,
      endedAt: today - 3 * DAY_MS + 120_000,
      durationMs: 60_000,
      source: 'PROVIDER' as const,
      startsBefore: false,
      endsAfter: false,
    }
    const replicas = createServicesOf({
      listPushSessions: async ({ lastDay }) => {
        calls += 1
        await pause(50)
        return { askedTo: lastDay + DAY_MS, droppedDomains: [], streams: [{ key, sessions: [session] }] }
      },
    })
    const query = { from: today - 4 * DAY_MS, to: today - 2 * DAY_MS, keys: [key] }
    const asks = replicas.map(() => createAsk(clock))
    const answers = await Promise.all(
      replicas.map((services, index) => services.listManyPushSessions('main', query, asks[index] ?? createAsk(clock))),
    )
    for (const [series] of answers) expect(series).toMatchObject({ items: [session], missing: [], stale: false })
    expect(asks.map(({ meter }) => meter.coalesced).sort()).toEqual([0, 1, 1])
    await replicas[2]?.listManyPushSessions('main', query, createAsk(clock))
    expect(calls).toBe(1)
  })

  it('keeps a list that lacks a page to the replica that met the failure', async () => {
    let refused = 0
    const store = createCopyingStore()
    const listShared = () => store.listShared().filter((key) => key.includes('"all"'))
    const replicas = createServicesOf(
      {
        listLiveStreams: async ({ page, size }) => {
          if (page === 2 && refused === 0) {
            refused += 1
            throw new UpstreamError('UPSTREAM_UNAVAILABLE', 'the connection was refused')
          }
          const keys = Array.from({ length: page === 1 ? size : 1 }, (_, index) => `d/live/${page}-${index}`)
          const reading = { onlineViewers: 1, bandwidthBitsPerSecond: 1, push: null }
          return {
            streams: keys.map((key) => ({ key, reading })),
            rowCount: keys.length,
            totals: { streamCount: size + 1, onlineViewers: 1, bandwidthBitsPerSecond: 1 },
          }
        },
      },
      store,
    )
    const query = { accounts: null, first: 1, after: undefined }
    const partial = await replicas[0]?.listLiveStreams(query, createAsk(clock))
    expect(partial?.failures).toMatchObject([{ code: 'UPSTREAM_UNAVAILABLE' }])
    expect(listShared()).toEqual([])
    const whole = await replicas[1]?.listLiveStreams(query, createAsk(clock))
    expect(whole).toMatchObject({ failures: [], totalCount: 301 })
    expect(listShared()).toHaveLength(1)
  })
})
