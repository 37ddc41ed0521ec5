import { IncomingMessage, ServerResponse } from 'node:http'
import { Socket } from 'node:net'
import { text } from 'node:stream/consumers'
import { afterEach, describe, expect, it } from 'vitest'
import { EventStreams, toEventText } from '#events/event-stream.ts'
import { FakeClock } from '#test/support/fake-clock.ts'

const response = new ServerResponse(new IncomingMessage(new Socket()))
afterEach(() => response.destroy())

/** A clock that takes note of how long it was asked to wait. */
class NotedClock extends FakeClock {
  readonly delays: number[] = []

  override delay(ms: number, signal?: AbortSignal): Promise<void> {
    this.delays.push(ms)
    return super.delay(ms, signal)
  }
}

async function* never(): AsyncGenerator<string, void, undefined> {
  await new Promise(() => undefined)
}

describe('a stream of events', () => {
  it('ends at once, and waits for nothing, when who asks for it may see nothing any more', async () => {
    const clock = new NotedClock()
    const stream = new EventStreams(clock, undefined).stream(response, {
      items: never(),
      toEvent: (data) => ({ event: 'item', data }),
      toFarewell: ({ code }) => [
        { event: 'farewell', data: code },
        { event: 'over', data: '' },
      ],
      isLasting: true,
      expiresAtMs: clock.now() - 5000,
      onEnd: () => undefined,
    })
    const read = text(stream)
    await clock.advance(0)
    expect(await read).toBe(':\n\nevent: farewell\ndata: UNAUTHENTICATED\n\nevent: over\ndata: \n\n')
    expect(Math.min(...clock.delays)).toBe(0)
  })

  it('begins with how long to wait before the next one, where that is told', async () => {
    const clock = new NotedClock()
    const stream = new EventStreams(clock, AbortSignal.abort()).stream(response, {
      items: (async function* () {})(),
      toEvent: () => ({ event: 'item', data: '' }),
      toFarewell: () => [],
      retryMs: 3000,
      isLasting: true,
      expiresAtMs: undefined,
      onEnd: () => undefined,
    })
    expect(await text(stream)).toBe('retry: 3000\n\n')
  })
})

describe('the end of the process', () => {
  const source = { items: never(), toEvent: (data: string) => ({ event: 'item', data }), toFarewell: () => [] }

  function openStalled(clock: FakeClock, isLasting: boolean) {
    const streams = new EventStreams(clock, undefined)
    const stalled = new ServerResponse(new IncomingMessage(new Socket()))
    streams.stream(stalled, { ...source, isLasting, expiresAtMs: undefined, onEnd: () => undefined })
    // More than it takes without a socket.
    stalled.write('x'.repeat(100_000))
    return { streams, stalled }
  }

  it('waits a second for what lasts', async () => {
    const clock = new FakeClock()
    const { streams, stalled } = openStalled(clock, true)
    const closed = streams.close()
    await clock.advance(1000)
    await closed
    expect(stalled.destroyed).toBe(true)
  })

  it('waits for any other as long as its client reads, and for who does not a few seconds', async () => {
    const clock = new FakeClock()
    const { streams, stalled } = openStalled(clock, false)
    await clock.advance(5000)
    await clock.advance(5000)
    await streams.close()
    expect(stalled.destroyed).toBe(false)
    await clock.advance(5000)
    expect(stalled.destroyed).toBe(true)
  })
})

describe('an event', () => {
  it('has its place before it, if it has one', () => {
    expect(toEventText({ id: '1-0', event: 'item', data: '{}' })).toBe('id: 1-0\nevent: item\ndata: {}\n\n')
    expect(toEventText({ event: 'item', data: 'null' })).toBe('event: item\ndata: null\n\n')
  })
})
