// S5: everything that could be kept for somebody and might never be let go, against a small heap.
import { createHash } from 'node:crypto'
import type { InsideReport } from '../rig/inside-protocol.ts'
import type { Attack } from './target.ts'
import { byDigest, type Outcome, openWays, type Question, type Ways } from './ways.ts'

const MIB = 1024 * 1024
const GROWTH_LIMIT_MIB = 100
const SIDE_BY_SIDE = 16
/** What a body has around its document. */
const DOCUMENT_BYTES = 64 * 1024 - 64

/** S5. */
export async function attackMemory({ target, judgement, isQuick }: Attack): Promise<void> {
  const share = isQuick ? 0.1 : 1
  const ways = openWays(target, { isPatient: true })
  const first = `{__typename} # ${'f'.repeat(100)}`
  try {
    await putToWork(ways, isQuick ? 500 : 3000)
    const before = await target.inspect()
    const peak = { rss: before.rssBytes }
    const noteRss = async (name: string) => {
      judgement.note(name, ((await target.inspect()).rssBytes - before.rssBytes) / MIB)
    }
    const watch = setInterval(() => {
      target.inspect().then(
        ({ rssBytes }: InsideReport) => {
          peak.rss = Math.max(peak.rss, rssBytes)
        },
        () => undefined,
      )
    }, 200)
    try {
      const large = await flood(ways, 2000 * share, (index) => ({ query: fill(`{__typename} #${index} `) }))
      judgement.equals('largeDocumentsAnswered', large.filter(({ isExecuted }) => isExecuted).length, large.length)
      await noteRss('rssAfterLargeMiB')
      const unknown = await flood(ways, 5000 * share, (index) => ({
        extensions: { persistedQuery: { version: 1, sha256Hash: digestOf(`nothing ${index}`) } },
      }))
      judgement.equals('unknownDigestsExecuted', unknown.filter(({ isExecuted }) => isExecuted).length, 0)
      await ways.post({ query: first, extensions: byDigest(first) })
      const kept = await flood(ways, 5000 * share, (index) => {
        const query = `{__typename} # kept ${index}${'k'.repeat(1000)}`
        return { query, extensions: byDigest(query) }
      })
      judgement.note('registrations', kept.filter(({ isExecuted }) => isExecuted).length)
      await noteRss('rssAfterDigestsMiB')
      const wrong = await flood(ways, 20, (index) => ({
        query: `{accounts{name}} # ${index}`,
        extensions: byDigest('{__typename}'),
      }))
      judgement.equals('wrongDigestsExecuted', wrong.filter(({ isExecuted }) => isExecuted).length, 0)
      const forgotten = await ways.post({ extensions: byDigest(first) })
      judgement.equals('firstRegistrationIsKept', forgotten.isExecuted, false)
      const errors = await flood(ways, 10_000 * share, (index) => ({
        query: `{field${index} other${index}(x:${index}) ${'a '.repeat(index % 300)}}`,
      }))
      judgement.equals('wrongDocumentsExecuted', errors.filter(({ isExecuted }) => isExecuted).length, 0)
      judgement.equals(
        'serverErrors',
        [...large, ...unknown, ...kept, ...errors].filter(({ status }) => status >= 500 || status === 0).length,
        0,
      )
    } finally {
      clearInterval(watch)
    }
    judgement.equals('end', target.end() ?? 'none', 'none')
    const { rssBytes } = await target.inspect()
    judgement.note('heapSweptMiB', (await target.inspectSwept()).heapBytes / MIB)
    judgement.note('rssBeforeMiB', before.rssBytes / MIB)
    judgement.note('rssPeakGrowthMiB', (peak.rss - before.rssBytes) / MIB)
    judgement.atMost('rssGrowthMiB', (rssBytes - before.rssBytes) / MIB, GROWTH_LIMIT_MIB)
  } finally {
    await ways.close()
  }
}

async function flood(ways: Ways, count: number, write: (index: number) => Question): Promise<Outcome[]> {
  const outcomes: Outcome[] = []
  for (let from = 0; from < count; from += SIDE_BY_SIDE) {
    const some = Array.from({ length: Math.min(SIDE_BY_SIDE, count - from) }, (_, offset) =>
      ways.post(write(from + offset)),
    )
    for (const { text, ...outcome } of await Promise.all(some)) outcomes.push({ ...outcome, text: text.slice(0, 200) })
  }
  return outcomes
}

/**
 * Asks so many different questions. A process that has been at work for a while has the memory that work takes: its heap
 * has grown, and what is kept of documents is full.
 */
export async function putToWork(ways: Ways, count: number): Promise<void> {
  await flood(ways, count, (index) => ({ query: writeUsual(index) }))
}

/** A document as clients have them. */
function writeUsual(index: number): string {
  const fields = Array.from({ length: 25 }, (_, field) => `f${field}:account(name:"left"){name provider quota{limit}}`)
  return `query Usual${index}{${fields.join(' ')}}`
}

/** As large as a body may be: mostly comment, which costs nothing to read. */
function fill(start: string): string {
  return start + 'x'.repeat(DOCUMENT_BYTES - start.length)
}

function digestOf(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}
