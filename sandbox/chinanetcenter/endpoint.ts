import type { Answer, CallIdentity, Endpoint, Failure, RequestHead } from '../answer.ts'
import type { StreamSet } from '../data/stream-set.ts'
import type { ChinanetcenterCredentials } from '../options.ts'
import type { Admission } from '../rolling-quota.ts'
import { readUsername, refuseAuthentication } from './authentication.ts'
import { type ReportFormat, toAnswer, toGatewayRefusal, toRefusal } from './envelope.ts'
import { readPeriod, readTimeZone } from './period.ts'
import { type AskedDomain, domainOf, reportDurations } from './report.ts'

/** The one report's path. */
const REPORT_PATH = '/api/report/domain/stream/duration'

/** What the call log and the faults call the one report. */
const REPORT_INTERFACE = 'stream-duration'

/** The vendor documents no code for calls over the quota; this one is invented. */
const THROTTLED = '24102429'

const UNREADABLE_BODY = ['24102002', 'There was an error in the body of your HTTP request.'] as const
const NO_BODY_TEXT =
  'This operation requires a body. Ensure that the body is present and the Content-Type header is set.'
const NOT_ACCEPTABLE_TEXT = 'The accept header specified in your request is not acceptable.'
const BAD_ZONE_TEXT = 'The value of X-Time-Zone header specified in your request in invalid.'
const BAD_DOMAIN_TEXT = 'param:domain  is null or invalid.'
const INTERNAL_TEXT = 'We encountered an internal error. Please try again.'

/** What the ChinaNetCenter endpoint reads and demands. */
export interface ChinanetcenterAccount {
  /** All streams of the account. */
  readonly streams: StreamSet
  /** What requests must be signed with. */
  readonly credentials: ChinanetcenterCredentials
  /** Domains that one call may name. */
  readonly maxDomainsPerCall: number
  /** How far a request's date may be off, seconds. */
  readonly maxClockSkewSeconds: number
  /** The provider's clock, epoch milliseconds. */
  readonly nowMs: () => number
}

/** The push-duration report of several domains and streams. Knows the protocol, no sockets. */
export class ChinanetcenterEndpoint implements Endpoint {
  readonly provider = 'chinanetcenter'
  readonly role = 'reports'
  readonly #account: ChinanetcenterAccount

  constructor(account: ChinanetcenterAccount) {
    this.#account = account
  }

  identify(head: RequestHead): CallIdentity {
    const account = readUsername(head.headers)
    return {
      account,
      isKnownAccount: account === this.#account.credentials.username,
      interface: head.target.split('?', 1)[0] === REPORT_PATH ? REPORT_INTERFACE : '',
      parameters: {},
    }
  }

  answer(head: RequestHead, body: string, admission: Admission): Answer {
    const { credentials, maxClockSkewSeconds, nowMs } = this.#account
    if (head.target.split('?', 1)[0] !== REPORT_PATH) return toGatewayRefusal(404, 'Not Found')
    if (head.method !== 'POST') return toGatewayRefusal(405, 'Method Not Allowed')
    const stranger = refuseAuthentication(head.headers, credentials, nowMs(), maxClockSkewSeconds)
    if (stranger !== undefined) return toGatewayRefusal(401, `Unauthorized: ${stranger}`)
    if (!admission.admitted) return this.throttle({ retryAfter: Math.ceil(admission.retryAfterMs / 1000) })
    const format = readFormat(head.headers.accept)
    if (format === undefined) return toRefusal('json', 400, '24102013', NOT_ACCEPTABLE_TEXT)
    const zone = head.headers['x-time-zone']
    const zoneSeconds = readTimeZone(typeof zone === 'string' ? zone : 'GMT+08:00')
    if (zoneSeconds === undefined) return toRefusal(format, 400, '24102020', BAD_ZONE_TEXT)
    const contentType = head.headers['content-type']
    if (body === '' || contentType === undefined) return toRefusal(format, 400, '24102014', NO_BODY_TEXT)
    if (!/^application\/json\s*(;|$)/i.test(contentType)) return toRefusal(format, 400, ...UNREADABLE_BODY)
    return this.#report(format, parse(body), zoneSeconds)
  }

  throttle(failure: Failure): Answer {
    const answer = this.fail({ status: 429, code: THROTTLED, message: 'Request frequency exceeds limit.', ...failure })
    return { ...answer, verdict: 'throttled' }
  }

  fail({ status, code, message, retryAfter }: Failure): Answer {
    const answer = toRefusal('json', status ?? 500, code ?? '24102500', message ?? INTERNAL_TEXT)
    const headers = retryAfter === undefined ? {} : { 'Retry-After': String(retryAfter) }
    return { ...answer, headers: { ...answer.headers, ...headers } }
  }

  unreadable(): Answer {
    return toGatewayRefusal(400, 'Bad Request')
  }

  #report(format: ReportFormat, request: unknown, zoneSeconds: number): Answer {
    if (typeof request !== 'object' || request === null || Array.isArray(request)) {
      return toRefusal(format, 400, ...UNREADABLE_BODY)
    }
    const { dateFrom, dateTo, domainStream } = request as Record<string, unknown>
    const { streams, maxDomainsPerCall } = this.#account
    const known = [...streams.all()]
    const asked = readDomains(domainStream, known.map(domainOf))
    if (asked === 'unreadable') return toRefusal(format, 400, ...UNREADABLE_BODY)
    if (asked === 'bad-domain') return toRefusal(format, 400, '24102008', BAD_DOMAIN_TEXT)
    const now = Math.floor(this.#account.nowMs() / 1000)
    const period = readPeriod(dateFrom, dateTo, now, zoneSeconds)
    if ('code' in period) return toRefusal(format, 400, period.code, period.message)
    if (asked.length > maxDomainsPerCall) {
      const text = `the number of Domain(${asked.length}) exceeds the limit (${maxDomainsPerCall}).`
      return toRefusal(format, 400, '24102019', `The request was rejected because ${text}`)
    }
    const body = { code: '0', message: 'success', data: reportDurations(known, asked, period, now) }
    return toAnswer(format, 200, body)
  }
}

/** The domains of a request; without any, all domains of the account. */
function readDomains(value: unknown, all: readonly string[]): AskedDomain[] | 'unreadable' | 'bad-domain' {
  if (value === undefined || value === null) {
    return [...new Set(all)].map((domain) => ({ domain, streams: undefined }))
  }
  if (!Array.isArray(value)) return 'unreadable'
  const asked: AskedDomain[] = []
  for (const entry of value as unknown[]) {
    if (typeof entry !== 'object' || entry === null) return 'unreadable'
    const { domain, stream } = entry as Record<string, unknown>
    if (typeof domain !== 'string' || domain === '' || /[\s/]/.test(domain)) return 'bad-domain'
    if (stream === undefined || stream === null) asked.push({ domain, streams: undefined })
    else if (Array.isArray(stream) && stream.every((name) => typeof name === 'string')) {
      asked.push({ domain, streams: new Set(stream) })
    } else return 'unreadable'
  }
  return asked.length === 0 ? readDomains(undefined, all) : asked
}

/** JSON is the default; nothing but exactly JSON or XML is documented to be acceptable. */
function readFormat(accept: string | undefined): ReportFormat | undefined {
  if (accept === undefined || accept === 'application/json') return 'json'
  return accept === 'application/xml' ? 'xml' : undefined
}

function parse(body: string): unknown {
  try {
    return JSON.parse(body)
  } catch {
    return undefined
  }
}
