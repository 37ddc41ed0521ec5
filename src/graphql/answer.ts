// What a client is told of an operation besides its data, the same by HTTP and on a WebSocket.
import type { ExecutionResult, GraphQLFormattedError } from 'graphql'
import type { Ask, Meter } from '#contract/ask.ts'
import { formatError, type ShownError, showErrors } from './error-formatter.ts'

/** Where faults of our own go. */
export interface FaultLog {
  error(fields: object, message: string): void
}

/** One answer of an operation, as it is sent. */
export interface Answer {
  /** Left out where nothing was executed. */
  readonly data?: ExecutionResult['data'] | undefined
  readonly errors?: readonly GraphQLFormattedError[] | undefined
  readonly extensions: { readonly upstream: ReturnType<typeof toUpstream> }
}

/** Whose answer it is, and where its faults go. */
export interface AnswerTerms {
  readonly ask: Ask
  readonly requestId: string
  readonly log: FaultLog
}

/**
 * The answer that a client is sent of what was executed; faults of our own are logged.
 * @returns `shown`: what it is told went wrong, for whoever has to choose a status
 */
export function toAnswer(
  { data, errors }: ExecutionResult,
  { ask, requestId, log }: AnswerTerms,
): { readonly answer: Answer; readonly shown: readonly ShownError[] } {
  const extensions = { upstream: toUpstream(ask.meter) }
  if (!errors) return { answer: { data, extensions }, shown: [] }
  const shown = showErrors(errors)
  logInternal(shown, log, requestId, ask.signal)
  return { answer: { errors: shown.map((error) => formatError(error, requestId)), data, extensions }, shown }
}

/** What an operation cost, for `extensions.upstream`. */
export function toUpstream({ calls, cached, coalesced }: Meter) {
  return { calls, cached, coalesced }
}

/**
 * Logs what is shown as `INTERNAL`, each error once.
 * @param signal of the ask: who left before the answer sees nothing of it, and nothing went wrong
 */
export function logInternal(
  errors: readonly ShownError[],
  log: FaultLog,
  requestId: string,
  signal: AbortSignal | undefined,
): void {
  const internal = errors.filter(({ shown }) => shown.code === 'INTERNAL').map(({ thrown }) => thrown)
  for (const error of new Set(internal)) {
    if (signal?.aborted && error === signal.reason) continue
    log.error({ err: error, requestId }, 'internal error')
  }
}
