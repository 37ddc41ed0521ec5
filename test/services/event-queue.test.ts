import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createProcessFeed } from '#fleet/feed.ts'
import { MAX_WAITING_EVENTS, queueEvents, SlowReaderError } from '#services/event-queue.ts'
import { settle } from '#test/support/fake-clock.ts'

function open() {
  const feed = createProcessFeed<number>()
  const leaving = new AbortController()
  let watching = 0
  const events = queueEvents<number>((listener) => {
    watching += 1
    const stop = feed.watch('main', listener)
    return () => {
      watching -= 1
      stop()
    }
  }, leaving.signal)
  const tell = (...numbers: number[]) => void feed.publish('main', numbers)
  return { events, leaving, tell, countWatching: () => watching }
}
const done = { value: undefined, done: true }

describe('events that wait for a reader', () => {
  it('are watched from the beginning of the iteration on, not before', async () => {
    const { events, tell, countWatching } = open()
    tell(1)
    expect(countWatching()).toBe(0)
    const reader = events[Symbol.asyncIterator]()
    tell(2)
    expect(await reader.next()).toEqual({ value: 2, done: false })
  })

  it('come in order, whoever is faster', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.constantFrom('tell', 'read', 'settle'), { maxLength: 60 }), async (steps) => {
        const { events, tell } = open()
        const reader = events[Symbol.asyncIterator]()
        const got: Promise<IteratorResult<number>>[] = []
        let told = 0
        for (const step of steps) {
          if (step === 'tell') tell(told++)
          if (step === 'read') got.push(reader.next())
          if (step === 'settle') await Promise.resolve()
        }
        const count = Math.min(told, got.length)
        const values = await Promise.all(got.slice(0, count))
        expect(values.map(({ value }) => value)).toEqual(Array.from({ length: count }, (_, index) => index))
        await reader.return?.()
      }),
    )
  })

  it('end with the signal: nobody waits any longer, and nothing is watched', async () => {
    const { events, leaving, tell, countWatching } = open()
    const reader = events[Symbol.asyncIterator]()
    const waiting = [reader.next(), reader.next()]
    tell(1)
    leaving.abort()
    expect(await Promise.all(waiting)).toEqual([{ value: 1, done: false }, done])
    expect(await reader.next()).toEqual(done)
    expect(countWatching()).toBe(0)
  })

  it('are none when the signal has aborted before', async () => {
    const { events, leaving, countWatching } = open()
    leaving.abort()
    expect(await events[Symbol.asyncIterator]().next()).toEqual(done)
    expect(countWatching()).toBe(0)
  })

  it('end when the reader leaves the loop', async () => {
    const { events, tell, countWatching } = open()
    const read = (async () => {
      for await (const event of events) return event
      return undefined
    })()
    await settle()
    tell(7, 8)
    expect(await read).toBe(7)
    expect(countWatching()).toBe(0)
  })

  it('wait up to a bound; beyond it a slow reader is told so and holds nothing any more', async () => {
    const { events, tell, countWatching } = open()
    const slow = events[Symbol.asyncIterator]()
    const other = events[Symbol.asyncIterator]()
    for (let index = 0; index < MAX_WAITING_EVENTS; index += 1) tell(index)
    expect(await other.next()).toEqual({ value: 0, done: false })
    tell(-1)
    expect(countWatching()).toBe(1)
    await expect(slow.next()).rejects.toBeInstanceOf(SlowReaderError)
    expect(await slow.next()).toEqual(done)
    expect(await other.next()).toEqual({ value: 1, done: false })
    expect(new SlowReaderError()).toMatchObject({ code: 'RATE_LIMITED', retryable: true })
  })
})
