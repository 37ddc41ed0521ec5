// What every store of batches promises. Each implementation runs this kit.
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { FOREVER } from '#model/time-range.ts'
import type { BatchStore, KeptBatch, RawBatch, ReadOutcome } from '#snapshot-store/batch-store.ts'

/** An open store, and the way batches come into it. */
export interface BatchStoreUnderTest {
  readonly store: BatchStore
  /** Brings a batch in, as it was received. Resolves when it is kept. */
  receive(batch: RawBatch): Promise<void>
  close(): Promise<void>
}

/** A place where a store lives, which can be opened again and again by the same process. */
export interface BatchStoreFixture {
  open(): Promise<BatchStoreUnderTest>
  /** Removes everything. The store is closed by then. */
  dispose(): Promise<void>
}

const RECEIVED_AT = Date.UTC(2026, 10, 21, 4)
const read: ReadOutcome = { kind: 'read' }
const quarantined: ReadOutcome = { kind: 'quarantined', reason: 'UPSTREAM_RESPONSE', rows: null }

function toBatch(batch: Partial<RawBatch> | string = {}): RawBatch {
  const given = typeof batch === 'string' ? { body: Buffer.from(batch) } : batch
  return { account: 'main', asked: 10, status: 200, body: Buffer.from('{"ret":0}'), receivedAt: RECEIVED_AT, ...given }
}

/** Runs the kit. @param name of the implementation */
export function describeBatchStore(name: string, createFixture: () => Promise<BatchStoreFixture>): void {
  describe(`${name} as a store of batches`, () => {
    let fixture: BatchStoreFixture
    let opened: BatchStoreUnderTest
    let store: BatchStore
    const open = async () => {
      opened = await fixture.open()
      store = opened.store
    }
    beforeEach(async () => {
      fixture = await createFixture()
      await open()
    })
    afterEach(async () => {
      await opened.close()
      await fixture.dispose()
    })

    const reopen = async () => {
      await opened.close()
      await open()
    }
    const receive = async (...batches: (Partial<RawBatch> | string)[]) => {
      for (const batch of batches) await opened.receive(toBatch(batch))
    }
    const toTexts = (batches: readonly KeptBatch[]) => batches.map(({ body }) => body.toString())
    /** Reads everything there is, and says of each batch what `judge` says of its text. */
    const finishAll = async (judge: (text: string) => ReadOutcome = () => read, account = 'main') => {
      const all: KeptBatch[] = []
      for (;;) {
        const unread = await store.listUnread(account)
        if (unread.length === 0) return all
        for (const batch of unread) await store.finish(batch, judge(batch.body.toString()))
        all.push(...unread)
      }
    }
    const listKept = (after: string | null = null, limit = 1000) => store.listKept('main', after, limit)
    const pruneAll = async (before: number) => {
      let total = 0
      for (;;) {
        const count = await store.prune('main', before)
        if (count === 0) return total
        total += count
      }
    }

    test('is empty at first', async () => {
      expect(await store.listUnread('main')).toEqual([])
      expect(await store.listKept('main', null, 10)).toEqual([])
      expect(await store.listQuarantined('main', null, 10)).toEqual([])
      expect(await store.countUnread('main')).toBe(0)
      expect(await store.prune('main', FOREVER)).toBe(0)
    })

    test('gives a batch back as it came, until it is read, over a restart too', async () => {
      const body = Buffer.from([0, 255, 10, 13, 0x7b, 0xc3, 0x28])
      const batch = toBatch({ body, status: 502, asked: 40, receivedAt: RECEIVED_AT + 1 })
      await receive(batch)
      const [kept, ...others] = await store.listUnread('main')
      expect(others).toEqual([])
      expect(kept).toEqual({ ...batch, id: expect.any(String) })
      expect(await store.listUnread('main')).toEqual([kept])
      await reopen()
      expect(await store.listUnread('main')).toEqual([kept])
      await finishAll()
      expect(await store.listUnread('main')).toEqual([])
      expect(await listKept()).toEqual([kept])
    })

    test('keeps bodies of every kind', async () => {
      const bodies = [Buffer.alloc(0), Buffer.alloc(300_000, 'x'), Buffer.from('é直\ud83d\ude00'), Buffer.from('eJw=')]
      bodies.push(Buffer.from(Uint8Array.from({ length: 70_000 }, (_, index) => (index * index * 31) >> 3)))
      await receive(...bodies.map((body) => ({ body })))
      const kept = await finishAll()
      expect(kept.map(({ body }) => body.equals(bodies.shift() ?? Buffer.alloc(0)))).toEqual([
        true,
        true,
        true,
        true,
        true,
      ])
    })

    test('lists unread batches in the order in which they were received, whatever their times say', async () => {
      const texts = Array.from({ length: 250 }, (_, index) => `${index}`)
      await receive(
        ...texts.map((text, index) => toBatch({ body: Buffer.from(text), receivedAt: RECEIVED_AT - index })),
      )
      const all = await finishAll()
      expect(toTexts(all)).toEqual(texts)
      expect(new Set(all.map(({ id }) => id)).size).toBe(250)
    })

    test('lists a few at a time', async () => {
      await receive(...Array.from({ length: 250 }, () => ({})))
      const { length } = await store.listUnread('main')
      expect(length).toBeGreaterThan(0)
      expect(length).toBeLessThan(250)
    })

    test('keeps what has been read for a second reading, and forgets what held nothing', async () => {
      await receive('a', 'empty', 'b')
      await finishAll((text) => (text === 'empty' ? { kind: 'empty' } : read))
      expect(toTexts(await listKept())).toEqual(['a', 'b'])
      await reopen()
      expect(toTexts(await listKept())).toEqual(['a', 'b'])
    })

    test('lists what is kept, oldest first, page by page, and nothing that is unread', async () => {
      await receive('a', 'b', 'c', 'd', 'e')
      await finishAll((text) => (text === 'c' ? quarantined : read))
      await receive('unread')
      const seen: KeptBatch[] = []
      for (let after: string | null = null; ; ) {
        const page = await listKept(after, 2)
        if (page.length === 0) break
        expect(page.length).toBeLessThanOrEqual(2)
        seen.push(...page)
        after = page.at(-1)?.id ?? null
      }
      expect(toTexts(seen)).toEqual(['a', 'b', 'c', 'd', 'e'])
      await store.listUnread('main')
      expect(toTexts(await listKept())).toEqual(['a', 'b', 'c', 'd', 'e'])
    })

    test('passes over unread batches in what is kept', async () => {
      await receive('a', 'b', 'c')
      const unread = await store.listUnread('main')
      for (const batch of unread) if (batch.body.toString() !== 'b') await store.finish(batch, read)
      expect(toTexts(await listKept())).toEqual(['a', 'c'])
    })

    test('tells what is in quarantine and why, newest first', async () => {
      await receive(
        { body: Buffer.from('<html>'), status: 502 },
        { body: Buffer.from('ok') },
        { body: Buffer.from('row é'), receivedAt: RECEIVED_AT + 5 },
      )
      const ids = (
        await finishAll((text) => {
          if (text === 'ok') return read
          return text === '<html>' ? quarantined : { kind: 'quarantined', reason: 'ROWS', rows: 3 }
        })
      ).map(({ id }) => id)
      await reopen()
      const about = { account: 'main' }
      const newest = {
        ...about,
        id: ids[2],
        status: 200,
        receivedAt: RECEIVED_AT + 5,
        bytes: 6,
        reason: 'ROWS',
        rows: 3,
      }
      const oldest = { ...about, id: ids[0], status: 502, receivedAt: RECEIVED_AT, bytes: 6, rows: null }
      expect(await store.listQuarantined('main', null, 10)).toEqual([
        newest,
        { ...oldest, reason: 'UPSTREAM_RESPONSE' },
      ])
      expect(await store.listQuarantined('main', null, 1)).toEqual([newest])
      expect(await store.listUnread('main')).toEqual([])
    })

    test('tells what is in quarantine page by page, and hides nothing because something else has left it', async () => {
      const texts = Array.from({ length: 9 }, (_, index) => `${index}`)
      await receive(...texts)
      const batches = await finishAll((text) => (text === '4' ? read : quarantined))
      const idOf = (text: string) => batches.find(({ body }) => body.toString() === text)?.id ?? ''
      const list = async (after: string | null, limit: number) =>
        (await store.listQuarantined('main', after, limit)).map(({ id }) => id)
      expect(await list(null, 3)).toEqual(['8', '7', '6'].map(idOf))
      // The place itself and one on the next page.
      expect(await store.forget('main', idOf('6'))).toBe(true)
      await store.finish({ id: idOf('3'), account: 'main' }, read)
      expect(await list(idOf('6'), 3)).toEqual(['5', '2', '1'].map(idOf))
      await receive('new')
      await finishAll(() => quarantined)
      expect(await list(idOf('1'), 3)).toEqual(['0'].map(idOf))
      expect(await list(idOf('0'), 3)).toEqual([])
    })

    test('finds one that is kept, read or in quarantine, and no unread one', async () => {
      await receive('a', 'b', { account: 'other', body: Buffer.from('c') })
      const [one, other] = await finishAll((text) => (text === 'a' ? read : quarantined))
      if (!one || !other) throw new Error('two batches were received')
      expect(await store.findKept('main', one.id)).toEqual(one)
      expect(await store.findKept('main', other.id)).toEqual(other)
      await receive('unread')
      const [unread] = await store.listUnread('main')
      expect(await store.findKept('main', unread?.id ?? '')).toBeUndefined()
      await finishAll(() => read, 'other')
      const [foreign] = await store.listKept('other', null, 1)
      expect((await store.findKept('main', foreign?.id ?? ''))?.body.toString()).not.toBe('c')
    })

    test('forgets one in quarantine, and none that is unread, read or of another account', async () => {
      await receive('bad', 'read', 'worse')
      const batches = await finishAll((text) => (text === 'read' ? read : quarantined))
      await receive('unread')
      const [bad, good, worse] = batches.map(({ id }) => id)
      const [unread] = await store.listUnread('main')
      for (const id of [good, unread?.id]) expect(await store.forget('main', id ?? '')).toBe(false)
      expect(await store.forget('other', bad ?? '')).toBe(false)
      expect(await store.forget('main', bad ?? '')).toBe(true)
      expect(await store.forget('main', bad ?? '')).toBe(false)
      await reopen()
      expect(toTexts(await listKept())).toEqual(['read', 'worse'])
      expect((await store.listQuarantined('main', null, 10)).map(({ id }) => id)).toEqual([worse])
      expect(await store.findKept('main', bad ?? '')).toBeUndefined()
      expect(await store.countUnread('main')).toBe(1)
      await store.finish({ id: bad ?? '', account: 'main' }, quarantined)
      expect(await store.listQuarantined('main', null, 10)).toHaveLength(1)
    })

    test('takes no other text for the id of a batch', async () => {
      await receive('bad')
      const [bad] = await finishAll(() => quarantined)
      if (!bad) throw new Error('a batch was received')
      const spellings = [` ${bad.id}`, `0${bad.id}`, `+${bad.id}`, `${bad.id}.0`, `${bad.id}e0`, `${bad.id}-`]
      for (const text of ['', 'x', '-', '+', '0', '1-', '9'.repeat(20), '\0', 'é', ...spellings]) {
        expect(await store.findKept('main', text)).toBeUndefined()
        expect(await store.forget('main', text)).toBe(false)
      }
      expect(await store.findKept('main', bad.id)).toEqual(bad)
    })

    test('a batch in quarantine that could be read after all leaves it', async () => {
      await receive('a', 'b')
      const [first, second] = await finishAll(() => quarantined)
      if (!first || !second) throw new Error('two batches were received')
      await store.finish(first, read)
      await store.finish(second, { kind: 'empty' })
      expect(await store.listQuarantined('main', null, 10)).toEqual([])
      expect(toTexts(await listKept())).toEqual(['a'])
      expect(await pruneAll(FOREVER)).toBe(1)
    })

    test('a batch that was read can be put into quarantine later, with the last reason', async () => {
      await receive('a')
      const [batch] = await finishAll()
      if (!batch) throw new Error('a batch was received')
      await store.finish(batch, quarantined)
      await store.finish(batch, { kind: 'quarantined', reason: 'ROWS', rows: 1 })
      expect(await store.listQuarantined('main', null, 10)).toMatchObject([{ id: batch.id, reason: 'ROWS', rows: 1 }])
      expect(await pruneAll(FOREVER)).toBe(0)
      expect(toTexts(await listKept())).toEqual(['a'])
    })

    test('finishing twice, or what is gone, does nothing more', async () => {
      await receive('a', 'b')
      const [one, other] = await finishAll()
      if (!one || !other) throw new Error('two batches were received')
      await store.finish(one, read)
      expect(await listKept()).toHaveLength(2)
      await pruneAll(FOREVER)
      for (const outcome of [read, quarantined, { kind: 'empty' } as const]) await store.finish(other, outcome)
      expect(await listKept()).toEqual([])
      expect(await store.listQuarantined('main', null, 10)).toEqual([])
      expect(await store.countUnread('main')).toBe(0)
    })

    test('counts what nobody has read, whether it was looked at or not', async () => {
      await receive('a', 'b', 'c', 'd')
      expect(await store.countUnread('main')).toBe(4)
      const unread = await store.listUnread('main')
      expect(await store.countUnread('main')).toBe(4)
      const outcomes: ReadOutcome[] = [read, quarantined, { kind: 'empty' }]
      for (const [index, outcome] of outcomes.entries()) {
        const batch = unread[index]
        if (batch) await store.finish(batch, outcome)
        expect(await store.countUnread('main')).toBe(3 - index)
      }
    })

    test('forgets what was read and is old, never what is unread or in quarantine', async () => {
      await receive(
        ...['old', 'bad', 'new'].map((text) => ({
          body: Buffer.from(text),
          receivedAt: text === 'new' ? RECEIVED_AT : RECEIVED_AT - 1,
        })),
      )
      await finishAll((text) => (text === 'bad' ? quarantined : read))
      await receive({ body: Buffer.from('looked at'), receivedAt: 1 })
      await store.listUnread('main')
      await receive({ body: Buffer.from('unread'), receivedAt: 1 })
      expect(await pruneAll(RECEIVED_AT)).toBe(1)
      expect(toTexts(await listKept())).toEqual(['bad', 'new'])
      expect(await store.countUnread('main')).toBe(2)
      expect(await pruneAll(RECEIVED_AT + 1)).toBe(1)
      expect(toTexts(await finishAll())).toEqual(['looked at', 'unread'])
    })

    test('forgets old batches that came in late', async () => {
      await receive({ receivedAt: 20 }, { receivedAt: 10 }, { receivedAt: 30 })
      await finishAll()
      expect(await pruneAll(20)).toBe(1)
      expect((await listKept()).map(({ receivedAt }) => receivedAt)).toEqual([20, 30])
    })

    test('forgets much in pieces, and in the end all of it', async () => {
      await receive(...Array.from({ length: 250 }, () => ({})))
      await finishAll()
      expect(await pruneAll(FOREVER)).toBe(250)
      expect(await listKept()).toEqual([])
    })

    test('keeps accounts apart', async () => {
      await receive('a', { account: 'other', body: Buffer.from('b') }, 'c')
      expect(toTexts(await store.listUnread('other'))).toEqual(['b'])
      expect(toTexts(await finishAll())).toEqual(['a', 'c'])
      expect(await store.countUnread('other')).toBe(1)
      expect(await store.listKept('other', null, 10)).toEqual([])
      expect(toTexts(await finishAll(() => quarantined, 'other'))).toEqual(['b'])
      expect(await store.listQuarantined('main', null, 10)).toEqual([])
      expect(await pruneAll(FOREVER)).toBe(2)
      expect(toTexts(await store.listKept('other', null, 10))).toEqual(['b'])
    })

    test('loses and repeats nothing, whatever becomes of the batches', async () => {
      const outcome = fc.constantFrom<ReadOutcome['kind'] | 'left'>('read', 'empty', 'quarantined', 'left')
      let round = 0
      await fc.assert(
        fc.asyncProperty(fc.array(fc.array(outcome, { maxLength: 8 }), { maxLength: 4 }), async (groups) => {
          round += 1
          const account = `account-${round}`
          const states = new Map<string, ReadOutcome['kind'] | 'left'>()
          for (const [number, group] of groups.entries()) {
            for (const [index, wanted] of group.entries()) {
              states.set(`${number}-${index}`, wanted)
              await receive({ account, body: Buffer.from(`${number}-${index}`) })
            }
            for (const batch of await store.listUnread(account)) {
              const kind = states.get(batch.body.toString())
              if (kind === 'quarantined') await store.finish(batch, quarantined)
              else if (kind === 'read' || kind === 'empty') await store.finish(batch, { kind })
            }
          }
          const textsOf = (...kinds: string[]) =>
            [...states].flatMap(([text, kind]) => (kinds.includes(kind) ? [text] : []))
          const left = await store.countUnread(account)
          expect(left).toBeGreaterThanOrEqual(textsOf('left').length)
          const kept = toTexts(await store.listKept(account, null, 1000))
          expect(textsOf('read', 'quarantined')).toEqual(expect.arrayContaining(kept))
          const rest = toTexts(await finishAll(() => read, account))
          expect(rest).toHaveLength(left)
          expect(rest).toEqual(expect.arrayContaining(textsOf('left')))
          expect(await store.countUnread(account)).toBe(0)
        }),
        { numRuns: 20 },
      )
    })
  })
}
