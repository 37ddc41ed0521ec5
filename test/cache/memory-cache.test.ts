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
    stepWall: (ms) => clock.stepWall(ms),
  })
})

describe('a memory cache', () => {
  const toKey = (key: string) => ({ scope: 'account', key })
  const key = toKey('key')
  const entryAt = (now: number) => ({ value: 'x', fetchedAt: now, freshUntil: now })

  function open(maxBytes = 10_000, maxKeepMs?: number) {
    const clock = new FakeClock()
    const cache = createMemoryCache({ maxBytes, clock, ...(maxKeepMs === undefined ? {} : { maxKeepMs }) })
    const entry = entryAt(clock.now())
    const set = (name: string, sizeBytes: number, value = 'x') =>
      cache.set(toKey(name), { ...entry, value }, { sizeBytes, keepUntil: clock.now() + 1000 })
    return { clock, cache, entry, set }
  }

  it('tells of reads, and not of looks', async () => {
    const reads: string[] = []
    const clock = new FakeClock()
    const observer = { read: (tier: string, count: number) => void reads.push(`${tier} ${count}`) }
    const cache = createMemoryCache({ maxBytes: 10_000, clock, observer })
    await cache.set(key, entryAt(clock.now()), { sizeBytes: 1, keepUntil: clock.now() + 1000 })
    cache.find(key)
    cache.findFresh(key)
    expect(reads).toEqual([])
    await cache.get(key)
    await cache.getMany([key, toKey('other')])
    expect(reads).toEqual(['memory 1', 'memory 1', 'none 1'])
  })

  it('drops what was used longest ago when its bytes are used up', async () => {
    const { cache, set } = open()
    for (const name of ['a', 'b', 'c', 'd']) await set(name, 2000)
    await cache.get(toKey('a'))
    await set('e', 2000)
    const kept = ['a', 'b', 'c', 'd', 'e'].filter((name) => cache.find(toKey(name)) !== undefined)
    expect(kept).toEqual(['a', 'c', 'd', 'e'])
  })

  it('does not store what takes more than a quarter of it, nor keep what that would have replaced', async () => {
    const { cache, set } = open()
    await set('key', 10)
    await set('key', 2500, 'new')
    expect(await cache.get(key)).toBeUndefined()
  })

  it.each([Number.NaN, -1, Number.POSITIVE_INFINITY])('does not store a size of %d', async (sizeBytes) => {
    const { cache, set } = open()
    await set('key', sizeBytes)
    expect(await cache.get(key)).toBeUndefined()
  })

  it('stores a value that takes no bytes', async () => {
    const { cache, entry, set } = open()
    await set('key', 0)
    expect(await cache.get(key)).toEqual(entry)
  })

  it('keeps nothing in no bytes', async () => {
    const { cache, set } = open(0)
    await set('key', 0)
    expect(await cache.get(key)).toBeUndefined()
  })

  it('keeps nothing longer than its cap, which counts from the fetching', async () => {
    const { clock, cache, entry } = open(10_000, 500)
    await clock.advance(200)
    await cache.set(key, entry, { sizeBytes: 1, keepUntil: clock.now() + 1000 })
    await clock.advance(299)
    expect(await cache.get(key)).toBeDefined()
    await clock.advance(1)
    expect(await cache.get(key)).toBeUndefined()
  })

  it('forgets all of an account that is cleared, and nothing else', async () => {
    const { clock, cache, entry } = open()
    const keys = ['1', '2'].flatMap((key) => ['a', 'b'].map((scope) => ({ scope, key: `${scope}${key}` })))
    for (const one of keys) await cache.set(one, entry, { sizeBytes: 1, keepUntil: clock.now() + 1000 })
    cache.clear('a')
    expect((await cache.getMany(keys)).map((found) => found === entry)).toEqual([false, true, false, true])
  })

  it('does not store what was begun before its account was cleared, and leaves what has been stored since', async () => {
    const { clock, cache, entry } = open()
    const keepUntil = clock.now() + 1000
    const begunAtMs = clock.monotonicMs()
    cache.clear('account')
    await cache.set(key, entry, { sizeBytes: 1, keepUntil, begunAtMs })
    expect(await cache.get(key)).toBeUndefined()
    await clock.advance(1)
    await cache.set(key, entry, { sizeBytes: 1, keepUntil, begunAtMs: clock.monotonicMs() })
    await cache.set(key, entryAt(clock.now()), { sizeBytes: 1, keepUntil, begunAtMs })
    expect(await cache.get(key)).toBe(entry)
    const other = { scope: 'other', key: 'other' }
    await cache.set(other, entry, { sizeBytes: 1, keepUntil, begunAtMs })
    expect(await cache.get(other)).toBe(entry)
  })

  it('finds what is fresh, by the wall clock of the moment, and no more', async () => {
    const { clock, cache } = open()
    const now = clock.now()
    const fresh = { value: 'x', fetchedAt: now, freshUntil: now + 100 }
    await cache.set(key, fresh, { sizeBytes: 1, keepUntil: now + 5000 })
    expect(cache.findFresh(toKey('other'))).toBeUndefined()
    await clock.advance(99)
    expect(cache.findFresh(key)).toBe(fresh)
    clock.stepWall(60_000)
    expect(cache.findFresh(key)).toEqual({ ...fresh, fetchedAt: now + 60_000, freshUntil: now + 60_100 })
    await clock.advance(1)
    expect(cache.findFresh(key)).toBeUndefined()
    expect(cache.find(key)).toBeDefined()
  })

  it('gives the very same object as long as the wall clock does not step', async () => {
    const { clock, cache, entry } = open()
    await cache.set(key, entry, { sizeBytes: 1, keepUntil: clock.now() + 5000 })
    await clock.advance(10)
    clock.stepWall(1000)
    expect(await cache.get(key)).toBe(entry)
    clock.stepWall(1)
    const moved = await cache.get(key)
    expect(moved).toEqual({ ...entry, fetchedAt: entry.fetchedAt + 1001, freshUntil: entry.freshUntil + 1001 })
    expect(await cache.get(key)).toBe(moved)
  })
})
