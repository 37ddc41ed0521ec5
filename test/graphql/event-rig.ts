// A client of the GraphQL face that wants events, and reads them as they come.
import { onTestFinished } from 'vitest'
import { type Message, type SocketRig, type SocketRigOptions, startSockets } from './socket-rig.ts'

/** An answer that goes on. */
export interface TestEvents {
  readonly response: Response
  /** The next event, `comment` for a comment; undefined when there are no more. */
  next(): Promise<TestEvent | undefined>
  /** All that are left. */
  rest(): Promise<readonly TestEvent[]>
  leave(): void
}

/** An event as it came. */
export interface TestEvent {
  readonly event: string
  /** Parsed; empty where there was none. */
  readonly data: Message
}

/** A running face, and a client of it. */
export interface EventRig extends SocketRig {
  /** Asks by POST. */
  ask(payload: unknown, options?: RequestInit): Promise<TestEvents>
}

/** What a client that wants events sends with a POST. */
export const eventHeaders = { accept: 'text/event-stream', 'content-type': 'application/json' }

/** Starts it; closed when the test is over. */
export async function startEvents(options: SocketRigOptions = {}): Promise<EventRig> {
  const rig = await startSockets(options)
  return {
    ...rig,
    ask: (payload, request) =>
      openEvents(`${rig.address}/graphql`, {
        ...{ method: 'POST', headers: eventHeaders, body: JSON.stringify(payload) },
        ...request,
      }),
  }
}

/** Asks, and reads what comes. */
export async function openEvents(url: string, request: RequestInit): Promise<TestEvents> {
  const leaving = new AbortController()
  onTestFinished(() => leaving.abort())
  const headers = new Headers(request.headers)
  // A client that is cut off opens its next connection at once, and one on which nothing is asked holds up the server's end.
  headers.set('connection', 'close')
  const response = await fetch(url, { ...request, headers, signal: leaving.signal })
  let text = ''
  // Not before somebody wants events: what is none of them may be read by itself.
  let reader: ReadableStreamDefaultReader<string> | undefined
  const next = async (): Promise<TestEvent | undefined> => {
    reader ??= response.body?.pipeThrough(new TextDecoderStream()).getReader()
    while (!text.includes('\n\n')) {
      const { value, done = true } = (await reader?.read()) ?? {}
      if (done) return undefined
      text += value
    }
    const end = text.indexOf('\n\n')
    const lines = text.slice(0, end).split('\n')
    text = text.slice(end + 2)
    if (lines[0]?.startsWith(':')) return { event: 'comment', data: '' }
    const find = (name: string) => lines.find((line) => line.startsWith(`${name}: `))?.slice(name.length + 2) ?? ''
    const data = find('data')
    return { event: find('event'), data: data === '' ? '' : JSON.parse(data) }
  }
  return {
    response,
    next,
    rest: async () => {
      const events: TestEvent[] = []
      for (let event = await next(); event; event = await next()) events.push(event)
      return events
    },
    leave: () => leaving.abort(),
  }
}
