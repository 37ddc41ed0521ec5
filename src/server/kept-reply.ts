// How a kept answer is sent. What it says of itself was said when it was made; what is of one request is added: its id,
// its client's limit, and the age of this moment.
import { type IncomingMessage, type ServerResponse, validateHeaderName, validateHeaderValue } from 'node:http'
import { type ClientLimitReading, toRateLimitHeaders } from '#access/client-limit.ts'
import { type AnswerAge, type Coding, codings, type KeptAnswer, LONGEST_TEXT_BYTES } from '#answers/answers.ts'
import type { Clock } from '#model/clock.ts'
import { type Asked, splitAsked } from './kept-asked.ts'
import { ReadyHeads } from './ready-head.ts'

/** What HTTP says of the age of an answer. */
export interface AgeWords {
  /** `Cache-Control` of an answer that is whole. Instants are on any one clock. */
  readonly toCacheControl: (age: AnswerAge, nowMs: number) => string
  /** `Age`, in whole seconds. */
  readonly toAgeSeconds: (age: AnswerAge, nowMs: number) => number
  /** Whether an `If-None-Match` names the tag. */
  readonly matchesEntityTag: (ifNoneMatch: string, tag: string) => boolean
}

/** Headers of one request, or of one connection. */
const passing: ReadonlySet<string> = new Set([
  'x-request-id',
  'ratelimit',
  'ratelimit-policy',
  'date',
  'content-length',
  'connection',
  'keep-alive',
  'transfer-encoding',
])
/** The same of an answer that tells its age. */
const aging: ReadonlySet<string> = new Set(['age', 'cache-control'])

/** Shorter ones fit one packet either way, and are never packed. */
const LEAST_PACKED_BYTES = 1024
/** `Accept-Encoding` has few forms, unless somebody makes them up. */
const MOST_FORMS = 200

/** Headers of a reply, as the framework tells them. */
export type SentHeaders = Readonly<Record<string, number | string | readonly string[] | undefined>>

/** What of the headers of an answer is kept: name, value, name, value. */
export function toKeptHeaders(sent: SentHeaders, tellsAge: boolean): readonly string[] {
  const kept: string[] = []
  for (const [name, value] of Object.entries(sent)) {
    if (value === undefined || passing.has(name) || (tellsAge && aging.has(name))) continue
    for (const one of Array.isArray(value) ? value : [value]) kept.push(name, String(one))
  }
  return kept
}

/** The kept headers of an answer as they are written: lines, each with its end. */
export interface KeptHead {
  readonly lines: string
  /** The same without what tells of a body. */
  readonly bodilessLines: string
  readonly tag: string | undefined
  /** What it answers. */
  readonly asked: Asked
}

/** What of a reply is of one request. */
export interface ReplyTerms {
  /** Of the answer; see `findHead`. */
  readonly head: KeptHead
  /** Where the client stands in its limit; null without one. */
  readonly reading: ClientLimitReading | null
  /** This moment on `Clock.monotonicMs`. */
  readonly nowMs: number
  readonly requestId: string
  /** Whether the client is to connect anew. */
  readonly isLast: boolean
}

/** Writes kept answers. */
export class KeptReplies {
  private readonly words: AgeWords
  private readonly ready: ReadyHeads
  /** By the list of headers: answers that were found elsewhere have theirs in common. */
  private readonly heads = new WeakMap<readonly string[], KeptHead | 'none'>()
  private readonly texts = new WeakMap<KeptAnswer, string>()
  private readonly preferences = new Map<string, Coding | undefined>()

  constructor(words: AgeWords, clock: Pick<Clock, 'now'>) {
    this.words = words
    this.ready = new ReadyHeads(clock)
  }

  /** What an answer is sent with. Undefined where it cannot be: one that comes from elsewhere may hold what is no header. */
  findHead({ headers }: Pick<KeptAnswer, 'headers'>): KeptHead | undefined {
    const known = this.heads.get(headers)
    if (known !== undefined) return known === 'none' ? undefined : known
    const head = toHead(headers)
    this.heads.set(headers, head ?? 'none')
    return head
  }

  /** Sends an answer. @returns the status */
  send(
    request: IncomingMessage,
    response: ServerResponse,
    kept: KeptAnswer,
    { head: form, reading, nowMs, requestId, isLast }: ReplyTerms,
  ): number {
    const { headers } = request
    const { body } = kept
    const tags = request.method === 'GET' && form.tag !== undefined ? headers['if-none-match'] : undefined
    const isKnown = tags !== undefined && this.words.matchesEntityTag(tags, form.tag ?? '')
    let lines = `${isKnown ? form.bodilessLines : form.lines}x-request-id: ${requestId}\r\n`
    if (isLast) lines += 'connection: close\r\n'
    if (reading)
      for (const [name, value] of Object.entries(toRateLimitHeaders(reading))) lines += `${name}: ${value}\r\n`
    if (kept.age) {
      const { toCacheControl, toAgeSeconds } = this.words
      lines += `cache-control: ${toCacheControl(kept.age, nowMs)}\r\nage: ${toAgeSeconds(kept.age, nowMs)}\r\n`
    }
    if (isKnown) {
      this.begin(response, 304, lines, isLast)
      response.end()
      return 304
    }
    const coding = this.findCoding(body, headers['accept-encoding'])
    const packed = coding && kept.pack(coding)
    lines += packed
      ? `content-encoding: ${coding}\r\ncontent-length: ${packed.length}\r\n`
      : `content-length: ${body.length}\r\n`
    this.begin(response, 200, lines, isLast)
    if (packed) response.end(packed)
    else if (body.length > LONGEST_TEXT_BYTES) response.end(body)
    else response.end(this.toText(kept), 'latin1')
    return 200
  }

  private begin(response: ServerResponse, status: 200 | 304, lines: string, isLast: boolean): void {
    if (isLast || !this.ready.decide(response, status, lines)) response.writeHead(status, toList(lines))
  }

  /** A short body in Latin-1: every byte is a letter. */
  private toText(kept: KeptAnswer): string {
    const known = this.texts.get(kept)
    if (known !== undefined) return known
    const text = kept.body.toString('latin1')
    // What is sent once needs not be found again.
    if (kept.isHeld) this.texts.set(kept, text)
    return text
  }

  /** The coding a client would rather have than a body as it is. Of those it likes as well, the one that packs best. */
  private findCoding(body: Buffer, accepted: string | string[] | undefined): Coding | undefined {
    if (accepted === undefined || body.length < LEAST_PACKED_BYTES) return undefined
    const text = String(accepted)
    if (this.preferences.has(text)) return this.preferences.get(text)
    const coding = findBestCoding(text)
    if (this.preferences.size >= MOST_FORMS) this.preferences.clear()
    this.preferences.set(text, coding)
    return coding
  }
}

/** Only what is named counts: `*` is said by clients that have never met the newer ones. */
function findBestCoding(accepted: string): Coding | undefined {
  const weights = new Map<string, number>()
  for (const part of accepted.toLowerCase().split(',')) {
    const [name = '', ...parameters] = part.split(';').map((text) => text.trim())
    const weight = parameters.find((text) => text.startsWith('q='))
    weights.set(name, weight === undefined ? 1 : Number(weight.slice(2)) || 0)
  }
  const weightOf = (name: string) => weights.get(name) ?? 0
  const best = codings.reduce((one, other) => (weightOf(other) > weightOf(one) ? other : one))
  return weightOf(best) > 0 && weightOf(best) >= weightOf('identity') ? best : undefined
}

function toHead(kept: readonly string[]): KeptHead | undefined {
  const { sent: headers, asked } = splitAsked(kept)
  const lines: string[] = []
  const bodilessLines: string[] = []
  let tag: string | undefined
  for (let index = 0; index + 1 < headers.length; index += 2) {
    const name = headers[index] ?? ''
    const value = headers[index + 1] ?? ''
    // What is of one request or of its connection is never kept: who says so meant something else by it.
    if (passing.has(name.toLowerCase())) return undefined
    try {
      validateHeaderName(name)
      validateHeaderValue(name, value)
    } catch {
      return undefined
    }
    const line = `${name}: ${value}\r\n`
    if (name === 'etag') tag = value
    if (name !== 'content-type') bodilessLines.push(line)
    lines.push(line)
  }
  return { lines: lines.join(''), bodilessLines: bodilessLines.join(''), tag, asked }
}

/** Lines as `writeHead` takes them: name, value, name, value. */
function toList(lines: string): string[] {
  return lines
    .split('\r\n')
    .slice(0, -1)
    .flatMap((line) => {
      const end = line.indexOf(':')
      return [line.slice(0, end), line.slice(end + 2)]
    })
}
