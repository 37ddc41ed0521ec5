// Replicas over one Redis, each with clocks and a memory of its own.
import type { WholeAnswer } from '#answers/answers.ts'
import { createKeptAnswers } from '#answers/kept-answers.ts'
import { createSharedAnswers, type SharedAnswersOptions } from '#answers/shared-answers.ts'
import { FakeClock } from '#test/support/fake-clock.ts'
import { knowFleetTime } from '#test/support/fleet-time.ts'

export type Link = SharedAnswersOptions['link']

export const MINUTE_MS = 60_000

/** Counts what is asked over a link, and knows when all that was written has arrived. */
export function watch(watched: Link) {
  const asked: string[] = []
  const writing: Promise<void>[] = []
  const over: Link = {
    state: () => watched.state(),
    get: (key) => {
      asked.push(key)
      return watched.get(key)
    },
    set: (...values) => {
      const written = watched.set(...values)
      writing.push(written)
      return written
    },
  }
  return { over, asked, writing, written: () => Promise.allSettled(writing) }
}

/** What a replica may be told, besides what all of them need. */
export interface ReplicaOptions {
  /** The clock that replicas share. */
  readonly fleet?: FakeClock
  readonly prefix?: string
  readonly over?: Link
  readonly wallLeadMs?: number
  readonly maxBytes?: number
  readonly stamp?: () => string | undefined
}

/** A replica's view of one Redis: its own clocks, the fleet's time, its own memory. */
export function openAnswerReplica({
  fleet = new FakeClock(),
  prefix,
  over,
  wallLeadMs = 0,
  maxBytes = 200_000_000,
  stamp = () => 'stamp',
}: ReplicaOptions & Required<Pick<ReplicaOptions, 'prefix' | 'over'>>) {
  const clock = new FakeClock(fleet.now() + wallLeadMs)
  const watched = watch(over)
  const fleetTime = knowFleetTime(clock, fleet)
  const shared = createSharedAnswers({ link: watched.over, fleetTime, clock, prefix, stamp })
  const answers = createKeptAnswers({ maxBytes, clock, shared })
  const advance = async (ms: number) => {
    await fleet.advance(ms)
    await clock.advance(ms)
  }
  /** Resolves when it has arrived. */
  const keep = async (
    place: string,
    { lifeMs = MINUTE_MS, body = Buffer.from(place) }: { lifeMs?: number; body?: Buffer } = {},
  ) => {
    const nowMs = clock.monotonicMs()
    const answer: WholeAnswer = {
      headers: ['content-type', 'application/json'],
      body,
      endsAtMs: nowMs + lifeMs,
      age: { fetchedAtMs: nowMs - 2000, freshUntilMs: nowMs + 3000 },
    }
    answers.keep(place, answer, nowMs)
    await watched.written()
    return answer
  }
  const read = async (place: string) => (await answers.fetch(place))?.body.toString()
  return { ...watched, answers, clock, fleet, prefix, advance, keep, read }
}
