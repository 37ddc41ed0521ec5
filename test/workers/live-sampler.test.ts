import { describe, expect, it, onTestFinished } from 'vitest'
import { UpstreamError } from '#model/errors.ts'
import type { StreamEvent } from '#services/views.ts'
import { createAsk } from '#test/support/fake-account.ts'
import { createWatchRig } from '#test/support/watch-rig.ts'

function createRig(...words: Parameters<typeof createWatchRig>) {
  const rig = createWatchRig(...words)
  onTestFinished(() => rig.sampler.stop())
  return rig
}

const pushTimes = (events: readonly StreamEvent[]) =>
  events.flatMap((event) => (event.kind === 'pushSample' ? event.sample.observedAt : []))
const states = (events: readonly StreamEvent[]) =>
  events.flatMap((event) => (event.kind === 'streamState' ? event.state : []))
const keys = (count: number) => Array.from({ length: count }, (_, index) => `room${index}`)

describe('the sampler', () => {
  it('asks nothing while nobody watches, and nothing any more when nobody does', async () => {
    const rig = createRig()
    await rig.clock.advance(60_000)
    expect(rig.calls).toEqual({ list: 0, live: 0, status: 0, push: 0, play: 0 })
    const watcher = rig.watch('room', ['pushSample'])
    await rig.clock.advance(30_000)
    watcher.stop()
    await rig.clock.advance(1000)
    const { push } = rig.calls
    expect(push).toBeGreaterThan(3)
    await rig.clock.advance(120_000)
    expect(rig.calls.push).toBe(push)
    expect(rig.sampler.sampling).toBeNull()
  })

  it('tells each sample once and in order, to all who watch, for the calls of one', async () => {
    const rig = createRig()
    const watchers = Array.from({ length: 50 }, () => rig.watch('room', ['pushSample']))
    await rig.clock.advance(300_000)
    const [first] = watchers
    const times = pushTimes(first?.events ?? [])
    expect(times.length).toBeGreaterThanOrEqual(59)
    expect(times).toEqual(times.map((_, index) => (times[0] ?? 0) + index * 5000))
    for (const { events } of watchers) expect(pushTimes(events)).toEqual(times)
    expect(rig.calls.push).toBeLessThanOrEqual(61)
    expect(rig.calls.list + rig.calls.live).toBe(0)
  })

  it('reads many streams by the list, for one call a tick', async () => {
    const rig = createRig(keys(100))
    const watchers = keys(100).map((key) => rig.watch(key, ['pushSample', 'liveStat', 'streamState']))
    await rig.clock.advance(100_000)
    expect(rig.calls.list).toBeLessThanOrEqual(21)
    expect(rig.calls.push + rig.calls.live).toBeLessThanOrEqual(2)
    for (const { events } of watchers) {
      expect(pushTimes(events).length).toBeGreaterThanOrEqual(19)
      expect(states(events)).toEqual(['LIVE'])
    }
  })

  it('tells a newcomer at once what is known, without a call', async () => {
    const rig = createRig()
    rig.watch('room', ['pushSample', 'streamState', 'liveStat'])
    await rig.clock.advance(20_000)
    const before = { ...rig.calls }
    const late = rig.watch('room', ['pushSample', 'streamState', 'liveStat'])
    await rig.clock.advance(0)
    expect(late.events.map(({ kind }) => kind).toSorted()).toEqual(['liveStat', 'pushSample', 'streamState'])
    expect(rig.calls).toEqual(before)
  })

  it('tells that a stream is not live after three readings without it, once, and what it is then', async () => {
    const rig = createRig(['room', 'other'])
    const watcher = rig.watch('room', ['liveStat', 'streamState'])
    await rig.clock.advance(12_000)
    rig.live.delete('room')
    await rig.clock.advance(9000)
    expect(states(watcher.events)).toEqual(['LIVE'])
    expect(watcher.events.some((event) => event.kind === 'liveStat' && event.live === null)).toBe(false)
    await rig.clock.advance(60_000)
    expect(states(watcher.events)).toEqual(['LIVE', 'OFFLINE'])
    expect(watcher.events.filter((event) => event.kind === 'liveStat' && event.live === null)).toHaveLength(1)
    rig.live.add('room')
    await rig.clock.advance(10_000)
    expect(states(watcher.events)).toEqual(['LIVE', 'OFFLINE', 'LIVE'])
    expect(watcher.events.at(-1)).toMatchObject({ kind: 'liveStat', live: { onlineViewers: 4 } })
  })

  it('does not tell of a push that breaks off for a moment', async () => {
    const rig = createRig()
    const watcher = rig.watch('room', ['streamState', 'liveStat'])
    for (let round = 0; round < 10; round += 1) {
      await rig.clock.advance(10_000)
      rig.live.delete('room')
      await rig.clock.advance(10_000)
      rig.live.add('room')
    }
    expect(states(watcher.events)).toEqual(['LIVE'])
    expect(watcher.events.some((event) => event.kind === 'liveStat' && event.live === null)).toBe(false)
  })

  it('tells at once of a stream that is not live, and what the status call says of it', async () => {
    const rig = createRig([])
    rig.offline = 'NEVER_SEEN'
    const watcher = rig.watch('room', ['liveStat', 'streamState'])
    await rig.clock.advance(1000)
    expect(watcher.events.map((event) => ('live' in event ? event.live : event.kind))).toContain(null)
    expect(states(watcher.events)).toEqual(['NEVER_SEEN'])
    await rig.clock.advance(50_000)
    expect(rig.calls.status).toBe(1)
  })

  it('tells by its samples that a stream is live, without a further call', async () => {
    const rig = createRig()
    const watcher = rig.watch('room', ['pushSample', 'streamState'])
    await rig.clock.advance(20_000)
    expect(watcher.events).toContainEqual(
      expect.objectContaining({ kind: 'streamState', state: 'LIVE', stateSource: 'SAMPLES' }),
    )
    expect(rig.calls).toMatchObject({ list: 0, live: 0, status: 0 })
    rig.live.delete('room')
    await rig.clock.advance(40_000)
    expect(states(watcher.events)).toEqual(['LIVE', 'OFFLINE'])
  })

  it('tells playback once a minute', async () => {
    const rig = createRig()
    const watcher = rig.watch('room', ['playSample'])
    await rig.clock.advance(600_000)
    const times = watcher.events.flatMap((event) => (event.kind === 'playSample' ? event.sample.observedAt : []))
    expect(times.length).toBeGreaterThanOrEqual(9)
    expect(times).toEqual(times.map((_, index) => (times[0] ?? 0) + index * 60_000))
    expect(rig.calls.play).toBeLessThanOrEqual(12)
  })

  it('says once that nothing newer can be had, and goes on when it can', async () => {
    const rig = createRig()
    const watcher = rig.watch('room', ['liveStat'])
    await rig.clock.advance(11_000)
    rig.check = () => {
      throw new UpstreamError('UPSTREAM_UNAVAILABLE', 'the connection was refused')
    }
    await rig.clock.advance(60_000)
    const stale = watcher.events.filter((event) => event.kind === 'liveStat' && event.live?.stale)
    expect(stale).toHaveLength(1)
    rig.check = () => {}
    await rig.clock.advance(12_000)
    expect(watcher.events.at(-1)).toMatchObject({ kind: 'liveStat', live: { stale: false } })
    expect(rig.logged.map(({ message }) => message)).toEqual(
      expect.arrayContaining(['watched streams cannot be read', 'watched streams can be read again']),
    )
  })

  it('reads more slowly what takes too much of the quota, and says so', async () => {
    const rig = createRig(['room'], { limit: 20, remaining: 20 })
    rig.watch('room', ['pushSample'])
    await rig.clock.advance(300_000)
    expect(rig.calls.push).toBeLessThanOrEqual(9)
    const sampling = rig.services.getSampling('main', createAsk(rig.clock))
    expect(sampling.pushEverySeconds).toBeGreaterThan(30)
    expect(sampling.slowedBecause).toContain('of 20 in 300 s')
  })

  it('goes on where another one has stopped: no sample twice, none lost', async () => {
    const rig = createRig()
    const watcher = rig.watch('room', ['pushSample', 'streamState'])
    await rig.clock.advance(30_000)
    await rig.sampler.stop()
    await rig.clock.advance(12_000)
    const successor = rig.createSampler()
    onTestFinished(() => successor.stop())
    successor.start()
    await rig.clock.advance(30_000)
    const times = pushTimes(watcher.events)
    expect(times).toEqual(times.map((_, index) => (times[0] ?? 0) + index * 5000))
    expect(times.at(-1)).toBeGreaterThan(rig.clock.now() - 10_000)
    expect(states(watcher.events)).toEqual(['LIVE'])
  })

  it('tells who comes back what he has missed, then what is new', async () => {
    const rig = createRig()
    const watcher = rig.watch('room', ['pushSample'])
    rig.watch('room', ['pushSample'])
    await rig.clock.advance(20_000)
    watcher.stop()
    const place = watcher.events.at(-1)?.place ?? undefined
    await rig.clock.advance(20_000)
    const back = rig.watch('room', ['pushSample'], place)
    await rig.clock.advance(20_000)
    const times = pushTimes([...watcher.events, ...back.events])
    expect(times).toEqual(times.map((_, index) => (times[0] ?? 0) + index * 5000))
    expect(times.length).toBeGreaterThanOrEqual(11)
  })

  it('tells who comes back too late that something is gone', async () => {
    const rig = createRig()
    const watcher = rig.watch('room', ['pushSample'])
    rig.watch('room', ['pushSample'])
    await rig.clock.advance(10_000)
    watcher.stop()
    const place = watcher.events.at(-1)?.place ?? undefined
    await rig.clock.advance(600_000)
    const back = rig.watch('room', ['pushSample'], place)
    await rig.clock.advance(10_000)
    expect(back.events[0]).toMatchObject({ kind: 'gap' })
    expect(pushTimes(back.events).length).toBeGreaterThan(10)
  })

  it('asks about streams that are not live within its part of the quota, and says that they wait', async () => {
    const rig = createRig([])
    for (const key of keys(300)) rig.watch(key, ['streamState'])
    await rig.clock.advance(300_000)
    expect(rig.calls.status).toBeLessThanOrEqual(45)
    expect(rig.calls.status).toBeGreaterThan(20)
    expect(rig.services.getSampling('main', createAsk(rig.clock)).slowedBecause).toContain('wait for provider calls')
  })

  it('keeps to its part of the quota when watchers come and go', async () => {
    const rig = createRig(keys(400), { limit: 60, remaining: 60 })
    for (let second = 0; second < 300; second += 1) {
      const watcher = rig.watch(`room${second}`, ['pushSample'])
      await rig.clock.advance(1000)
      watcher.stop()
    }
    expect(rig.calls.push + rig.calls.list).toBeLessThanOrEqual(36)
  })

  it('asks a provider that fails no more often than one that answers', async () => {
    const rig = createRig(['room'], { limit: 20, remaining: 20 })
    rig.check = () => {
      throw new UpstreamError('UPSTREAM_TIMEOUT', 'no answer in time')
    }
    rig.watch('room', ['pushSample'])
    await rig.clock.advance(300_000)
    expect(rig.calls.push).toBeLessThanOrEqual(10)
  })

  it('is not given what is old at once, where the cache gives that to others', async () => {
    const rig = createRig(['room'], {}, { revalidate: { withinMs: 30_000, deadlineMs: 10_000 } })
    const watcher = rig.watch('room', ['liveStat'])
    await rig.clock.advance(60_000)
    expect(watcher.events.length).toBeGreaterThanOrEqual(11)
    expect(watcher.events.some((event) => event.kind === 'liveStat' && event.live?.stale)).toBe(false)
  })

  it('loses no sample where it reads less often than once a minute', async () => {
    const rig = createRig(['room'], { limit: 10, remaining: 10 })
    const watcher = rig.watch('room', ['pushSample'])
    await rig.clock.advance(600_000)
    const times = pushTimes(watcher.events)
    expect(times.length).toBeGreaterThan(100)
    expect(times).toEqual(times.map((_, index) => (times[0] ?? 0) + index * 5000))
  })

  it('does not take a stream for gone that was missed once after another sampler has told it live', async () => {
    const rig = createRig(['room', 'other'])
    const watcher = rig.watch('room', ['liveStat'])
    await rig.clock.advance(12_000)
    await rig.sampler.stop()
    rig.live.delete('room')
    const successor = rig.createSampler()
    onTestFinished(() => successor.stop())
    successor.start()
    await rig.clock.advance(6000)
    rig.live.add('room')
    await rig.clock.advance(12_000)
    expect(watcher.events.some((event) => event.kind === 'liveStat' && event.live === null)).toBe(false)
  })

  it('goes on telling readings and states when the wall clock is set back', async () => {
    const rig = createRig(['room', 'other'])
    const watcher = rig.watch('room', ['liveStat', 'streamState'])
    await rig.clock.advance(12_000)
    rig.clock.stepWall(-600_000)
    const before = watcher.events.length
    rig.live.delete('room')
    await rig.clock.advance(60_000)
    expect(watcher.events.length).toBeGreaterThan(before)
    expect(states(watcher.events)).toEqual(['LIVE', 'OFFLINE'])
  })

  it('tells a place that is none by a gap, and goes on', async () => {
    const rig = createRig()
    rig.watch('room', ['pushSample'])
    await rig.clock.advance(10_000)
    for (const place of ['nonsense', '999999999999999-0-0_', '999999999999999-0-0_999999999999999-0']) {
      const back = rig.watch('room', ['pushSample'], place)
      await rig.clock.advance(12_000)
      expect(back.events.filter(({ kind }) => kind === 'gap')).toHaveLength(1)
      expect(back.events[0]?.kind).toBe('gap')
      expect(back.events.at(-1)?.place?.startsWith('9999')).toBe(false)
    }
  })

  it('leaves reading to who holds the lease, and reads for its own when the others are out of reach', async () => {
    const rig = createRig()
    await rig.sampler.stop()
    const elsewhere = {
      hold: async () => false,
      heldUntilMs: Number.NEGATIVE_INFINITY,
      fence: 0,
      release: async () => {},
    }
    const other = rig.createSampler(elsewhere)
    onTestFinished(() => other.stop())
    other.start()
    const watcher = rig.watch('room', ['pushSample'])
    await rig.clock.advance(31_300)
    expect(rig.calls.push).toBe(0)
    rig.isApart = true
    await rig.clock.advance(1000)
    expect(rig.calls.push).toBe(1)
    await rig.clock.advance(20_000)
    expect(pushTimes(watcher.events).length).toBeGreaterThanOrEqual(4)
    rig.isApart = false
    await rig.clock.advance(1000)
    const { push } = rig.calls
    await rig.clock.advance(30_000)
    expect(rig.calls.push).toBe(push)
  })

  it('reads by its own part of the quota while the others are out of reach', async () => {
    const rig = createRig(['room'], { limit: 40, remaining: 40 })
    rig.isApart = true
    rig.watch('room', ['pushSample'])
    await rig.clock.advance(300_000)
    // 40 % of a quarter of 40, and the first.
    expect(rig.calls.push).toBeLessThanOrEqual(5)
  })
})
