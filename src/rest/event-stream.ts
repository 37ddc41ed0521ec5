// Server-sent events: answers that go on until somebody ends them. Whoever does not read is cut off, and nobody holds
// up the end of the process.
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
  /** Sent as JSON, which is one line. */
  readonly data: unknown
}

/** After so long without an event a comment is sent, so that nobody on the way takes the connection for dead. */
export const HEARTBEAT_MS = 15_000
/** How long browsers wait before they connect anew: a process that stops is gone by then, and its successor there. */
export const RETRY_MS = 3000
/** A client that takes nothing for so long is cut off. */
export const STALLED_MS = 30_000
/** How often that is looked at. */
const LOOK_EVERY_MS = 5000
/** How long what is on its way to a client may take when the process stops. */
const FAREWELL_MS = 1000

/** An event in the words of the protocol. */
export function toEventText({ id, event, data }: ServerSentEvent): string {
  const place = id === undefined ? '' : `id: ${id}\n`
  return `${place}event: ${event}\ndata: ${JSON.stringify(data)}\n\n`
}

/** What is streamed. */
export interface EventSource<Item> {
  /** Watched from the beginning of the answer on, and asked for at the pace of the client. */
  readonly items: AsyncIterable<Item>
  readonly toEvent: (item: Item) => ServerSentEvent
  /** The last event of a stream that fails. */
  readonly toFarewell: (error: GatewayError) => ServerSentEvent
  /** When the client may see no more of it, in milliseconds since the epoch; undefined where that is never. */
  readonly expiresAtMs: number | undefined
  /** Called once when the stream is over. */
  readonly onEnd: () => void
}

/** The event streams of a process. */
export class EventStreams {
  private readonly clock: Clock
  /** Those that are open, each with what ends it. */
  private readonly open = new Map<ServerResponse, () => void>()
  private isEnding = false

  /** @param draining aborts when clients are to go elsewhere: their streams end, and at once those they open then */
  constructor(clock: Clock, draining: AbortSignal | undefined) {
    this.clock = clock
    this.isEnding = draining?.aborted ?? false
    draining?.addEventListener('abort', () => this.endAll(), { once: true })
  }

  /** The body of an answer. It ends with the items, when the response is closed, and when the process stops. */
  stream<Item>(response: ServerResponse, source: EventSource<Item>): Readable {
    const items = source.items[Symbol.asyncIterator]()
    const end = () => void items.return?.()
    const closed = new AbortController()
    // A client may have left while it was found out whether it may ask.
    if (this.isEnding || response.destroyed) end()
    if (response.destroyed) source.onEnd()
    else {
      this.open.set(response, end)
      response.once('close', () => {
        this.open.delete(response)
        closed.abort()
        end()
        source.onEnd()
      })
      void cutWhenStalled(response, this.clock, closed.signal)
    }
    return Readable.from(writeEvents(items, source, this.clock), { objectMode: false })
  }

  /** Ends them all, within a second. */
  async close(): Promise<void> {
    this.endAll()
    const open = [...this.open.keys()]
    const over = new AbortController()
    const closed = open.map((response) => new Promise<void>((resolve) => response.once('close', () => resolve())))
    await Promise.race([Promise.all(closed), this.clock.delay(FAREWELL_MS, over.signal).catch(() => undefined)])
    over.abort()
    for (const response of open) response.destroy()
  }

  private endAll(): void {
    this.isEnding = true
    for (const end of this.open.values()) end()
  }
}

async function* writeEvents<Item>(
  items: AsyncIterator<Item>,
  { toEvent, toFarewell, expiresAtMs = Number.POSITIVE_INFINITY }: EventSource<Item>,
  clock: Clock,
): AsyncGenerator<string, void, undefined> {
  yield `retry: ${RETRY_MS}\n\n`
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
    yield toEventText(toFarewell(error))
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

/** Cuts off a client whose socket has had something to take, and took nothing, for too long. */
async function cutWhenStalled(response: ServerResponse, clock: Clock, closed: AbortSignal): Promise<void> {
  let sinceMs: number | undefined
  response.on('drain', () => {
    sinceMs = undefined
  })
  while (!closed.aborted) {
    await clock.delay(LOOK_EVERY_MS, closed).catch(() => undefined)
    const isWaiting = response.writableNeedDrain || (response.writableEnded && !response.writableFinished)
    if (!isWaiting) sinceMs = undefined
    else {
      sinceMs ??= clock.monotonicMs()
      if (clock.monotonicMs() - sinceMs >= STALLED_MS) response.destroy()
    }
  }
}
