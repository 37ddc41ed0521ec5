import { describe, expect, it } from 'vitest'
import { createMemoryCache } from '#cache/memory-cache.ts'
import { describeCache } from '#test/contract/cache-kit.ts'
import { FakeClock } from '#test/support/fake-clock.ts'

describeCache('memory', (maxBytes) => {
  const clock = new FakeClock()
  return Promise.resolve({
    cache: createMemoryCache({ maxBytes, clock }),
    now: () => clock.now(),
    advance: (ms) => clock.advance(ms),
  })
})

describe('a memory cache', () => {
  const clock = new FakeClock()
  const entry = { value: 'x', fetchedAt: clock.now(), freshUntil: clock.now() }
  const keepUntil = clock.now() + 1000

  it('drops what was used longest ago when its bytes are used up', async () => {
    const cache = createMemoryCache({ maxBytes: 10_000, clock })
    for (const key of ['a', 'b', 'c', 'd']) await cache.set(key, entry, { sizeBytes: 2000, keepUntil })
    await cache.get('a')
    await cache.set('e', entry, { sizeBytes: 2000, keepUntil })
    const kept = await Promise.all(['a', 'b', 'c', 'd', 'e'].map(async (key) => (await cache.get(key)) !== undefined))
    expect(kept).toEqual([true, false, true, true, true])
  })

  it('does not store what takes more than a quarter of it, nor keep what that would have replaced', async () => {
    const cache = createMemoryCache({ maxBytes: 10_000, clock })
    await cache.set('key', entry, { sizeBytes: 10, keepUntil })
    await cache.set('key', { ...entry, value: 'new' }, { sizeBytes: 2500, keepUntil })
    expect(await cache.get('key')).toBeUndefined()
  })

  it.each([Number.NaN, -1, Number.POSITIVE_INFINITY])('does not store a size of %d', async (sizeBytes) => {
    const cache = createMemoryCache({ maxBytes: 10_000, clock })
    await cache.set('key', entry, { sizeBytes, keepUntil })
    expect(await cache.get('key')).toBeUndefined()
  })

  it('stores a value that takes no bytes', async () => {
    const cache = createMemoryCache({ maxBytes: 10_000, clock })
    await cache.set('key', entry, { sizeBytes: 0, keepUntil })
    expect(await cache.get('key')).toEqual(entry)
  })
})
