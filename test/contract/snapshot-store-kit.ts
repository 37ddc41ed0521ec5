// What every snapshot store promises. Each implementation runs this kit.
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { SnapshotMessage } from '#model/snapshot.ts'
import { FOREVER } from '#model/time-range.ts'
import type { SnapshotPlace, SnapshotStore } from '#snapshot-store/snapshot-store.ts'

/** A place where a store lives, which can be opened again and again. */
export interface SnapshotStoreFixture {
  open(): Promise<SnapshotStore>
  /** Removes everything. The store is closed by then. */
  dispose(): Promise<void>
}

/** What is asked of a list where the test does not say otherwise: all of the account `main`. */
interface ListOptions {
  readonly account?: string
  readonly key?: string | null
  readonly from?: number
  readonly to?: number
}

const RECEIVED_AT = Date.UTC(2026, 10, 21, 4)
const forever = { from: -FOREVER, to: FOREVER }

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

const toMessages = (times: readonly number[], more: Partial<SnapshotMessage> = {}) =>
  times.map((takenAt, index) => toMessage({ file: `${index}-${takenAt}`, takenAt, ...more }))

/** Runs the kit. @param name of the implementation */
export function describeSnapshotStore(name: string, createFixture: () => Promise<SnapshotStoreFixture>): void {
  describe(`${name} as a snapshot store`, () => {
    let fixture: SnapshotStoreFixture
    let store: SnapshotStore
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
    const add = (messages: readonly SnapshotMessage[], account = 'main', receivedAt = RECEIVED_AT) =>
      store.add({ account, receivedAt, messages })
    const list = async ({ account = 'main', key = null, ...range }: ListOptions = {}) => {
      const rows = await store.list({ account, key, range: { ...forever, ...range }, after: null, limit: 10_000 })
      return rows.map(({ snapshot }) => snapshot)
    }
    const listTimes = async (options: ListOptions = {}) => (await list(options)).map(({ takenAt }) => takenAt)
    const listIds = async (options: ListOptions = {}) => (await list(options)).map(({ id }) => id)
    const pruneAll = async (retention: { before?: number; keepCount?: number }, account = 'main') => {
      let total = 0
      for (;;) {
        const count = await store.prune(account, { before: -FOREVER, keepCount: 1_000_000, ...retention })
        if (count === 0) return total
        total += count
      }
    }

    test('is empty at first: nothing to list, nothing to forget, nothing to add', async () => {
      expect(await list()).toEqual([])
      expect(await list({ key: 'room1' })).toEqual([])
      expect(await store.prune('main', { before: FOREVER, keepCount: 1 })).toBe(0)
      expect(await add([])).toEqual([])
    })

    test('returns and lists a snapshot with everything that is known of it', async () => {
      const added = await add([toMessage({ file: 'a.jpg', takenAt: RECEIVED_AT - 15_000 })])
      expect(added).toEqual([
        {
          id: expect.any(String),
          account: 'main',
          key: 'room1',
          takenAt: RECEIVED_AT - 15_000,
          width: 1280,
          height: 720,
          url: 'http://shots.example/a.jpg',
          receivedAt: RECEIVED_AT,
        },
      ])
      await reopen()
      expect(await list()).toEqual(added)
      expect(await list({ key: 'room1' })).toEqual(added)
    })

    test('keeps what is not known apart from zero and from nothing', async () => {
      const added = await add([
        toMessage({ file: 'a', width: null, height: null, url: null }),
        toMessage({ file: 'b', width: 0, height: 0, url: '', takenAt: 0 }),
        toMessage({ file: 'c', takenAt: RECEIVED_AT }),
      ])
      expect(await list()).toEqual(expect.arrayContaining([...added]))
      expect(added.map(({ width, url, takenAt }) => [width, url, takenAt])).toEqual([
        [null, null, null],
        [0, '', 0],
        [1280, 'http://shots.example/c', RECEIVED_AT],
      ])
    })

    test('gives each text back as it came', async () => {
      const texts = [
        'é',
        'e\u0301',
        '直播间',
        '\ud83d\ude00',
        '\u202e',
        '"[],{}\\',
        "';--",
        '%s%d',
        '\u2028',
        '\ufeffx',
      ]
      const added = await add(texts.map((text) => toMessage({ file: text, key: text, url: `http://x/${text}` })))
      expect(added.map(({ key }) => key)).toEqual(texts)
      expect(new Set(await listIds())).toEqual(new Set(added.map(({ id }) => id)))
      for (const [index, key] of texts.entries()) expect(await list({ key })).toEqual([added[index]])
    })

    test('stores the same file of the same stream once, and says which ones were new', async () => {
      const messages = ['a', 'a', 'b'].map((file) => toMessage({ file }))
      expect((await add(messages)).map(({ url }) => url)).toEqual(['http://shots.example/a', 'http://shots.example/b'])
      await reopen()
      const again = await add([toMessage({ file: 'b' }), toMessage({ file: 'c' })])
      expect(again.map(({ url }) => url)).toEqual(['http://shots.example/c'])
      expect(await list()).toHaveLength(3)
    })

    test('of the same snapshot from two batches, whatever else they say, the first one stays', async () => {
      const added = await add([toMessage({ file: 'a', takenAt: 10 })])
      expect(await add([toMessage({ file: 'a', takenAt: 20, width: 1, url: null })], 'main', RECEIVED_AT + 1)).toEqual(
        [],
      )
      expect(await list()).toEqual(added)
      expect(await list({ key: 'room1' })).toEqual(added)
    })

    test('adding at the same time stores each snapshot once, and tells one of the callers', async () => {
      const messages = toMessages([1, 2, 3, 4, 5])
      const added = await Promise.all([add(messages), add(messages.toReversed()), add(messages.slice(2))])
      expect(added.flat()).toHaveLength(5)
      expect(await listTimes()).toEqual([5, 4, 3, 2, 1])
    })

    test('keeps accounts apart', async () => {
      await add(toMessages([1, 2]), 'main')
      await add(toMessages([1, 3]), 'other')
      expect(await listTimes()).toEqual([2, 1])
      expect(await listTimes({ account: 'other', key: 'room1' })).toEqual([3, 1])
      expect(await list({ account: 'third' })).toEqual([])
      expect(await pruneAll({ before: FOREVER })).toBe(2)
      expect(await list()).toEqual([])
      expect(await listTimes({ account: 'other' })).toEqual([3, 1])
    })

    test('tells accounts, streams and files apart however they are joined', async () => {
      const ask = (key: string, file: string) => toMessage({ key, file })
      const added = [
        ...(await add([ask('b:c', 'x'), ask('b', 'c:x'), ask('b', '"c",x'), ask('B', 'x'), ask('b ', 'x')], 'a')),
        ...(await add([ask('c', 'x')], 'a:b')),
      ]
      expect(new Set(added.map(({ id }) => id)).size).toBe(6)
      expect(await list({ account: 'a:b' })).toHaveLength(1)
      expect(await list({ account: 'a', key: 'b' })).toHaveLength(2)
    })

    test('a stream may be called anything', async () => {
      const keys = [
        '}',
        '{',
        '{a}',
        '{main}',
        '}:all',
        ':',
        'all',
        '*',
        '[',
        '\\',
        '\n',
        '\0',
        '__proto__',
        '../x',
        '\r\n',
      ]
      keys.push(' ', '字'.repeat(500), '\ud83d\ude00'.repeat(250), 'x'.repeat(500), `${'x'.repeat(499)}y`)
      const added = await add(keys.map((key, index) => toMessage({ key, file: 'a', takenAt: index })))
      expect(await list()).toEqual(added.toReversed())
      for (const [index, key] of keys.entries()) expect(await list({ key })).toEqual([added[index]])
      expect(await pruneAll({ before: FOREVER })).toBe(keys.length)
      for (const key of keys) expect(await list({ key })).toEqual([])
    })

    test('lists newest first by the time taken, by the time received where that is not known', async () => {
      await add([
        toMessage({ file: 'old', takenAt: RECEIVED_AT - 2 }),
        toMessage({ file: 'new', takenAt: RECEIVED_AT + 5 }),
      ])
      await add([toMessage({ file: 'unknown' })], 'main', RECEIVED_AT + 1)
      for (const key of [null, 'room1'])
        expect((await list({ key })).map(({ url }) => url?.split('/').at(-1))).toEqual(['new', 'unknown', 'old'])
    })

    test('orders times of every age', async () => {
      const times = [FOREVER - 1, 2 ** 52, RECEIVED_AT, 2 ** 28, 2 ** 28 - 1, 1, 0, -1, -(2 ** 28), -FOREVER]
      const added = await add(toMessages(times))
      for (const key of [null, 'room1']) expect(await list({ key })).toEqual(added)
    })

    test('of one instant, lists the greatest id first', async () => {
      await add(toMessages(Array.from({ length: 50 }, () => RECEIVED_AT)))
      for (const key of [null, 'room1']) {
        const ids = await listIds({ key })
        expect(ids).toEqual(ids.toSorted((one, other) => Buffer.compare(Buffer.from(other), Buffer.from(one))))
      }
    })

    test('lists one stream, or all of the account', async () => {
      await add([...toMessages([1, 3], { key: 'a' }), ...toMessages([2, 4], { key: 'b' })])
      expect(await listTimes({ key: 'a' })).toEqual([3, 1])
      expect(await listTimes()).toEqual([4, 3, 2, 1])
      expect(await list({ key: 'c' })).toEqual([])
    })

    test('lists only what lies in the half-open range, and what is behind a place in it', async () => {
      await add(toMessages([10, 20, 30]))
      for (const key of [null, 'room1']) {
        expect(await listTimes({ key, from: 10, to: 30 })).toEqual([20, 10])
        expect(await list({ key, from: 31 })).toEqual([])
        const query = { account: 'main', key, range: { from: 15, to: 30 }, limit: 10 }
        for (const orderedAt of [FOREVER, 30]) {
          const rows = await store.list({ ...query, after: { orderedAt, id: '~' } })
          expect(rows.map(({ snapshot }) => snapshot.takenAt)).toEqual([20])
        }
        expect(await store.list({ ...query, after: { orderedAt: 14, id: '~' } })).toEqual([])
      }
    })

    test('goes on behind a place that was never anybody’s', async () => {
      await add(toMessages([10, 20, 30]))
      for (const key of [null, 'room1']) {
        const query = { account: 'main', key, range: forever, limit: 10 }
        for (const [orderedAt, id, times] of [
          [25, 'x', [20, 10]],
          [20, '~', [20, 10]],
          [20, '', [10]],
          [20.5, 'x', [20, 10]],
          [1e300, '', [30, 20, 10]],
          [-1e300, '', []],
        ] as const) {
          const rows = await store.list({ ...query, after: { orderedAt, id } })
          expect(rows.map(({ snapshot }) => snapshot.takenAt)).toEqual(times)
        }
      }
    })

    test('gives at most as many as asked for', async () => {
      await add(toMessages(Array.from({ length: 1203 }, (_, index) => index)))
      for (const key of [null, 'room1'])
        for (const limit of [1, 301, 1000, 1203, 5000]) {
          const rows = await store.list({ account: 'main', key, range: forever, after: null, limit })
          const [first, last] = [1202, Math.max(0, 1203 - limit)]
          expect([rows.length, rows[0]?.place.orderedAt, rows.at(-1)?.place.orderedAt]).toEqual([
            first - last + 1,
            first,
            last,
          ])
        }
    })

    test('pages 101 snapshots of one instant by ten', async () => {
      await add(toMessages(Array.from({ length: 101 }, () => RECEIVED_AT)))
      for (const key of [null, 'room1']) {
        const pages = await pageThrough(store, { account: 'main', key, limit: 10 })
        expect(pages.map((page) => page.length)).toEqual([10, 10, 10, 10, 10, 10, 10, 10, 10, 10, 1])
        expect(pages.flat()).toEqual(await listIds({ key }))
      }
    })

    test('pages show everything once, in order, whatever their size and however many share an instant', async () => {
      const times = fc.integer({ min: 0, max: 5 })
      const batches = fc.array(fc.array(fc.tuple(times, fc.constantFrom('a', 'b')), { maxLength: 10 }), {
        maxLength: 4,
      })
      await fc.assert(
        fc.asyncProperty(batches, fc.integer({ min: 1, max: 7 }), fc.uuid(), async (groups, limit, account) => {
          const added = []
          for (const [number, group] of groups.entries()) {
            const messages = group.map(([takenAt, key], index) =>
              toMessage({ file: `${number}-${index}`, key, takenAt }),
            )
            added.push(...(await add(messages, account)))
          }
          const whole = added.toSorted((one, other) => {
            const later = (other.takenAt ?? 0) - (one.takenAt ?? 0)
            return later || Buffer.compare(Buffer.from(other.id), Buffer.from(one.id))
          })
          for (const key of [null, 'a', 'b']) {
            const wanted = whole.filter((snapshot) => key === null || snapshot.key === key)
            expect(await list({ account, key })).toEqual(wanted)
            const pages = await pageThrough(store, { account, key, limit })
            expect(pages.flat()).toEqual(wanted.map(({ id }) => id))
          }
        }),
        { numRuns: 40 },
      )
    })

    test('a place stays where it is while newer and older snapshots come in, also of the same instants', async () => {
      for (const key of [null, 'room1']) {
        const account = `main-${key}`
        await add(toMessages([10, 20, 20, 20, 30, 40]), account)
        const before = await listIds({ account, key })
        let count = 0
        const pages = await pageThrough(store, { account, key, limit: 1 }, async () => {
          count += 1
          await add([toMessage({ file: `n${count}`, takenAt: 100 + count })], account)
          await add([toMessage({ file: `s${count}`, takenAt: 20 })], account)
        })
        const seen = pages.flat()
        expect(seen.filter((id) => before.includes(id))).toEqual(before)
        expect(new Set(seen).size).toBe(seen.length)
        expect(await listIds({ account, key })).toEqual(expect.arrayContaining(seen))
      }
    })

    test('goes on behind a place whose snapshot has been forgotten', async () => {
      await add(toMessages([10, 20, 30]))
      const query = { account: 'main', key: null, range: forever, limit: 1 }
      const [first] = await store.list({ ...query, after: null })
      expect(first?.place.orderedAt).toBe(30)
      await pruneAll({ keepCount: 0 })
      await add(toMessages([5, 25, 35]))
      for (const key of [null, 'room1']) {
        const rows = await store.list({ ...query, key, after: first?.place ?? null, limit: 10 })
        expect(rows.map(({ snapshot }) => snapshot.takenAt)).toEqual([25, 5])
      }
    })

    test('forgets what is too old, and nothing else', async () => {
      await add([...toMessages([10, 19], { key: 'a' }), ...toMessages([20, 30], { key: 'b' })])
      expect(await pruneAll({ before: 20 })).toBe(2)
      expect(await listTimes()).toEqual([30, 20])
      expect(await list({ key: 'a' })).toEqual([])
      expect(await listTimes({ key: 'b' })).toEqual([30, 20])
      expect(await pruneAll({ before: 20 })).toBe(0)
    })

    test('forgets by the time received what was taken nobody knows when', async () => {
      await add([toMessage({ file: 'a' })], 'main', 10)
      await add([toMessage({ file: 'b' })], 'main', 20)
      expect(await pruneAll({ before: 20 })).toBe(1)
      expect((await list()).map(({ receivedAt }) => receivedAt)).toEqual([20])
    })

    test('forgets the oldest beyond the number that is kept', async () => {
      await add([...toMessages([5, 1, 4], { key: 'a' }), ...toMessages([2, 3], { key: 'b' })])
      expect(await pruneAll({ keepCount: 5 })).toBe(0)
      expect(await pruneAll({ keepCount: 2 })).toBe(3)
      expect(await listTimes()).toEqual([5, 4])
      expect(await list({ key: 'b' })).toEqual([])
      expect(await pruneAll({ keepCount: 0 })).toBe(2)
      expect(await list()).toEqual([])
    })

    test('forgets by age and by number together', async () => {
      await add(toMessages([1, 2, 3, 4, 5, 6]))
      expect(await pruneAll({ before: 3, keepCount: 3 })).toBe(3)
      expect(await listTimes()).toEqual([6, 5, 4])
    })

    test('forgets much in pieces, and in the end all of it', async () => {
      const times = Array.from({ length: 2500 }, (_, index) => index)
      await add(toMessages(times))
      expect(await pruneAll({ before: 2400 })).toBe(2400)
      expect(await listTimes({ key: 'room1' })).toEqual(times.slice(2400).toReversed())
    })

    test('takes a snapshot again that it has forgotten', async () => {
      await add(toMessages([10]))
      await pruneAll({ keepCount: 0 })
      expect(await add(toMessages([10]))).toHaveLength(1)
      expect(await listTimes({ key: 'room1' })).toEqual([10])
    })
  })
}

/** Ids page by page, with something happening between pages. */
async function pageThrough(
  store: SnapshotStore,
  query: { readonly account: string; readonly key: string | null; readonly limit: number },
  between: () => Promise<void> = async () => {},
): Promise<string[][]> {
  const pages: string[][] = []
  for (let after: SnapshotPlace | null = null; ; ) {
    const rows = await store.list({ ...query, range: forever, after })
    const last = rows.at(-1)
    if (last === undefined) return pages
    pages.push(rows.map(({ snapshot }) => snapshot.id))
    after = last.place
    await between()
  }
}
