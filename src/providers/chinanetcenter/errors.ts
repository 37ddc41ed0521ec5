// ChinaNetCenter's refusals in our words. The code decides, never the HTTP status alone; codes are texts of an open
// set: numbers in this report ("push duration of streams"), words in its older siblings.
import { fieldOf, type PayloadObject, toText } from '#contract/payload.ts'
import { readRetryAfter } from '#contract/retry-after.ts'
import type { RawAnswer } from '#contract/upstream-call.ts'
import { type RetryAdvice, UpstreamError, type UpstreamErrorCode } from '#model/errors.ts'

/** What a refusal comes to. */
interface Refusal {
  readonly code: UpstreamErrorCode
  readonly message: string
  readonly retry?: RetryAdvice
  readonly retryAfterMs?: number | undefined
}

/** The provider's window: without a word of its own, nothing is sure to be granted before it has passed. */
const WINDOW_MS = 300_000

const internalError: Refusal = { code: 'UPSTREAM_UNAVAILABLE', message: 'the provider had an internal error' }
const badBody = rejected('the provider could not read the request')
const badPeriod = rejected('the provider took the period for wrong')
const longPeriod = rejected('the provider grants a shorter period')
const noDomain = rejected('the provider knows no such domain')
const badAccept = rejected('the provider does not answer in JSON')

const known: ReadonlyMap<string, Refusal> = new Map([
  ['24102002', badBody],
  ['24102006', badPeriod],
  ['24102007', longPeriod],
  ['24102008', rejected('the provider took the domain for wrong')],
  ['24102013', badAccept],
  ['24102014', badBody],
  ['24102019', rejected('the provider grants fewer domains in one call; lower maxDomainsPerCall of the account')],
  ['24102020', rejected('the provider took the time zone for wrong')],
  ['24102500', internalError],
  ['InternalError', internalError],
  ['MissingBody', badBody],
  ['InvalidHTTPRequest', badBody],
  ['PARAM_INVALID', rejected('the provider took a parameter for wrong')],
  ['NotAcceptable', badAccept],
  ['InvalidDatePeriod', badPeriod],
  ['DateSpanError', longPeriod],
  ['NoSuchDomain', noDomain],
])

/** Words of a refusal for frequency, whose real form is undocumented. */
const QUOTA_TEXT =
  /quota|frequen|throttl|too many (?:requests|calls)|rate.?limit|limit.?exceed|频率|频次|限流|调用次数/i

function rejected(message: string): Refusal {
  return { code: 'UPSTREAM_REJECTED', message }
}

/** The error for an answer that cannot be understood. @param problem what is wrong with it, in our words */
export function malformed(problem: string): UpstreamError {
  return new UpstreamError('UPSTREAM_RESPONSE', `the provider's answer is ${problem}`, { provider: 'chinanetcenter' })
}

/**
 * The error for an answer that is no report.
 * @param envelope the answer's JSON object; undefined when it is none
 * @param code its code; null when it has none that can be read
 */
export function toRefusalError(raw: RawAnswer, envelope: PayloadObject | undefined, code: string | null) {
  const documented = code === null ? undefined : known.get(code)
  const refusal =
    documented ??
    findByFrequencyText(raw, envelope) ??
    findByStatus(raw) ??
    (envelope && code !== null ? rejected('the provider refused the request') : null)
  if (!refusal) return malformed(envelope ? 'without a readable "code"' : 'no JSON object')
  const providerCode = toShownCode(code)
  return new UpstreamError(
    refusal.code,
    providerCode === undefined ? refusal.message : `${refusal.message} (its code: ${providerCode})`,
    { provider: 'chinanetcenter', providerCode, retryAfterMs: refusal.retryAfterMs, retry: refusal.retry },
  )
}

/** Its real form is undocumented: under whatever status, the words tell. */
function findByFrequencyText(raw: RawAnswer, envelope: PayloadObject | undefined): Refusal | undefined {
  const texts = envelope ? [fieldOf(envelope, 'code'), fieldOf(envelope, 'message')] : []
  return texts.some((text) => QUOTA_TEXT.test(toText(text) ?? '')) ? toThrottled(raw) : undefined
}

/** Refusals that the status tells; their bodies are undocumented and need not be JSON. */
function findByStatus(raw: RawAnswer): Refusal | undefined {
  const { status } = raw
  if (status === 401 || status === 403)
    return {
      code: 'UPSTREAM_CREDENTIAL',
      message: `the provider refused the credentials (HTTP ${status}); check user name, API key and this machine's clock`,
      retry: { times: 1 },
    }
  if (status === 429) return toThrottled(raw)
  if (status < 500) return undefined
  const retryAfterMs = readRetryAfter(raw)
  return {
    code: 'UPSTREAM_UNAVAILABLE',
    message: `the provider is out of order (HTTP ${status})`,
    retryAfterMs,
    retry: { times: 2, afterMs: retryAfterMs },
  }
}

function toThrottled(raw: RawAnswer): Refusal {
  const told = readRetryAfter(raw)
  const afterMs = told ?? WINDOW_MS
  return {
    code: 'UPSTREAM_THROTTLED',
    message: 'the provider refused for frequency',
    retryAfterMs: afterMs,
    retry: { times: 1, afterMs, isTold: told !== undefined },
  }
}

/** A code that is a number or a word; anything else may be content. */
function toShownCode(code: string | null): string | undefined {
  return code !== null && code !== '0' && /^(?:\d{1,10}|[A-Za-z_]{1,40})$/.test(code) ? code : undefined
}
