// What the gateway is compared with: a server as its makers' pages show it, Fastify and Mercurius with subscriptions, and
// the limits of GraphQL Armor as far as they can be plugged in. It has a small API of the same words over nothing.
import { EventEmitter, on } from 'node:events'
import { costLimitRule } from '@escape.tech/graphql-armor-cost-limit'
import { maxAliasesRule } from '@escape.tech/graphql-armor-max-aliases'
import { maxDepthRule } from '@escape.tech/graphql-armor-max-depth'
import { maxDirectivesRule } from '@escape.tech/graphql-armor-max-directives'
import { fastify } from 'fastify'
import type { ValidationRule } from 'graphql'
import mercurius from 'mercurius'

const schema = `
  type Query {
    accounts(names: [String!]): [Account!]!
    account(name: String!): Account
    stream(account: String!, key: String!): Stream
    liveStreams(accounts: [String!], first: Int): StreamConnection
    pushSessions(account: String!, keys: [String!]!, from: String!, to: String!): [Session!]
    node(id: ID!): Stream
  }
  type Subscription { snapshot(account: String!, key: String): Snapshot }
  type Account {
    name: String!
    provider: String!
    capabilities: [Capability!]!
    quota: Quota!
    liveStreams(first: Int, domain: String): StreamConnection
  }
  type Capability { capability: String! supported: Boolean! }
  type Quota { limit: Int! windowSeconds: Int! used: Int! }
  type Stream {
    id: ID!
    key: String!
    domain: String
    app: String
    name: String
    state: String
    account: Account!
    recordings(first: Int): RecordingConnection
  }
  type Recording { id: ID! }
  type RecordingConnection { nodes: [Recording!]! }
  type StreamConnection { nodes: [Stream!]! edges: [StreamEdge!]! }
  type StreamEdge { node: Stream! }
  type Session { startedAt: String stale: Boolean sessions: [Session!] }
  type Snapshot { id: ID! url: String }
`

const accounts = ['left', 'right', 'reports'].map((name) => ({
  name,
  provider: 'TENCENT',
  capabilities: [{ capability: 'LIVE_STREAMS', supported: true }],
  quota: { limit: 300, windowSeconds: 300, used: 0 },
  liveStreams: (): object => listStreams(),
}))
let calls = 0

function findAccount(name: string): object | null {
  return accounts.find((account) => account.name === name) ?? null
}

function toStream(account: string, key: string): object {
  return {
    id: `${account}/${key}`,
    key,
    account: findAccount(account),
    state: () => {
      calls += 1
      return 'LIVE'
    },
    recordings: { nodes: [] },
  }
}

function listStreams(): object {
  const node = toStream('left', 'room1')
  return { nodes: [node], edges: [{ node }] }
}

const resolvers = {
  Query: {
    accounts: (_root: unknown, { names }: { names?: string[] }) =>
      accounts.filter(({ name }) => names?.includes(name) ?? true),
    account: (_root: unknown, { name }: { name: string }) => findAccount(name),
    stream: (_root: unknown, { account, key }: { account: string; key: string }) => toStream(account, key),
    liveStreams: () => listStreams(),
  },
  Subscription: {
    // Nothing ever happens: what matters is who may wait for it.
    snapshot: { subscribe: () => on(new EventEmitter(), 'never') },
  },
}

/** The defaults of the rules but for what the gateway allows too. */
const rules: ValidationRule[] = [
  maxDepthRule({ n: 10 }),
  maxAliasesRule({ n: 30 }),
  maxDirectivesRule({ n: 50 }),
  costLimitRule({ maxCost: 5000 }),
] as unknown as ValidationRule[]

const app = fastify({ logger: true })
await app.register(mercurius, {
  schema,
  // Loosely typed: the library's own types of resolvers know nothing of these.
  resolvers: resolvers as never,
  subscription: true,
  graphiql: false,
  validationRules: rules,
})
app.get('/healthz', async () => ({ status: 'ok' }))
app.get('/v1/accounts', async () => accounts.map(({ name }) => ({ name })))
app.get('/openapi.json', async () => ({ text: 'x'.repeat(100_000) }))
app.get('/calls', async () => calls)
process.on('SIGTERM', () => void app.close())
await app.listen({ port: 0, host: '127.0.0.1' })
