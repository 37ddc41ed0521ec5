// Questions to the gateway's GraphQL face.
import { fetchFromGateway } from './gateway.ts'
import { AskError, type FieldTrouble, readGraphqlError } from './trouble.ts'

/** Longer than the gateway ever takes: it gives up before. */
const TIMEOUT_MS = 30_000

/** One named operation. `Data` and `Variables` are what schema.graphql makes of it. */
export interface Operation<Data, Variables> {
  readonly name: string
  /** Its document. */
  readonly text: string
  /** Never there: only their types count. */
  readonly types?: { readonly data: Data; readonly variables: Variables }
}

/** An answer that holds data, perhaps not all of it. */
export interface Answer<Data> {
  readonly data: Data
  /** What is null in it because it could not be had. */
  readonly troubles: readonly FieldTrouble[]
  readonly receivedAtMs: number
}

/** Makes an operation of a document that holds one, with a name. */
export function defineOperation<Data, Variables extends object = Record<never, never>>(
  text: string,
): Operation<Data, Variables> {
  const name = /^\s*(?:query|subscription)\s+(\w+)/.exec(text)?.[1]
  if (name === undefined) throw new Error('an operation has a name')
  return { name, text: text.trim() }
}

/**
 * Asks. @throws AskError when there is no data at all; what fetch throws when `signal` aborts
 */
export async function ask<Data, Variables extends object>(
  operation: Operation<Data, Variables>,
  variables: Variables,
  signal: AbortSignal = new AbortController().signal,
): Promise<Answer<Data>> {
  const answer = await send({ query: operation.text, operationName: operation.name, variables }, signal)
  const errors = 'errors' in answer && Array.isArray(answer.errors) ? answer.errors : []
  const troubles = errors.map(readGraphqlError)
  const data = 'data' in answer ? answer.data : undefined
  if (typeof data !== 'object' || data === null) {
    const [first] = troubles
    throw new AskError(first ?? { code: 'UNEXPECTED', message: '', isRetryable: true })
  }
  // Its own gateway answers by the schema that the operations are checked against.
  return { data: data as Data, troubles, receivedAtMs: Date.now() }
}

async function send(body: object, signal: AbortSignal): Promise<object> {
  const patience = AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)])
  let status: number
  let text: string
  try {
    const response = await fetchFromGateway(
      '/graphql',
      {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          // In this type a part that is refused does not make the whole answer a refusal.
          accept: 'application/graphql-response+json, application/json;q=0.9',
        },
        body: JSON.stringify(body),
      },
      patience,
    )
    status = response.status
    text = await response.text()
  } catch (error) {
    if (signal.aborted) throw error
    throw new AskError({ code: 'OFFLINE', message: '', isRetryable: true })
  }
  const answer = parse(text)
  // What stands between may answer in its own words, most often in HTML.
  if (answer === undefined) throw new AskError({ code: 'UNEXPECTED', message: `HTTP ${status}`, isRetryable: true })
  return answer
}

function parse(text: string): object | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? value : undefined
  } catch {
    return undefined
  }
}
