// The GraphQL face on real sockets, over use cases in memory and a clock of the test's.
import { once } from 'node:events'
import fastify, { type FastifyInstance } from 'fastify'
import { onTestFinished } from 'vitest'
import { type ClientOptions, WebSocket } from 'ws'
import type { Authenticator } from '#access/authenticator.ts'
import { createClientLimit } from '#access/client-limit.ts'
import { createConnections } from '#access/connections.ts'
import type { PersistedOperations } from '#graphql/persisted-operations.ts'
import { graphqlPlugin } from '#graphql/plugin.ts'
import type { Caller } from '#model/caller.ts'
import type { Snapshot } from '#model/snapshot.ts'
import { createRowWriter } from '#rows/row-writer.ts'
import { FakeClock } from '#test/support/fake-clock.ts'
import { FakeServices, fetchedAt } from '#test/support/fake-services.ts'
import { addRequestScope } from '../../src/server/request-scope.ts'
import { schemaText } from './harness.ts'

/** What a test may want otherwise. */
export interface SocketRigOptions {
  readonly services?: FakeServices
  readonly authenticate?: Authenticator['authenticate']
  readonly requestsPerMinute?: number
  readonly perClient?: number
  readonly operationsPerSocket?: number
  readonly messagesPerSecond?: number
  readonly origins?: readonly string[]
  readonly draining?: AbortSignal
  readonly persisted?: PersistedOperations
}

/** A message of the server, parsed. */
// biome-ignore lint/suspicious/noExplicitAny: answers have the shape of their question
export type Message = any

/** The client's end of a WebSocket. */
export interface TestSocket {
  readonly socket: WebSocket
  send(message: object): void
  /** The next message, in order. */
  next(): Promise<Message>
  /** Messages that came and were not taken. */
  readonly waiting: readonly Message[]
  /** How it ended: `4401 Unauthorized`. */
  readonly closed: Promise<string>
}

/** A running face. */
export interface SocketRig {
  readonly app: FastifyInstance
  /** `http://127.0.0.1:<port>` */
  readonly address: string
  readonly services: FakeServices
  readonly clock: FakeClock
  /** Everything that was logged, as text. */
  log(): string
  /** Opens a socket and says nothing yet. */
  open(options?: ClientOptions, protocols?: readonly string[]): Promise<TestSocket>
  /** Opens one whose client has been accepted. */
  connect(payload?: object): Promise<TestSocket>
  publish(...snapshots: readonly Snapshot[]): Promise<void>
}

/** A screenshot of account `a`. */
export const snapshot = (id: string, key = 'k', url: string | null = null): Snapshot => ({
  ...{ id, account: 'a', key, takenAt: null, width: 1280, height: 720, url },
  receivedAt: fetchedAt,
})

const everybody: Caller = { name: 'anonymous', role: 'reader', accounts: 'all' }

/** Starts it; closed when the test is over. */
export async function startSockets(options: SocketRigOptions = {}): Promise<SocketRig> {
  const lines: string[] = []
  const clock = new FakeClock(fetchedAt)
  const services = options.services ?? new FakeServices({ a: {} })
  const app = fastify({ logger: { level: 'debug', stream: { write: (line: string) => void lines.push(line) } } })
  const scope = addRequestScope(app, {
    authenticator: { authenticate: options.authenticate ?? (async () => everybody) },
    clientLimit: createClientLimit({ requestsPerMinute: options.requestsPerMinute ?? null, clock }),
    clock,
    deadlineMs: 10_000,
    maxProviderCalls: 60,
  })
  await app.register(graphqlPlugin, {
    services,
    schema: schemaText,
    rows: createRowWriter({ maxBytes: 1024 * 1024 }),
    createAsk: scope.createAsk,
    limits: { maxDepth: 10, maxAliases: 30 },
    ...(options.persisted && { persisted: options.persisted }),
    sockets: {
      ...scope,
      connections: createConnections({ perProcess: 4000, perClient: options.perClient ?? 1000 }),
      limits: {
        operationsPerSocket: options.operationsPerSocket ?? 100,
        messagesPerSecond: options.messagesPerSecond ?? 50,
      },
      origins: options.origins ?? [],
      clock,
      draining: options.draining,
    },
  })
  app.get('/healthz', async () => 'well')
  const address = await app.listen({ host: '127.0.0.1', port: 0 })
  onTestFinished(() => app.close())

  const open: SocketRig['open'] = async (clientOptions = {}, protocols = ['graphql-transport-ws']) => {
    const socket = new WebSocket(`${address.replace('http', 'ws')}/graphql`, [...protocols], clientOptions)
    const waiting: Message[] = []
    const takers: ((message: Message) => void)[] = []
    socket.on('error', () => undefined)
    socket.on('message', (data) => {
      const message = JSON.parse(String(data))
      const taker = takers.shift()
      if (taker) taker(message)
      else waiting.push(message)
    })
    const closed = new Promise<string>((resolve) =>
      socket.once('close', (code, reason) => resolve(`${code} ${reason}`.trim())),
    )
    onTestFinished(() => socket.terminate())
    await Promise.race([once(socket, 'open'), closed])
    return {
      socket,
      waiting,
      closed,
      send: (message) => socket.send(JSON.stringify(message)),
      next: async () => (waiting.length > 0 ? waiting.shift() : new Promise((resolve) => takers.push(resolve))),
    }
  }

  return {
    app,
    address,
    services,
    clock,
    log: () => lines.join(''),
    open,
    connect: async (payload) => {
      const opened = await open()
      opened.send({ type: 'connection_init', payload })
      const message = await Promise.race([opened.next(), opened.closed])
      if (message.type !== 'connection_ack') throw new Error(`no acknowledgement, but ${JSON.stringify(message)}`)
      return opened
    },
    publish: (...snapshots) => services.snapshotFeed.publish('a', snapshots),
  }
}
