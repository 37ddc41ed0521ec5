import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createProcessFeed, type FeedKeep, isPlace, isPlaceBefore } from '#fleet/feed.ts'
import { describeFeed } from '#test/contract/feed-kit.ts'
import { FakeClock } from '#test/support/fake-clock.ts'

const plenty: FeedKeep = { events: 1000, ms: 60_000 }

describeFeed('process', (keep = plenty) => ({
  feed: createProcessFeed({ clock: new FakeClock(), keep }),
  settle: async () => undefined,
}))

describe('a process feed', () => {
  it('has told everybody when publishing has begun', () => {
    const feed = createProcessFeed<number>()
    const got: number[] = []
    feed.watch('main', (item) => got.push(item))
    void feed.publish('main', [1, 2])
    expect(got).toEqual([1, 2])
  })

  it('has no past unless it is to keep one', async () => {
    const feed = createProcessFeed<number>()
    const places: unknown[] = []
    feed.watch('main', (_, place) => places.push(place))
    await feed.publish('main', [1])
    expect(places).toEqual([null])
    expect(await feed.readSince('main', '1-0')).toEqual({ items: [], isWhole: false })
  })

  it('forgets what is too old', async () => {
    const clock = new FakeClock()
    const feed = createProcessFeed<string>({ clock, keep: { events: 100, ms: 1000 } })
    const places: string[] = []
    feed.watch('main', (_, place) => places.push(place ?? ''))
    await feed.publish('main', ['a'])
    await clock.advance(600)
    await feed.publish('main', ['b'])
    await clock.advance(600)
    expect(await feed.readSince('main', places[0] ?? '')).toEqual({
      items: [{ item: 'b', place: places[1] }],
      isWhole: true,
    })
    expect((await feed.readSince('main', `${clock.now() - 5000}-0`)).isWhole).toBe(false)
    await clock.advance(600)
    expect(await feed.readSince('main', places[0] ?? '')).toEqual({ items: [], isWhole: false })
    expect(await feed.readSince('main', places[1] ?? '')).toEqual({ items: [], isWhole: true })
  })

  it('tells whoever comes from an earlier process that something may be gone', async () => {
    const clock = new FakeClock()
    const earlier = createProcessFeed<string>({ clock, keep: plenty })
    let place = ''
    earlier.watch('main', (_, at) => {
      place = at ?? ''
    })
    await earlier.publish('main', ['a'])
    await clock.advance(10)
    const feed = createProcessFeed<string>({ clock, keep: plenty })
    expect((await feed.readSince('main', place)).isWhole).toBe(false)
    await feed.publish('main', ['b'])
    expect(await feed.readSince('main', place)).toMatchObject({ items: [{ item: 'b' }], isWhole: false })
  })

  it('reads on from every place it has told, however its clock is set', () => {
    const steps = fc.array(fc.integer({ min: -5000, max: 5000 }), { minLength: 1, maxLength: 60 })
    return fc.assert(
      fc.asyncProperty(steps, fc.integer({ min: 1, max: 20 }), async (stepsMs, events) => {
        const clock = new FakeClock()
        const feed = createProcessFeed<number>({ clock, keep: { events, ms: 1e9 } })
        const told: { readonly item: number; readonly place: string }[] = []
        feed.watch('main', (item, place) => told.push({ item, place: place ?? '' }))
        for (const [index, stepMs] of stepsMs.entries()) {
          clock.stepWall(stepMs)
          await feed.publish('main', [index])
        }
        for (const [index, { place }] of told.entries()) {
          expect(isPlace(place)).toBe(true)
          const past = await feed.readSince('main', place)
          const later = told.slice(index + 1)
          expect(past).toEqual({ items: later.slice(-events), isWhole: later.length <= events })
        }
      }),
    )
  })
})

describe('places', () => {
  it('are a time and a number that fit into Redis', () => {
    expect(['1-0', '1764000000000-18446744073709551615'].map(isPlace)).toEqual([true, true])
    expect(['1764000000000-18446744073709551616', '-1-0', '1-0-0', '1.5-0', ' 1-0'].some(isPlace)).toBe(false)
  })

  it('are in the order of their times, then of their numbers', () => {
    const part = fc.bigInt({ min: 0n, max: 10n ** 15n - 1n })
    fc.assert(
      fc.property(part, part, part, part, (oneMs, one, otherMs, other) => {
        const isBefore = oneMs < otherMs || (oneMs === otherMs && one < other)
        expect(isPlaceBefore(`${oneMs}-${one}`, `${otherMs}-${other}`)).toBe(isBefore)
      }),
    )
  })
})
