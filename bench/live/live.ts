// The live bench: everything is run and written down here.
import { writeFile } from 'node:fs/promises'
import { startRedis } from '#test/support/redis-server.ts'
import { describeRun } from '../surroundings.ts'
import { measureFanOut } from './fan-out.ts'
import { measureLatency } from './latency.ts'
import type { LivePart } from './live-parts.ts'
import { measureMemory } from './memory.ts'
import { type LiveFigures, writeLiveResults } from './page.ts'
import { TICK_MS } from './rig.ts'

const RESULTS = new URL('RESULTS.md', import.meta.url)

/** What is run. */
export interface LiveOrder {
  readonly parts: readonly LivePart[]
  /** How long the many subscribers stay, ≥ 1. */
  readonly minutes: number
  /** Whether it is only to be seen that it runs: few subscribers, for a short time. */
  readonly isTrial: boolean
  /** Whether the page is written. */
  readonly isWriting: boolean
  /** As typed, for the page. */
  readonly words: readonly string[]
}

const MINUTE_MS = 60_000
/** From here on the few are counted for longer too. */
const LONG_MINUTES = 5

/** Runs parts, prints the page, and writes it down when it is to be. */
export async function runLive(order: LiveOrder): Promise<void> {
  const { parts, minutes, isTrial } = order
  const surroundings = [
    await describeSurroundings(order.words),
    'Three replicas, Redis, the emulated provider and all subscribers share the cores as the system likes. Nothing is scaled: ticks are those of the provider, 5 s.',
  ]
  const fewMs = minutes < LONG_MINUTES ? MINUTE_MS : 2 * MINUTE_MS
  const fanOut = isTrial
    ? { streams: 6, subscribers: 60, crowdMs: 18 * TICK_MS, fewMs: 4 * TICK_MS }
    : { streams: 100, subscribers: 1000, crowdMs: minutes * MINUTE_MS, fewMs }
  const audiences = isTrial
    ? [
        { subscribers: 1, streams: 1 },
        { subscribers: 20, streams: 4 },
      ]
    : [
        { subscribers: 1, streams: 1 },
        { subscribers: 100, streams: 10 },
        { subscribers: 1000, streams: 100 },
      ]
  const timedMs = isTrial ? 3 * TICK_MS : fewMs / 2
  const steps = isTrial ? [0, 100, 300] : [0, 1000, 3000, 10_000]
  const manners = ['websocket', 'rest-sse', 'graphql-sse', 'shared-websocket'] as const
  const figures: LiveFigures = {
    surroundings,
    ...(parts.includes('fan-out') && { fanOut: await measureFanOut(fanOut) }),
    ...(parts.includes('latency') && { latency: await measureLatency({ audiences, ms: timedMs }) }),
    ...(parts.includes('memory') && { memory: await measureMemory({ manners, steps, streams: 100 }) }),
  }
  const page = writeLiveResults(figures)
  console.log(page)
  if (order.isWriting && !isTrial) await writeFile(RESULTS, page)
}

async function describeSurroundings(words: readonly string[]): Promise<string> {
  const redis = await startRedis()
  try {
    return await describeRun(redis, words)
  } finally {
    await redis.close()
  }
}
