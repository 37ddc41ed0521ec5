// What a history could not be had of, in words.
import type { HistoryFacts } from '#contract/provider.ts'
import { RangeUnavailableError } from '#model/errors.ts'
import { type Instant, type TimeRange, toIsoTime } from '#model/time-range.ts'
import type { Kept } from './history-kept.ts'
import { toGap } from './range.ts'
import type { Answer, Gap } from './views.ts'

/** What a window that could be had still lacks of what was wanted. @param oldest the provider keeps nothing from before */
export function toPartGaps(
  part: Answer<Kept<unknown>>,
  wanted: TimeRange,
  facts: HistoryFacts,
  oldest: Instant,
): readonly Gap[] {
  const { asked } = part.value
  const gaps: Gap[] = []
  if (asked.from > wanted.from) {
    const to = Math.min(asked.from, wanted.to)
    const forgottenTo = part.staleBecause ? Math.max(wanted.from, Math.min(oldest, to)) : to
    if (wanted.from < forgottenTo) gaps.push(toRetentionGap({ from: wanted.from, to: forgottenTo }, facts))
    if (part.staleBecause && forgottenTo < to) gaps.push(toGap({ from: forgottenTo, to }, part.staleBecause))
  }
  // A window that was open when it was last had knows nothing of what came after.
  if (part.staleBecause && asked.to < wanted.to)
    gaps.push(toGap({ from: Math.max(asked.to, wanted.from), to: wanted.to }, part.staleBecause))
  return gaps
}

/** A piece that nobody keeps. */
export function toRetentionGap(range: TimeRange, facts: HistoryFacts): Gap {
  return { ...range, code: 'RANGE_UNAVAILABLE', message: describeRetention(facts) }
}

/** The error of a range of which nobody keeps anything. */
export function toRangeUnavailable(range: TimeRange, account: string, facts: HistoryFacts): RangeUnavailableError {
  return new RangeUnavailableError(
    `from ${toIsoTime(range.from)} to ${toIsoTime(range.to)} is not kept: ${describeRetention(facts)}`,
    { account },
  )
}

function describeRetention({ retentionMs }: HistoryFacts): string {
  return `the provider keeps the last ${retentionMs / 86_400_000} days`
}
