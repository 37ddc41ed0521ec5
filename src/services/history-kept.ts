// What is kept of a window of a history, and from where on it is asked for again: a row that is there and no longer
// growing is asked for once, a place where one may still appear until none can any more.
import type { CacheEntry } from '#cache/cache.ts'
import type { HistoryFacts } from '#contract/provider.ts'
import type { Instant, TimeRange } from '#model/time-range.ts'
import { findFirstIndex } from './first-index.ts'

/** Anything measured at an instant. */
export interface Timed {
  readonly observedAt: Instant
}

/** A kept window. */
export interface Kept<Sample> {
  /** How much of the window was asked for. */
  readonly asked: TimeRange
  /** When it was last asked for, by the wall clock of whoever did. */
  readonly calledAt: Instant
  /** The first instant of which something can still appear or change; `window.to` when the window is closed. */
  readonly openFrom: Instant
  /** Of this window alone, in order of time, without repeats. */
  readonly samples: readonly Sample[]
}

/** What one call told. */
interface Told<Sample> {
  readonly asked: TimeRange
  /** When it was made: what appeared later is not in it. */
  readonly calledAt: Instant
  readonly samples: readonly Sample[]
}

/** What the rows of a history are told apart by, and how they come. */
export interface RowRules<Sample> {
  readonly facts: Pick<HistoryFacts, 'gridMs'>
  /** What measured it: two samples of one source and instant are one, and the later mention wins. */
  readonly sourceOf: (sample: Sample) => string | null
}

/** Replicas know the time a little differently. */
export const CLOCK_SPREAD_MS = 15_000
const nothing: readonly never[] = Object.freeze([])

/** What a window holds now: what a call told of its part, and what is kept of the rest. */
export function toKept<Sample extends Timed>(
  rules: RowRules<Sample>,
  window: TimeRange,
  kept: Kept<Sample> | undefined,
  call: Told<Sample>,
  closedAfterMs: number,
): Kept<Sample> {
  const { asked } = call
  const from = Math.max(window.from, asked.from)
  const part = { from, to: Math.max(from, Math.min(window.to, asked.to)) }
  // What lies between is known of nobody any more: a kept window has no hole in what was asked for.
  const joined = kept && kept.asked.from <= part.to && kept.asked.to >= part.from ? kept : undefined
  const after = joined && joined.asked.to > part.to ? joined : undefined
  const told = call.samples.filter(
    ({ observedAt }) =>
      observedAt >= part.from &&
      observedAt < window.to &&
      // Whether the provider's end is inclusive is not known: what is kept from there on stays.
      (after ? observedAt < part.to : observedAt <= part.to),
  )
  const all = joinParts(
    joined?.samples.slice(0, findIndex(joined.samples, part.from)) ?? nothing,
    inOrder(told, rules.sourceOf),
    after?.samples.slice(findIndex(after.samples, part.to)) ?? nothing,
  )
  const whole = {
    from: Math.min(part.from, joined?.asked.from ?? part.from),
    to: Math.max(part.to, joined?.asked.to ?? part.to),
  }
  const openFrom = findOpen(rules, all, { from: whole.from, to: part.to }, call, closedAfterMs)
  return {
    asked: whole,
    calledAt: call.calledAt,
    openFrom: after && openFrom >= part.to ? Math.max(part.to, after.openFrom) : openFrom,
    samples: all,
  }
}

/**
 * What is known of the window behind one that was asked for before it ended, as long as nothing newer can exist than was
 * told then: that it was empty. Undefined when the one before tells nothing of it.
 */
export function implyNext<Sample>(
  before: { readonly window: TimeRange; readonly kept: CacheEntry<Kept<Sample>> } | undefined,
  window: TimeRange,
): CacheEntry<Kept<Sample>> | undefined {
  if (before?.window.to !== window.from || before.kept.value.asked.to >= window.from) return undefined
  const { fetchedAt, freshUntil, value: told } = before.kept
  const asked = { from: window.from, to: window.from }
  const value = { asked, calledAt: told.calledAt, openFrom: window.from, samples: nothing }
  return { value, fetchedAt, freshUntil }
}

/**
 * What is kept as the reader's clock tells it. Whoever asked by a clock that was ahead of it, another replica or this one
 * before its clock was set back, took for settled what was still to come: that is open again.
 */
export function toOwnTime<Sample>(
  kept: CacheEntry<Kept<Sample>>,
  { closedAfterMs, paceMs }: { readonly closedAfterMs: number; readonly paceMs: number },
): CacheEntry<Kept<Sample>> {
  const { value, fetchedAt, freshUntil } = kept
  if (value.calledAt <= fetchedAt + CLOCK_SPREAD_MS) return kept
  const openFrom = Math.min(value.openFrom, Math.max(value.asked.from, fetchedAt - closedAfterMs))
  const asked = { from: value.asked.from, to: Math.max(value.asked.from, Math.min(value.asked.to, fetchedAt)) }
  return {
    value: { ...value, asked, calledAt: fetchedAt, openFrom },
    fetchedAt,
    freshUntil: openFrom < value.openFrom ? Math.min(freshUntil, fetchedAt + paceMs) : freshUntil,
  }
}

/** The index of the first sample that is not before an instant. @param samples in order of time */
export function findIndex(samples: readonly Timed[], instant: Instant): number {
  return findFirstIndex(samples, ({ observedAt }) => observedAt < instant)
}

/**
 * The first instant of `range` of which a call may have told less than a later one will: of the last two ticks that have
 * rows, which may still be growing; where a tick has no row, or lacks one of a source that has one in the tick beside
 * it. Nothing that was `closedAfterMs` old. `range.to` when there is none.
 *
 * A second source beside one that has a row in every tick is noticed by any two neighbouring ticks in which it is not
 * the same; not when all its rows are later than those of the first until they are no longer looked for.
 */
function findOpen<Sample extends Timed>(
  { facts: { gridMs }, sourceOf }: RowRules<Sample>,
  samples: readonly Sample[],
  range: TimeRange,
  told: Told<Sample>,
  closedAfterMs: number,
): Instant {
  const limit = told.calledAt - closedAfterMs
  const atLeast = Math.max(limit, range.from)
  if (limit >= range.to) return range.to
  const growing = Math.min(range.to, Math.max(atLeast, findGrowing([...samples.slice(-8), ...told.samples], gridMs)))
  // Of the tick in which the range begins, its row may lie before it.
  const first = (limit > range.from ? Math.floor(limit / gridMs) : Math.ceil(range.from / gridMs)) * gridMs
  let index = findIndex(samples, Math.max(range.from, first - gridMs))
  let before: readonly (string | null)[] = []
  for (let tick = first - gridMs; tick < growing; tick += gridMs) {
    const here: (string | null)[] = []
    for (let sample = samples[index]; sample && sample.observedAt < tick + gridMs; sample = samples[index]) {
      here.push(sourceOf(sample))
      index += 1
    }
    const hadLess = tick > atLeast && before.length > 0 && !isWithin(here, before)
    const hasLess = tick >= first && (here.length === 0 || !isWithin(before, here))
    // Whatever begins behind this tick may have begun in the one before.
    if (hadLess || hasLess) return Math.max(atLeast, tick - gridMs)
    before = here
  }
  return growing
}

/** The beginning of the last tick but one that has a sample; of the last, when there is no other. */
function findGrowing(samples: readonly Timed[], gridMs: number): Instant {
  let [last, lastButOne] = [-Infinity, -Infinity]
  for (const { observedAt } of samples) {
    const tick = Math.floor(observedAt / gridMs) * gridMs
    if (tick > last) [last, lastButOne] = [tick, last]
    else if (tick < last && tick > lastButOne) lastButOne = tick
  }
  return lastButOne === -Infinity ? last : lastButOne
}

function isWithin(some: readonly (string | null)[], all: readonly (string | null)[]): boolean {
  return some.every((one) => all.includes(one))
}

/** Samples in order of time, the later mention of each identity. */
function inOrder<Sample extends Timed>(
  samples: readonly Sample[],
  sourceOf: RowRules<Sample>['sourceOf'],
): readonly Sample[] {
  const isInOrder = samples.every(({ observedAt }, index) => observedAt > (samples[index - 1]?.observedAt ?? -Infinity))
  if (isInOrder) return samples
  const byIdentity = new Map(samples.map((sample) => [`${sample.observedAt} ${sourceOf(sample)}`, sample]))
  return [...byIdentity.values()].sort((one, other) => one.observedAt - other.observedAt)
}

function joinParts<Sample>(...parts: readonly (readonly Sample[])[]): readonly Sample[] {
  const filled = parts.filter((part) => part.length > 0)
  return filled.length === 1 ? (filled[0] ?? nothing) : filled.flat()
}
