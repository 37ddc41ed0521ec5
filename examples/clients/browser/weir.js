// Asks a Weir from a page: questions by POST, subscriptions over a WebSocket (graphql-transport-ws).

/** What the gateway says went wrong. */
export class WeirError extends Error {
  /** @param {{ message: string, extensions?: { code?: string, retryable?: boolean, retryAfterMs?: number } }} problem */
  constructor({ message, extensions = {} }) {
    super(message)
    this.name = 'WeirError'
    this.code = extensions.code ?? 'UNREADABLE'
    this.retryable = extensions.retryable ?? false
    this.retryAfterMs = extensions.retryAfterMs
  }
}

/**
 * Asks once. An answer may hold data and errors: what could be had, and why the rest could not.
 * @param {{ url: string, key?: string }} weir  without a path; without a key the gateway must be open
 * @throws {WeirError} when there are no data at all
 */
export async function ask({ url, key }, query, variables = {}) {
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(key && { 'x-api-key': key }) },
    body: JSON.stringify({ query, variables }),
    // No cookies: who asks is said by the key.
    credentials: 'omit',
    signal: AbortSignal.timeout(20_000),
  })
  const { data, errors = [] } = await response.json()
  if (!data) throw new WeirError(errors[0] ?? { message: `status ${response.status}` })
  return { data, errors: errors.map((error) => new WeirError(error)) }
}

/** What the gateway closes a WebSocket with when asking again is of no use: a wrong key, a foreign origin, a wrong question. */
const finalCodes = new Set([4400, 4401, 4403, 4406])

/**
 * Subscribes, and connects again whenever the connection ends, until it is stopped. What happened between is not told: read the list
 * after `onConnected`.
 * @param {{ url: string, key?: string }} weir
 * @param {{ onNext: (result: object) => void, onConnected?: () => void, onEnd?: (reason: string) => void }} listener
 * @returns {() => void} stops it
 */
export function subscribe({ url, key }, query, variables, { onNext, onConnected, onEnd }) {
  let isOver = false
  let tries = 0
  let timer
  let socket

  function connect() {
    socket = new WebSocket(`${url.replace(/^http/, 'ws')}/graphql`, 'graphql-transport-ws')
    const send = (message) => socket.send(JSON.stringify(message))
    socket.onopen = () => send({ type: 'connection_init', payload: key ? { apiKey: key } : {} })
    socket.onmessage = ({ data }) => {
      const message = JSON.parse(data)
      if (message.type === 'connection_ack') {
        tries = 0
        send({ id: '1', type: 'subscribe', payload: { query, variables } })
        onConnected?.()
      } else if (message.type === 'ping') send({ type: 'pong' })
      else if (message.type === 'next') onNext(message.payload)
      else if (message.type === 'error') end(message.payload[0]?.message ?? 'refused')
      else if (message.type === 'complete') end('complete')
    }
    socket.onclose = ({ code, reason }) => {
      if (isOver) return
      if (finalCodes.has(code)) return end(reason)
      // Later each time, and at another time for each page: a gateway that comes back is not asked by all at once.
      timer = setTimeout(connect, Math.min(30_000, 500 * 2 ** tries) * (0.5 + Math.random() / 2))
      tries += 1
    }
  }

  function end(reason) {
    if (isOver) return
    isOver = true
    clearTimeout(timer)
    socket.close(1000)
    onEnd?.(reason)
  }

  connect()
  return () => end('stopped')
}
