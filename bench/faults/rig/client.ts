// Asks the replicas, one after the other, over connections that are kept.
import { Pool } from 'undici'
import { z } from 'zod'
import { steadyNow } from './steady-clock.ts'

/** What became of a request. */
export interface Reply {
  /** Who was asked, from 0. */
  readonly replica: number
  /** Epoch milliseconds on the rig's steady clock, which is also the providers'. */
  readonly sentAtMs: number
  readonly doneAtMs: number
  /** HTTP status; 0 when there was no answer: a reset, a refused connection, a timeout. */
  readonly status: number
  /** The error code of the body; empty for a success. */
  readonly code: string
  /** What a refusal told. */
  readonly retryAfterMs: number | undefined
  /** The answer's body. */
  readonly body: string
  /** The Age header, seconds. */
  readonly ageSeconds: number | undefined
}

/** How one request differs from the usual. */
export interface RequestOptions {
  /** Who is asked; left out: whose turn it is. */
  readonly replica?: number | undefined
  readonly headers?: Readonly<Record<string, string>> | undefined
}

/** Asks a fleet. */
export interface FleetClient {
  /** Asks by GET. Never throws. @param path with its leading slash */
  get(path: string, options?: RequestOptions): Promise<Reply>
  close(): Promise<void>
}

/** Longer than any deadline of the gateway's. */
const TIMEOUT_MS = 15_000
const CONNECTIONS = 256

const problemSchema = z.object({ code: z.string(), retryAfterMs: z.number().optional() })

/** Makes a client of these addresses. */
export function createClient(urls: readonly string[]): FleetClient {
  const pools = urls.map(
    (url) =>
      new Pool(url, {
        connections: CONNECTIONS,
        pipelining: 1,
        headersTimeout: TIMEOUT_MS,
        bodyTimeout: TIMEOUT_MS,
        connectTimeout: TIMEOUT_MS,
      }),
  )
  let turn = 0
  return {
    async get(path, options = {}) {
      const replica = options.replica ?? turn++ % pools.length
      const sentAtMs = steadyNow()
      const done = () => ({ replica, sentAtMs, doneAtMs: steadyNow() })
      try {
        const pool = pools[replica]
        if (pool === undefined) throw new Error(`there is no replica ${replica}`)
        const {
          statusCode: status,
          headers,
          body,
        } = await pool.request({
          path,
          method: 'GET',
          headers: { ...options.headers },
        })
        const text = await body.text()
        const age = headers['age']
        return {
          ...done(),
          status,
          ...readProblem(status, text),
          body: text,
          ageSeconds: typeof age === 'string' ? Number(age) : undefined,
        }
      } catch (error) {
        const code = error instanceof Error && 'code' in error ? String(error.code) : 'NO_ANSWER'
        return { ...done(), status: 0, code, retryAfterMs: undefined, body: '', ageSeconds: undefined }
      }
    },
    close: async () => {
      await Promise.all(pools.map((pool) => pool.destroy()))
    },
  }
}

function readProblem(status: number, body: string): Pick<Reply, 'code' | 'retryAfterMs'> {
  if (status < 400) return { code: '', retryAfterMs: undefined }
  try {
    const { code, retryAfterMs } = problemSchema.parse(JSON.parse(body))
    return { code, retryAfterMs }
  } catch {
    return { code: 'UNREADABLE', retryAfterMs: undefined }
  }
}
