// What may be written down. Errors of libraries carry addresses, arguments and whole commands, so nothing of an error
// is passed on that is not listed here, and every text is cleaned of what looks like a secret.
import { GatewayError } from '#model/errors.ts'

/** Longest text in a log line, in characters. */
const MAX_TEXT_LENGTH = 1000
/** Deepest nesting of what is logged, and of errors that caused each other. */
const MAX_DEPTH = 4
const MAX_ITEMS = 50
const MAX_FRAMES = 12

/** An error as it may be logged. */
export interface LoggableError {
  /** Name of its class. */
  readonly type: string
  /** Our own message as it is; anybody else's without what looks like a secret. */
  readonly message: string
  /** `UPSTREAM_TIMEOUT`, `ECONNREFUSED`; left out when there is none. */
  readonly code?: string
  readonly account?: string
  readonly provider?: string
  readonly providerCode?: string
  readonly retryAfterMs?: number
  /** Where it was thrown, without its message. */
  readonly frames?: readonly string[]
  readonly cause?: LoggableError
}

/** An error by an allow-list: whatever else it carries stays out. */
export function toLoggableError(error: unknown, depth = 0): LoggableError {
  if (!(error instanceof Error)) return { type: typeof error, message: typeof error === 'string' ? scrub(error) : '' }
  const isOurs = error instanceof GatewayError
  const frames = listFrames(error)
  const { cause } = error
  return {
    type: /^\w{1,60}$/.test(error.name) ? error.name : 'Error',
    message: isOurs ? clean(error.message) : scrub(error.message),
    ...toCode(error),
    ...(isOurs ? toGatewayFields(error) : {}),
    ...(frames.length === 0 ? {} : { frames }),
    ...(cause === undefined || depth >= MAX_DEPTH ? {} : { cause: toLoggableError(cause, depth + 1) }),
  }
}

/** Fields of a log line: errors by the allow-list, texts scrubbed, objects of classes by their names alone. */
export function toLoggableFields(fields: object): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [name, isPassed(name) ? value : toLoggable(value, 0)]),
  )
}

/**
 * `req` and `res` have serializers of their own, which pick what they need; an id of a request is checked by its edge, and
 * those of a trace are made by numbers alone.
 */
const passed: ReadonlySet<string> = new Set(['req', 'res', 'reqId', 'requestId', 'traceId', 'spanId'])

function isPassed(name: string): boolean {
  return passed.has(name)
}

/** A request as it may be logged: without query, headers and body. */
export function toLoggableRequest(request: {
  readonly method?: unknown
  readonly url?: unknown
  readonly ip?: unknown
}): Record<string, string> {
  const path = String(request.url ?? '').split('?', 1)[0] ?? ''
  return { method: clean(String(request.method)), path: scrub(path), address: clean(String(request.ip ?? '')) }
}

/** An answer as it may be logged. */
export function toLoggableResponse(response: { readonly statusCode?: unknown }): { readonly status: unknown } {
  return { status: response.statusCode }
}

/**
 * A text without what may be a secret: of addresses only scheme and host stay, named secrets, long hexadecimal and
 * base64-looking runs go, control characters become blanks.
 */
export function scrub(text: string): string {
  return clean(
    text
      .slice(0, MAX_TEXT_LENGTH * 4)
      .replace(/\b([a-z][a-z0-9+.-]{0,20}:\/\/)([^\s"'<>]+)/gi, (_, scheme: string, rest: string) => {
        if (rest.includes('@')) return `${scheme}[hidden]`
        const host = rest.split(/[/?#]/, 1)[0] ?? ''
        return host.length === rest.length ? `${scheme}${host}` : `${scheme}${host}/[hidden]`
      })
      .replace(/\b(bearer|basic)\s+[^\s"',]+/gi, '$1 [hidden]')
      .replace(/\b(sign|signature|api_?key|key|token|secret|password)=[^\s"'&,;]+/gi, '$1=[hidden]')
      .replace(/\b[0-9a-f]{16,}\b/gi, '[hidden]')
      .replace(/[A-Za-z0-9+/_%=-]{20,}/g, (run) => (isTokenLike(run) ? '[hidden]' : run)),
  )
}

function isTokenLike(run: string): boolean {
  return /\d/.test(run) && /[a-z]/.test(run) && /[A-Z]/.test(run)
}

function clean(text: string): string {
  const oneLine = text.replace(/[\p{Cc}\u2028\u2029]+/gu, ' ')
  return oneLine.length > MAX_TEXT_LENGTH ? `${oneLine.slice(0, MAX_TEXT_LENGTH - 1)}…` : oneLine
}

function toLoggable(value: unknown, depth: number): unknown {
  if (typeof value === 'string') return scrub(value)
  if (typeof value === 'bigint') return String(value)
  if (typeof value !== 'object' || value === null) return value
  if (value instanceof Error) return toLoggableError(value)
  if (value instanceof Date) return value.toJSON()
  if (depth >= MAX_DEPTH) return '[deep]'
  if (Array.isArray(value)) return value.slice(0, MAX_ITEMS).map((item) => toLoggable(item, depth + 1))
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype !== null && prototype !== Object.prototype) return `[${value.constructor?.name ?? 'object'}]`
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [clean(name), toLoggable(item, depth + 1)]))
}

function toGatewayFields(error: GatewayError): Partial<LoggableError> {
  return {
    ...(error.account === undefined ? {} : { account: clean(error.account) }),
    ...(error.provider === undefined ? {} : { provider: clean(error.provider) }),
    ...(error.providerCode === undefined ? {} : { providerCode: scrub(error.providerCode) }),
    ...(error.retryAfterMs === undefined ? {} : { retryAfterMs: error.retryAfterMs }),
  }
}

function toCode(error: Error): { readonly code?: string } {
  const code: unknown = 'code' in error ? error.code : undefined
  return typeof code === 'string' && /^[A-Z][A-Z0-9_]{0,49}$/.test(code) ? { code } : {}
}

/** Only lines that are a place in a file. A message can be part of the stack, and can look like a place. */
function listFrames(error: Error): readonly string[] {
  const lines = (error.stack ?? '').slice(0, 20_000).replace(error.message, '').split('\n')
  return lines
    .map((line) =>
      /^ {4}at (?:([\w.<>$ ]{1,80}) \()?((?:file:\/\/|node:)?[\w./@+-]{1,300}:\d{1,7}:\d{1,7})\)?$/.exec(line),
    )
    .filter((match) => match !== null)
    .slice(0, MAX_FRAMES)
    .map(([, name, place]) => (name === undefined ? `${place}` : `${name} (${place})`))
}
