import { describe, expect, it } from 'vitest'
import { Meter } from '#contract/ask.ts'
import type { CapabilityTable } from '#contract/capability.ts'
import { UpstreamError } from '#model/errors.ts'
import { Asker } from '#services/ask.ts'
import { createServices } from '#services/create-services.ts'
import { createAsk, createFakeAccount, toServiceOptions } from '#test/support/fake-account.ts'
import { FakeClock, settle } from '#test/support/fake-clock.ts'

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
const NOW = Date.UTC(2026, 10, 21, 7)

function createRig(withinMs = 30_000, maxStaleMs = HOUR_MS) {
  const clock = new FakeClock(NOW)
  const rig = { clock, calls: 0, answerAfterMs: 0, isDown: false }
  const answer = async () => {
    rig.calls += 1
    const count = rig.calls
    if (rig.answerAfterMs > 0) await clock.delay(rig.answerAfterMs)
    if (rig.isDown) throw new UpstreamError('UPSTREAM_UNAVAILABLE', 'the connection was refused')
    return count
  }
  const capabilities: Partial<CapabilityTable> = {
    listPushSamples: async ({ to }) => {
      const frameRate = await answer()
      return [{ observedAt: to - 1, frameRate, bitrateBitsPerSecond: 1, clientIp: null, serverIp: null }]
    },
    listPushSessions: async ({ keys, lastDay }) => {
      await answer()
      return {
        askedTo: lastDay + DAY_MS,
        droppedDomains: [],
        streams: keys.map((key) => ({ key, sessions: [] })),
      }
    },
    listLiveStreams: async () => ({
      streams: [{ key: `s${await answer()}`, reading: { onlineViewers: 1, bandwidthBitsPerSecond: 1, push: null } }],
      rowCount: 1,
      totals: { streamCount: 1, onlineViewers: 1, bandwidthBitsPerSecond: 1 },
    }),
  }
  const options = {
    ...toServiceOptions(clock, [createFakeAccount(capabilities)]),
    maxStaleMs,
    revalidate: { withinMs, deadlineMs: 10_000 },
  }
  const asker = new Asker(options)
  const read = (ask = createAsk(clock), key = 'x') =>
    asker.ask<number>(
      {
        account: 'main',
        operation: 'getLiveReading',
        parts: [key],
        fetch: answer,
        freshUntil: (_value, fetchedAt) => fetchedAt + 5000,
        sizeOf: () => 8,
      },
      ask,
    )
  return Object.assign(rig, { read, services: createServices(options) })
}

const stream = { account: 'main', key: 'x' }

describe('an answer past its life by little', () => {
  it('is given at once, marked stale, and renewed behind the caller', async () => {
    const rig = createRig()
    const { clock } = rig
    await rig.read()
    rig.answerAfterMs = 700
    await clock.advance(6000)
    const ask = createAsk(clock)
    const answers = await Promise.all([1, 2, 3].map(() => rig.read(ask)))
    for (const answer of answers) expect(answer).toMatchObject({ value: 1, stale: true, fetchedAt: NOW })
    expect(ask.meter).toMatchObject({ calls: 0, cached: 3, coalesced: 0 })
    await settle()
    expect(rig.calls).toBe(2)
    await clock.advance(700)
    expect(await rig.read()).toMatchObject({
      value: 2,
      stale: false,
    })
    expect(clock.waiting).toBe(0)
  })

  it('is renewed once at a time, by a call that goes on when its caller leaves and that may fail unheard', async () => {
    const rig = createRig()
    const { clock } = rig
    await rig.read()
    Object.assign(rig, { answerAfterMs: 700, isDown: true })
    await clock.advance(6000)
    const leaver = new AbortController()
    await rig.read(createAsk(clock, { signal: leaver.signal }))
    leaver.abort(new Error('left'))
    await clock.advance(300)
    await rig.read()
    expect(rig.calls).toBe(2)
    await clock.advance(400)
    rig.isDown = false
    expect(await rig.read()).toMatchObject({ stale: true })
    await clock.advance(700)
    expect(rig.calls).toBe(3)
    expect(await rig.read()).toMatchObject({ stale: false })
  })

  it('is waited for beyond that, and never given beyond the limit of stale answers', async () => {
    for (const rig of [createRig(30_000), createRig(HOUR_MS, 30_000), createRig(0)]) {
      const { clock } = rig
      await rig.read()
      await clock.advance(35_000)
      const late = await rig.read()
      expect(late).toMatchObject({ value: 2, stale: false })
    }
  })

  it('may be a window of a history', async () => {
    const rig = createRig()
    const { clock, services } = rig
    const query = { from: NOW - 600_000, to: NOW + HOUR_MS }
    await services.listPushSamples(stream, query, createAsk(clock))
    await clock.advance(6000)
    const ask = createAsk(clock)
    const old = await services.listPushSamples(stream, query, ask)
    expect(old).toMatchObject({ stale: true, missing: [], items: [{ frameRate: 1 }] })
    expect(ask.meter).toMatchObject({ calls: 0, cached: 1 })
    await settle()
    const renewed = await services.listPushSamples(stream, query, createAsk(clock))
    expect(renewed).toMatchObject({ stale: false, items: [{ frameRate: 2 }] })
    expect(rig.calls).toBe(2)
  })

  it('may be the open day of a report, unless another day has to be waited for', async () => {
    const rig = createRig(120_000)
    const { clock, services } = rig
    const query = { from: NOW - HOUR_MS, to: NOW + HOUR_MS }
    await services.listPushSessions(stream, query, createAsk(clock))
    await clock.advance(61_000)
    expect(await services.listPushSessions(stream, query, createAsk(clock))).toMatchObject({ stale: true })
    await settle()
    expect(rig.calls).toBe(2)
    expect(await services.listPushSessions(stream, query, createAsk(clock))).toMatchObject({ stale: false })
    await clock.advance(61_000)
    const longer = { ...query, from: NOW - 3 * DAY_MS }
    expect(await services.listPushSessions(stream, longer, createAsk(clock))).toMatchObject({ stale: false })
    expect(rig.calls).toBe(4)
  })

  it('may be a list of live streams', async () => {
    const rig = createRig()
    const { clock, services } = rig
    const query = { accounts: null }
    await services.listLiveStreams(query, createAsk(clock))
    await clock.advance(6000)
    const old = await services.listLiveStreams(query, createAsk(clock))
    expect(old).toMatchObject({ stale: true, fetchedAt: NOW, items: [{ item: { key: 's1', stale: true } }] })
    await settle()
    const renewed = await services.listLiveStreams(query, createAsk(clock))
    expect(renewed).toMatchObject({ stale: false, items: [{ item: { key: 's2' } }] })
  })

  it('sets off no more calls than the operation may make itself', async () => {
    const rig = createRig()
    const { clock } = rig
    const keys = ['a', 'b', 'c', 'd', 'e']
    for (const key of keys) await rig.read(createAsk(clock), key)
    await clock.advance(6000)
    const ask = createAsk(clock, { meter: new Meter(2) })
    for (const key of keys) expect(await rig.read(ask, key)).toMatchObject({ stale: true })
    await settle()
    expect(rig.calls).toBe(5 + 2)
  })
})
