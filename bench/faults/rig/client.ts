// Asks the replicas, one after the other, over connections that are kept.
import { setTimeout as delay } from 'node:timers/promises'
import { type Dispatcher, Pool } from 'undici'
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
  /** Asks by POST with a JSON body. Never throws. */
  post(path: string, body: unknown, options?: RequestOptions): Promise<Reply>
  /** Leaves every connection, those in use too, and goes on over new ones. */
  hangUp(): Promise<void>
  close(): Promise<void>
}

type Words = Pick<Dispatcher.RequestOptions, 'path' | 'method' | 'body'>

/** Longer than any deadline of the gateway's. */
const TIMEOUT_MS = 15_000
const CONNECTIONS = 256

const problemSchema = z.object({ code: z.string(), retryAfterMs: z.number().optional() })
/** A refused operation says the same in the words of GraphQL. */
const graphqlProblemSchema = z
  .object({ errors: z.tuple([z.object({ extensions: problemSchema })], z.unknown()) })
  .transform(({ errors: [{ extensions }] }) => extensions)
const anyProblemSchema = z.union([problemSchema, graphqlProblemSchema])

/** Longest that a refusal for overload is asked again for, and how often. */
const PATIENCE_MS = 10_000
const AGAIN_MS = 200

/**
 * Makes a client of these addresses.
 * @param isPatient whether it asks again when it is refused for overload, as on a machine that is busy with other things
 */
export function createClient(urls: readonly string[], isPatient = false): FleetClient {
  let pools = urls.map(openPool)
  let turn = 0
  const hangUp = async () => {
    const left = pools
    pools = urls.map(openPool)
    await Promise.all(left.map((pool) => pool.destroy()))
  }

  async function ask(words: Words, options: RequestOptions): Promise<Reply> {
    const sentAtMs = steadyNow()
    const replica = options.replica ?? turn++ % pools.length
    for (;;) {
      const reply = await askOnce(words, replica, options.headers)
      const isRefused = isPatient && reply.code === 'OVERLOADED' && reply.doneAtMs - sentAtMs < PATIENCE_MS
      if (!isRefused) return { ...reply, sentAtMs }
      await delay(AGAIN_MS)
    }
  }

  async function askOnce(words: Words, replica: number, own: RequestOptions['headers']): Promise<Reply> {
    const sentAtMs = steadyNow()
    const done = () => ({ replica, sentAtMs, doneAtMs: steadyNow() })
    try {
      const pool = pools[replica]
      if (pool === undefined) throw new Error(`there is no replica ${replica}`)
      const { statusCode: status, headers, body } = await pool.request({ ...words, headers: { ...own } })
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
  }

  return {
    get: (path, options = {}) => ask({ path, method: 'GET' }, options),
    post: (path, body, options = {}) =>
      ask(
        { path, method: 'POST', body: JSON.stringify(body) },
        { ...options, headers: { ...options.headers, 'content-type': 'application/json' } },
      ),
    hangUp,
    close: async () => {
      await Promise.all(pools.map((pool) => pool.destroy()))
    },
  }
}

function openPool(url: string): Pool {
  return new Pool(url, {
    connections: CONNECTIONS,
    pipelining: 1,
    headersTimeout: TIMEOUT_MS,
    bodyTimeout: TIMEOUT_MS,
    connectTimeout: TIMEOUT_MS,
  })
}

function readProblem(status: number, body: string): Pick<Reply, 'code' | 'retryAfterMs'> {
  if (status < 400) return { code: '', retryAfterMs: undefined }
  try {
    const { code, retryAfterMs } = anyProblemSchema.parse(JSON.parse(body))
    return { code, retryAfterMs }
  } catch {
    return { code: 'UNREADABLE', retryAfterMs: undefined }
  }
}
