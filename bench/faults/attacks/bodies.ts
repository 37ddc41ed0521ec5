// S4 and S6: what a body may weigh, and how many operations it may hold.
import { Pool } from 'undici'
import { percentile } from '../figures/percentiles.ts'
import { heavyBodies } from './large-documents.ts'
import type { Attack } from './target.ts'
import { readAnswer } from './ways.ts'

const TRIES = 5
const REFUSAL_LIMIT_MS = 20
const HOLD_LIMIT_MS = 50
const BATCH = 1000

/** S4: large bodies are refused before they cost anything. */
export async function attackWithBodies({ target, judgement }: Attack): Promise<void> {
  const wrong: string[] = []
  const medians: number[] = []
  let slowest = ''
  await withSender(target, async (send) => {
    for (const { body } of heavyBodies) await send(body)
    await target.inspect(true)
    for (const { what, body } of heavyBodies) {
      const tries = []
      for (let round = 0; round < TRIES; round += 1) tries.push(await send(body))
      const tookMs = percentile(
        tries.map((one) => one.tookMs),
        0.5,
      )
      if (tookMs > Math.max(0, ...medians)) slowest = what
      medians.push(tookMs)
      const bad = tries.find(
        ({ status, text }) =>
          status !== 400 && status !== 413 && !isRefusedField(text) && (target.hasCodes || readAnswer(text).isExecuted),
      )
      if (bad !== undefined) wrong.push(`${what}: ${bad.status} ${bad.text.slice(0, 100)}`)
    }
  })
  judgement.equals('notRefused', wrong.join('; ') || 'none', 'none')
  judgement.note('slowest', slowest)
  judgement.takesAtMost('slowestMs', Math.max(...medians), REFUSAL_LIMIT_MS)
  // What is measured holds the pause between two looks, 10 ms.
  judgement.takesAtMost('loopHeldMs', (await target.inspect()).loopDelayMaxMs, HOLD_LIMIT_MS)
}

/** The document is good, and the one field it asks for is refused for what its variables hold. */
function isRefusedField(text: string): boolean {
  const { codes, isExecuted } = readAnswer(text)
  return isExecuted && codes.join() === 'INVALID_INPUT' && text.includes('"data":{"pushSessions":null}')
}

/** S6: a thousand operations in one body are none, or are all counted. */
export async function attackWithBatch({ target, judgement }: Attack): Promise<void> {
  const callsBefore = await target.countCalls()
  const query = '{stream(account:"left",key:"batch"){state}}'
  await withSender(target, async (send) => {
    const { status, text, tookMs } = await send(JSON.stringify(Array(BATCH).fill({ query })))
    judgement.equals('status', status, 400)
    if (target.hasCodes) judgement.equals('code', readAnswer(text).codes.join(), 'INVALID_INPUT')
    judgement.note('tookMs', tookMs)
  })
  judgement.equals('providerCalls', (await target.countCalls()) - callsBefore, 0)
}

interface Sent {
  readonly status: number
  readonly text: string
  readonly tookMs: number
}

async function withSender(target: Attack['target'], use: (send: (body: string) => Promise<Sent>) => Promise<void>) {
  const pool = new Pool(target.url, { connections: 4 })
  const headers = {
    accept: 'application/graphql-response+json',
    'content-type': 'application/json',
    ...target.caller,
  }
  try {
    await use(async (body) => {
      const startedAtMs = performance.now()
      const answer = await pool.request({ method: 'POST', path: '/graphql', headers, body })
      const text = await answer.body.text()
      return { status: answer.statusCode, text, tookMs: performance.now() - startedAtMs }
    })
  } finally {
    await pool.destroy()
  }
}
