import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { type Departure, RedisWaits } from '#fleet/redis-waits.ts'

const PATIENCE_MS = 200

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setImmediate', 'clearImmediate', 'performance'] })
})
afterEach(() => {
  vi.useRealTimers()
})

function open() {
  const silences: number[] = []
  const given: string[] = []
  const waits = new RedisWaits(PATIENCE_MS, () => {
    silences.push(performance.now())
    waits.giveUp()
  })
  const begin = (name: string, departure: Departure = { leftAtMs: performance.now() }) => {
    const wait = { departure, giveUp: () => given.push(name) }
    waits.begin(wait)
    return wait
  }
  return { waits, silences, given, begin, startedAtMs: performance.now() }
}

/** Times since the start, to ten milliseconds: what is looked at twice takes a millisecond. */
const toRounded = (times: readonly number[], startedAtMs: number) =>
  times.map((atMs) => Math.round((atMs - startedAtMs) / 10) * 10)

describe('waits for answers', () => {
  test('end with the answer, and then leave no timer once it would have been due', async () => {
    const { waits, silences, begin } = open()
    const wait = begin('a')
    expect([waits.end(wait), waits.end(wait), waits.count()]).toEqual([true, false, 0])
    await vi.advanceTimersByTimeAsync(PATIENCE_MS)
    expect([silences, vi.getTimerCount()]).toEqual([[], 0])
  })

  test('end all at once when one has lasted too long, each told', async () => {
    const { silences, given, begin, startedAtMs } = open()
    begin('a')
    await vi.advanceTimersByTimeAsync(150)
    begin('b')
    await vi.advanceTimersByTimeAsync(49)
    expect(silences).toEqual([])
    await vi.advanceTimersByTimeAsync(2)
    expect(toRounded(silences, startedAtMs)).toEqual([PATIENCE_MS])
    expect(given).toEqual(['a', 'b'])
    expect(vi.getTimerCount()).toBe(0)
  })

  test('last for each as long as for the first, however many come one after the other', async () => {
    const { waits, silences, begin, startedAtMs } = open()
    for (let round = 0; round < 20; round += 1) {
      const wait = begin('answered')
      await vi.advanceTimersByTimeAsync(70)
      waits.end(wait)
    }
    begin('silent')
    await vi.advanceTimersByTimeAsync(PATIENCE_MS - 1)
    expect(silences).toEqual([])
    await vi.advanceTimersByTimeAsync(3)
    expect(toRounded(silences, startedAtMs)).toEqual([20 * 70 + PATIENCE_MS])
  })

  test('count from when the command left', async () => {
    const { silences, begin, startedAtMs } = open()
    const departure: Departure = { leftAtMs: undefined }
    begin('late', departure)
    await vi.advanceTimersByTimeAsync(3 * PATIENCE_MS - 10)
    departure.leftAtMs = performance.now()
    await vi.advanceTimersByTimeAsync(PATIENCE_MS - 1)
    expect(silences).toEqual([])
    await vi.advanceTimersByTimeAsync(3)
    expect(toRounded(silences, startedAtMs)).toEqual([4 * PATIENCE_MS - 10])
  })

  test('are over only after what has arrived was read', async () => {
    const { waits, silences, begin } = open()
    const wait = begin('a')
    // Read in the turn in which the timer comes.
    setTimeout(() => setImmediate(() => waits.end(wait)), PATIENCE_MS - 1)
    await vi.advanceTimersByTimeAsync(2 * PATIENCE_MS)
    expect(silences).toEqual([])
  })

  test('can be given up, and begin anew', async () => {
    const { waits, silences, given, begin, startedAtMs } = open()
    begin('a')
    waits.giveUp()
    expect([given, vi.getTimerCount()]).toEqual([['a'], 0])
    await vi.advanceTimersByTimeAsync(100)
    begin('b')
    await vi.advanceTimersByTimeAsync(PATIENCE_MS + 1)
    expect(toRounded(silences, startedAtMs)).toEqual([100 + PATIENCE_MS])
  })
})
