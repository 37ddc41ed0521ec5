// What a client is told of an operation besides its data, the same by HTTP and on a WebSocket.
import type { Meter } from '#contract/ask.ts'
import type { ShownError } from './error-formatter.ts'

/** Where faults of our own go. */
export interface FaultLog {
  error(fields: object, message: string): void
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
