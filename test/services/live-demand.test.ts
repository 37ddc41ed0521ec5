import { describe, expect, it } from 'vitest'
import { LiveDemand } from '#services/live-demand.ts'
import { FakeClock } from '#test/support/fake-clock.ts'

describe('demand for single streams', () => {
  it('counts each stream of an account once per tick', () => {
    const demand = new LiveDemand(new FakeClock())
    for (const key of ['a', 'b', 'a', 'a']) demand.note('main', key)
    demand.note('other', 'c')
    expect([demand.count('main'), demand.count('other'), demand.count('unheard')]).toEqual([2, 1, 0])
  })

  it('remembers the tick before, and none before that', async () => {
    const clock = new FakeClock()
    const demand = new LiveDemand(clock)
    for (const key of ['a', 'b', 'c']) demand.note('main', key)
    await clock.advance(4999)
    expect(demand.count('main')).toBe(3)
    await clock.advance(1)
    demand.note('main', 'a')
    expect(demand.count('main')).toBe(3)
    await clock.advance(5000)
    expect(demand.count('main')).toBe(1)
    await clock.advance(10_000)
    expect(demand.count('main')).toBe(0)
  })

  it('is not moved by a step of the wall clock', () => {
    const clock = new FakeClock()
    const demand = new LiveDemand(clock)
    demand.note('main', 'a')
    clock.stepWall(-3_600_000)
    demand.note('main', 'b')
    expect(demand.count('main')).toBe(2)
  })

  it('holds a bounded number of keys', () => {
    const demand = new LiveDemand(new FakeClock())
    for (let index = 0; index < 5000; index += 1) demand.note('main', `room${index}`)
    expect(demand.count('main')).toBe(1000)
  })
})
