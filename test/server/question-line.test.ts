import { beforeEach, describe, expect, it } from 'vitest'
import { FakeClock } from '#test/support/fake-clock.ts'
import { type Lead, QuestionLine } from '../../src/server/question-line.ts'

let clock: FakeClock
let gone: Set<string>
let released: string[]
let line: QuestionLine<string>
beforeEach(() => {
  clock = new FakeClock()
  gone = new Set()
  released = []
  line = new QuestionLine<string>({
    clock,
    isGone: (visitor) => gone.has(visitor),
    release: (visitor) => released.push(visitor),
  })
})

const join = (visitor: string, place = 'here', bytes = 10) => line.join(place, visitor, bytes, clock.monotonicMs())

function lead(visitor: string, place?: string): Lead {
  const joined = join(visitor, place)
  if (joined === undefined || joined === 'waits') throw new Error(`${visitor} does not lead`)
  return joined
}

describe('a line', () => {
  it('has the first of a place lead, and hands over those who came meanwhile in their order', () => {
    const one = lead('one')
    expect(['two', 'three'].map((visitor) => join(visitor))).toEqual(['waits', 'waits'])
    lead('elsewhere', 'there')
    expect(line.disband(one)).toEqual(['two', 'three'])
    expect(line.disband(one)).toEqual([])
    expect(line.length).toBe(0)
    lead('four')
  })

  it('passes a lead on once, to the first who is still there', () => {
    const one = lead('one')
    for (const visitor of ['two', 'three', 'four', 'five']) join(visitor)
    gone.add('two').add('four')
    expect(line.passOn(one)).toBe('three')
    expect(join('six')).toBe('waits')
    expect(line.passOn(one)).toBeUndefined()
    expect(line.disband(one)).toEqual(['five', 'six'])
    expect(line.length).toBe(0)
  })

  it('releases all of a lead that takes too long, with the second one in the same time', async () => {
    const one = lead('one')
    join('two')
    await clock.advance(200)
    join('three')
    expect(line.passOn(one)).toBe('two')
    await clock.advance(49)
    expect(released).toEqual([])
    await clock.advance(1)
    expect(released).toEqual(['three'])
    expect(line.disband(one)).toEqual([])
    expect([line.length, clock.waiting]).toEqual([0, 0])
  })

  it('has nobody wait for who began too long ago', async () => {
    lead('one')
    await clock.advance(250)
    const two = lead('two')
    join('three')
    await clock.advance(249)
    expect(released).toEqual([])
    expect(line.disband(two)).toEqual(['three'])
  })

  it('waits with one timer for all, and lets nobody wait for longer than that however they come', async () => {
    for (let place = 0; place < 20; place += 1) {
      lead('leads', `${place}`)
      await clock.advance(7)
    }
    const joinedAtMs = new Map<string, number>()
    for (let place = 19; place >= 0; place -= 1) {
      expect(join(`${place}`, `${place}`)).toBe('waits')
      joinedAtMs.set(`${place}`, clock.monotonicMs())
      await clock.advance(5)
      expect(clock.waiting).toBe(1)
    }
    while (line.length > 0) {
      await clock.advance(1)
      for (const visitor of released.splice(0))
        expect(clock.monotonicMs() - (joinedAtMs.get(visitor) ?? 0)).toBeLessThanOrEqual(250)
    }
    await clock.advance(250)
    expect(clock.waiting).toBe(0)
  })

  it.each([
    ['too many wait', 1000, 1],
    ['they hold too much', 8, 1024 ** 2],
  ])('has others go by themselves while %s', (_name, most, bytes) => {
    const one = lead('one')
    for (let index = 0; index < most; index += 1) expect(join(`${index}`, 'here', bytes)).toBe('waits')
    expect(join('beyond', 'here', bytes)).toBeUndefined()
    expect(line.disband(one)).toHaveLength(most)
    lead('two')
    expect(join('beyond', 'here', bytes)).toBe('waits')
  })

  it('has nobody wait for 3 s where it was in vain, and remembers a thousand such places', async () => {
    line.avoid('here')
    expect(join('one')).toBeUndefined()
    await clock.advance(2999)
    expect(join('one')).toBeUndefined()
    await clock.advance(1)
    lead('one')
    for (let place = 0; place <= 1000; place += 1) line.avoid(`${place}`)
    lead('one', '0')
    expect(join('one', '1')).toBeUndefined()
    expect(join('one', '1000')).toBeUndefined()
  })

  it('remembers less of them where they are long', () => {
    for (let place = 0; place <= 16; place += 1) line.avoid(`${place}`.padEnd(65_536))
    lead('one', '0'.padEnd(65_536))
    expect(join('one', '1'.padEnd(65_536))).toBeUndefined()
  })

  it('releases all when it closes, and has nobody wait any more', async () => {
    lead('one')
    join('two')
    lead('three', 'there')
    join('four', 'there')
    gone.add('four')
    line.close()
    expect(released).toEqual(['two'])
    expect(join('five')).toBeUndefined()
    await clock.advance(0)
    expect(clock.waiting).toBe(0)
  })
})
