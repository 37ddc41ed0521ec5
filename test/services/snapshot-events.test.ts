import { describe, expect, it } from 'vitest'
import { createProcessFeed } from '#fleet/feed.ts'
import type { Snapshot } from '#model/snapshot.ts'
import { createServices } from '#services/create-services.ts'
import { snapshotEventSchema } from '#services/snapshot-events.ts'
import { createAsk, createFakeAccount, toServiceOptions } from '#test/support/fake-account.ts'
import { FakeClock } from '#test/support/fake-clock.ts'

const clock = new FakeClock()
const toSnapshot = (key: string, id: string, account = 'main'): Snapshot => ({
  ...{ id, account, key, takenAt: null, width: 300, height: 168, url: null },
  receivedAt: clock.now(),
})

function open() {
  const collecting = { popSnapshots: async () => ({ messages: [], rowCount: 0 }) }
  const accounts = [createFakeAccount(collecting), createFakeAccount({}, { name: 'without' })]
  const feed = createProcessFeed<Snapshot>()
  const services = createServices({ ...toServiceOptions(clock, accounts), snapshotFeed: feed })
  /** Begins to watch; `read` gives what came until then. */
  const watch = (key: string | null) => {
    const leaving = new AbortController()
    const events = services.watchSnapshots('main', key, createAsk(clock, { signal: leaving.signal }))
    const reader = events[Symbol.asyncIterator]()
    return async (count: number) => (await Promise.all(Array.from({ length: count }, () => reader.next()))).map(toView)
  }
  const toView = (result: IteratorResult<Snapshot & { stream: { id: string; key: string } }>) => result.value
  return { feed, services, watch }
}

describe('snapshots as they come', () => {
  it('are shown with their stream, those of the stream alone or of the whole account', async () => {
    const { feed, watch } = open()
    const readStream = watch('room1')
    const readAccount = watch(null)
    await feed.publish('main', [toSnapshot('room1', 'a'), toSnapshot('room2', 'b'), toSnapshot('room1', 'c')])
    expect((await readStream(2)).map(({ id, stream }) => [id, stream.key])).toEqual([
      ['a', 'room1'],
      ['c', 'room1'],
    ])
    expect((await readAccount(3)).map(({ id }) => id)).toEqual(['a', 'b', 'c'])
  })

  it('are not those of another account that stand in the feed of this one', async () => {
    const { feed, watch } = open()
    const read = watch(null)
    await feed.publish('main', [toSnapshot('room1', 'a', 'without'), toSnapshot('room1', 'b')])
    expect((await read(1)).map(({ id }) => id)).toEqual(['b'])
  })

  it('are refused at once where there are none, alike for no account and one not to be seen', () => {
    const { services } = open()
    const ask = createAsk(clock)
    const blind = createAsk(clock, { caller: { name: 'web', role: 'reader', accounts: new Set(['without']) } })
    const find = (act: () => unknown) => {
      try {
        return act()
      } catch (error) {
        return error
      }
    }
    expect(find(() => services.watchSnapshots('without', null, ask))).toMatchObject({ code: 'CAPABILITY_UNSUPPORTED' })
    expect(find(() => services.watchSnapshots('main', '', ask))).toMatchObject({ code: 'INVALID_INPUT' })
    for (const key of ['room1', null])
      expect(find(() => services.watchSnapshots('main', key, blind))).toMatchObject({
        code: 'NOT_FOUND',
        message: 'there is no account "main"',
      })
    expect(find(() => services.watchSnapshots('nobody', null, ask))).toMatchObject({ code: 'NOT_FOUND' })
  })

  it('travel between replicas as they are, and only if they are snapshots', () => {
    const snapshot = { ...toSnapshot('房间/1&x', 'AbC-_9'), takenAt: 5, url: 'http://shots.example.com/1.jpg' }
    expect(snapshotEventSchema.parse(JSON.parse(JSON.stringify(snapshot)))).toEqual(snapshot)
    for (const wrong of [{ id: 'a\nevent: x' }, { key: 1 }, { receivedAt: null }, { width: -1 }])
      expect(snapshotEventSchema.safeParse({ ...snapshot, ...wrong }).success).toBe(false)
  })
})
