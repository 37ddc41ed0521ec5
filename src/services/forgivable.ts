// Which failures a stale answer is better than.
import { type ErrorCode, GatewayError } from '#model/errors.ts'

const forgivable: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'QUOTA_EXHAUSTED',
  'UPSTREAM_CREDENTIAL',
  'UPSTREAM_REJECTED',
  'UPSTREAM_RESPONSE',
  'UPSTREAM_THROTTLED',
  'UPSTREAM_TIMEOUT',
  'UPSTREAM_UNAVAILABLE',
])

/** Whether the last known answer is shown behind an error. */
export function isForgivable(error: unknown): error is GatewayError {
  return error instanceof GatewayError && forgivable.has(error.code)
}
