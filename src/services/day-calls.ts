// Which calls of a report by days hold what is wanted of it.
import type { DayReportFacts } from '#contract/provider.ts'
import type { StreamNameParts } from '#model/stream.ts'
import type { Instant } from '#model/time-range.ts'

/** A day of a report's calendar, which knows no summer time. */
export const DAY_MS = 86_400_000

/** A stream whose days are wanted. */
export interface DayStream {
  readonly key: string
  readonly parts: StreamNameParts
}

/** One call to be made. */
export interface DayCall {
  readonly keys: readonly string[]
  readonly firstDay: Instant
  readonly lastDay: Instant
}

/** Days from the first to the last, both included. */
export function listDays(firstDay: Instant, lastDay: Instant): readonly Instant[] {
  const days: Instant[] = []
  for (let day = firstDay; day <= lastDay; day += DAY_MS) days.push(day)
  return days
}

/** Cuts sorted days into runs without holes, none longer than `maxDays`. */
export function toRuns(days: readonly Instant[], maxDays: number): readonly { firstDay: Instant; lastDay: Instant }[] {
  const runs: { firstDay: Instant; lastDay: Instant }[] = []
  for (const day of days) {
    const run = runs.at(-1)
    if (run && day === run.lastDay + DAY_MS && day - run.firstDay < maxDays * DAY_MS) run.lastDay = day
    else runs.push({ firstDay: day, lastDay: day })
  }
  return runs
}

/** The fewest calls: per domain one for each run of days any of its streams lacks, and domains with the same run together. */
export function planCalls(
  streams: readonly DayStream[],
  lacking: ReadonlyMap<string, readonly Instant[]>,
  facts: DayReportFacts,
): readonly DayCall[] {
  const byDomain = Map.groupBy(
    streams.filter(({ key }) => lacking.has(key)),
    ({ parts }) => parts.domain,
  )
  const byRun = new Map<string, { firstDay: Instant; lastDay: Instant; domains: string[][] }>()
  for (const members of byDomain.values()) {
    const days = new Set(members.flatMap(({ key }) => lacking.get(key) ?? []))
    for (const run of toRuns(
      [...days].sort((one, other) => one - other),
      facts.maxDaysPerCall,
    )) {
      const keys = members
        .filter(({ key }) => lacking.get(key)?.some((day) => day >= run.firstDay && day <= run.lastDay))
        .map(({ key }) => key)
      const same = byRun.get(`${run.firstDay} ${run.lastDay}`) ?? { ...run, domains: [] }
      same.domains.push(keys)
      byRun.set(`${run.firstDay} ${run.lastDay}`, same)
    }
  }
  return [...byRun.values()].flatMap(({ firstDay, lastDay, domains }) => {
    const calls: DayCall[] = []
    for (let index = 0; index < domains.length; index += facts.maxDomainsPerCall)
      calls.push({
        firstDay,
        lastDay,
        keys: domains
          .slice(index, index + facts.maxDomainsPerCall)
          .flat()
          .sort(),
      })
    return calls
  })
}

/** How many calls all days of some streams take when nothing of them is kept. @param days without holes */
export function countWholeCalls(
  streams: readonly DayStream[],
  days: readonly Instant[],
  { maxDaysPerCall, maxDomainsPerCall }: Pick<DayReportFacts, 'maxDaysPerCall' | 'maxDomainsPerCall'>,
): number {
  const domains = new Set(streams.map(({ parts }) => parts.domain)).size
  return Math.ceil(domains / maxDomainsPerCall) * Math.ceil(days.length / maxDaysPerCall)
}
