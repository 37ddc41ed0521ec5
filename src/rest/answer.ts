// How an answer of a use case leaves: as JSON or CSV, with its age, or not at all when the client has it already.
import type { FastifyReply, FastifyRequest } from 'fastify'
import { addVary } from '#access/vary.ts'
import type { Ask } from '#contract/ask.ts'
import type { OfferAnswer } from '#contract/offered-answer.ts'
import type { Instant } from '#model/time-range.ts'
import type { Freshness } from '#services/views.ts'
import { CSV_TYPE, type CsvRow, prefersCsv, toCsv } from './csv.ts'
import { matchesEntityTag, toAgeSeconds, toCacheControl, toEntityTag } from './freshness-headers.ts'

/** What a route answers. */
export interface RestAnswer<Body> {
  readonly body: Body
  /** What the entity tag covers: all of the answer except its age. JSON. */
  readonly tagged: unknown
  /** The body where it is bytes already; `tagged` is not read then. */
  readonly written?: WrittenBody
  readonly freshness: Freshness
  /** How many pieces of the range could not be had; left out where an answer is of no range. */
  readonly missingCount?: number
  /** How many parts or accounts failed. */
  readonly failureCount?: number
}

/** A body that has been written before, in parts. */
export interface WrittenBody {
  /** What the entity tag covers. */
  readonly tagged: readonly (string | Uint8Array)[]
  readonly toJson: () => Buffer
}

/** How the items of an answer become rows. */
export interface CsvForm<Body> {
  readonly columns: readonly string[]
  readonly toRows: (body: Body) => readonly CsvRow[]
}

/** Names that an answer depends on besides its address. */
const VARY = ['Accept', 'Accept-Encoding', 'Authorization', 'X-API-Key']

/** The circumstances of an answer. */
export interface AnswerTerms {
  readonly ask: Ask
  readonly now: Instant
  /** Told of an answer that is whole. */
  readonly offer?: OfferAnswer | undefined
}

/** Sends an answer. @param csv where the route can give CSV */
export function sendAnswer<Body>(
  request: FastifyRequest,
  reply: FastifyReply,
  answer: RestAnswer<Body>,
  csv: CsvForm<Body> | undefined,
  { ask, now, offer }: AnswerTerms,
): FastifyReply {
  const { body, tagged, written, freshness, missingCount, failureCount = 0 } = answer
  const isWhole = failureCount === 0 && !missingCount
  const asCsv = csv !== undefined && prefersCsv(request.headers.accept)
  const type = asCsv ? CSV_TYPE : 'application/json; charset=utf-8'
  const tag = toEntityTag(written?.tagged ?? [JSON.stringify(tagged)], type)
  addVary(reply, VARY)
  reply
    .header('cache-control', toCacheControl(freshness, isWhole, now))
    .header('age', toAgeSeconds(freshness, now))
    .header('etag', tag)
    .header('x-upstream-calls', ask.meter.calls)
    // The tag does not cover the age, so that this must travel with a 304 too.
    .header('weir-stale', String(freshness.stale))
  if (missingCount !== undefined) reply.header('weir-missing', missingCount)

  const readOnly = request.method === 'GET' || request.method === 'HEAD'
  if (readOnly && matchesEntityTag(request.headers['if-none-match'], tag)) return reply.code(304).send()
  const text = asCsv ? toCsv(csv.columns, csv.toRows(body)) : (written?.toJson() ?? JSON.stringify(body))
  if (isWhole && !freshness.stale) offer?.(request.raw, { body: text, meter: ask.meter, age: freshness })
  return reply.type(type).send(text)
}
