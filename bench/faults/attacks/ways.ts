// The ways to an operation: a body, an address, a socket, a document's name. Each tells what became of it in one form,
// so that they can be held against each other.
import { createHash } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { Pool } from 'undici'
import { z } from 'zod'
import { openSocket } from './operation-socket.ts'
import type { Target } from './target.ts'

/** What is asked, as GraphQL over HTTP names it. */
export interface Question {
  readonly query?: string
  readonly variables?: Readonly<Record<string, unknown>>
  readonly operationName?: string
  readonly extensions?: Readonly<Record<string, unknown>>
  readonly documentId?: string
}

/** What became of it. */
export interface Outcome {
  /** HTTP status; on a socket the code it was closed with, 0 while it stays open. */
  readonly status: number
  /** Codes of the errors in their order; empty for none. */
  readonly codes: readonly string[]
  /** Whether anything was executed: there is `data` in the answer. */
  readonly isExecuted: boolean
  /** The answer as it came. */
  readonly text: string
  readonly tookMs: number
}

/** Asks one target by every way. */
export interface Ways {
  post(question: Question): Promise<Outcome>
  get(question: Question): Promise<Outcome>
  /** On a WebSocket that is opened at first and whenever the last one was closed. */
  socket(question: Question): Promise<Outcome>
  close(): Promise<void>
}

/** A refusal with a status of its own, whatever the answer's type: what is asked for is a refusal's true status. */
const ACCEPT = 'application/graphql-response+json, application/json'
const CONNECTIONS = 16
const TIMEOUT_MS = 15_000
const TRIES = 200
const PAUSE_MS = 20

const answerSchema = z.object({
  data: z.unknown().optional(),
  errors: z.array(z.object({ extensions: z.object({ code: z.string() }).optional() })).optional(),
})

/**
 * Opens them.
 * @param options.isPatient whether to ask again after a refusal for want of time, which says more of the machine than
 * of the question. Default no.
 */
export function openWays(
  target: Pick<Target, 'url' | 'caller'>,
  { isPatient = false }: { readonly isPatient?: boolean } = {},
): Ways {
  const pool = new Pool(target.url, {
    connections: CONNECTIONS,
    headersTimeout: TIMEOUT_MS,
    bodyTimeout: TIMEOUT_MS,
    // A refused body may leave its connection closed: the next request has another.
    pipelining: 1,
  })
  const socket = openSocket(target)

  async function send(method: 'GET' | 'POST', path: string, body?: string): Promise<Outcome> {
    for (let tries = 1; ; tries += 1) {
      const outcome = await sendOnce(method, path, body)
      if (!isPatient || outcome.status !== 503 || tries === TRIES) return outcome
      await delay(PAUSE_MS)
    }
  }
  async function sendOnce(method: 'GET' | 'POST', path: string, body?: string): Promise<Outcome> {
    const headers = {
      accept: ACCEPT,
      'graphql-require-preflight': '1',
      ...(body !== undefined && { 'content-type': 'application/json' }),
      ...target.caller,
    }
    const startedAtMs = performance.now()
    try {
      const answer = await pool.request({ method, path, headers, ...(body !== undefined && { body }) })
      const text = await answer.body.text()
      return { status: answer.statusCode, ...readAnswer(text), text, tookMs: performance.now() - startedAtMs }
    } catch (error) {
      const text = error instanceof Error ? error.message : String(error)
      return { status: 0, codes: ['NO_ANSWER'], isExecuted: false, text, tookMs: performance.now() - startedAtMs }
    }
  }

  return {
    post: (question) => send('POST', '/graphql', JSON.stringify(question)),
    get: ({ variables, extensions, ...texts }) => {
      const query = new URLSearchParams(texts)
      if (variables !== undefined) query.set('variables', JSON.stringify(variables))
      if (extensions !== undefined) query.set('extensions', JSON.stringify(extensions))
      return send('GET', `/graphql?${query.toString()}`)
    },
    socket: async (question) => {
      // What is measured is the operation.
      await socket.ready()
      const startedAtMs = performance.now()
      const { text, status } = await socket.ask(question)
      return { status, ...readAnswer(text), text, tookMs: performance.now() - startedAtMs }
    },
    close: async () => {
      socket.close()
      await pool.destroy()
    },
  }
}

/** What the body of an answer says. */
export function readAnswer(text: string): Pick<Outcome, 'codes' | 'isExecuted'> {
  try {
    const { data, errors = [] } = answerSchema.parse(JSON.parse(text))
    const codes = errors.map(({ extensions }) => extensions?.code ?? 'NO_CODE')
    return { codes, isExecuted: data !== undefined && data !== null }
  } catch {
    return { codes: text === '' ? [] : ['UNREADABLE'], isExecuted: false }
  }
}

/** The extension that asks for a document by its digest. */
export function byDigest(document: string): Readonly<Record<string, unknown>> {
  const sha256Hash = createHash('sha256').update(document).digest('hex')
  return { persistedQuery: { version: 1, sha256Hash } }
}
