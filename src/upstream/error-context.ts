// Says in an error whose call it was.
import {
  type ErrorCode,
  type ErrorDetails,
  QuotaExhaustedError,
  UpstreamError,
  type UpstreamErrorCode,
} from '#model/errors.ts'

/** The same error with account and provider in it; anything but an error of the way out comes back as it is. */
export function withAccount(error: unknown, context: { readonly account: string; readonly provider: string }): unknown {
  if (error instanceof UpstreamError && isUpstreamCode(error.code))
    return new UpstreamError(error.code, error.message, {
      ...toDetails(error),
      ...context,
      retry: error.retry,
    })
  if (error instanceof QuotaExhaustedError)
    return new QuotaExhaustedError(error.message, { ...toDetails(error), ...context })
  return error
}

/** What it carries besides its message; account and provider are left out. */
export function toDetails(error: UpstreamError | QuotaExhaustedError): ErrorDetails {
  return { retryAfterMs: error.retryAfterMs, providerCode: error.providerCode, cause: error.cause }
}

function isUpstreamCode(code: ErrorCode): code is UpstreamErrorCode {
  return code.startsWith('UPSTREAM_')
}
