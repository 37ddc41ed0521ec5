// How long is waited after a pop that failed.
import { GatewayError } from '#model/errors.ts'

/** Longest wait of our own. */
export const MAX_BACK_OFF_MS = 60_000

/** At least the usual pace and what the provider asked for; longer with every failure in a row. */
export function toWaitMs(error: unknown, earlierFailures: number, pollMs: number): number {
  const backOffMs = Math.min(MAX_BACK_OFF_MS, pollMs * 2 ** Math.min(earlierFailures, 10))
  const askedMs = error instanceof GatewayError ? (error.retryAfterMs ?? 0) : 0
  return Math.max(pollMs, backOffMs, askedMs)
}
