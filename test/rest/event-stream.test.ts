import { IncomingMessage, ServerResponse } from 'node:http'
import { Socket } from 'node:net'
import { text } from 'node:stream/consumers'
import { afterEach, describe, expect, it } from 'vitest'
import { FakeClock } from '#test/support/fake-clock.ts'
import { EventStreams } from '../../src/rest/event-stream.ts'

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
      toFarewell: ({ code }) => ({ event: 'farewell', data: code }),
      expiresAtMs: clock.now() - 5000,
      onEnd: () => undefined,
    })
    const read = text(stream)
    await clock.advance(0)
    expect(await read).toContain('event: farewell\ndata: "UNAUTHENTICATED"')
    expect(Math.min(...clock.delays)).toBe(0)
  })
})
