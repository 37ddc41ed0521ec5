import { describe, expect, it } from 'vitest'
import { createProcessDemandBoard } from '#fleet/demand-board.ts'
import { createProcessFeed } from '#fleet/feed.ts'
import type { LiveBatch, LiveEvent } from '#model/live-event.ts'
import { LiveHub, type LiveWatch } from '#services/live-hub.ts'
import { FakeClock } from '#test/support/fake-clock.ts'

const sampling = { watchedStreams: 1, pushEverySeconds: 5, playEverySeconds: null, slowedBecause: null }
const push = (key: string, observedAt: number): LiveEvent => ({
  kind: 'pushSample',
  key,
  sample: { observedAt, serverIp: 'a', clientIp: null, frameRate: 25, bitrateBitsPerSecond: 1e6 },
})
const live = (key: string): LiveEvent => ({ kind: 'streamState', key, state: 'LIVE', since: 7, source: 'LIST' })

/** Two processes that share a feed. */
function createRig() {
  const clock = new FakeClock()
  const feed = createProcessFeed<LiveBatch>({ clock, keep: { events: 10, ms: 60_000 } })
  const board = createProcessDemandBoard()
  const createHub = () => new LiveHub({ feed, board, clock })
  function watch(hub: LiveHub, key: string, more: Partial<LiveWatch> = {}) {
    const told: (LiveEvent | null)[] = []
    const places: unknown[] = []
    const stop = hub.watch(
      { account: 'main', key, kinds: ['pushSample'], after: undefined, ...more },
      (event, place) => {
        told.push(event)
        places.push(place)
      },
    )
    return { told, places, stop }
  }
  const tell = (...events: LiveEvent[]) => feed.publish('main', [{ events, sampling }])
  return { clock, board, hub: createHub(), createHub, watch, tell }
}

describe('the hub', () => {
  it('tells each watcher of his stream and of what he watches of it', async () => {
    const { clock, hub, watch, tell } = createRig()
    const [one, other] = [watch(hub, 'a'), watch(hub, 'b', { kinds: ['streamState'] })]
    await clock.advance(0)
    await tell(push('a', 1), push('b', 1), live('a'), live('b'))
    expect(one.told).toEqual([push('a', 1)])
    expect(other.told).toEqual([live('b')])
  })

  it('says what is wanted for as long as somebody watches it', async () => {
    const { board, hub, watch } = createRig()
    const [one, other] = [watch(hub, 'a'), watch(hub, 'a')]
    expect(board.listOwn('main')).toEqual(['pushSample a'])
    one.stop()
    one.stop()
    expect(board.listOwn('main')).toEqual(['pushSample a'])
    other.stop()
    expect(board.listOwn('main')).toEqual([])
  })

  it('knows from what was told elsewhere what to tell first', async () => {
    const { clock, hub, createHub, watch, tell } = createRig()
    watch(hub, 'a')
    await tell(push('a', 1), push('a', 2), live('a'))
    const late = watch(createHub(), 'a', { kinds: ['pushSample', 'streamState'] })
    await clock.advance(0)
    expect(late.told).toEqual([push('a', 2), live('a')])
  })

  it('tells nobody what was known long ago', async () => {
    const { clock, hub, watch, tell } = createRig()
    watch(hub, 'b')
    await clock.advance(0)
    await tell(push('a', 1))
    await clock.advance(31_000)
    const late = watch(hub, 'a')
    await clock.advance(0)
    expect(late.told).toEqual([])
  })

  it('goes on in the middle of a batch for who comes back', async () => {
    const { clock, hub, watch, tell } = createRig()
    const first = watch(hub, 'a')
    watch(hub, 'a')
    await clock.advance(0)
    await tell(push('a', 1), push('a', 2), push('a', 3))
    first.stop()
    await tell(push('a', 4), push('b', 4))
    const [, place] = first.places
    const back = watch(hub, 'a', { after: place as NonNullable<LiveWatch['after']> })
    await tell(push('a', 5))
    await clock.advance(0)
    expect(back.told).toEqual([push('a', 3), push('a', 4), push('a', 5)])
  })

  it('tells who comes back too late that something is gone', async () => {
    const { clock, hub, watch, tell } = createRig()
    const first = watch(hub, 'a')
    await clock.advance(0)
    await tell(push('a', 1))
    for (let at = 2; at < 20; at += 1) await tell(push('a', at))
    const back = watch(hub, 'a', { after: first.places[0] as NonNullable<LiveWatch['after']> })
    await clock.advance(0)
    expect(back.told[0]).toBeNull()
    expect(back.told.slice(1)).toEqual(Array.from({ length: 10 }, (_, index) => push('a', index + 10)))
  })

  it('knows how an account is read, and since when a stream is in a state', async () => {
    const { clock, hub, watch, tell } = createRig()
    expect(hub.findSampling('main').watchedStreams).toBe(0)
    const watcher = watch(hub, 'a')
    await clock.advance(0)
    await tell(live('a'))
    expect(hub.findSampling('main')).toEqual(sampling)
    expect(hub.findSince({ account: 'main', key: 'a' }, 'LIVE')).toBe(7)
    expect(hub.findSince({ account: 'main', key: 'a' }, 'OFFLINE')).toBeNull()
    watcher.stop()
    expect(hub.findSampling('main').watchedStreams).toBe(0)
  })

  it('does not tell again, to who comes back, what he was told and was told of again since', async () => {
    const { clock, hub, watch, tell } = createRig()
    const first = watch(hub, 'a', { kinds: ['streamState', 'pushSample'] })
    watch(hub, 'b')
    await clock.advance(0)
    await tell(live('a'), push('a', 1))
    first.stop()
    await tell(live('a'))
    await tell(push('a', 1), push('a', 2))
    const after = first.places.at(-1) as NonNullable<LiveWatch['after']>
    const back = watch(hub, 'a', { kinds: ['streamState', 'pushSample'], after })
    await clock.advance(0)
    expect(back.told).toEqual([push('a', 2)])
  })

  it('tells what is known in its order, so that who is cut off between comes back for the rest', async () => {
    const { clock, hub, watch, tell } = createRig()
    watch(hub, 'b')
    await clock.advance(0)
    await tell(live('a'))
    await tell(push('a', 1))
    const late = watch(hub, 'a', { kinds: ['pushSample', 'streamState'] })
    await clock.advance(0)
    expect(late.told).toEqual([live('a'), push('a', 1)])
  })
})
