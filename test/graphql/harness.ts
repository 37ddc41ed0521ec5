// The GraphQL face alone, over use cases in memory.
import { readFileSync } from 'node:fs'
import fastify, { type FastifyInstance } from 'fastify'
import { type Ask, Meter } from '#contract/ask.ts'
import { type GraphqlPluginOptions, graphqlPlugin } from '#graphql/plugin.ts'
import type { Caller } from '#model/caller.ts'
import { createRowWriter } from '#rows/row-writer.ts'
import { FakeServices } from '#test/support/fake-services.ts'

/** The schema as it is served. */
export const schemaText = readFileSync(new URL('../../schema.graphql', import.meta.url), 'utf8')

/** Everybody sees everything. */
const ops: Caller = { name: 'anonymous', role: 'ops', accounts: 'all' }

/** An ask with a long deadline. */
export function createAsk(caller: Caller = ops, meter: Meter = new Meter()): Ask {
  return { caller, lane: 'interactive', signal: new AbortController().signal, deadlineAtMs: 10_000, meter }
}

/** An answer as a client reads it. */
export interface GraphqlAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, unknown>>
  readonly text: string
  // biome-ignore lint/suspicious/noExplicitAny: answers have the shape of their query
  readonly data: any
  readonly errors: readonly {
    readonly message: string
    readonly path?: readonly (string | number)[]
    readonly locations?: readonly object[]
    readonly extensions: Readonly<Record<string, unknown>>
  }[]
  readonly upstream: { readonly calls: number; readonly cached: number; readonly coalesced: number }
}

/** A running face. */
export interface Face {
  readonly app: FastifyInstance
  readonly services: FakeServices
  /** Lines it logged, parsed. */
  readonly log: readonly Readonly<Record<string, unknown>>[]
  /** Asks by POST. */
  ask(query: string, variables?: object, headers?: Record<string, string>): Promise<GraphqlAnswer>
  /** Sends a body by POST. */
  post(payload: object, headers?: Record<string, string>): Promise<GraphqlAnswer>
  /** Sends a query string by GET, with the header that no page of another site can send. */
  get(query: Record<string, string | string[]>, headers?: Record<string, string>): Promise<GraphqlAnswer>
}

/** Starts the face; `app` is to be closed by the test. */
export async function createFace(
  services: FakeServices = new FakeServices(),
  options: Partial<GraphqlPluginOptions> = {},
): Promise<Face> {
  const log: Record<string, unknown>[] = []
  const app = fastify({
    logger: { level: 'warn', stream: { write: (line: string) => void log.push(JSON.parse(line)) } },
  })
  await app.register(graphqlPlugin, {
    services,
    schema: schemaText,
    rows: createRowWriter({ maxBytes: 1024 * 1024 }),
    createAsk: () => createAsk(),
    limits: { maxDepth: 10, maxAliases: 30 },
    ...options,
  })
  await app.ready()
  const post: Face['post'] = async (payload, headers = {}) =>
    toAnswer(await app.inject({ method: 'POST', url: '/graphql', payload, headers }))
  return {
    app,
    services,
    log,
    ask: (query, variables, headers) => post({ query, ...(variables && { variables }) }, headers),
    post,
    get: async (query, headers) =>
      toAnswer(await app.inject({ url: '/graphql', query, headers: { 'graphql-require-preflight': '1', ...headers } })),
  }
}

/** Reads a response of the face. */
export function toAnswer(response: Awaited<ReturnType<FastifyInstance['inject']>>): GraphqlAnswer {
  const { data, errors = [], extensions } = response.json()
  return {
    status: response.statusCode,
    headers: response.headers,
    text: response.body,
    data,
    errors,
    upstream: extensions?.upstream,
  }
}
