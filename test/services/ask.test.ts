import { describe, expect, it } from 'vitest'
import { createMemoryCache } from '#cache/memory-cache.ts'
import { type Ask, Meter } from '#contract/ask.ts'
import { createProcessSingleFlight } from '#fleet/single-flight.ts'
import { UpstreamError } from '#model/errors.ts'
import { FOREVER } from '#model/time-range.ts'
import { Asker } from '#services/ask.ts'
import type { Question } from '#services/question.ts'
import { createAsk } from '#test/support/fake-account.ts'
import { FakeClock, settle } from '#test/support/fake-clock.ts'

function createRig(options: { readonly maxKeepMs?: number } = {}) {
  const clock = new FakeClock()
  const asker = new Asker({
    cache: createMemoryCache({ maxBytes: 1e6, clock }),
    flights: createProcessSingleFlight(),
    clock,
    maxStaleMs: 3_600_000,
    ...options,
  })
  const rig = { clock, asker, fetched: 0, answer: async (): Promise<number> => rig.fetched }
  const question: Question<number> = {
    account: 'main',
    operation: 'getLiveReading',
    parts: ['x'],
    fetch: () => {
      rig.fetched += 1
      return rig.answer()
    },
    freshUntil: (_value, fetchedAt) => fetchedAt + 5000,
    sizeOf: () => 8,
  }
  return Object.assign(rig, { question })
}

const timeout = () => new UpstreamError('UPSTREAM_TIMEOUT', 'no answer came in time')

describe('asking', () => {
  it('answers from the cache while the answer is fresh, and counts what it cost', async () => {
    const { asker, clock, question } = createRig()
    const first = createAsk(clock)
    const second = createAsk(clock)
    await asker.ask(question, first)
    await clock.advance(4999)
    expect(await asker.ask(question, second)).toMatchObject({ value: 1, stale: false })
    await clock.advance(1)
    expect(await asker.ask(question, createAsk(clock))).toMatchObject({ value: 2 })
    expect(second.meter).toMatchObject({ cached: 1, coalesced: 0 })
    expect(first.meter.cached).toBe(0)
  })

  it.each([
    [undefined, FOREVER],
    [60_000, 60_000],
    [0, 0],
  ])(
    'says until when a kept answer goes on being one where none is kept for more than %s ms',
    async (keepMs, until) => {
      const { asker, clock, question } = createRig(keepMs === undefined ? {} : { maxKeepMs: keepMs })
      const lasting = { ...question, freshUntil: () => FOREVER }
      const fetchedAt = clock.now()
      await asker.ask(lasting, createAsk(clock))
      await clock.advance(1000)
      const ask = createAsk(clock)
      await asker.ask(lasting, ask)
      expect(ask.meter.holdsUntil).toBe(until === FOREVER ? FOREVER : fetchedAt + until)
    },
  )

  it('asks once more for what is kept and good, when that is in hand already', async () => {
    const { asker, clock, question } = createRig()
    await asker.ask(question, createAsk(clock))
    await clock.advance(10)
    const inHand = await asker.find<number>(question)
    expect(await asker.fetch(question, inHand, createAsk(clock))).toMatchObject({ value: 2 })
    await clock.advance(10)
    const ask = createAsk(clock)
    // Somebody else has asked since: that is newer.
    expect(await asker.fetch(question, inHand, ask)).toMatchObject({ value: 2 })
    expect(ask.meter.cached).toBe(1)
  })

  it('keeps that there is nothing like any other answer, and no error at all', async () => {
    const { asker, clock } = createRig()
    let fetched = 0
    const nothing: Question<null> = {
      account: 'main',
      operation: 'getLiveReading',
      parts: ['nothing'],
      fetch: async () => {
        fetched += 1
        if (fetched === 1) throw timeout()
        return null
      },
      freshUntil: (_value, fetchedAt) => fetchedAt + 5000,
      sizeOf: () => 8,
    }
    await expect(asker.ask(nothing, createAsk(clock))).rejects.toMatchObject({ code: 'UPSTREAM_TIMEOUT' })
    for (const _again of [1, 2, 3])
      expect(await asker.ask(nothing, createAsk(clock))).toMatchObject({ value: null, stale: false })
    expect(fetched).toBe(2)
  })

  it('shows a stale answer inside the limit, and the error beyond it', async () => {
    const { asker, clock, question, ...rest } = createRig()
    const rig = Object.assign(rest, { asker })
    await asker.ask(question, createAsk(clock))
    let down = true
    const failing = { ...question, fetch: () => (down ? Promise.reject(timeout()) : question.fetch(createAsk(clock))) }
    await clock.advance(3_600_000)
    expect(await asker.ask(failing, createAsk(clock))).toMatchObject({ value: 1, stale: true })
    await clock.advance(10_000)
    await expect(asker.ask(failing, createAsk(clock))).rejects.toMatchObject({ code: 'UPSTREAM_TIMEOUT' })
    down = false
    expect(await rig.asker.ask(failing, createAsk(clock))).toMatchObject({ stale: false })
  })

  it('never shows a stale answer for a fault of its own', async () => {
    const { asker, clock, question } = createRig()
    await asker.ask(question, createAsk(clock))
    await clock.advance(5000)
    const broken = { ...question, fetch: () => Promise.reject(new TypeError('a defect')) }
    await expect(asker.ask(broken, createAsk(clock))).rejects.toThrow('a defect')
  })

  it('goes on for the others when the one who began it leaves', async () => {
    const { asker, clock, question } = createRig()
    let finish: (value: number) => void = () => {}
    const slow = { ...question, fetch: () => new Promise<number>((resolve) => (finish = resolve)) }
    const leaving = new AbortController()
    const first = asker.ask(slow, createAsk(clock, { signal: leaving.signal }))
    const gone = expect(first).rejects.toThrow('left')
    await settle()
    const second = asker.ask(slow, createAsk(clock))
    await settle()
    leaving.abort(new Error('left'))
    await gone
    finish(7)
    expect(await second).toMatchObject({ value: 7 })
  })

  it('does not refuse one caller for what another may not spend', async () => {
    const { asker, clock, question } = createRig()
    const costly = {
      ...question,
      fetch: async (ask: Ask) => {
        await settle()
        ask.meter.plan(3)
        return 5
      },
    }
    const poor = expect(asker.ask(costly, createAsk(clock, { meter: new Meter(2) }))).rejects.toMatchObject({
      code: 'QUERY_TOO_COMPLEX',
    })
    const rich = asker.ask(costly, createAsk(clock))
    await poor
    expect(await rich).toMatchObject({ value: 5 })
  })

  it('stops waiting at its own deadline, whoever leads the work', async () => {
    const { asker, clock, question } = createRig()
    const hanging = { ...question, fetch: () => clock.delay(60_000).then(() => 1) }
    const young = asker.ask(hanging, createAsk(clock))
    const old = asker.ask(hanging, createAsk(clock, { deadlineAtMs: clock.monotonicMs() + 1000 }))
    const ends = [
      expect(old).rejects.toMatchObject({ code: 'UPSTREAM_TIMEOUT' }),
      expect(young).rejects.toMatchObject({ code: 'UPSTREAM_TIMEOUT' }),
    ]
    let ended = false
    void ends[0]?.then(() => {
      ended = true
    })
    await clock.advance(1100)
    expect(ended).toBe(true)
    await clock.advance(60_000)
    await Promise.all(ends)
    expect(clock.waiting).toBe(0)
  })

  it('lets one who joined late try again when the one who began it ran out of time', async () => {
    const { asker, clock, question } = createRig()
    let calls = 0
    const hanging = {
      ...question,
      fetch: async () => {
        calls += 1
        if (calls > 1) return 9
        await clock.delay(10_000)
        throw timeout()
      },
    }
    const first = asker.ask(hanging, createAsk(clock))
    const failed = expect(first).rejects.toMatchObject({ code: 'UPSTREAM_TIMEOUT' })
    await clock.advance(4000)
    const late = asker.ask(hanging, createAsk(clock))
    await clock.advance(6000)
    await failed
    expect(await late).toMatchObject({ value: 9 })
    expect(calls).toBe(2)
  })
})
