// Whether every subscriber heard each sample once and in order: all who watched a stream are compared with each other.
import type { Session, Viewing } from './audience.ts'
import type { Sighting } from './subscription.ts'

/** What the comparison came to. */
export interface Comparison {
  /** Samples that reached somebody, each time counted. */
  readonly heard: number
  /** That reached somebody again who had it. */
  readonly repeated: number
  /** That came behind a later one. */
  readonly disordered: number
  /** That others heard of the stream, and one who was there did not. */
  readonly missing: number
  /** Subscribers that lost their replica. */
  readonly interrupted: number
  /** Most samples that one of them, who could not say where it was, missed while it was away; 0 for none. */
  readonly mostMissedAway: number
  /** Longest time between two samples of a subscriber that did not lose its replica, milliseconds; 0 for none. */
  readonly longestPauseMs: number
  /** Longest time between two samples of one that did, from replica to replica, milliseconds; 0 for none. */
  readonly longestAwayMs: number
}

/**
 * Compares. Which samples there were is what anybody heard of them, but for what each was told first: that may be one
 * that was known before, which nobody else need have heard.
 */
export function compareSequences(viewings: readonly Viewing[]): Comparison {
  const published = new Map<string, Set<number>>()
  const watched = viewings.map(({ key, sessions }) => ({ key, stays: toStays(sessions) }))
  for (const { key, stays } of watched) {
    const samples = published.get(key) ?? new Set()
    published.set(key, samples)
    for (const stay of stays) for (const { observedAtMs } of stay.slice(1)) samples.add(observedAtMs)
  }
  let [heard, repeated, disordered, missing, interrupted, mostMissedAway] = [0, 0, 0, 0, 0, 0]
  let [longestPauseMs, longestAwayMs] = [0, 0]
  for (const [index, { key, stays }] of watched.entries()) {
    const isInterrupted = (viewings[index]?.sessions.length ?? 0) > 1
    if (isInterrupted) interrupted += 1
    const samples = [...(published.get(key) ?? [])]
    for (const [place, stay] of stays.entries()) {
      const order = checkOrder(stay)
      heard += stay.length
      repeated += order.repeated
      disordered += order.disordered
      const isLast = place === stays.length - 1
      const first = stay[0]?.observedAtMs ?? Number.POSITIVE_INFINITY
      const until = isLast ? Number.POSITIVE_INFINITY : (stay.at(-1)?.observedAtMs ?? first)
      const own = new Set(stay.map(({ observedAtMs }) => observedAtMs))
      missing += samples.filter((sample) => sample > first && sample <= until && !own.has(sample)).length
      const next = stays[place + 1]?.[0]?.observedAtMs
      if (next !== undefined)
        mostMissedAway = Math.max(mostMissedAway, samples.filter((sample) => sample > until && sample < next).length)
    }
    const pauseMs = findLongestPause(stays.flat())
    if (isInterrupted) longestAwayMs = Math.max(longestAwayMs, pauseMs)
    else longestPauseMs = Math.max(longestPauseMs, pauseMs)
  }
  return {
    heard,
    repeated,
    disordered,
    missing,
    interrupted,
    mostMissedAway,
    longestPauseMs,
    longestAwayMs,
  }
}

/** Sessions that went on where the one before had ended are one with it. */
function toStays(sessions: readonly Session[]): readonly (readonly Sighting[])[] {
  const stays: Sighting[][] = []
  for (const { isResumed, sightings } of sessions) {
    const last = stays.at(-1)
    if (isResumed && last !== undefined) last.push(...sightings)
    else stays.push([...sightings])
  }
  return stays
}

function checkOrder(stay: readonly Sighting[]): { readonly repeated: number; readonly disordered: number } {
  const seen = new Set<number>()
  let [repeated, disordered, latestMs] = [0, 0, Number.NEGATIVE_INFINITY]
  for (const { observedAtMs } of stay) {
    if (seen.has(observedAtMs)) repeated += 1
    else if (observedAtMs < latestMs) disordered += 1
    seen.add(observedAtMs)
    latestMs = Math.max(latestMs, observedAtMs)
  }
  return { repeated, disordered }
}

/** What is told first of all is told at once, and says nothing of a pace. */
function findLongestPause(sightings: readonly Sighting[]): number {
  let longestMs = 0
  for (let index = 2; index < sightings.length; index += 1) {
    const [one, other] = [sightings[index - 1], sightings[index]]
    if (one !== undefined && other !== undefined) longestMs = Math.max(longestMs, other.arrivedAtMs - one.arrivedAtMs)
  }
  return longestMs
}
