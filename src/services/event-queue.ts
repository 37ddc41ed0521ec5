// Between a feed, which waits for nobody, and a reader, who takes one event after the other at a pace of his own.
import { GatewayError } from '#model/errors.ts'

/** Most events that wait for one reader. */
export const MAX_WAITING_EVENTS = 1000

/** The reader takes events more slowly than they come. What had been waiting for him is dropped. */
export class SlowReaderError extends GatewayError {
  override readonly name = 'SlowReaderError'

  constructor() {
    super(
      'RATE_LIMITED',
      `events come faster than they are read, and ${MAX_WAITING_EVENTS} were waiting; list what is missing and watch again`,
    )
  }
}

/**
 * Events from the moment in which they are iterated over, until the signal aborts or the reader returns.
 * @param watch begins to call back with events; returns what stops that
 * @throws SlowReaderError (the iteration) for a reader that lags too far behind
 */
export function queueEvents<Event>(
  watch: (listener: (event: Event) => void) => () => void,
  signal: AbortSignal,
): AsyncIterable<Event> {
  return { [Symbol.asyncIterator]: () => new EventQueue(watch, signal) }
}

class EventQueue<Event> implements AsyncIterator<Event, undefined> {
  private waiting: Event[] = []
  /** Readers that wait for an event; there are none while events wait. */
  private readers: { readonly resolve: (result: IteratorResult<Event, undefined>) => void }[] = []
  private failure: SlowReaderError | undefined
  private hasEnded = false
  private readonly stop: () => void
  private readonly signal: AbortSignal
  private readonly end = () => this.close()

  constructor(watch: (listener: (event: Event) => void) => () => void, signal: AbortSignal) {
    this.signal = signal
    this.stop = watch((event) => this.take(event))
    signal.addEventListener('abort', this.end, { once: true })
    if (signal.aborted) this.close()
  }

  next(): Promise<IteratorResult<Event, undefined>> {
    const { failure } = this
    this.failure = undefined
    if (failure) return Promise.reject(failure)
    for (const value of this.waiting.splice(0, 1)) return Promise.resolve({ value, done: false })
    if (this.hasEnded) return Promise.resolve({ value: undefined, done: true })
    return new Promise((resolve) => this.readers.push({ resolve }))
  }

  return(): Promise<IteratorResult<Event, undefined>> {
    this.close()
    return Promise.resolve({ value: undefined, done: true })
  }

  private take(event: Event): void {
    if (this.hasEnded) return
    const reader = this.readers.shift()
    if (reader) reader.resolve({ value: event, done: false })
    else if (this.waiting.push(event) > MAX_WAITING_EVENTS) {
      this.close()
      this.failure = new SlowReaderError()
    }
  }

  /** What waits is dropped: who ends a watch wants no more of it. */
  private close(): void {
    if (this.hasEnded) return
    this.hasEnded = true
    this.stop()
    this.signal.removeEventListener('abort', this.end)
    this.waiting = []
    for (const { resolve } of this.readers.splice(0)) resolve({ value: undefined, done: true })
  }
}
