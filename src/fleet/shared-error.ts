// A failure as one replica tells it to another: what a client may see of it, and nothing else.
import { z } from 'zod'
import {
  CapabilityUnsupportedError,
  type ErrorCode,
  errorTable,
  GatewayError,
  NotFoundError,
  QuotaExhaustedError,
  RangeUnavailableError,
  UpstreamError,
  type UpstreamErrorCode,
} from '#model/errors.ts'

/** Codes that speak of the one who met them: what an operation may cost is its own affair, and so is a defect. */
const personal: ReadonlySet<ErrorCode> = new Set<ErrorCode>(['QUERY_TOO_COMPLEX', 'INTERNAL'])

const sharedError = z.object({
  code: z.custom<ErrorCode>((code) => typeof code === 'string' && Object.hasOwn(errorTable, code)),
  message: z.string(),
  retryAfterMs: z.number().optional(),
  account: z.string().optional(),
  provider: z.string().optional(),
  providerCode: z.string().optional(),
  retry: z.object({ times: z.number(), afterMs: z.number().optional(), isTold: z.boolean().optional() }).optional(),
})

/** The failure as text; undefined for one that says nothing to anybody else. Neither its cause nor its stack is in it. */
export function writeSharedError(error: unknown): string | undefined {
  if (!(error instanceof GatewayError) || personal.has(error.code)) return undefined
  const { code, message, retryAfterMs, account, provider, providerCode } = error
  const retry = error instanceof UpstreamError ? error.retry : undefined
  const shared: z.input<typeof sharedError> = { code, message, retryAfterMs, account, provider, providerCode, retry }
  return JSON.stringify(shared)
}

/** The failure that a text holds, of the class of its code; undefined when it holds none. */
export function readSharedError(text: string): GatewayError | undefined {
  const parsed = sharedError.safeParse(parseJson(text))
  if (!parsed.success) return undefined
  const { code, message, retry, ...details } = parsed.data
  if (isUpstreamCode(code)) return new UpstreamError(code, message, { ...details, retry })
  if (code === 'QUOTA_EXHAUSTED') return new QuotaExhaustedError(message, details)
  if (code === 'NOT_FOUND') return new NotFoundError(message, details)
  if (code === 'CAPABILITY_UNSUPPORTED') return new CapabilityUnsupportedError(message, details)
  if (code === 'RANGE_UNAVAILABLE') return new RangeUnavailableError(message, details)
  return new GatewayError(code, message, details)
}

function isUpstreamCode(code: ErrorCode): code is UpstreamErrorCode {
  return code.startsWith('UPSTREAM_')
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
