// What every feed promises to those who watch it.
import { describe, expect, it } from 'vitest'
import type { Feed } from '#fleet/feed.ts'
import { waitUntil } from '#test/support/wait-until.ts'

/** A feed, and how a test waits for what has been published to come. */
export interface FeedRig {
  readonly feed: Feed<string>
  /** Lets what was published so far arrive. */
  readonly settle: () => Promise<void>
}

/** Declares the tests for one implementation. @param open makes one that nobody else uses */
export function describeFeed(name: string, open: () => Promise<FeedRig> | FeedRig): void {
  /** Watches, and waits until so many have come. */
  function watch(rig: FeedRig, scope = 'main') {
    const got: string[] = []
    const stop = rig.feed.watch(scope, (item) => got.push(item))
    const untilGot = (count: number) => waitUntil(`${count} events came`, async () => got.length >= count)
    return { got, stop, untilGot }
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
