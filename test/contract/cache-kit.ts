// What every cache promises, wherever it keeps its entries.
import { describe, expect, it } from 'vitest'
import type { Cache } from '#cache/cache.ts'
import type { Instant } from '#model/time-range.ts'

/** A cache and the time it lives in. */
export interface CacheUnderTest {
  readonly cache: Cache
  now(): Instant
  /** Lets time pass: moves a fake clock, or waits. */
  advance(ms: number): Promise<void>
}

/** Declares the tests for one implementation. @param open makes an empty cache of at least `maxBytes` */
export function describeCache(name: string, open: (maxBytes: number) => Promise<CacheUnderTest>): void {
  const toEntry = (value: unknown, now: Instant) => ({ value, fetchedAt: now, freshUntil: now + 10 })

  describe(`cache contract: ${name}`, () => {
    it('gives back what was stored, with its age', async () => {
      const { cache, now } = await open(100_000)
      const entry = toEntry({ streams: ['a', 'ü', null], count: 1.5 }, now())
      await cache.set('key', entry, { sizeBytes: 100, keepUntil: now() + 1000 })
      expect(await cache.get('key')).toEqual(entry)
    })

    it('knows nothing of other keys', async () => {
      const { cache, now } = await open(100_000)
      await cache.set('key', toEntry(1, now()), { sizeBytes: 1, keepUntil: now() + 1000 })
      for (const key of ['', 'KEY', 'key ', '__proto__', 'constructor']) expect(await cache.get(key)).toBeUndefined()
    })

    it('replaces an entry', async () => {
      const { cache, now } = await open(100_000)
      for (const value of [1, 2])
        await cache.set('key', toEntry(value, now()), { sizeBytes: 1, keepUntil: now() + 1000 })
      expect(await cache.get('key')).toMatchObject({ value: 2 })
    })

    it('keeps an entry past its freshness and not past its end', async () => {
      const { cache, now, advance } = await open(100_000)
      await cache.set('key', toEntry(1, now()), { sizeBytes: 1, keepUntil: now() + 100 })
      await advance(50)
      expect(await cache.get('key')).toMatchObject({ value: 1 })
      await advance(60)
      expect(await cache.get('key')).toBeUndefined()
    })

    it('tells a kept null from nothing', async () => {
      const { cache, now } = await open(100_000)
      await cache.set('key', toEntry(null, now()), { sizeBytes: 1, keepUntil: now() + 1000 })
      expect(await cache.get('key')).toMatchObject({ value: null })
    })
  })
}
