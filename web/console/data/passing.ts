// What of an answer may be had later. An answer that holds anything at all is a good one to look at, and not yet a whole one.
import type { MissingRange } from './stream-operations.ts'
import type { FieldTrouble, Trouble, TroubleCode } from './trouble.ts'

/** A piece costs calls each time that it is asked for, and the rest of its history is there to be looked at. */
const PIECE_MS = 15_000

/** Errors say of themselves whether they pass; missing pieces give their code alone. */
const passingCodes: ReadonlySet<TroubleCode> = new Set<TroubleCode>([
  'RATE_LIMITED',
  'ACCESS_UNAVAILABLE',
  'OVERLOADED',
  'QUOTA_EXHAUSTED',
  'UPSTREAM_THROTTLED',
  'UPSTREAM_TIMEOUT',
  'UPSTREAM_UNAVAILABLE',
])

/** Why an answer is worth asking for again; undefined for a whole one, and for one whose rest nobody will ever have. */
export function findPassing(
  troubles: readonly FieldTrouble[],
  missing: readonly MissingRange[] = [],
): Trouble | undefined {
  const trouble = troubles.find(({ isRetryable }) => isRetryable)
  if (trouble) return trouble
  const piece = missing.find(({ code }) => passingCodes.has(code))
  return piece && { code: piece.code, message: piece.message, isRetryable: true, retryAfterMs: PIECE_MS }
}
