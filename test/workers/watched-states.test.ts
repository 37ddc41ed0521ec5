import { describe, expect, it } from 'vitest'
import { WatchedStates } from '../../src/workers/watched-states.ts'

/** A moment, the same on both clocks. */
const at = (ms: number) => ({ now: ms, nowMs: ms })

describe('a watched stream', () => {
  it('is live as soon as it is seen, since then', () => {
    const states = new WatchedStates()
    states.seeLive('room', 'LIST', 1000)
    states.seeLive('room', 'SAMPLES', 6000)
    expect(states.findTold('room')).toEqual({ state: 'LIVE', since: 1000, source: 'LIST' })
  })

  it('is missed twice without a word, and asked about after the third time', () => {
    const states = new WatchedStates()
    states.seeLive('room', 'LIST', 0)
    for (const _time of [1, 2]) {
      states.missLive('room')
      expect(states.isLive('room')).toBe(true)
      expect(states.wantsStatus('room', 10_000, false)).toBe(false)
    }
    states.missLive('room')
    expect(states.isLive('room')).toBe(false)
    expect(states.findTold('room')?.state).toBe('LIVE')
    expect(states.wantsStatus('room', 10_000, false)).toBe(true)
    states.noteStatus('room', 'OFFLINE', at(10_000), false)
    expect(states.findTold('room')).toEqual({ state: 'OFFLINE', since: 10_000, source: 'STATUS' })
  })

  it('that flaps does not flap', () => {
    const states = new WatchedStates()
    states.seeLive('room', 'LIST', 0)
    for (let round = 0; round < 50; round += 1) {
      states.missLive('room')
      states.missLive('room')
      states.seeLive('room', 'LIST', round)
      expect(states.findTold('room')).toEqual({ state: 'LIVE', since: 0, source: 'LIST' })
    }
  })

  it('that nobody has seen live is asked about at once, then once a minute', () => {
    const states = new WatchedStates()
    states.missLive('room')
    expect(states.wantsStatus('room', 0, false)).toBe(true)
    states.noteStatus('room', 'NEVER_SEEN', at(0), false)
    expect(states.wantsStatus('room', 59_999, false)).toBe(false)
    expect(states.wantsStatus('room', 60_000, false)).toBe(true)
  })

  it('is asked about again soon when that failed', () => {
    const states = new WatchedStates()
    states.missLive('room')
    states.noteStatus('room', null, at(0), false)
    expect(states.wantsStatus('room', 4999, false)).toBe(false)
    expect(states.wantsStatus('room', 5000, false)).toBe(true)
  })

  it('that its status call still calls live is so until it was missed three times more', () => {
    const states = new WatchedStates()
    states.seeLive('room', 'LIST', 0)
    for (const _time of [1, 2, 3]) states.missLive('room')
    states.noteStatus('room', 'LIVE', at(20_000), false)
    for (const _time of [1, 2]) {
      states.missLive('room')
      expect(states.wantsStatus('room', 100_000, false)).toBe(false)
    }
    states.missLive('room')
    expect(states.wantsStatus('room', 100_000, false)).toBe(true)
  })

  it('of which the status call alone tells is asked about every minute, and gone after the third answer', () => {
    const states = new WatchedStates()
    expect(states.wantsStatus('room', 0, true)).toBe(true)
    states.noteStatus('room', 'LIVE', at(0), true)
    expect(states.wantsStatus('room', 59_000, true)).toBe(false)
    for (const minute of [1, 2]) states.noteStatus('room', 'OFFLINE', at(minute * 60_000), true)
    expect(states.findTold('room')?.state).toBe('LIVE')
    states.noteStatus('room', 'OFFLINE', at(180_000), true)
    expect(states.findTold('room')).toEqual({ state: 'OFFLINE', since: 180_000, source: 'STATUS' })
  })

  it('goes on as another sampler has told it', () => {
    const states = new WatchedStates()
    states.recall('room', { state: 'LIVE', since: 5, source: 'LIST' })
    states.missLive('room')
    expect(states.findTold('room')).toEqual({ state: 'LIVE', since: 5, source: 'LIST' })
    expect(states.isLive('room')).toBe(true)
    states.keepOnly(new Set())
    expect(states.findTold('room')).toBeUndefined()
  })
})
