// What a queue says to those whom it refuses.
import { QuotaExhaustedError } from '#model/errors.ts'
import type { Gate } from './quota.ts'

/** When to ask again, where nobody knows when a start comes free. */
const UNKNOWN_RETRY_MS = 5000

/** Whether a gate would let somebody through now. */
export function isOpen(gate: Gate): boolean {
  if (!gate.tryEnter()) return false
  gate.leave()
  return true
}

/** For one that must not start in time. @param retryAfterMs until one that came now would have its turn */
export function toExhaustedError(retryAfterMs: number): QuotaExhaustedError {
  return new QuotaExhaustedError("no start is free in the account's quota before the deadline", {
    retryAfterMs: Number.isFinite(retryAfterMs) ? Math.max(0, retryAfterMs) : UNKNOWN_RETRY_MS,
  })
}

/** For everybody, once the gateway stops. */
export function toClosedError(): QuotaExhaustedError {
  return new QuotaExhaustedError('the gateway is stopping and starts no further calls', {})
}
