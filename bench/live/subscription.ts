// One subscriber's connection, by any of the faces: it hears of each sample, and when it is over.
import { request } from 'node:http'
import { z } from 'zod'
import { introduceSocket, readMessage } from '../faults/attacks/operation-socket.ts'
import { steadyNow } from '../faults/rig/steady-clock.ts'
import { ACCOUNT } from './rig.ts'

/** Ways to watch. */
export const faces = ['websocket', 'graphql-sse', 'rest-sse'] as const
/** A way to watch. */
export type Face = (typeof faces)[number]

/** A sample as it reached a subscriber; epoch milliseconds. */
export interface Sighting {
  /** As the sample says. */
  readonly observedAtMs: number
  /** When its bytes were there, of `steadyNow`. */
  readonly arrivedAtMs: number
}

/** What somebody wants to watch, and who is told. */
export interface SubscriptionOrder {
  /** Of the replica. */
  readonly url: string
  readonly face: Face
  readonly key: string
  /** Place of the last event that was heard, for `rest-sse`: what came after it comes first. */
  readonly after: string | null
  /** @param place of the event; null where the face tells none */
  readonly hear: (sighting: Sighting, place: string | null) => void
  /** Told of everything else that is said: refusals, gaps. */
  readonly complain: (what: string) => void
}

/** A connection that watches. */
export interface Subscription {
  /** Resolves when it is over, however that came. */
  readonly ended: Promise<void>
  close(): void
}

const sampleSchema = z.object({ observedAt: z.string() })
const resultSchema = z.object({ data: z.object({ pushSample: sampleSchema }) })

/** The subscription in GraphQL. */
export const toOperation = (key: string) => ({
  query:
    'subscription Watch($account: String!, $key: String!) { pushSample(account: $account, key: $key) { observedAt frameRate bitrateBitsPerSecond } }',
  variables: { account: ACCOUNT, key },
})

/** Begins to watch. @throws Error when it is refused */
export function subscribe(order: SubscriptionOrder): Promise<Subscription> {
  return order.face === 'websocket' ? watchBySocket(order) : watchByEvents(order)
}

async function watchBySocket({ url, key, hear, complain }: SubscriptionOrder): Promise<Subscription> {
  const socket = await introduceSocket({ url, caller: {} })
  const ended = new Promise<void>((resolve) => socket.once('close', () => resolve()))
  socket.on('message', (data) => {
    const arrivedAtMs = steadyNow()
    const { type, payload } = readMessage(data)
    if (type === 'next') {
      const result = resultSchema.safeParse(payload).data
      if (result === undefined) complain(JSON.stringify(payload).slice(0, 300))
      else hear({ observedAtMs: Date.parse(result.data.pushSample.observedAt), arrivedAtMs }, null)
    } else if (type === 'ping') socket.send('{"type":"pong"}')
    else if (type !== 'pong') {
      complain(`${type}: ${JSON.stringify(payload ?? '').slice(0, 300)}`)
      socket.terminate()
    }
  })
  socket.send(JSON.stringify({ id: 'watch', type: 'subscribe', payload: toOperation(key) }))
  return { ended, close: () => socket.terminate() }
}

/** An event of a stream of events, taken apart. */
interface ServerEvent {
  readonly id: string | null
  readonly type: string
  readonly data: string
}

function readEvent(block: string): ServerEvent {
  const fields = new Map(block.split('\n').map((line) => [line.split(':', 1)[0], line.slice(line.indexOf(':') + 2)]))
  return { id: fields.get('id') ?? null, type: fields.get('event') ?? '', data: fields.get('data') ?? '' }
}

async function watchByEvents({ url, face, key, after, hear, complain }: SubscriptionOrder): Promise<Subscription> {
  const listen = ({ id, type, data }: ServerEvent, arrivedAtMs: number) => {
    if (face === 'rest-sse' && type === 'pushSample')
      hear({ observedAtMs: Date.parse(sampleSchema.parse(JSON.parse(data)).observedAt), arrivedAtMs }, id)
    else if (face === 'graphql-sse' && type === 'next') {
      const result = resultSchema.safeParse(JSON.parse(data)).data
      if (result === undefined) complain(data.slice(0, 300))
      else hear({ observedAtMs: Date.parse(result.data.pushSample.observedAt), arrivedAtMs }, null)
    } else if (type !== '') complain(`${type}: ${data.slice(0, 300)}`)
  }
  const isRest = face === 'rest-sse'
  const path = isRest
    ? `/v1/accounts/${ACCOUNT}/streams/${encodeURIComponent(key)}/events?events=pushSample`
    : '/graphql'
  const headers = {
    accept: 'text/event-stream',
    ...(isRest ? after !== null && { 'last-event-id': after } : { 'content-type': 'application/json' }),
  }
  return new Promise((resolve, reject) => {
    const asked = request(`${url}${path}`, { method: isRest ? 'GET' : 'POST', headers, agent: false })
    const ended = new Promise<void>((end) => asked.once('close', end))
    asked.on('error', reject)
    asked.once('response', (answer) => {
      answer.setEncoding('utf8').on('error', () => undefined)
      if (answer.statusCode !== 200) reject(new Error(`${path} was answered with ${answer.statusCode}`))
      let text = ''
      answer.on('data', (piece: string) => {
        const arrivedAtMs = steadyNow()
        const blocks = (text + piece).split('\n\n')
        text = blocks.pop() ?? ''
        for (const block of blocks) listen(readEvent(block), arrivedAtMs)
      })
      resolve({ ended, close: () => asked.destroy() })
    })
    asked.end(isRest ? undefined : JSON.stringify(toOperation(key)))
  })
}
