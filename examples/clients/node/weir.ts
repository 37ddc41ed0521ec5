// Asks a gateway, and knows of each document what it takes and gives.
import type { TypedDocument } from './documents.ts'

/** What the gateway says went wrong. */
export class WeirError extends Error {
  override name = 'WeirError'
  /** One of its codes, or `UNREADABLE` for an answer that is none of its own. */
  readonly code: string
  /** When asking again helps, milliseconds from now; undefined when it does not. */
  readonly retryAfterMs: number | undefined

  constructor({ message, extensions }: Problem) {
    super(message)
    this.code = extensions?.code ?? 'UNREADABLE'
    this.retryAfterMs = extensions?.retryable === true ? (extensions.retryAfterMs ?? 1000) : undefined
  }
}

interface Problem {
  readonly message: string
  readonly extensions?: { readonly code?: string; readonly retryable?: boolean; readonly retryAfterMs?: number }
}

/** Where the gateway is, and who asks it. */
export interface WeirOptions {
  /** Without a path. */
  readonly url: string
  /** Left out: an open gateway. */
  readonly key?: string | undefined
}

/** As the environment says: `WEIR_URL`, `WEIR_KEY`. */
export function readOptions(): WeirOptions {
  return { url: process.env['WEIR_URL'] ?? 'http://127.0.0.1:4000', key: process.env['WEIR_KEY'] }
}

/** Asks once. @throws WeirError when any part of the answer failed */
export async function ask<Data, Variables>(
  { url, key }: WeirOptions,
  document: TypedDocument<Data, Variables>,
  variables: Variables,
): Promise<Data> {
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(key !== undefined && { 'x-api-key': key }) },
    body: JSON.stringify({ query: document.text, variables }),
    signal: AbortSignal.timeout(20_000),
  })
  // The schema, which the types are made from, is what the gateway answers by.
  const { data, errors } = (await response.json()) as { data?: Data | null; errors?: readonly Problem[] }
  const [problem] = errors ?? []
  if (problem) throw new WeirError(problem)
  if (data === undefined || data === null) throw new WeirError({ message: `status ${response.status}` })
  return data
}
