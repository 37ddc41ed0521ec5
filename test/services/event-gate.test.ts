import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { LiveEvent } from '#model/live-event.ts'
import { EventGate } from '#services/event-gate.ts'

const push = (observedAt: number, serverIp: string | null = 'a'): LiveEvent => ({
  kind: 'pushSample',
  key: 'room',
  sample: { observedAt, serverIp, clientIp: null, frameRate: 25, bitrateBitsPerSecond: 1e6 },
})
const play = (observedAt: number): LiveEvent => ({
  kind: 'playSample',
  key: 'room',
  sample: { observedAt, bandwidthBitsPerSecond: 1, onlineViewers: 1, trafficBytes: 1 },
})
const reading = { onlineViewers: 1, bandwidthBitsPerSecond: 1, push: null }
const live = (fetchedAt: number, stale = false): LiveEvent => ({
  kind: 'liveStat',
  key: 'room',
  reading,
  fetchedAt,
  stale,
})
const gone = (fetchedAt: number): LiveEvent => ({
  kind: 'liveStat',
  key: 'room',
  reading: null,
  fetchedAt,
  stale: false,
})
const state = (told: 'LIVE' | 'OFFLINE', since: number): LiveEvent => ({
  ...{ kind: 'streamState', key: 'room', state: told, since, source: 'LIST' },
})

/** Those of the events that one watcher is told. */
function pass(events: readonly LiveEvent[]): readonly LiveEvent[] {
  const gate = new EventGate()
  return events.filter((event) => gate.accept(event))
}

describe('the gate of a watcher', () => {
  it('lets each sample through once, and none that is older than one before', () => {
    expect(pass([push(10), push(10), push(15), push(10), push(20)])).toEqual([push(10), push(15), push(20)])
    expect(pass([play(60), play(120), play(60), play(120)])).toEqual([play(60), play(120)])
  })

  it('tells samples of one instant apart by the server that measured', () => {
    expect(pass([push(10, 'a'), push(10, 'b'), push(10, 'a'), push(10, null)])).toHaveLength(3)
  })

  it('lets samples through in order and without repeats, whatever two samplers tell', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(20)), (instants) => {
        const told = pass(instants.map((instant) => push(instant))).map((event) =>
          event.kind === 'pushSample' ? event.sample.observedAt : Number.NaN,
        )
        expect(told).toEqual([...new Set(told)].toSorted((one, other) => one - other))
        expect(told.at(-1)).toBe(instants.length === 0 ? undefined : Math.max(...instants))
      }),
    )
  })

  it('tells once that nothing newer can be had, and what is newer afterwards', () => {
    expect(pass([live(1), live(1, true), live(1, true), live(2)])).toEqual([live(1), live(1, true), live(2)])
  })

  it('tells once that a stream is not live, and again after it was', () => {
    expect(pass([live(1), gone(2), gone(3), live(4), gone(5)])).toEqual([live(1), gone(2), live(4), gone(5)])
  })

  it('tells a state when it changes, however often it is told', () => {
    const told = [state('LIVE', 1), state('LIVE', 1), state('OFFLINE', 2), state('OFFLINE', 2), state('LIVE', 3)]
    expect(pass(told)).toEqual([state('LIVE', 1), state('OFFLINE', 2), state('LIVE', 3)])
  })
})
