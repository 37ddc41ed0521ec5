// Every way an operation can come by, each told as the same kind of verdict.
import { createHash } from 'node:crypto'
import { setImmediate } from 'node:timers/promises'
import { WebSocket } from 'ws'
import { eventHeaders, openEvents } from './event-rig.ts'
import type { GraphqlAnswer } from './harness.ts'
import type { HostileRequest } from './hostile-requests.ts'

/** What became of a request: what is carried out has data, or errors that are told with it. */
export interface Verdict {
  readonly data: unknown
  /** Code, message and path of each. */
  readonly errors: readonly unknown[]
  /** Whether all that was wrong is that this transport does not carry such an operation. */
  readonly isElsewhere: boolean
}

/** Sends a request and tells what became of it. */
export type Transport = (request: HostileRequest) => Promise<Verdict>

type Body = Record<string, unknown>
type SendByHttp = (body: Body, role: string) => Promise<GraphqlAnswer>

/** By HTTP, with the document in the request. */
export function byHttp(send: SendByHttp): Transport {
  return async ({ role, query, variables, operationName }) =>
    toVerdict(await send({ query, variables, operationName }, role))
}

/** By HTTP, with the document's name. @param register makes the document known under that name */
export function byId(send: SendByHttp, register: (query: string) => string): Transport {
  return async ({ role, query, variables, operationName }) =>
    toVerdict(await send({ documentId: register(query), variables, operationName }, role))
}

/** By digest: with the document first, and once more without it where it was kept. */
export function byDigest(send: SendByHttp): Transport {
  return async ({ role, query, variables, operationName }) => {
    const sha256Hash = createHash('sha256').update(query).digest('hex')
    const rest = { variables, operationName, extensions: { persistedQuery: { version: 1, sha256Hash } } }
    const first = toVerdict(await send({ query, ...rest }, role))
    const again = await send(rest, role)
    const isUnknown = again.errors[0]?.message === 'PersistedQueryNotFound'
    if (isUnknown && first.data !== undefined) throw new Error('a document that was carried out was not kept')
    return isUnknown ? first : toVerdict(again)
  }
}

function toVerdict({ status, data, errors }: Pick<GraphqlAnswer, 'status' | 'data' | 'errors'>): Verdict {
  const message = errors[0]?.message ?? ''
  const isElsewhere = status === 405 || /^query is a (mutation|subscription);/.test(message)
  return {
    data,
    errors: isElsewhere ? [] : errors.map(({ extensions, message, path }) => [extensions['code'], message, path]),
    isElsewhere,
  }
}

/** A WebSocket whose client has introduced itself. */
export class SocketClient {
  private readonly socket: WebSocket
  private readonly waiting = new Map<string, (message: Body) => void>()
  private readonly publish: () => void
  private count = 0

  /** @param publish makes an event for every subscription that runs */
  constructor(socket: WebSocket, publish: () => void) {
    this.socket = socket
    this.publish = publish
    socket.on('message', (data) => {
      const message: Body = JSON.parse(String(data))
      if (message['type'] !== 'complete') this.waiting.get(String(message['id']))?.(message)
    })
    socket.on('close', (code) => {
      for (const tell of this.waiting.values()) tell({ type: 'error', payload: [{ message: `closed with ${code}` }] })
    })
  }

  /** Connects and introduces itself as somebody of that role. */
  static async open(url: string, role: string, publish: () => void): Promise<SocketClient> {
    const socket = new WebSocket(url, 'graphql-transport-ws')
    await new Promise((resolve, reject) => {
      socket.once('open', resolve)
      socket.once('error', reject)
    })
    const client = new SocketClient(socket, publish)
    const introduced = client.wait('undefined')
    socket.send(JSON.stringify({ type: 'connection_init', payload: { role } }))
    await introduced
    return client
  }

  /** The first answer of an operation. */
  async ask(body: Body): Promise<Verdict> {
    const id = String(this.count++)
    const answer = this.wait(id)
    let isAnswered = false
    void answer.then(() => {
      isAnswered = true
    })
    this.socket.send(JSON.stringify({ id, type: 'subscribe', payload: body }))
    for (let turn = 0; !isAnswered; turn += 1) {
      // An event that nobody watches yet is lost.
      if (turn % 16 === 15) this.publish()
      await setImmediate()
    }
    const { type, payload } = await answer
    this.socket.send(JSON.stringify({ id, type: 'complete' }))
    if (type === 'error') return toVerdict({ status: 200, data: undefined, errors: toErrors(payload) })
    const { data, errors }: { data?: unknown; errors?: unknown } = Object(payload)
    return toVerdict({ status: 200, data, errors: toErrors(errors ?? []) })
  }

  close(): void {
    this.socket.terminate()
  }

  private wait(id: string): Promise<Body> {
    return new Promise((resolve) =>
      this.waiting.set(id, (message) => {
        this.waiting.delete(id)
        resolve(message)
      }),
    )
  }
}

/** On a WebSocket. @param toBody names the document, or brings it along */
export function bySocket(
  clients: Readonly<Record<HostileRequest['role'], SocketClient>>,
  toBody: (query: string) => Body,
): Transport {
  return async ({ role, query, variables, operationName }) => {
    const verdict = await clients[role].ask({ ...toBody(query), variables, operationName })
    return withoutEvents(query, verdict)
  }
}

/** By server-sent events. @param publish makes an event for every subscription that runs */
export function byEvents(url: string, publish: () => void): Transport {
  return async ({ role, query, variables, operationName }) => {
    const body = JSON.stringify({ query, variables, operationName })
    const headers = { ...eventHeaders, 'x-role': role }
    const { response, next, leave } = await openEvents(url, { method: 'POST', headers, body })
    if (response.status !== 200) {
      const { errors }: { errors?: unknown } = Object(await response.json())
      return toVerdict({ status: response.status, data: undefined, errors: toErrors(errors) })
    }
    await next()
    const answer = next()
    let isAnswered = false
    void answer.then(() => {
      isAnswered = true
    })
    for (let turn = 0; !isAnswered; turn += 1) {
      if (turn % 16 === 15) publish()
      await setImmediate()
    }
    const { data, errors } = (await answer)?.data ?? {}
    leave()
    return withoutEvents(query, toVerdict({ status: 200, data, errors: toErrors(errors ?? []) }))
  }
}

/** Those that carry subscriptions: what they execute is elsewhere for all others. */
function withoutEvents(query: string, verdict: Verdict): Verdict {
  const isExecuted = verdict.data !== undefined || verdict.errors.some((error) => Array.isArray(error) && error[2])
  return isExecuted && /^subscription\b/.test(query) ? { data: undefined, errors: [], isElsewhere: true } : verdict
}

function toErrors(payload: unknown): GraphqlAnswer['errors'] {
  return Array.isArray(payload) ? payload : []
}
