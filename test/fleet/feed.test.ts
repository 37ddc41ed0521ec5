import { expect, it } from 'vitest'
import { createProcessFeed } from '#fleet/feed.ts'
import { describeFeed } from '#test/contract/feed-kit.ts'

describeFeed('process', () => ({ feed: createProcessFeed(), settle: async () => undefined }))

it('a process feed has told everybody when publishing has begun', () => {
  const feed = createProcessFeed<number>()
  const got: number[] = []
  feed.watch('main', (item) => got.push(item))
  void feed.publish('main', [1, 2])
  expect(got).toEqual([1, 2])
})
