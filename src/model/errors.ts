// The one table of errors. Both faces and docs/errors.md read it; nothing else decides a status or a retry.

/** Whose move it is when an error of this code shows up. */
export type Fault = 'caller' | 'operator' | 'provider' | 'gateway'

interface ErrorRow {
  /** Status on the REST face. */
  readonly status: number
  /** Whether the same question may succeed later without anybody changing anything. */
  readonly retryable: boolean
  readonly fault: Fault
  /** When it happens, in words for the documentation. */
  readonly when: string
}

/** Every code a client can meet, with what it means. */
export const errorTable = {
  INVALID_INPUT: {
    status: 400,
    retryable: false,
    fault: 'caller',
    when: 'An argument is bad; the message says which and what is allowed.',
  },
  UNAUTHENTICATED: { status: 401, retryable: false, fault: 'caller', when: 'No key was sent, or an unknown one.' },
  FORBIDDEN: { status: 403, retryable: false, fault: 'caller', when: "The key's role does not allow this." },
  NOT_FOUND: { status: 404, retryable: false, fault: 'caller', when: 'There is no such account, node or route.' },
  CAPABILITY_UNSUPPORTED: {
    status: 422,
    retryable: false,
    fault: 'caller',
    when: 'This provider has no such call; the message says why.',
  },
  RANGE_UNAVAILABLE: {
    status: 422,
    retryable: false,
    fault: 'caller',
    when: 'The whole range lies outside what the provider keeps and what Weir has kept.',
  },
  QUERY_TOO_COMPLEX: {
    status: 400,
    retryable: false,
    fault: 'caller',
    when: 'The operation is over the depth, alias, cost or provider-call limit.',
  },
  RATE_LIMITED: { status: 429, retryable: true, fault: 'caller', when: 'This client is over its own limit.' },
  ACCESS_UNAVAILABLE: {
    status: 503,
    retryable: true,
    fault: 'operator',
    when: 'The keys that tokens are checked with cannot be read from their issuer at present, or not yet the one that a token names.',
  },
  OVERLOADED: {
    status: 503,
    retryable: true,
    fault: 'gateway',
    when: 'The gateway has more to do than it can; try again after the time in `Retry-After`.',
  },
  QUOTA_EXHAUSTED: {
    status: 503,
    retryable: true,
    fault: 'gateway',
    when: "No start is free in the account's quota before the deadline.",
  },
  UPSTREAM_THROTTLED: {
    status: 503,
    retryable: true,
    fault: 'provider',
    when: 'The provider itself refused for frequency.',
  },
  UPSTREAM_CREDENTIAL: {
    status: 502,
    retryable: false,
    fault: 'operator',
    when: 'The provider refused the id, the key, the signature or the clock.',
  },
  UPSTREAM_REJECTED: {
    status: 502,
    retryable: false,
    fault: 'gateway',
    when: 'The provider refused the request for another reason.',
  },
  UPSTREAM_RESPONSE: {
    status: 502,
    retryable: false,
    fault: 'provider',
    when: 'The answer cannot be understood: not JSON, too large, wrong shape.',
  },
  UPSTREAM_TIMEOUT: { status: 504, retryable: true, fault: 'provider', when: 'No answer came in time.' },
  UPSTREAM_UNAVAILABLE: {
    status: 502,
    retryable: true,
    fault: 'provider',
    when: 'The connection failed, the provider answered 5xx, or its breaker is open.',
  },
  INTERNAL: { status: 500, retryable: false, fault: 'gateway', when: 'A fault of Weir; logged in full, shown bare.' },
} as const satisfies Record<string, ErrorRow>

/** A code of the table. */
export type ErrorCode = keyof typeof errorTable

/** Address of the page that explains every code, which stands there as an anchor. */
export const ERROR_PAGE = '/docs/errors'

/** Media type of an error on the REST face (RFC 9457). */
export const PROBLEM_TYPE = 'application/problem+json; charset=utf-8'

/** A code in words: `UPSTREAM_TIMEOUT` → `Upstream timeout`. */
export function toErrorTitle(code: ErrorCode): string {
  const words = code.toLowerCase().replaceAll('_', ' ')
  return words.charAt(0).toUpperCase() + words.slice(1)
}

/** What an error may carry besides its message. None of it is ever a key, a signature, an address or an upstream body. */
export interface ErrorDetails {
  /** Milliseconds after which the same question may succeed; rounded up to whole ones. */
  readonly retryAfterMs?: number | undefined
  readonly account?: string | undefined
  readonly provider?: string | undefined
  /** The provider's own number or word for it. */
  readonly providerCode?: string | undefined
  readonly cause?: unknown
}

/** Every error that is meant to be seen by a client. The message is shown as it is. */
export class GatewayError extends Error {
  override readonly name: string = 'GatewayError'
  readonly code: ErrorCode
  readonly retryAfterMs: number | undefined
  readonly account: string | undefined
  readonly provider: string | undefined
  readonly providerCode: string | undefined

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message, { cause: details.cause })
    this.code = code
    this.retryAfterMs = details.retryAfterMs === undefined ? undefined : Math.ceil(details.retryAfterMs)
    this.account = details.account
    this.provider = details.provider
    this.providerCode = details.providerCode
  }

  /** See `errorTable`. */
  get retryable(): boolean {
    return errorTable[this.code].retryable
  }
}

/** A bad argument: the message begins with its name, then what is wrong and what is allowed. */
export class InvalidInputError extends GatewayError {
  override readonly name = 'InvalidInputError'
  readonly argument: string

  constructor(argument: string, problem: string) {
    super('INVALID_INPUT', `${argument} ${problem}`)
    this.argument = argument
  }
}

/** No such account, node or route; also an account the caller may not see. */
export class NotFoundError extends GatewayError {
  override readonly name = 'NotFoundError'

  constructor(message: string, details: ErrorDetails = {}) {
    super('NOT_FOUND', message, details)
  }
}

/** The provider has no such call. */
export class CapabilityUnsupportedError extends GatewayError {
  override readonly name = 'CapabilityUnsupportedError'

  constructor(message: string, details: ErrorDetails = {}) {
    super('CAPABILITY_UNSUPPORTED', message, details)
  }
}

/** Nobody keeps that range any more. */
export class RangeUnavailableError extends GatewayError {
  override readonly name = 'RangeUnavailableError'

  constructor(message: string, details: ErrorDetails = {}) {
    super('RANGE_UNAVAILABLE', message, details)
  }
}

/** The operation would cost more than it may. */
export class QueryTooComplexError extends GatewayError {
  override readonly name = 'QueryTooComplexError'

  constructor(message: string) {
    super('QUERY_TOO_COMPLEX', message)
  }
}

/** Our own limiter: no start before the deadline. */
export class QuotaExhaustedError extends GatewayError {
  override readonly name = 'QuotaExhaustedError'

  constructor(message: string, details: ErrorDetails) {
    super('QUOTA_EXHAUSTED', message, details)
  }
}

/** Codes of failures that happen at or on the way to a provider. */
export type UpstreamErrorCode = Extract<ErrorCode, `UPSTREAM_${string}`>

/** When the same call is worth sending again inside its deadline. */
export interface RetryAdvice {
  /** How many further attempts, at most. */
  readonly times: number
  /** Wait at least this long before the next one; without it a short jittered back-off applies. */
  readonly afterMs?: number | undefined
  /** Whether the provider itself named that time: then it holds for every call of the account, not for this one alone. */
  readonly isTold?: boolean | undefined
}

/** A call that failed at, or on the way to, a provider. */
export class UpstreamError extends GatewayError {
  override readonly name = 'UpstreamError'
  /** Followed only for calls that are safe to repeat. */
  readonly retry: RetryAdvice

  constructor(
    code: UpstreamErrorCode,
    message: string,
    details: ErrorDetails & { readonly retry?: RetryAdvice | undefined } = {},
  ) {
    super(code, message, details)
    this.retry = details.retry ?? defaultRetries[code]
  }
}

const defaultRetries: Record<UpstreamErrorCode, RetryAdvice> = {
  UPSTREAM_THROTTLED: { times: 1, afterMs: 10_000 },
  UPSTREAM_CREDENTIAL: { times: 0 },
  UPSTREAM_REJECTED: { times: 0 },
  UPSTREAM_RESPONSE: { times: 2 },
  UPSTREAM_TIMEOUT: { times: 0 },
  UPSTREAM_UNAVAILABLE: { times: 2 },
}
