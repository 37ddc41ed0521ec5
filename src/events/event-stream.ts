// Server-sent events: answers that go on until somebody ends them. Whoever does not read is cut off, and nobody holds
// up the end of the process. What the events say is up to the face whose answer it is.
import type { ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import type { Clock } from '#model/clock.ts'
import { GatewayError } from '#model/errors.ts'

/** Media type of an event stream. It is UTF-8 by definition. */
export const EVENT_STREAM_TYPE = 'text/event-stream'

/** One event. */
export interface ServerSentEvent {
  /** Told once more by a browser that connects anew; one line, no NUL. Left out for an event that is no place in a list. */
  readonly id?: string
  /** Its type: one word. */
  readonly event: string
  /** JSON, which is one line; empty for an event that says all by its type. */
  readonly data: string
}

/** After so long without an event a comment is sent, so that nobody on the way takes the connection for dead. */
export const HEARTBEAT_MS = 15_000
/** A client that takes nothing for so long is cut off. */
export const STALLED_MS = 30_000
/** The same while the server closes, which waits for what does not last. */
const STALLED_AT_END_MS = 5_000
/** How often that is looked at. */
const LOOK_EVERY_MS = 5000
/** How long what is on its way to a client may take when the process stops. */
const FAREWELL_MS = 1000

/** An event in the words of the protocol. */
export function toEventText({ id, event, data }: ServerSentEvent): string {
  const place = id === undefined ? '' : `id: ${id}\n`
  return `${place}event: ${event}\ndata: ${data}\n\n`
}

/** What is streamed. */
export interface EventSource<Item> {
  /** Watched from the beginning of the answer on, and asked for at the pace of the client. */
  readonly items: AsyncIterable<Item>
  readonly toEvent: (item: Item) => ServerSentEvent
  /** The last events of a stream that fails. */
  readonly toFarewell: (error: GatewayError) => readonly ServerSentEvent[]
  /** How long browsers are to wait before they connect anew, in milliseconds; left out where clients know no such word. */
  readonly retryMs?: number
  /** When the client may see no more of it, in milliseconds since the epoch; undefined where that is never. */
  readonly expiresAtMs: number | undefined
  /**
   * Whether it goes on until somebody ends it. The end of the process does that too; anything else is left to come to
   * its own end, as every other answer is.
   */
  readonly isLasting: boolean
  /** Called once when the stream is over. */
  readonly onEnd: () => void
}

/** The event streams of a process. */
export class EventStreams {
  private readonly clock: Clock
  /** Those that are open and go on, each with what ends it. */
  private readonly lasting = new Map<ServerResponse, () => void>()
  private isEnding = false
  private isClosing = false

  /** @param draining aborts when clients are to go elsewhere: their streams end, and at once those they open then */
  constructor(clock: Clock, draining: AbortSignal | undefined) {
    this.clock = clock
    this.isEnding = draining?.aborted ?? false
    draining?.addEventListener('abort', () => this.endAll(), { once: true })
  }

  /** The body of an answer. It ends with the items, when the response is closed, and if it lasts when the process stops. */
  stream<Item>(response: ServerResponse, source: EventSource<Item>): Readable {
    const items = source.items[Symbol.asyncIterator]()
    const end = () => void items.return?.()
    const closed = new AbortController()
    // A client may have left while it was found out whether it may ask.
    if ((this.isEnding && source.isLasting) || response.destroyed) end()
    if (response.destroyed) source.onEnd()
    else {
      if (source.isLasting) this.lasting.set(response, end)
      response.once('close', () => {
        this.lasting.delete(response)
        closed.abort()
        end()
        source.onEnd()
      })
      void this.cutWhenStalled(response, closed.signal)
    }
    return Readable.from(writeEvents(items, source, this.clock), { objectMode: false })
  }

  /** Ends all that last, within a second. */
  async close(): Promise<void> {
    this.isClosing = true
    this.endAll()
    const open = [...this.lasting.keys()]
    const over = new AbortController()
    const closed = open.map((response) => new Promise<void>((resolve) => response.once('close', () => resolve())))
    await Promise.race([Promise.all(closed), this.clock.delay(FAREWELL_MS, over.signal).catch(() => undefined)])
    over.abort()
    for (const response of open) response.destroy()
  }

  private endAll(): void {
    this.isEnding = true
    for (const end of this.lasting.values()) end()
  }

  /** Cuts off a client whose socket has had something to take, and took nothing, for too long. */
  private async cutWhenStalled(response: ServerResponse, closed: AbortSignal): Promise<void> {
    let sinceMs: number | undefined
    response.on('drain', () => {
      sinceMs = undefined
    })
    while (!closed.aborted) {
      await this.clock.delay(LOOK_EVERY_MS, closed).catch(() => undefined)
      const isWaiting = response.writableNeedDrain || (response.writableEnded && !response.writableFinished)
      if (!isWaiting) sinceMs = undefined
      else {
        const nowMs = this.clock.monotonicMs()
        sinceMs ??= nowMs
        if (nowMs - sinceMs >= (this.isClosing ? STALLED_AT_END_MS : STALLED_MS)) response.destroy()
      }
    }
  }
}

async function* writeEvents<Item>(
  items: AsyncIterator<Item>,
  { toEvent, toFarewell, retryMs, expiresAtMs = Number.POSITIVE_INFINITY }: EventSource<Item>,
  clock: Clock,
): AsyncGenerator<string, void, undefined> {
  // Something at once: some clients see nothing of an answer, not even that there is one, before its first bytes.
  yield retryMs === undefined ? ':\n\n' : `retry: ${retryMs}\n\n`
  try {
    for (let next = items.next(); ; ) {
      const result = await within(next, Math.max(0, Math.min(HEARTBEAT_MS, expiresAtMs - clock.now())), clock)
      if (clock.now() >= expiresAtMs) throw new GatewayError('UNAUTHENTICATED', 'the token has expired meanwhile')
      if (result === undefined) yield ': still here\n\n'
      else if (result.done) return
      else {
        yield toEventText(toEvent(result.value))
        next = items.next()
      }
    }
  } catch (error) {
    if (!(error instanceof GatewayError)) throw error
    for (const event of toFarewell(error)) yield toEventText(event)
  } finally {
    void items.return?.()
  }
}

/** What `pending` resolves to, or undefined when it takes longer. */
async function within<Value>(pending: Promise<Value>, ms: number, clock: Clock): Promise<Value | undefined> {
  const over = new AbortController()
  try {
    const silence = clock.delay(ms, over.signal).catch(() => undefined)
    return await Promise.race([pending, silence.then(() => undefined)])
  } finally {
    over.abort()
  }
}
