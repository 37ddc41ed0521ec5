// S8: one verdict for one document, whatever way it comes by.

import { type Gateway, isGateway, startGateway } from './gateway.ts'
import { type GeneratedQuestion, generateQuestions } from './generated-documents.ts'
import {
  BODY_LIMIT_BYTES,
  deepDocuments,
  HEAD_LIMIT_BYTES,
  heavyDocuments,
  unfoldingDocuments,
  wideDocuments,
} from './large-documents.ts'
import type { Attack } from './target.ts'
import { byDigest, type Outcome, openWays } from './ways.ts'

const SEED = 8
/** Most documents of a folder of registered ones. */
const REGISTERED = 500
/** What a message on a socket and a body have around a document. */
const AROUND_BYTES = 512

/** A way, and what it cannot carry. */
interface ComparedWay {
  readonly name: string
  readonly ask: (question: GeneratedQuestion) => Promise<Outcome>
  readonly maxBytes: number
}

/** S8: by POST, GET, WebSocket, digest with and without the document, and for those that are good by registered name. */
export async function attackEveryWay({ target, judgement, isQuick, onEnd }: Attack): Promise<void> {
  const ways = openWays(target, { isPatient: true })
  onEnd(ways.close)
  const withDigest = (question: GeneratedQuestion) => ({ ...question, extensions: byDigest(question.query) })
  const compared: readonly ComparedWay[] = [
    { name: 'GET', ask: ways.get, maxBytes: HEAD_LIMIT_BYTES },
    { name: 'WebSocket', ask: ways.socket, maxBytes: BODY_LIMIT_BYTES },
    { name: 'digest', ask: (question) => ways.post(withDigest(question)), maxBytes: BODY_LIMIT_BYTES },
    { name: 'digest by GET', ask: (question) => ways.get(withDigest(question)), maxBytes: HEAD_LIMIT_BYTES },
    { name: 'digest by WebSocket', ask: (question) => ways.socket(withDigest(question)), maxBytes: BODY_LIMIT_BYTES },
  ]
  const large = [...deepDocuments, ...wideDocuments, ...unfoldingDocuments, ...heavyDocuments]
  const questions: readonly GeneratedQuestion[] = [
    ...large.map(({ query }) => ({ query })).filter(({ query }) => sizeOf(query) < BODY_LIMIT_BYTES - AROUND_BYTES),
    ...generateQuestions(isQuick ? 120 : 500, SEED),
  ]
  const different: string[] = []
  const good: { readonly question: GeneratedQuestion; readonly verdict: string }[] = []
  let verdicts = 0
  for (const question of questions) {
    const outcome = await ways.post(question)
    const verdict = toVerdict(outcome)
    for (const { name, ask, maxBytes } of compared) {
      const bytes = name.includes('GET') ? encodeURIComponent(question.query).length : sizeOf(question.query)
      if (bytes > maxBytes - AROUND_BYTES) continue
      verdicts += 1
      const other = toVerdict(await ask(question))
      if (other !== verdict)
        different.push(`${question.query.slice(0, 60)}: ${verdict.slice(0, 90)} but ${other.slice(0, 90)} by ${name}`)
    }
    if (!outcome.isExecuted) continue
    good.push({ question, verdict })
    // Whoever may carry a document out may have it carried out by its digest alone from then on.
    const { query, ...rest } = question
    verdicts += 1
    const kept = toVerdict(await ways.post({ ...rest, extensions: byDigest(query) }))
    if (kept !== verdict) different.push(`${query.slice(0, 60)}: ${kept.slice(0, 60)} by its digest alone`)
  }
  judgement.note('documents', questions.length)
  judgement.note('executed', good.length)
  judgement.atLeast('executedShare', good.length / questions.length, 0.25)
  judgement.atLeast('refusedShare', 1 - good.length / questions.length, 0.25)
  if (isGateway(target)) different.push(...(await compareRegistered(target, good.slice(0, REGISTERED))))
  judgement.note('verdicts', verdicts + good.length)
  judgement.note('examples', different.slice(0, 4).join(' | ') || 'none')
  judgement.equals('differences', different.length, 0)
}

/** The good ones under names of their own, at a gateway that carries out nothing else. */
async function compareRegistered(
  { caller, settings }: Gateway,
  good: readonly { readonly question: GeneratedQuestion; readonly verdict: string }[],
): Promise<string[]> {
  const documents = Object.fromEntries(good.map(({ question }, index) => [`document-${index}`, question.query]))
  const registered = await startGateway({
    settings: { ...settings, queries: { persisted: { directory: 'registered', only: true } } },
    files: { 'registered/documents.json': JSON.stringify(documents) },
    caller,
  })
  const ways = openWays(registered, { isPatient: true })
  const different: string[] = []
  try {
    for (const [index, { question, verdict }] of good.entries()) {
      const { query, ...rest } = question
      for (const ask of [ways.post, ways.get, ways.socket]) {
        const other = toVerdict(await ask({ ...rest, documentId: `document-${index}` }))
        if (other !== verdict) different.push(`${query.slice(0, 60)}: ${other.slice(0, 90)} by its name`)
      }
    }
    const own = await ways.post({ query: '{__typename}' })
    if (own.codes.join() !== 'FORBIDDEN') different.push(`a document of one's own: ${own.codes.join()}`)
  } finally {
    await ways.close()
    await registered.close()
  }
  return different
}

/** Codes in their order, or what it was answered with; neither how nor how fast. */
function toVerdict({ codes, isExecuted, text }: Outcome): string {
  if (!isExecuted) return codes.join()
  const { data, errors }: { data?: unknown; errors?: { message: string; path?: unknown }[] } = JSON.parse(text)
  return JSON.stringify({ data, errors: errors?.map(({ message, path }) => ({ message, path })), codes })
}

function sizeOf(query: string): number {
  return Buffer.byteLength(JSON.stringify(query))
}
