// What an answer of the screenshot queue comes to. `Live_Queue_Get` takes away what it answers: messages are read
// whatever number and status they come with, and that nothing was taken is believed only of an answer that cannot hold
// any. Everything else is UPSTREAM_RESPONSE, so that it is counted and kept to be looked at.
import { Buffer } from 'node:buffer'
import { isPopRefusal, type SnapshotBatch } from '#contract/capability.ts'
import { fieldOf, isNothing, type PayloadObject, parseJson, toInteger, toObject, toRows } from '#contract/payload.ts'
import type { RawAnswer } from '#contract/upstream-call.ts'
import { type ErrorCode, UpstreamError } from '#model/errors.ts'
import { toSnapshotMessage } from './convert-snapshot.ts'
import { examineEnvelope, findFields } from './envelope.ts'
import { findRefusalError, malformed } from './errors.ts'
import { countContainers, listContainers } from './json-containers.ts'
import type { TencentRole, TencentSettings } from './settings.ts'

/** Failures that tell how the provider does and when it may be asked again, whatever came with them. */
const pacing: ReadonlySet<ErrorCode> = new Set(['UPSTREAM_THROTTLED', 'UPSTREAM_UNAVAILABLE'])
/** Statuses that say, without a word, that the request went no further. */
const closedDoors: ReadonlySet<number> = new Set([401, 403, 429])
/** Fields that only messages have. */
const rowFields: readonly string[] = ['stream_id', 'pic_url', 'pic_full_url']

/**
 * Reads an answer when it arrives. It is kept by then, so that a status or number that asks for patience goes before
 * messages: they are read from what is kept.
 * @throws UpstreamError
 */
export function readFreshBatch(role: TencentRole, raw: RawAnswer, settings: TencentSettings): SnapshotBatch {
  const { problem } = examineEnvelope(role, raw)
  if (problem !== undefined && pacing.has(problem.code)) throw problem
  return readBatch(role, raw, settings)
}

/**
 * Reads a kept answer.
 * @throws UpstreamError `UPSTREAM_THROTTLED`, `UPSTREAM_CREDENTIAL` or `UPSTREAM_REJECTED` when the provider refused in
 * so many words and sent nothing else; `UPSTREAM_RESPONSE` when messages may have been taken that cannot be read
 */
export function readSnapshotBatch(raw: RawAnswer, settings: TencentSettings): SnapshotBatch {
  return readBatch('control', raw, settings)
}

function readBatch(role: TencentRole, raw: RawAnswer, settings: TencentSettings): SnapshotBatch {
  const { envelope, ret, problem } = examineEnvelope(role, raw)
  // Whoever stands before the interface and lets nobody in has not asked it either.
  if (problem !== undefined && raw.body.length === 0 && closedDoors.has(raw.status)) throw problem
  const fields = envelope && findFields(fieldOf(envelope, 'output'))
  if (envelope !== undefined && fields !== undefined) {
    const hidden = countContainers(raw.body) - listContainers(envelope).length
    const data = fieldOf(fields, 'data')
    const rows = toRows(data) ?? []
    const messages = toMessages(rows, settings)
    // Rows of another verdict that are no messages may be anything, but not a batch some of whose rows are damaged.
    if (messages.length > 0 || (rows.length > 0 && problem === undefined)) {
      const strays = listContainers(envelope, data).filter(isRowLike).length
      // What cannot be read is counted with the rows, and keeps the answer from being taken for read.
      return { messages, rowCount: rows.length + strays + hidden }
    }
    if (hidden === 0 && holdsNothing(envelope, fields)) {
      if (problem === undefined) return { messages: [], rowCount: 0 }
      const refusal = ret === null ? undefined : findRefusalError(role, ret, envelope)
      if (isPopRefusal(refusal)) throw refusal
    }
  }
  throw toUncertain(problem)
}

function toMessages(rows: readonly unknown[], { snapshots }: TencentSettings): SnapshotBatch['messages'] {
  return rows
    .map(toObject)
    .map((row) => row && toSnapshotMessage(row, snapshots))
    .filter((message) => message !== undefined)
}

/**
 * Whether an answer is one that an empty queue gives: an empty list, whatever the count says, which may be that of the
 * request; or no content at all. A count without any list says that rows are elsewhere, or missing.
 */
function holdsNothing(envelope: PayloadObject, fields: PayloadObject): boolean {
  const { output: _, ...beside } = envelope
  const { count, data, ...others } = fields
  const isZero = toInteger(count) === 0
  const hasEmptyList = Array.isArray(data) && data.length === 0
  const isEmpty = hasEmptyList || (isNothing(data) && (isZero || isNothing(count)))
  return isEmpty && [beside, others].every((part) => !isRowLike(part) && !Object.values(part).some(mayHoldRows))
}

function isRowLike(value: unknown): boolean {
  const row = toObject(value)
  return row !== undefined && rowFields.some((name) => !isNothing(fieldOf(row, name)))
}

/** A list or an object with something in it, also as JSON in a text. */
function mayHoldRows(value: unknown): boolean {
  const content = typeof value === 'string' && /^\s*[[{]/.test(value) ? parseJson(Buffer.from(value)) : value
  return typeof content === 'object' && !isNothing(content)
}

/** The error for an answer that leaves open whether messages were taken. @param problem what any other call would say */
function toUncertain(problem: UpstreamError | undefined): UpstreamError {
  if (problem === undefined) return malformed('of an unknown shape, and no empty queue')
  if (problem.code === 'UPSTREAM_RESPONSE') return problem
  const { message, provider, providerCode, retryAfterMs } = problem
  return new UpstreamError('UPSTREAM_RESPONSE', `${message}; it may have taken messages all the same`, {
    provider,
    providerCode,
    retryAfterMs,
    cause: problem,
  })
}
