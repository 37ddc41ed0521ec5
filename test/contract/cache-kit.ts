// What every cache promises, wherever it keeps its entries.
import { describe, expect, it } from 'vitest'
import type { Cache, CacheKey } from '#cache/cache.ts'
import type { Instant } from '#model/time-range.ts'

/** A cache and the time it lives in. */
export interface CacheUnderTest {
  readonly cache: Cache
  now(): Instant
  /** Lets time pass: moves a fake clock. What is kept for a minute must outlive a test. */
  advance(ms: number): Promise<void>
  /** Steps the wall clock alone. */
  stepWall(ms: number): void
}

/** The last instant a Date can hold. */
const FOREVER: Instant = 8_640_000_000_000_000
const MINUTE_MS = 60_000

/** Declares the tests for one implementation. @param open makes an empty cache of at least `maxBytes` */
export function describeCache(name: string, open: (maxBytes: number) => Promise<CacheUnderTest>): void {
  const toKey = (key: string, scope = 'account'): CacheKey => ({ scope, key })
  const key = toKey('key')
  const toEntry = (value: unknown, now: Instant) => ({ value, fetchedAt: now, freshUntil: now + 10_000 })
  const forAMinute = (now: Instant) => ({ sizeBytes: 100, keepUntil: now + MINUTE_MS })

  describe(`cache contract: ${name}`, () => {
    it('gives back what was stored, with its age', async () => {
      const { cache, now } = await open(100_000)
      const entry = toEntry({ streams: ['a', 'ü', '\ud83d\ude00', null], count: 1.5, none: -0 }, now())
      await cache.set(key, entry, forAMinute(now()))
      expect(await cache.get(key)).toStrictEqual(entry)
    })

    it('gives back a long value', async () => {
      const { cache, now } = await open(1_000_000)
      const entry = toEntry(
        Array.from({ length: 1440 }, (_, index) => ({ at: index * MINUTE_MS })),
        now(),
      )
      await cache.set(key, entry, forAMinute(now()))
      expect(await cache.get(key)).toStrictEqual(entry)
    })

    it('knows nothing of other keys', async () => {
      const { cache, now } = await open(100_000)
      await cache.set(key, toEntry(1, now()), forAMinute(now()))
      for (const other of ['', 'KEY', 'key ', '__proto__', 'constructor'])
        expect(await cache.get(toKey(other))).toBeUndefined()
    })

    it('gives many entries in the order of their keys, of several accounts too', async () => {
      const { cache, now } = await open(100_000)
      const keys = ['a', 'b', 'c'].flatMap((scope) => [toKey(`${scope}1`, scope), toKey(`${scope}2`, scope)])
      const [first, ...others] = keys
      for (const other of others) await cache.set(other, toEntry(other.key, now()), forAMinute(now()))
      const asked = [...keys.toReversed(), ...keys]
      const found = await cache.getMany<string>(asked)
      expect(found.map((entry) => entry?.value)).toEqual(asked.map((one) => (one === first ? undefined : one.key)))
      expect(await cache.getMany([])).toEqual([])
    })

    it('replaces an entry', async () => {
      const { cache, now, advance } = await open(100_000)
      for (const value of [1, 2]) {
        await cache.set(key, toEntry(value, now()), forAMinute(now()))
        await advance(1)
      }
      expect(await cache.get(key)).toMatchObject({ value: 2 })
    })

    it('keeps an entry past its freshness and not past its end', async () => {
      const { cache, now, advance } = await open(100_000)
      await cache.set(key, toEntry(1, now()), forAMinute(now()))
      await advance(MINUTE_MS - 1)
      expect(await cache.get(key)).toMatchObject({ value: 1 })
      await advance(1)
      expect(await cache.get(key)).toBeUndefined()
    })

    it('keeps nothing whose end has come', async () => {
      const { cache, now } = await open(100_000)
      await cache.set(key, toEntry(1, now()), { sizeBytes: 1, keepUntil: now() })
      expect(await cache.get(key)).toBeUndefined()
    })

    it('keeps what is true for ever as that', async () => {
      const { cache, now, advance, stepWall } = await open(100_000)
      await cache.set(key, { ...toEntry(1, now()), freshUntil: FOREVER }, forAMinute(now()))
      await advance(5000)
      stepWall(-3_600_000)
      expect(await cache.get(key)).toMatchObject({ freshUntil: FOREVER })
    })

    it.each([3_600_000, -3_600_000])(
      'lets a step of the wall clock by %i ms change no life and no age',
      async (step) => {
        const { cache, now, advance, stepWall } = await open(100_000)
        await cache.set(key, toEntry(1, now()), forAMinute(now()))
        await advance(20_000)
        stepWall(step)
        await advance(20_000)
        const entry = await cache.get(key)
        expect(entry).toEqual({ value: 1, fetchedAt: now() - 40_000, freshUntil: now() - 30_000 })
        await advance(20_000)
        expect(await cache.get(key)).toBeUndefined()
      },
    )

    it('tells a kept null from nothing', async () => {
      const { cache, now } = await open(100_000)
      await cache.set(key, toEntry(null, now()), forAMinute(now()))
      expect(await cache.get(key)).toMatchObject({ value: null })
    })

    it('gives values that nobody can change', async () => {
      const { cache, now } = await open(100_000)
      await cache.set(key, toEntry({ rows: [{ count: 1 }] }, now()), forAMinute(now()))
      const entry = await cache.get<{ rows: { count: number }[] }>(key)
      expect(() => entry?.value.rows.push({ count: 2 })).toThrow(TypeError)
      expect(() => Object.assign(entry?.value.rows[0] ?? {}, { count: 2 })).toThrow(TypeError)
      expect(() => Object.assign(entry ?? {}, { fetchedAt: 0 })).toThrow(TypeError)
    })
  })
}
