import { beforeEach, describe, expect, it } from 'vitest'
import type { Ask } from '#contract/ask.ts'
import type { CapabilityTable } from '#contract/capability.ts'
import type { GivenAnswer } from '#contract/given-answer.ts'
import { UpstreamError } from '#model/errors.ts'
import { createServices } from '#services/create-services.ts'
import { createAsk, createFakeAccount, toServiceOptions } from '#test/support/fake-account.ts'
import { FakeClock } from '#test/support/fake-clock.ts'

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
const ref = (key = 'room1') => ({ account: 'main', key })

let clock: FakeClock
let told: GivenAnswer[]
let streamCount: number
let isDown: boolean
let asked: number

beforeEach(() => {
  clock = new FakeClock(Date.UTC(2026, 10, 21, 11, 0, 30))
  told = []
  streamCount = 25
  isDown = false
  asked = 0
})

/** What was told since the last look. */
const takeTold = () => told.splice(0)
const tellingOf = (client: string): Ask =>
  createAsk(clock, { caller: { name: client, role: 'reader', accounts: 'all' } })
const saved = (savedByCache: number, savedBySharing: number) => ({ savedByCache, savedBySharing })

async function count<Value>(value: Value): Promise<Value> {
  asked += 1
  await clock.delay(10)
  if (isDown) throw new UpstreamError('UPSTREAM_UNAVAILABLE', 'the connection was refused')
  return value
}

const capabilities: Partial<CapabilityTable> = {
  listLiveStreams: ({ page, size }) => {
    const keys = Array.from({ length: streamCount }, (_, index) => `room${index}`).slice((page - 1) * size, page * size)
    const reading = { onlineViewers: 1, bandwidthBitsPerSecond: null, push: null }
    const totals = { streamCount, onlineViewers: null, bandwidthBitsPerSecond: null }
    return count({ streams: keys.map((key) => ({ key, reading })), rowCount: keys.length, totals })
  },
  getLiveReading: () => count({ onlineViewers: 1, bandwidthBitsPerSecond: null, push: null }),
  getStreamStatus: () => count({ state: 'LIVE' as const, ingest: null }),
  listPushSamples: () => count([]),
  listRecordings: () => count({ recordings: [], rowCount: 0, totalCount: 0 }),
}

function createRig(table = capabilities) {
  const account = createFakeAccount(table, {
    facts: { livePageSize: 10 },
    readKey: (key) => ({ domain: key.split('/')[0] ?? null, app: null, name: key }),
  })
  return createServices({ ...toServiceOptions(clock, [account]), answers: { gave: (answer) => told.push(answer) } })
}

/** Lets everything that waits for the provider have its answer. */
async function after<Value>(work: Promise<Value>): Promise<Value> {
  let isOver = false
  const over = () => {
    isOver = true
  }
  work.then(over, over)
  while (!isOver) await clock.advance(10)
  return work
}

describe('what is told of an answer', () => {
  it('says whose it is, where it came from and how old it is', async () => {
    const services = createRig()
    await after(services.getStreamStatus(ref(), tellingOf('wall')))
    await clock.advance(2000)
    await services.getStreamStatus(ref(), tellingOf('web'))
    const common = { account: 'main', operation: 'getStreamStatus', isStale: false }
    expect(takeTold()).toEqual([
      { ...common, client: 'wall', from: 'asked', ageMs: 0, ...saved(0, 0) },
      { ...common, client: 'web', from: 'kept', ageMs: 2000, ...saved(1, 0) },
    ])
  })

  it('counts a call that others had under way as saved by sharing', async () => {
    const services = createRig()
    await after(Promise.all([1, 2, 3].map((viewer) => services.getStreamStatus(ref(), tellingOf(`viewer ${viewer}`)))))
    expect(asked).toBe(1)
    expect(takeTold().map(({ from, savedBySharing }) => [from, savedBySharing])).toEqual([
      ['asked', 0],
      ['shared', 1],
      ['shared', 1],
    ])
  })

  it('takes a stale answer for nothing saved, and an error for no answer', async () => {
    const services = createRig()
    await after(services.getStreamStatus(ref(), tellingOf('wall')))
    isDown = true
    await clock.advance(6000)
    takeTold()
    await after(services.getStreamStatus(ref(), tellingOf('wall')))
    expect(takeTold()).toMatchObject([{ from: 'kept', isStale: true, ageMs: expect.any(Number), ...saved(0, 0) }])
    await expect(after(services.getStreamStatus(ref('unknown'), tellingOf('wall')))).rejects.toThrow('refused')
    expect(takeTold()).toEqual([])
  })
})

describe('calls saved of a history', () => {
  const query = (hours: number) => ({ from: clock.now() - hours * HOUR_MS, to: clock.now() - HOUR_MS })

  it('are its windows that were kept, told once for all of them', async () => {
    const services = createRig()
    // From 01:00:30 to 10:00:30: windows of two hours, begun at even ones.
    const { from, to } = query(10)
    await after(services.listPushSamples(ref(), { from: to - 4 * HOUR_MS, to }, tellingOf('wall')))
    expect(takeTold()).toMatchObject([{ operation: 'listPushSamples', from: 'asked', ...saved(0, 0) }])
    const before = asked
    await after(services.listPushSamples(ref(), { from, to }, tellingOf('wall')))
    const [given, ...others] = takeTold()
    expect(others).toEqual([])
    expect(given).toMatchObject({ from: 'asked', savedBySharing: 0 })
    expect((given?.savedByCache ?? 0) + asked - before).toBe(6)
    await after(services.listPushSamples(ref(), { from, to }, tellingOf('wall')))
    expect(takeTold()).toMatchObject([{ from: 'kept', ...saved(6, 0) }])
  })

  it('are the calls that were shared', async () => {
    const services = createRig()
    const both = [1, 2].map(() => services.listPushSamples(ref(), query(5), tellingOf('wall')))
    await after(Promise.all(both))
    const [first, second] = takeTold()
    expect(first).toMatchObject({ from: 'asked', ...saved(0, 0) })
    expect(second).toMatchObject({ from: 'shared', savedByCache: 0, savedBySharing: asked })
  })

  it('are those of its samples where sessions are derived from them', async () => {
    const services = createRig()
    await after(services.listPushSessions(ref(), query(5), tellingOf('wall')))
    await after(services.listPushSessions(ref(), query(5), tellingOf('wall')))
    expect(takeTold()).toMatchObject([
      { operation: 'listPushSamples', from: 'asked' },
      { operation: 'listPushSamples', from: 'kept', ...saved(asked, 0) },
    ])
  })
})

describe('calls saved of live streams', () => {
  const query = { domain: null, first: 5 }

  it('are the pages of the list', async () => {
    const services = createRig()
    await after(services.listAccountLiveStreams('main', query, tellingOf('wall')))
    await after(services.listAccountLiveStreams('main', query, tellingOf('web')))
    expect(asked).toBe(3)
    expect(takeTold()).toMatchObject([
      { operation: 'listLiveStreams', client: 'wall', from: 'asked', ...saved(0, 0) },
      { operation: 'listLiveStreams', client: 'web', from: 'kept', ...saved(3, 0) },
    ])
  })

  it('are all pages of a list that somebody else reads, and none of those read by oneself', async () => {
    const services = createRig()
    await after(
      Promise.all(['wall', 'web'].map((client) => services.listAccountLiveStreams('main', query, tellingOf(client)))),
    )
    expect(asked).toBe(3)
    expect(takeTold()).toMatchObject([
      { from: 'asked', ...saved(0, 0) },
      { from: 'shared', ...saved(0, 3) },
    ])
  })

  it('are its first page where that is kept', async () => {
    const services = createRig()
    await after(services.getLiveTotals('main', tellingOf('wall')))
    await after(services.listAccountLiveStreams('main', query, tellingOf('wall')))
    expect(takeTold()).toMatchObject([
      { operation: 'listLiveStreams', from: 'asked', ...saved(0, 0) },
      { operation: 'listLiveStreams', from: 'asked', ...saved(1, 0) },
    ])
  })

  it('are none where an old list is given, whatever becomes of the reading of a new one', async () => {
    const services = createRig()
    const ask = async (client: string) => {
      await after(services.listAccountLiveStreams('main', query, tellingOf(client)))
      return takeTold()
    }
    await ask('wall')
    // The first page is kept: it would count if the list came back new.
    await clock.advance(6000)
    await after(services.getLiveTotals('main', tellingOf('wall')))
    isDown = true
    takeTold()
    expect(await ask('wall')).toMatchObject([{ from: 'kept', isStale: true, ...saved(0, 0) }])
  })

  it('are one for a stream that a kept list tells of, however long that is', async () => {
    const services = createRig()
    await after(services.listAccountLiveStreams('main', query, tellingOf('wall')))
    takeTold()
    await services.getLiveReading(ref('room7'), tellingOf('web'))
    await services.getStreamState(ref('room8'), tellingOf('web'))
    expect(takeTold()).toMatchObject([
      { operation: 'getLiveReading', from: 'kept', ...saved(1, 0) },
      { operation: 'getStreamStatus', from: 'kept', ...saved(1, 0) },
    ])
  })

  it('are one for each stream but the first of many whose list is read', async () => {
    streamCount = 10
    const services = createRig()
    const keys = Array.from({ length: 10 }, (_, index) => `room${index}`)
    await after(Promise.all(keys.map((key) => services.getLiveReading(ref(key), tellingOf('wall')))))
    const given = takeTold()
    expect(given).toHaveLength(10)
    const sum = given.reduce((total, row) => total + row.savedByCache + row.savedBySharing, 0)
    expect(sum).toBe(10 - asked)
  })
})

describe('calls saved of a report by days', () => {
  const report: Partial<CapabilityTable> = {
    listPushSessions: ({ keys, lastDay }) =>
      count({ streams: keys.map((key) => ({ key, sessions: [] })), askedTo: lastDay + DAY_MS, droppedDomains: [] }),
  }
  const query = () => ({ keys: ['a/live/1', 'a/live/2', 'b/live/1'], from: clock.now() - 10 * DAY_MS, to: clock.now() })

  it('are one for each domain, however many days and streams', async () => {
    const services = createRig(report)
    await after(services.listManyPushSessions('main', query(), tellingOf('wall')))
    expect(asked).toBe(2)
    await after(services.listManyPushSessions('main', query(), tellingOf('wall')))
    expect(takeTold()).toMatchObject([
      { operation: 'listPushSessions', from: 'asked', ...saved(0, 0) },
      { operation: 'listPushSessions', from: 'kept', ...saved(2, 0) },
    ])
  })

  it('are none where every call is made for its open day', async () => {
    const services = createRig(report)
    await after(services.listManyPushSessions('main', query(), tellingOf('wall')))
    await clock.advance(61_000)
    takeTold()
    await after(services.listManyPushSessions('main', query(), tellingOf('wall')))
    expect(asked).toBe(4)
    expect(takeTold()).toMatchObject([{ from: 'asked', ...saved(0, 0) }])
  })
})
