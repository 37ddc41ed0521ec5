// Requests at a given pace, whatever becomes of them: a client that waits for answers would spare a slow server.
import { setTimeout as delay } from 'node:timers/promises'
import { steadyNow } from './steady-clock.ts'

const TICK_MS = 5

/** A stream of requests. */
export interface Load {
  /** How many a second. */
  readonly ratePerSecond: number
  /** Sends one. Never throws. */
  readonly send: () => Promise<unknown>
}

/**
 * Sends all loads side by side for so long, and waits until every answer is there.
 * @param during what happens meanwhile; the loads go on until it is done, if that takes longer
 */
export async function runLoads(
  loads: readonly Load[],
  durationMs: number,
  during: () => Promise<void> = async () => {},
): Promise<void> {
  const underWay = new Set<Promise<unknown>>()
  const startedAtMs = steadyNow()
  let isDuring = true
  let failure: unknown
  const meanwhile = during().then(
    () => {
      isDuring = false
    },
    (error: unknown) => {
      isDuring = false
      failure = error
    },
  )
  const sent = loads.map(() => 0)
  while (failure === undefined && (isDuring || steadyNow() - startedAtMs < durationMs)) {
    const elapsedMs = steadyNow() - startedAtMs
    for (const [index, { ratePerSecond, send }] of loads.entries()) {
      const due = Math.floor((elapsedMs * ratePerSecond) / 1000)
      for (; (sent[index] ?? 0) < due; sent[index] = (sent[index] ?? 0) + 1) {
        const request = send().finally(() => underWay.delete(request))
        underWay.add(request)
      }
    }
    await delay(TICK_MS)
  }
  await meanwhile
  await Promise.all(underWay)
  if (failure !== undefined) throw failure
}

/** Sends so many at once, and waits for all. */
export async function sendBurst(count: number, send: () => Promise<unknown>): Promise<void> {
  await Promise.all(Array.from({ length: count }, send))
}
