// Tencent's refusals in our words. Numbers mean different things on the two hosts ("error codes" of the statistics
// pages; list of the older video-cloud interface), so the tables go by the host's role.
import { fieldOf, type PayloadObject, toText } from '#contract/payload.ts'
import { readRetryAfter } from '#contract/retry-after.ts'
import type { RawAnswer } from '#contract/upstream-call.ts'
import { type RetryAdvice, UpstreamError, type UpstreamErrorCode } from '#model/errors.ts'
import type { TencentRole } from './settings.ts'

/** What a refusal comes to. */
interface Refusal {
  readonly code: UpstreamErrorCode
  readonly message: string
  readonly retry?: RetryAdvice
  readonly retryAfterMs?: number
}

/** The vendor names no time; "slowly" is all its page says. */
const SLOWLY_MS = 30_000
const once: RetryAdvice = { times: 1 }

/** By number, as documented for the host. */
const documented: Readonly<Record<TencentRole, ReadonlyMap<number, Refusal>>> = {
  statistics: new Map<number, Refusal>([
    [1000, rejected('the statistics interface is not activated for this account')],
    [1001, rejected('the statistics interface is suspended for this account')],
    [1201, { code: 'UPSTREAM_UNAVAILABLE', message: 'the provider had an internal error' }],
    [
      1202,
      {
        code: 'UPSTREAM_THROTTLED',
        message: 'the provider refused for frequency',
        retryAfterMs: SLOWLY_MS,
        retry: { times: 1, afterMs: SLOWLY_MS },
      },
    ],
    [1204, rejected('the provider took a parameter for wrong, such as a time it does not keep')],
  ]),
  control: new Map<number, Refusal>(),
}

/** By number, from the older list of the control host: any text says more. */
const inferred: Readonly<Record<TencentRole, ReadonlyMap<number, Refusal>>> = {
  statistics: new Map<number, Refusal>(),
  control: new Map<number, Refusal>([
    [1000, rejected('the provider took a parameter for wrong')],
    [1001, rejected('the provider took a parameter for wrong')],
    [1002, rejected('the provider refused the account')],
    [1003, rejected('the provider refused the account')],
    [3000, { code: 'UPSTREAM_UNAVAILABLE', message: 'the provider had a network error' }],
    [4001, rejected('the provider could not read the request')],
    [20102, { code: 'UPSTREAM_UNAVAILABLE', message: 'the provider failed to look the stream up', retry: once }],
    [20104, { code: 'UPSTREAM_UNAVAILABLE', message: 'the provider failed to look the stream up', retry: once }],
    [20301, rejected('the provider knows no such stream')],
    [20321, { code: 'UPSTREAM_UNAVAILABLE', message: 'the provider failed to list the recordings', retry: once }],
    [20328, rejected('the provider has no screenshot task for this account')],
  ]),
}

/** Refusals of the access layer, known by their text alone. */
const accessTexts: readonly (readonly [pattern: RegExp, refusal: Refusal])[] = [
  [
    /\b(?:cmd|appid) (?:is )?invalid/,
    credential('the provider does not take the APPID; check it, and that the interface is activated for the account'),
  ],
  [/\bsign(?:ature)? (?:is )?invalid/, credential('the provider does not take the signature; check the API key')],
  [
    /\btime (?:is )?expired/,
    credential("the provider found the signature expired; check this machine's clock and signatureTtlSeconds", once),
  ],
]

function rejected(message: string): Refusal {
  return { code: 'UPSTREAM_REJECTED', message }
}

function credential(message: string, retry?: RetryAdvice): Refusal {
  return { code: 'UPSTREAM_CREDENTIAL', message, ...(retry && { retry }) }
}

/** The error for an answer that cannot be understood. @param problem what is wrong with it, in our words */
export function malformed(problem: string): UpstreamError {
  return new UpstreamError('UPSTREAM_RESPONSE', `the provider's answer is ${problem}`, { provider: 'tencent' })
}

/** The error for an answer whose `ret` is no result of the call. */
export function toRefusalError(role: TencentRole, ret: number, envelope: PayloadObject): UpstreamError {
  return findRefusalError(role, ret, envelope) ?? toError(rejected('the provider refused the request'), ret)
}

/** The error for a `ret` that is no result of the call, where its number or text is known. */
export function findRefusalError(role: TencentRole, ret: number, envelope: PayloadObject): UpstreamError | undefined {
  const refusal = findRefusal(role, ret, envelope)
  return refusal && toError(refusal, ret)
}

/**
 * The error for an answer with an HTTP status other than 2xx. An envelope inside decides where its number or text is
 * known, for it says more; a status that asks for patience is followed whatever the envelope says.
 */
export function toStatusError(
  role: TencentRole,
  raw: RawAnswer,
  found: { readonly ret: number; readonly envelope: PayloadObject } | undefined,
): UpstreamError {
  const refusal = raw.status === 429 || !found ? undefined : findRefusal(role, found.ret, found.envelope)
  if (refusal && found) return toError(refusal, found.ret)
  return toError(toStatusRefusal(raw), undefined)
}

function findRefusal(role: TencentRole, ret: number, envelope: PayloadObject): Refusal | undefined {
  if (ret === 0) return undefined
  return documented[role].get(ret) ?? findByText(envelope) ?? inferred[role].get(ret)
}

function findByText(envelope: PayloadObject): Refusal | undefined {
  const text = ['message', 'errmsg']
    .map((name) => toText(fieldOf(envelope, name)) ?? '')
    .join('\n')
    .toLowerCase()
    .replace(/[ \t_]+/g, ' ')
  return accessTexts.find(([pattern]) => pattern.test(text))?.[1]
}

function toStatusRefusal(raw: RawAnswer): Refusal {
  const retryAfterMs = readRetryAfter(raw)
  const patience = retryAfterMs === undefined ? {} : { retryAfterMs }
  const { status } = raw
  if (status === 429) {
    const afterMs = retryAfterMs ?? SLOWLY_MS
    return {
      code: 'UPSTREAM_THROTTLED',
      message: 'the provider refused for frequency (HTTP 429)',
      retryAfterMs: afterMs,
      retry: { times: 1, afterMs, isTold: retryAfterMs !== undefined },
    }
  }
  if (status >= 500 || status === 408)
    return {
      code: 'UPSTREAM_UNAVAILABLE',
      message: `the provider is out of order (HTTP ${status})`,
      ...patience,
      retry: { times: 2, afterMs: retryAfterMs },
    }
  if (status === 401) return credential('the provider refused the credentials (HTTP 401)')
  if (status === 404) return rejected('the provider has nothing at this address (HTTP 404); check the endpoints')
  if (status >= 400) return rejected(`the provider refused the request (HTTP ${status})`)
  return { code: 'UPSTREAM_RESPONSE', message: `the provider answered with an unexpected HTTP status ${status}` }
}

function toError({ code, message, retry, retryAfterMs }: Refusal, ret: number | undefined): UpstreamError {
  return new UpstreamError(code, ret === undefined ? message : `${message} (its code: ${ret})`, {
    provider: 'tencent',
    providerCode: ret === undefined ? undefined : String(ret),
    retryAfterMs,
    retry,
  })
}
