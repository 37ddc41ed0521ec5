// Answers that all replicas share, in Redis: the bytes that are sent, so that whoever finds them reads nothing in them.
// They tell their instants on the fleet's clock. While the link is down there is nowhere to look, and nobody waits.
import { hash } from 'node:crypto'
import type { FleetClock } from '#fleet/fleet-clock.ts'
import type { FleetLink } from '#fleet/fleet-link.ts'
import type { Clock } from '#model/clock.ts'
import { decodeAnswer, encodeAnswer, type KnownHeads, type StoredAnswer } from './answer-codec.ts'
import type { WholeAnswer } from './answers.ts'

/** What it works with. */
export interface SharedAnswersOptions {
  readonly link: Pick<FleetLink, 'state' | 'get' | 'set'>
  readonly fleetTime: Pick<FleetClock, 'toFleet'>
  readonly clock: Pick<Clock, 'now' | 'monotonicMs'>
  /** What every key begins with. */
  readonly prefix: string
  /**
   * A line of text for all that shapes answers besides the question: answers of another stamp are not found. Undefined
   * while that is not known, and then nothing is looked for or kept. Called for every look: it must be cheap.
   */
  readonly stamp: () => string | undefined
}

/** Answers in a store that is shared. Nothing here throws. */
export interface SharedAnswers {
  /** What somebody has kept; undefined at once where there is nowhere to look. Never rejects. */
  find(place: string): Promise<WholeAnswer | undefined> | undefined
  /** Has an answer written, for as long as it answers. Nobody waits for that. */
  keep(place: string, answer: WholeAnswer): void
}

/** A longer one would hold up all that comes behind it on the link. */
const MAX_BODY_BYTES = 4 * 1024 ** 2
/** The same for many at a time; what is beyond is not shared. */
const MAX_WRITING_BYTES = 16 * 1024 ** 2
/**
 * Bytes of one process that may stand there at a time. Whoever asks one thing in ever other words would else fill a
 * store that keeps the count of provider calls, too.
 */
const MAX_STANDING_BYTES = 128 * 1024 ** 2
/** How far ahead of now an answer may have been kept: replicas know the fleet's clock a little differently. */
const CLOCK_SPREAD_MS = 1000

/** Shares answers over a link to Redis. */
export function createSharedAnswers(options: SharedAnswersOptions): SharedAnswers {
  const { link, fleetTime, clock, prefix, stamp } = options
  let writingBytes = 0
  const standing = new StandingBytes()
  const heads: KnownHeads = new Map()

  /** How far the fleet's clock is ahead of the steady one of this process. */
  function findLead(): number | undefined {
    const fleetNow = fleetTime.toFleet(clock.now())
    return fleetNow === undefined ? undefined : fleetNow - clock.monotonicMs()
  }

  /** Where an answer stands now; undefined where it cannot stand anywhere. */
  function findKey(place: string): { readonly key: string; readonly stamped: string } | undefined {
    const stamped = stamp()
    // In UTF-8 all lone surrogates are the same, and so would be the places of two callers.
    if (stamped === undefined || !place.isWellFormed()) return undefined
    return { key: `${prefix}:answer:${hash('sha256', `${stamped}\n${place}`, 'base64url')}`, stamped }
  }

  /** What was written, as an answer of this moment. */
  function read({ headers, body, keptAt, endsAt, age }: StoredAnswer): WholeAnswer | undefined {
    const leadMs = findLead()
    if (leadMs === undefined) return undefined
    const now = clock.monotonicMs() + leadMs
    // The fleet's clock went back since: how long this has been there nobody can tell any more.
    if (keptAt > now + CLOCK_SPREAD_MS || endsAt <= now) return undefined
    return {
      headers,
      body,
      endsAtMs: endsAt - leadMs,
      age: age && { fetchedAtMs: Math.min(age.fetchedAt, now) - leadMs, freshUntilMs: age.freshUntil - leadMs },
    }
  }

  function look(key: string, stamped: string): Promise<WholeAnswer | undefined> {
    return (
      link
        .get(key)
        .then((bytes) => {
          const stored = bytes && stamp() === stamped ? decodeAnswer(bytes, heads) : undefined
          return stored && read(stored)
        })
        // Not found, then. The link itself tells whom it concerns that it is down.
        .catch(() => undefined)
    )
  }

  async function write(key: string, bytes: Buffer, ttlMs: number): Promise<void> {
    writingBytes += bytes.length
    try {
      await link.set(key, bytes, ttlMs)
    } catch {
      // Losing an answer is always allowed.
    } finally {
      writingBytes -= bytes.length
    }
  }

  return {
    find(place) {
      if (link.state().health !== 'up' || findLead() === undefined) return undefined
      const where = findKey(place)
      return where && look(where.key, where.stamped)
    },

    keep(place, { headers, body, endsAtMs, age }) {
      const leadMs = findLead()
      if (link.state().health !== 'up' || leadMs === undefined) return
      if (body.length > MAX_BODY_BYTES || writingBytes + body.length > MAX_WRITING_BYTES) return
      const nowMs = clock.monotonicMs()
      const ttlMs = Math.ceil(endsAtMs - nowMs)
      const where = findKey(place)
      if (where === undefined || !(ttlMs >= 1)) return
      if (standing.count(nowMs) + body.length > MAX_STANDING_BYTES) return
      const bytes = encodeAnswer({
        headers,
        body,
        keptAt: nowMs + leadMs,
        endsAt: endsAtMs + leadMs,
        age: age && { fetchedAt: age.fetchedAtMs + leadMs, freshUntil: age.freshUntilMs + leadMs },
      })
      standing.add(bytes.length, nowMs + ttlMs)
      void write(where.key, bytes, ttlMs)
    },
  }
}

/** Bytes by the second in which they are forgotten: a few hundred at most, as no answer is kept for longer. */
class StandingBytes {
  private readonly bySecond = new Map<number, number>()
  private total = 0
  private countedSecond = Number.NEGATIVE_INFINITY

  add(bytes: number, untilMs: number): void {
    const second = Math.ceil(untilMs / 1000)
    this.bySecond.set(second, (this.bySecond.get(second) ?? 0) + bytes)
    this.total += bytes
  }

  count(nowMs: number): number {
    const now = Math.floor(nowMs / 1000)
    if (now === this.countedSecond) return this.total
    this.countedSecond = now
    for (const [second, bytes] of this.bySecond) {
      if (second > now) continue
      this.bySecond.delete(second)
      this.total -= bytes
    }
    return this.total
  }
}
