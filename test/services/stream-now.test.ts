import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Meter } from '#contract/ask.ts'
import { createServices } from '#services/create-services.ts'
import { createAsk, createFakeAccount, toServiceOptions } from '#test/support/fake-account.ts'
import { settle } from '#test/support/fake-clock.ts'
import { createLiveRig, numbered, TICK_MS } from '#test/support/live-rig.ts'

describe('the reading of a stream', () => {
  it('comes from a list that is kept, with the age of the list', async () => {
    const rig = createLiveRig(numbered(25))
    const { fetchedAt, freshUntil } = await rig.list()
    await rig.clock.advance(4000)
    const ask = createAsk(rig.clock)
    expect(await rig.read('room7', ask)).toEqual({
      value: rig.readingOf('room7'),
      fetchedAt,
      freshUntil,
      stale: false,
    })
    expect(await rig.read('gone', ask)).toMatchObject({ value: null, fetchedAt, stale: false })
    expect(ask.meter).toMatchObject({ calls: 0, cached: 2, coalesced: 0 })
    expect(rig.calls).toEqual({ list: 3, live: 0, status: 0 })
  })

  it('costs one call per tick where one stream is watched, whatever the account holds', async () => {
    const rig = createLiveRig(numbered(300))
    await rig.list()
    await rig.nextTick()
    const before = rig.calls.list
    for (let tick = 0; tick < 20; tick += 1) {
      for (let look = 0; look < 5; look += 1) {
        expect((await rig.read('room42')).value).toEqual(rig.readingOf('room42'))
        await rig.clock.advance(1000)
      }
    }
    expect(rig.calls).toEqual({ list: before, live: 20, status: 0 })
  })

  it('costs what the list costs where a thousand are watched', async () => {
    const keys = numbered(1000)
    const rig = createLiveRig(keys, 300)
    for (let tick = 0; tick < 6; tick += 1) {
      const before = rig.total
      // Spread over the tick, as dashboards are.
      for (let group = 0; group < 10; group += 1) {
        const answers = await rig.readAll(keys.slice(group * 100, group * 100 + 100))
        expect(answers.every(({ value, stale }) => value !== null && !stale)).toBe(true)
        await rig.clock.advance(500)
      }
      expect(rig.total - before).toBeLessThanOrEqual(4)
    }
  })

  it('costs at most one call more than the list when many ask one after the other, the list unheard of', async () => {
    const rig = createLiveRig(numbered(50), 100)
    for (const key of [...rig.live]) await rig.read(key)
    expect(rig.calls).toEqual({ list: 1, live: 1, status: 0 })
  })

  it('is asked for stream by stream where the first page says that the list is dear', async () => {
    const rig = createLiveRig(numbered(300))
    for (let tick = 0; tick < 4; tick += 1) {
      await rig.readAll(['room1', 'room200'])
      await rig.nextTick()
    }
    expect(rig.calls).toEqual({ list: 1, live: 8, status: 0 })
  })

  it('costs the pages of the list per tick however its watchers are spread', async () => {
    const rig = createLiveRig(numbered(25))
    const watch = async () => {
      for (const key of rig.live) {
        await rig.read(key)
        await rig.clock.advance(TICK_MS / 25)
      }
    }
    await watch()
    rig.calls = { list: 0, live: 0, status: 0 }
    for (let tick = 0; tick < 8; tick += 1) await watch()
    expect(rig.calls).toEqual({ list: 24, live: 0, status: 0 })
  })

  it('waits for a list that is being read, at no price', async () => {
    const rig = createLiveRig(numbered(25))
    const { promise, resolve } = Promise.withResolvers<void>()
    rig.beforeList = promise
    const others = rig.readAll(['room1', 'room2', 'room4', 'room5'])
    await settle()
    const ask = createAsk(rig.clock, { meter: new Meter(0) })
    const last = rig.read('room3', ask)
    await settle()
    resolve()
    expect((await last).value).toEqual(rig.readingOf('room3'))
    expect(ask.meter).toMatchObject({ calls: 0, cached: 0 })
    expect(ask.meter.coalesced).toBeGreaterThan(0)
    await others
  })

  it('shares a list between the streams of one operation, planned once', async () => {
    const rig = createLiveRig(numbered(35))
    const ask = createAsk(rig.clock, { meter: new Meter(5) })
    const answers = await rig.readAll([...rig.live], () => ask)
    expect(answers.map(({ value }) => value)).toEqual([...rig.live].map(rig.readingOf))
    expect(ask.meter.calls).toBe(4)
    expect(rig.total).toBe(4)
    expect(ask.meter.coalesced).toBeGreaterThanOrEqual(34)
  })

  it('takes the single call where the operation may not read the list', async () => {
    const rig = createLiveRig(numbered(100))
    await rig.list()
    await rig.nextTick()
    const before = rig.calls.list
    const asks = numbered(30).map(() => createAsk(rig.clock, { meter: new Meter(3) }))
    await Promise.all(numbered(30).map((key, index) => rig.read(key, asks[index])))
    expect(rig.calls).toEqual({ list: before, live: 30, status: 0 })
  })

  it('takes the single call where the list turns out to be more than the operation may read', async () => {
    const rig = createLiveRig(numbered(100))
    const ask = createAsk(rig.clock, { meter: new Meter(6) })
    const answers = await rig.readAll(numbered(5), () => ask)
    expect(answers.map(({ value }) => value)).toEqual(numbered(5).map(rig.readingOf))
    expect(rig.calls).toEqual({ list: 1, live: 5, status: 0 })
  })

  it('does not let one caller pay for what another may not read', async () => {
    const rig = createLiveRig(numbered(35))
    const poor = createAsk(rig.clock, { meter: new Meter(2) })
    const rich = numbered(30).map(() => createAsk(rig.clock))
    const answers = await Promise.all([
      rig.read('room34', poor),
      ...numbered(30).map((key, index) => rig.read(key, rich[index])),
    ])
    expect(answers.every(({ value }) => value !== null)).toBe(true)
    expect(rig.total).toBeLessThanOrEqual(5)
  })

  it('is free where the first page, just read for the totals, is the whole list', async () => {
    const rig = createLiveRig(numbered(4))
    await rig.services.getLiveTotals('main', createAsk(rig.clock))
    expect((await rig.read('room2')).value).toEqual(rig.readingOf('room2'))
    expect((await rig.read('gone')).value).toBeNull()
    expect(rig.calls).toEqual({ list: 1, live: 0, status: 0 })
  })

  it('is asked for alone where the list has more pages than are read', async () => {
    const rig = createLiveRig(numbered(130), 1)
    await rig.list()
    const [listed, beyond] = await rig.readAll(['room3', 'room120'])
    expect([listed?.value, beyond?.value]).toEqual([rig.readingOf('room3'), rig.readingOf('room120')])
    expect(rig.calls).toEqual({ list: 100, live: 1, status: 0 })
  })

  it('is asked for alone where the provider has no list, and refused where it has no such call', async () => {
    const { clock, account } = createLiveRig()
    const { listLiveStreams: _list, getLiveReading, getStreamStatus } = account.connection.capabilities
    const unsupported = { unsupported: 'there is none' }
    const named = (name: string, capabilities: Parameters<typeof createFakeAccount>[0]) =>
      createFakeAccount(capabilities, { name })
    const services = createServices(
      toServiceOptions(clock, [
        named('listless', { getLiveReading, getStreamStatus, listLiveStreams: unsupported }),
        named('list', { listLiveStreams: account.connection.capabilities.listLiveStreams }),
      ]),
    )
    const ask = createAsk(clock)
    const ref = (name: string, key: string) => ({ account: name, key })
    await Promise.all(numbered(20).map((key) => services.getLiveReading(ref('listless', key), ask)))
    await Promise.all(numbered(20).map((key) => services.getStreamState(ref('listless', key), ask)))
    expect(ask.meter.calls).toBe(40)
    await services.listAccountLiveStreams('list', { domain: null }, ask)
    const error = { code: 'CAPABILITY_UNSUPPORTED' }
    await expect(services.getLiveReading(ref('list', 'a'), ask)).rejects.toMatchObject(error)
    await expect(services.getStreamState(ref('list', 'a'), ask)).rejects.toMatchObject(error)
  })

  it('is given old at once and renewed behind the caller, by the cheaper way, where the settings say so', async () => {
    const rig = createLiveRig(numbered(25))
    const services = createServices({
      ...toServiceOptions(rig.clock, [rig.account]),
      revalidate: { withinMs: 60_000, deadlineMs: 10_000 },
    })
    const readAll = (ask = createAsk(rig.clock)) =>
      Promise.all([...rig.live].map((key) => services.getLiveReading({ account: 'main', key }, ask)))
    await readAll()
    await rig.nextTick()
    const before = rig.calls
    rig.calls = { list: 0, live: 0, status: 0 }
    const ask = createAsk(rig.clock)
    expect((await readAll(ask)).every(({ stale }) => stale)).toBe(true)
    expect(ask.meter.calls).toBe(0)
    await settle()
    expect(rig.calls).toEqual({ ...before, list: 3 })
    expect((await readAll()).every(({ stale }) => !stale)).toBe(true)
    expect(rig.calls.list).toBe(3)
  })

  it('never costs more in a tick than a call per stream or per page, whichever are fewer, and the list once', async () => {
    const look = fc.record({ waitMs: fc.integer({ min: 0, max: 4000 }), keys: fc.array(fc.nat(79), { maxLength: 30 }) })
    await fc.assert(
      fc.asyncProperty(
        fc.array(look, { minLength: 1, maxLength: 40 }),
        fc.integer({ min: 1, max: 60 }),
        fc.boolean(),
        async (looks, streamCount, areAtOnce) => {
          const rig = createLiveRig(numbered(streamCount))
          const pages = Math.ceil(streamCount / 10)
          const ticks = new Map<number, { calls: number; keys: Set<string> }>()
          for (const { waitMs, keys } of looks) {
            await rig.clock.advance(waitMs)
            const before = rig.total
            const wanted = keys.map((key) => `room${key}`)
            if (areAtOnce) await rig.readAll(wanted)
            else for (const key of wanted) await rig.read(key)
            for (const [index, answer] of (await rig.readAll(wanted)).entries())
              expect(answer.value === null).toBe(!rig.live.has(wanted[index] ?? ''))
            const number = Math.floor(rig.clock.monotonicMs() / TICK_MS)
            const tick = ticks.get(number) ?? { calls: 0, keys: new Set() }
            for (const key of wanted) tick.keys.add(key)
            ticks.set(number, { ...tick, calls: tick.calls + rig.total - before })
          }
          let findingOut = 1
          for (const [number, { calls, keys }] of [...ticks].sort(([one], [other]) => one - other)) {
            const demand = Math.max(keys.size, ticks.get(number - 1)?.keys.size ?? 0)
            const isListWorth = demand >= pages
            const bound = Math.min(keys.size, pages) + (isListWorth && keys.size > 0 ? pages : 0) + findingOut
            expect(calls).toBeLessThanOrEqual(bound)
            // The price is found out once.
            if (demand > 1) findingOut = 0
          }
        },
      ),
      { numRuns: 60 },
    )
  })
})
