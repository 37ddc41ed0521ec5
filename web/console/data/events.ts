// What happens to a stream, as it happens: server-sent events of the REST face. By fetch, for an EventSource cannot send
// a key.
import { useEffect, useRef, useState } from 'preact/hooks'
import { createEventParser } from './event-parser.ts'
import { apiKey, fetchFromGateway } from './gateway.ts'
import { type EventKind, type StreamMessage, toEnding, toMessage } from './stream-messages.ts'
import { readProblem, type Trouble, toTrouble } from './trouble.ts'

export type { EventKind, StreamMessage } from './stream-messages.ts'

/** The gateway says something at least every 15 s. */
const SILENCE_MS = 45_000
const FIRST_RETRY_MS = 3_000
const LONGEST_RETRY_MS = 30_000

/** What is watched. */
export interface WatchSource {
  readonly account: string
  readonly key: string
  readonly kinds: readonly EventKind[]
}

/**
 * How it goes. `waiting`: the connection was lost, and is tried anew; `paused`: nobody sees the tab; `refused`: it is not
 * tried again.
 */
export type WatchState = 'off' | 'connecting' | 'open' | 'waiting' | 'paused' | 'refused'

/** What came of watching so far. */
export interface Watching {
  readonly state: WatchState
  /** Why it waits or was refused. */
  readonly trouble: Trouble | undefined
}

/** Whom it is told to. */
interface WatchHandlers {
  readonly onMessages: (messages: readonly StreamMessage[]) => void
  readonly onState: (watching: Watching) => void
}

/** The address of a stream's events. */
function toEventsPath({ account, key, kinds }: WatchSource): string {
  return `/v1/accounts/${encodeURIComponent(account)}/streams/${encodeURIComponent(key)}/events?events=${kinds.join(',')}`
}

/** Watches a stream while the component is shown. @param source null: nothing is watched. Compared by what it says */
export function useEvents(
  source: WatchSource | null,
  onMessages: (messages: readonly StreamMessage[]) => void,
): Watching {
  const [watching, setWatching] = useState<Watching>({ state: 'off', trouble: undefined })
  const handler = useRef(onMessages)
  handler.current = onMessages
  const question = source === null ? undefined : `${apiKey.value} ${JSON.stringify(source)}`
  // The question says all that the source does.
  useEffect(() => {
    if (source === null) {
      setWatching({ state: 'off', trouble: undefined })
      return
    }
    return watchEvents(source, { onMessages: (messages) => handler.current(messages), onState: setWatching })
  }, [question])
  return watching
}

/** Watches a stream until it is stopped, over as many connections as that takes. @returns stops it */
function watchEvents(source: WatchSource, { onMessages, onState }: WatchHandlers): () => void {
  const stopped = new AbortController()
  let connection = new AbortController()
  // Where it goes on after a pause.
  let place = ''
  let failures = 0

  async function follow(): Promise<void> {
    while (!stopped.signal.aborted) {
      if (document.hidden) {
        onState({ state: 'paused', trouble: undefined })
        await whenSeen(stopped.signal)
        continue
      }
      connection = new AbortController()
      onState({ state: 'connecting', trouble: undefined })
      const { trouble, retryMs = FIRST_RETRY_MS } = await read(AbortSignal.any([stopped.signal, connection.signal]))
      if (stopped.signal.aborted || document.hidden) continue
      if (trouble && isFinal(trouble)) {
        onState({ state: 'refused', trouble })
        return
      }
      onState({ state: 'waiting', trouble })
      const delayMs = Math.min(retryMs * 2 ** Math.min(failures, 6), LONGEST_RETRY_MS)
      failures += 1
      await wait(Math.max(delayMs, trouble?.retryAfterMs ?? 0), stopped.signal)
    }
  }

  /** One connection, to its end. */
  async function read(signal: AbortSignal): Promise<{ trouble?: Trouble | undefined; retryMs?: number | undefined }> {
    const parser = createEventParser(place)
    const silence = createSilence(() => connection.abort())
    try {
      const headers = { accept: 'text/event-stream', ...(place !== '' && { 'last-event-id': place }) }
      const response = await fetchFromGateway(toEventsPath(source), { headers }, signal)
      if (!response.ok || response.body === null) return { trouble: await readRefusal(response) }
      onState({ state: 'open', trouble: undefined })
      const decoder = new TextDecoder()
      const reader = response.body.getReader()
      for (;;) {
        const { done, value } = await reader.read()
        if (done) return { retryMs: parser.retryMs }
        silence.isBroken()
        const messages: StreamMessage[] = []
        let ending: Trouble | undefined
        for (const parsed of parser.push(decoder.decode(value, { stream: true }))) {
          place = parsed.lastEventId
          ending ??= toEnding(parsed)
          const message = toMessage(parsed)
          if (message) messages.push(message)
        }
        if (messages.length > 0) {
          failures = 0
          onMessages(messages)
        }
        if (ending) return { trouble: ending, retryMs: parser.retryMs }
      }
    } catch {
      return { trouble: offline, retryMs: parser.retryMs }
    } finally {
      silence.stop()
      connection.abort()
    }
  }

  // A connection of a tab that nobody sees would be paid for by everybody else.
  const look = () => {
    if (document.hidden) connection.abort()
  }
  document.addEventListener('visibilitychange', look)
  follow().catch((error: unknown) => {
    if (!stopped.signal.aborted) onState({ state: 'refused', trouble: toTrouble(error) })
  })
  return () => {
    document.removeEventListener('visibilitychange', look)
    stopped.abort()
  }
}

const offline: Trouble = { code: 'OFFLINE', message: '', isRetryable: true }

/** Whether asking again would be answered alike. */
function isFinal({ code, isRetryable }: Trouble): boolean {
  return !isRetryable && code !== 'UNEXPECTED' && code !== 'INTERNAL'
}

async function readRefusal(response: Response): Promise<Trouble> {
  const problem = await response.json().catch(() => undefined)
  return readProblem(problem) ?? { code: 'UNEXPECTED', message: `HTTP ${response.status}`, isRetryable: true }
}

/** Tells when nothing has come for too long: a connection can be gone without anybody having said so. */
function createSilence(onSilence: () => void): { isBroken(): void; stop(): void } {
  let timer = setTimeout(onSilence, SILENCE_MS)
  return {
    isBroken() {
      clearTimeout(timer)
      timer = setTimeout(onSilence, SILENCE_MS)
    },
    stop: () => clearTimeout(timer),
  }
}

function wait(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms)
    signal.addEventListener(
      'abort',
      () => {
        clearTimeout(timer)
        resolve()
      },
      { once: true },
    )
  })
}

function whenSeen(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const look = () => {
      if (document.hidden && !signal.aborted) return
      document.removeEventListener('visibilitychange', look)
      signal.removeEventListener('abort', look)
      resolve()
    }
    document.addEventListener('visibilitychange', look)
    signal.addEventListener('abort', look)
  })
}
