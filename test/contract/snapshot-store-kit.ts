// What every snapshot store promises. Each implementation runs this kit.
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { SnapshotMessage } from '#model/snapshot.ts'
import type { PopJournal } from '#snapshot-store/journal.ts'
import type { SnapshotPlace, SnapshotStore } from '#snapshot-store/snapshot-store.ts'

/** A place where a store lives, which can be opened again and again. */
export interface SnapshotStoreFixture {
  open(): Promise<SnapshotStore & PopJournal>
  /** Removes everything. */
  dispose(): Promise<void>
}

const everything = { from: -8.64e15, to: 8.64e15 }
const RECEIVED_AT = Date.UTC(2026, 10, 21, 4)

function toMessage(message: Partial<SnapshotMessage> & { readonly file: string }): SnapshotMessage {
  return {
    key: 'room1',
    takenAt: null,
    width: 1280,
    height: 720,
    url: `http://shots.example/${message.file}`,
    ...message,
  }
}

/** Runs the kit. @param name of the implementation */
export function describeSnapshotStore(name: string, createFixture: () => Promise<SnapshotStoreFixture>): void {
  describe(`${name} as a snapshot store`, () => {
    let fixture: SnapshotStoreFixture
    let store: SnapshotStore & PopJournal
    beforeEach(async () => {
      fixture = await createFixture()
      store = await fixture.open()
    })
    afterEach(async () => {
      await store.close().catch(() => {})
      await fixture.dispose()
    })

    const reopen = async () => {
      await store.close()
      store = await fixture.open()
    }
    const keep = (account = 'main', receivedAt = RECEIVED_AT) =>
      store.keep({ account, status: 200, body: Buffer.from('{"ret":0}'), receivedAt })
    const collect = async (messages: readonly SnapshotMessage[], account = 'main', receivedAt = RECEIVED_AT) =>
      store.add(await keep(account, receivedAt), messages)
    const list = async (query: { account?: string; key?: string | null; from?: number; to?: number } = {}) => {
      const { account = 'main', key = null, ...range } = query
      const rows = await store.list({ account, key, range: { ...everything, ...range }, after: null, limit: 1000 })
      return rows.map(({ snapshot }) => snapshot)
    }

    test('gives a kept batch back as it came, until it is read', async () => {
      const body = Buffer.from([0, 255, 10, 13, 0x7b])
      const id = await store.keep({ account: 'main', status: 502, body, receivedAt: RECEIVED_AT })
      await reopen()
      expect(await store.listUnread()).toEqual([{ id, account: 'main', status: 502, body, receivedAt: RECEIVED_AT }])
      await store.add(id, [])
      expect(await store.listUnread()).toEqual([])
    })

    test('lists unread batches in the order in which they were kept', async () => {
      const ids = [await keep(), await keep('other'), await keep()]
      expect((await store.listUnread()).map(({ id }) => id)).toEqual(ids)
    })

    test('no longer lists a quarantined batch, but reads it when it is given after all', async () => {
      const id = await keep()
      await store.quarantine(id, 'UPSTREAM_RESPONSE')
      await reopen()
      expect(await store.listUnread()).toEqual([])
      expect(await store.add(id, [toMessage({ file: 'a.jpg' })])).toHaveLength(1)
    })

    test('returns and lists a snapshot with everything that is known of it', async () => {
      const message = toMessage({ file: 'a.jpg', takenAt: RECEIVED_AT - 15_000 })
      const [added] = await collect([message])
      expect(added).toEqual({
        id: expect.any(String),
        account: 'main',
        key: 'room1',
        takenAt: RECEIVED_AT - 15_000,
        width: 1280,
        height: 720,
        url: 'http://shots.example/a.jpg',
        receivedAt: RECEIVED_AT,
      })
      await reopen()
      expect(await list()).toEqual([added])
    })

    test('keeps what is not known apart from zero', async () => {
      await collect([
        toMessage({ file: 'a.jpg', width: null, height: null, url: null }),
        toMessage({ file: 'b', width: 0 }),
      ])
      expect((await list()).map(({ width, takenAt }) => [width, takenAt])).toEqual(
        expect.arrayContaining([
          [null, null],
          [0, null],
        ]),
      )
    })

    test('stores the same file of the same stream once, and says which ones were new', async () => {
      const first = await collect([
        toMessage({ file: 'a.jpg' }),
        toMessage({ file: 'a.jpg' }),
        toMessage({ file: 'b.jpg' }),
      ])
      expect(first.map(({ url }) => url)).toEqual(['http://shots.example/a.jpg', 'http://shots.example/b.jpg'])
      await reopen()
      const again = await collect([toMessage({ file: 'b.jpg', takenAt: 5 }), toMessage({ file: 'c.jpg' })])
      expect(again.map(({ url }) => url)).toEqual(['http://shots.example/c.jpg'])
      expect(await list()).toHaveLength(3)
    })

    test('reading a batch twice adds nothing', async () => {
      const id = await keep()
      expect(await store.add(id, [toMessage({ file: 'a.jpg' })])).toHaveLength(1)
      expect(await store.add(id, [toMessage({ file: 'a.jpg' })])).toEqual([])
    })

    test('tells accounts, streams and files apart however they are joined', async () => {
      const added = [
        ...(await collect([toMessage({ key: 'b:c', file: 'x' }), toMessage({ key: 'b', file: 'c:x' })], 'a')),
        ...(await collect([toMessage({ key: 'c', file: 'x' })], 'a:b')),
        ...(await collect([toMessage({ key: 'b', file: '"c",x' }), toMessage({ key: 'é', file: 'x' })], 'a')),
        ...(await collect([toMessage({ key: 'e\u0301', file: 'x' }), toMessage({ key: 'É', file: 'x' })], 'a')),
      ]
      expect(added).toHaveLength(7)
      expect(new Set(added.map(({ id }) => id)).size).toBe(7)
      expect(await list({ account: 'a:b' })).toHaveLength(1)
      expect(await list({ account: 'a', key: 'b' })).toHaveLength(2)
    })

    test('lists newest first by the time taken, by the time received where that is not known', async () => {
      await collect([
        toMessage({ file: 'old', takenAt: RECEIVED_AT - 2 }),
        toMessage({ file: 'new', takenAt: RECEIVED_AT + 5 }),
      ])
      await collect([toMessage({ file: 'unknown' })], 'main', RECEIVED_AT + 1)
      expect((await list()).map(({ url }) => url?.split('/').at(-1))).toEqual(['new', 'unknown', 'old'])
    })

    test('lists only what lies in the half-open range', async () => {
      await collect([10, 20, 30].map((takenAt) => toMessage({ file: `${takenAt}`, takenAt })))
      expect((await list({ from: 10, to: 30 })).map(({ takenAt }) => takenAt)).toEqual([20, 10])
      expect(await list({ from: 31 })).toEqual([])
    })

    test('pages show everything once, in order, whatever the page size and however many share an instant', async () => {
      await fc.assert(
        fc.asyncProperty(
          fc.array(fc.integer({ min: 0, max: 5 }), { maxLength: 30 }),
          fc.integer({ min: 1, max: 7 }),
          fc.uuid(),
          async (times, limit, account) => {
            await collect(
              times.map((takenAt, index) => toMessage({ file: `${index}`, takenAt })),
              account,
            )
            const seen = await pageThrough(store, account, limit, async () => {})
            expect(seen).toEqual((await list({ account })).map(({ id }) => id))
            expect(new Set(seen).size).toBe(times.length)
          },
        ),
        { numRuns: 25 },
      )
    })

    test('a place stays where it is while newer and older snapshots come in', async () => {
      await collect([10, 20, 30, 40].map((takenAt) => toMessage({ file: `${takenAt}`, takenAt })))
      const before = (await list()).map(({ id }) => id)
      let file = 0
      const seen = await pageThrough(
        store,
        'main',
        1,
        async () => {
          file += 1
          await collect([
            toMessage({ file: `n${file}`, takenAt: 100 + file }),
            toMessage({ file: `o${file}`, takenAt: -file }),
          ])
        },
        4,
      )
      expect(seen).toEqual(before)
    })

    test('notes a pop until it is settled, over a restart too', async () => {
      expect(await store.findAnnounced('main')).toBeNull()
      await store.announce('main', 40)
      await store.announce('other', 10)
      await reopen()
      expect(await store.findAnnounced('main')).toEqual({ count: 40, announcedAt: expect.any(Number) })
      await expect(store.announce('main', 10)).rejects.toThrow()
      await store.settle('main')
      expect(await store.findAnnounced('main')).toBeNull()
      expect(await store.findAnnounced('other')).toMatchObject({ count: 10 })
    })

    test('keeping an answer settles the pop of its account', async () => {
      await store.announce('main', 40)
      await store.announce('other', 10)
      await keep('main')
      expect(await store.findAnnounced('main')).toBeNull()
      expect(await store.findAnnounced('other')).not.toBeNull()
    })

    test('refuses to add to a batch that was never kept, and adds nothing then', async () => {
      await expect(store.add(4711, [toMessage({ file: 'a.jpg' })])).rejects.toThrow()
      expect(await list()).toEqual([])
    })

    test('fails after it was closed', async () => {
      await store.close()
      await expect(keep()).rejects.toThrow()
      await expect(list()).rejects.toThrow()
    })
  })
}

/** Ids page by page, with something happening between pages. Stops after `maxPages`. */
async function pageThrough(
  store: SnapshotStore,
  account: string,
  limit: number,
  between: () => Promise<void>,
  maxPages = Number.POSITIVE_INFINITY,
): Promise<string[]> {
  const seen: string[] = []
  let after: SnapshotPlace | null = null
  for (let page = 0; page < maxPages; page += 1) {
    const rows = await store.list({ account, key: null, range: everything, after, limit })
    const last = rows.at(-1)
    if (last === undefined) break
    seen.push(...rows.map(({ snapshot }) => snapshot.id))
    after = last.place
    await between()
  }
  return seen
}
