// Tries documents by several ways and holds what becomes of them to what must: refused, quickly, in few words, before
// anything is executed.
import { percentile } from '../figures/percentiles.ts'
import { BODY_LIMIT_BYTES, HEAD_LIMIT_BYTES, type LargeDocument } from './large-documents.ts'
import type { Attack } from './target.ts'
import { type Outcome, openWays, type Ways } from './ways.ts'

/** A way to send a document. */
export type Way = Exclude<keyof Ways, 'close'>

const TRIES = 5
/** Longest address that is tried: of a longer one not even the refusal arrives. */
const ADDRESS_BYTES = 100_000
/** Largest message that is tried: to write a larger one takes the client longer than anything else. */
const MESSAGE_BYTES = 1_000_000
const REFUSAL_LIMIT_MS = 20
const ANSWER_LIMIT_BYTES = 4096
const ERRORS_LIMIT = 10
/**
 * What a way answers to what is too large for it to be read at all. A client that is still writing its body when the
 * connection ends may lose the answer to that (0).
 */
const unread: Readonly<Record<Way, readonly number[]>> = { post: [413, 0], get: [414, 431], socket: [1009] }

/** Tries each document by each way, some times over. The time that counts is the median of the tries. */
export async function tryDocuments(
  { target, judgement }: Attack,
  documents: readonly LargeDocument[],
  kinds: readonly Way[],
): Promise<void> {
  const ways = openWays(target)
  const wrong: string[] = []
  const medians: number[] = []
  const outcomes: Outcome[] = []
  let slowest = ''
  try {
    // Code that has just been loaded is slow.
    for (const kind of kinds) for (let round = 0; round < TRIES; round += 1) await ways[kind]({ query: '{a{a{a}}}' })
    const callsBefore = await target.countCalls()
    for (const { what, query } of documents)
      for (const kind of kinds) {
        if (kind === 'get' && encodeURIComponent(query).length > ADDRESS_BYTES) continue
        if (kind === 'socket' && query.length > MESSAGE_BYTES) continue
        const tries: Outcome[] = []
        for (let round = 0; round < TRIES; round += 1) tries.push(await ways[kind]({ query }))
        const tookMs = percentile(
          tries.map((one) => one.tookMs),
          0.5,
        )
        if (tookMs > Math.max(0, ...medians)) slowest = `${what} by ${kind}`
        medians.push(tookMs)
        outcomes.push(...tries)
        const bad = tries.find((outcome) => !isRefused(outcome, kind, query, target.hasCodes))
        if (bad !== undefined) wrong.push(`${what} by ${kind}: ${bad.status} ${bad.codes.join()}`)
      }
    judgement.atMost('providerCalls', (await target.countCalls()) - callsBefore, 1)
  } finally {
    await ways.close()
  }
  const count = (isSo: (outcome: Outcome) => boolean) => outcomes.filter(isSo).length
  judgement.note('tried', medians.length)
  judgement.equals('notRefused', wrong.join('; ') || 'none', 'none')
  judgement.equals(
    'executed',
    count(({ isExecuted }) => isExecuted),
    0,
  )
  judgement.equals(
    'callStackTexts',
    count(({ text }) => /call stack|at .*\.[jt]s:\d/i.test(text)),
    0,
  )
  judgement.atMost('mostErrors', Math.max(0, ...outcomes.map(({ codes }) => codes.length)), ERRORS_LIMIT)
  judgement.atMost('largestAnswer', Math.max(0, ...outcomes.map(({ text }) => text.length)), ANSWER_LIMIT_BYTES)
  judgement.note('slowest', slowest)
  judgement.note('medianMs', percentile(medians, 0.5))
  judgement.takesAtMost('slowestMs', Math.max(0, ...medians), REFUSAL_LIMIT_MS)
}

/** Whether it is refused for its size, or was too large to be read. */
function isRefused({ status, codes, isExecuted }: Outcome, kind: Way, query: string, hasCodes: boolean): boolean {
  const bytes = kind === 'get' ? encodeURIComponent(query).length : Buffer.byteLength(query)
  if (bytes > (kind === 'get' ? HEAD_LIMIT_BYTES : BODY_LIMIT_BYTES - 1024) && unread[kind].includes(status))
    return true
  if (!hasCodes) return !isExecuted && (codes.length > 0 || unread[kind].includes(status))
  return (kind === 'socket' ? status === 0 : status === 400) && codes[0] === 'QUERY_TOO_COMPLEX'
}
