// A whole gateway over a whole sandbox, on real sockets, for tests that look at both ends.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { providers } from '#providers/index.ts'
import { type AppOverrides, buildApp } from '#src/app.ts'
import { loadConfig } from '#src/config.ts'
import type { Sandbox } from '../../sandbox/handle.ts'
import { type SandboxOptions, startSandbox } from '../../sandbox/sandbox.ts'

/** What a test may change. */
export interface GatewayOptions {
  readonly sandbox?: SandboxOptions
  /** A sandbox that is running already, and is left running: what several gateways ask. */
  readonly over?: Sandbox
  /** Further top-level settings. */
  readonly settings?: Record<string, unknown>
  /** Further settings of the two accounts. */
  readonly tencent?: Record<string, unknown>
  readonly chinanetcenter?: Record<string, unknown>
  readonly overrides?: AppOverrides
}

/** An answer's content: what a test asks for is what it knows. */
// biome-ignore lint/suspicious/noExplicitAny: its shape is the question's own
export type Json = any

/** An answer of `/graphql`. */
export interface GraphqlAnswer {
  readonly data: Json
  readonly errors?: { message: string; path?: (string | number)[]; extensions: Record<string, unknown> }[]
  readonly extensions: { readonly upstream: { calls: number; cached: number; coalesced: number } }
}

/** The gateway of a test. */
export interface Gateway {
  readonly sandbox: Sandbox
  /** Where it listens. */
  readonly address: string
  readonly dataDirectory: string
  /** Asks by GraphQL. */
  query(query: string, variables?: Record<string, unknown>, headers?: Record<string, string>): Promise<GraphqlAnswer>
  /** Asks by REST. @param path with its leading slash */
  get(path: string, headers?: Record<string, string>): Promise<Response>
  /** The JSON behind a path, whatever its status. */
  getJson(path: string): Promise<Json>
  /** Everything logged so far, as text. */
  log(): string
  close(): Promise<void>
}

/** Starts both. Nothing is collected unless the test says so. */
export async function startGateway(options: GatewayOptions = {}): Promise<Gateway> {
  const sandbox = options.over ?? (await startSandbox(options.sandbox))
  const dataDirectory = await mkdtemp(join(tmpdir(), 'weir-test-'))
  const lines: string[] = []
  const { tencent, chinanetcenter } = sandbox.credentials
  const settings = {
    server: { port: 0 },
    log: { level: 'debug' },
    dataDirectory,
    ...options.settings,
    accounts: [
      {
        name: 'tencent-main',
        provider: 'tencent',
        credentials: tencent,
        endpoints: { statistics: sandbox.urls.tencentStatistics, control: sandbox.urls.tencentControl },
        recordings: { vodBizId: '200000000' },
        snapshots: { bucket: 'shots', cosAppId: '1250000000' },
        ...options.tencent,
      },
      {
        name: 'cnc-main',
        provider: 'chinanetcenter',
        credentials: chinanetcenter,
        endpoints: { reports: sandbox.urls.chinanetcenter },
        ...options.chinanetcenter,
      },
    ],
  }
  const config = loadConfig({
    environment: {},
    workingDirectory: dataDirectory,
    readFile: () => JSON.stringify(settings),
    providers,
  })
  const app = await buildApp(config, { logDestination: { write: (line) => lines.push(line) }, ...options.overrides })
  const address = await app.listen()
  return {
    sandbox,
    address,
    dataDirectory,
    query: async (query, variables = {}, headers = {}) => {
      const response = await fetch(`${address}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: JSON.stringify({ query, variables }),
      })
      return (await response.json()) as GraphqlAnswer
    },
    get: (path, headers = {}) => fetch(address + path, { headers }),
    getJson: async (path) => (await fetch(address + path)).json(),
    log: () => lines.join(''),
    close: async () => {
      await app.close()
      if (!options.over) await sandbox.close()
      await rm(dataDirectory, { recursive: true, force: true })
    },
  }
}
