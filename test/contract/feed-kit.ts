// What every feed promises to those who watch it.
import { describe, expect, it } from 'vitest'
import { type Feed, type FeedKeep, isPlace, isPlaceBefore } from '#fleet/feed.ts'
import { waitUntil } from '#test/support/wait-until.ts'

/** A feed, and how a test waits for what has been published to come. */
export interface FeedRig {
  readonly feed: Feed<string>
  /** Lets what was published so far arrive. */
  readonly settle: () => Promise<void>
}

/**
 * Declares the tests for one implementation.
 * @param open makes one that nobody else uses, and that keeps so much, or hundreds of items
 */
export function describeFeed(name: string, open: (keep?: FeedKeep) => Promise<FeedRig> | FeedRig): void {
  /** Watches, and waits until so many have come. */
  function watch(rig: FeedRig, scope = 'main') {
    const got: string[] = []
    const places: string[] = []
    const stop = rig.feed.watch(scope, (item, place) => {
      got.push(item)
      places.push(place ?? 'none')
    })
    const untilGot = (count: number) => waitUntil(`${count} events came`, async () => got.length >= count)
    return { got, places, stop, untilGot }
  }

  describe(`feed contract: ${name}`, () => {
    it('tells all who watch what is published, once and in order', async () => {
      const rig = await open()
      const one = watch(rig)
      const other = watch(rig)
      await rig.feed.publish('main', ['a', 'b'])
      await rig.feed.publish('main', ['c'])
      await Promise.all([one.untilGot(3), other.untilGot(3)])
      await rig.settle()
      expect([one.got, other.got]).toEqual([
        ['a', 'b', 'c'],
        ['a', 'b', 'c'],
      ])
    })

    it('keeps the order of what is published at once', async () => {
      const rig = await open()
      const { got, untilGot } = watch(rig)
      const items = Array.from({ length: 350 }, (_, index) => `item ${index}`)
      await Promise.all([rig.feed.publish('main', items.slice(0, 250)), rig.feed.publish('other', ['x'])])
      await rig.feed.publish('main', items.slice(250))
      await untilGot(items.length)
      await rig.settle()
      expect(got).toEqual(items)
    })

    it('keeps scopes apart', async () => {
      const rig = await open()
      const main = watch(rig)
      const other = watch(rig, 'other')
      await rig.feed.publish('other', ['a'])
      await other.untilGot(1)
      await rig.settle()
      expect(main.got).toEqual([])
    })

    it('tells nothing of what was published before', async () => {
      const rig = await open()
      await rig.feed.publish('main', ['before'])
      const { got, untilGot } = watch(rig)
      await rig.feed.publish('main', ['after'])
      await untilGot(1)
      await rig.settle()
      expect(got).toEqual(['after'])
    })

    it('tells nothing to those who have stopped, though they began again meanwhile', async () => {
      const rig = await open()
      const one = watch(rig)
      const other = watch(rig)
      one.stop()
      one.stop()
      await rig.feed.publish('main', ['a'])
      await other.untilGot(1)
      other.stop()
      const third = watch(rig)
      await rig.feed.publish('main', ['b'])
      await third.untilGot(1)
      await rig.settle()
      expect([one.got, other.got, third.got]).toEqual([[], ['a'], ['b']])
    })

    it('tells the others when a listener throws or stops one of them', async () => {
      const rig = await open()
      rig.feed.watch('main', () => {
        stopped.stop()
        throw new Error('its own affair')
      })
      const stopped = watch(rig)
      const other = watch(rig)
      await rig.feed.publish('main', ['a', 'b'])
      await other.untilGot(2)
      expect([stopped.got, other.got]).toEqual([[], ['a', 'b']])
    })

    it('tells where each item stands, the same to everybody', async () => {
      const rig = await open()
      const one = watch(rig)
      const other = watch(rig)
      await rig.feed.publish('main', ['a', 'b'])
      await rig.feed.publish('main', ['c'])
      await Promise.all([one.untilGot(3), other.untilGot(3)])
      expect(one.places.every(isPlace)).toBe(true)
      expect(one.places.slice(1).every((place, index) => isPlaceBefore(one.places[index] ?? '', place))).toBe(true)
      expect(other.places).toEqual(one.places)
    })

    it('tells afterwards what came after a place, as it was told at the time', async () => {
      const rig = await open()
      const { places, untilGot } = watch(rig)
      const items = Array.from({ length: 250 }, (_, index) => `item ${index}`)
      await rig.feed.publish('main', items)
      await rig.feed.publish('other', ['x'])
      await untilGot(items.length)
      const told = items.map((item, index) => ({ item, place: places[index] }))
      for (const since of [0, 3, 200, 249])
        expect(await rig.feed.readSince('main', places[since] ?? '')).toEqual({
          items: told.slice(since + 1),
          isWhole: true,
        })
    })

    it('says where some of what came after a place is gone', async () => {
      const rig = await open({ events: 10, ms: 60_000 })
      const { places, untilGot } = watch(rig)
      await rig.feed.publish('main', ['first'])
      await untilGot(1)
      const items = Array.from({ length: 350 }, (_, index) => `item ${index}`)
      await rig.feed.publish('main', items)
      const past = await rig.feed.readSince('main', places[0] ?? '')
      expect(past.isWhole).toBe(false)
      expect(past.items.length).toBeGreaterThanOrEqual(10)
      expect(past.items.map(({ item }) => item)).toEqual(items.slice(-past.items.length))
      const [oldest, ...later] = past.items
      expect(await rig.feed.readSince('main', oldest?.place ?? '')).toEqual({ items: later, isWhole: true })
    })

    it('promises nothing of what came after a place that is not of its past, or none at all', async () => {
      const rig = await open()
      const { untilGot } = watch(rig)
      await rig.feed.publish('main', ['a'])
      await untilGot(1)
      for (const place of ['', 'a', '1', '1-', '1-99999999999999999999', '5-1 ', '999999999999999-0'])
        expect(await rig.feed.readSince('main', place), place).toEqual({ items: [], isWhole: false })
      expect(await rig.feed.readSince('main', '5-1')).toMatchObject({ items: [{ item: 'a' }], isWhole: false })
      expect(await rig.feed.readSince('quiet', '5-1')).toEqual({ items: [], isWhole: false })
    })

    it('tells nothing once it is closed, and refuses nothing', async () => {
      const rig = await open()
      const before = watch(rig)
      rig.feed.close()
      const after = watch(rig)
      await rig.feed.publish('main', ['a'])
      await rig.settle()
      before.stop()
      after.stop()
      expect([before.got, after.got]).toEqual([[], []])
    })
  })
}
