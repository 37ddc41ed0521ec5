// Refusals that are written before there is a reply to write them with: of what is no HTTP request, and of what comes
// while there is more to do than can be done. They read like those of the two faces.
import { ERROR_PAGE, type ErrorCode, errorTable, toErrorTitle } from '#model/errors.ts'

/** What a refusal says. */
export interface Refusal {
  readonly code: ErrorCode
  /** What happened, for people. */
  readonly message: string
  /** Left out where it is not the table's. */
  readonly status?: number
  readonly retryAfterMs?: number
  /** Left out where there is no request yet. */
  readonly requestId?: string
}

/** A refusal as a problem detail, the form of the REST face. */
export function toProblemText({ code, message, status, retryAfterMs, requestId }: Refusal): string {
  const { status: usual, retryable } = errorTable[code]
  // What is undefined does not survive JSON.
  return JSON.stringify({
    type: `${ERROR_PAGE}#${code}`,
    title: toErrorTitle(code),
    status: status ?? usual,
    detail: message,
    code,
    retryable,
    retryAfterMs,
    requestId,
  })
}

/** A refusal as an answer of GraphQL of which nothing was executed. */
export function toGraphqlText({ code, message, retryAfterMs, requestId }: Refusal): string {
  const { retryable } = errorTable[code]
  return JSON.stringify({
    errors: [{ message, extensions: { code, retryable, retryAfterMs, requestId } }],
    extensions: { upstream: { calls: 0, cached: 0, coalesced: 0 } },
  })
}
