// The provider of the bench: the sandbox, behind a front that counts what is asked and keeps every answer back for as
// long as it is told to, the sandbox's own work included.
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { Pool } from 'undici'
import type { Sandbox } from '../../sandbox/handle.ts'
import { startSandbox } from '../../sandbox/sandbox.ts'

/** How the provider is. */
export interface UpstreamSetup {
  /** Live streams. */
  readonly streams: number
  /** Its clock, epoch milliseconds. Default: the machine's. */
  readonly now?: () => number
}

/** A running provider. */
export interface BenchUpstream {
  /** What stands behind the front. */
  readonly sandbox: Sandbox
  /** The account's settings, but for its name. */
  readonly account: Readonly<Record<string, unknown>>
  /** What a gateway that is put together by hand needs to call it. */
  readonly provider: { readonly statistics: string; readonly appId: number; readonly apiKey: string }
  /** Calls since the last `reset`. */
  readonly calls: number
  /** Rows of histories that it answered since then. */
  readonly rows: number
  /** Milliseconds from the arrival of a call to its answer, at least. */
  delayMs: number
  reset(): void
  close(): Promise<void>
}

const MOST_CALLS = 1_000_000

/** Starts it. */
export async function openUpstream({ streams, now }: UpstreamSetup): Promise<BenchUpstream> {
  const sandbox = await startSandbox({
    streams,
    quota: { limit: MOST_CALLS, windowSeconds: 300 },
    ...(now !== undefined && { now }),
  })
  const target = new URL(sandbox.urls.tencentStatistics)
  const pool = new Pool(target.origin, { connections: 64 })
  let [calls, rows, delayMs] = [0, 0, 0]

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const answersAtMs = performance.now() + delayMs
    calls += 1
    const { statusCode, headers, body } = await pool.request({ path: request.url ?? '/', method: 'GET' })
    const bytes = Buffer.from(await body.arrayBuffer())
    rows += countRows(bytes)
    const restMs = answersAtMs - performance.now()
    if (restMs > 0) await delay(restMs)
    response.statusCode = statusCode
    for (const name of ['content-type', 'date']) response.setHeader(name, String(headers[name]))
    response.setHeader('content-length', bytes.length)
    response.end(bytes)
  }
  const server = createServer({ keepAliveTimeout: 60_000 }, (request, response) => {
    serve(request, response).catch(() => response.destroy())
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  // A TCP server's address is never a text.
  const { port } = server.address() as AddressInfo
  const statistics = `http://127.0.0.1:${port}${target.pathname}`
  const { appId, apiKey } = sandbox.credentials.tencent
  return {
    sandbox,
    account: {
      provider: 'tencent',
      credentials: { appId, apiKey },
      endpoints: { statistics, control: sandbox.urls.tencentControl },
      quota: { limit: MOST_CALLS, windowSeconds: 300 },
    },
    provider: { statistics, appId, apiKey },
    get calls() {
      return calls
    },
    get rows() {
      return rows
    },
    get delayMs() {
      return delayMs
    },
    set delayMs(ms) {
      delayMs = ms
    },
    reset: () => {
      ;[calls, rows] = [0, 0]
    },
    close: async () => {
      server.closeAllConnections()
      server.close()
      await pool.destroy()
      await sandbox.close()
    },
  }
}

const rowStart = Buffer.from('"time":')

/** Each row of a history has its time. */
function countRows(body: Buffer): number {
  let rows = 0
  for (let at = body.indexOf(rowStart); at >= 0; at = body.indexOf(rowStart, at + rowStart.length)) rows += 1
  return rows
}
