// Push sessions from a report by calendar days. What is kept is a day of a stream; every run of days that is not
// kept, up to the provider's limit, is one call, for all streams of a domain that lack any of it.
import type { CacheEntry } from '#cache/cache.ts'
import { toCacheKey } from '#cache/cache-keys.ts'
import type { Ask } from '#contract/ask.ts'
import type { PushSessionReport } from '#contract/capability.ts'
import type { DayReportFacts } from '#contract/provider.ts'
import type { FlightName } from '#fleet/single-flight.ts'
import { GatewayError } from '#model/errors.ts'
import type { PushSession } from '#model/push-session.ts'
import { FOREVER, type Instant, type TimeRange } from '#model/time-range.ts'
import { AnswerTally } from './answer-tally.ts'
import type { Asker } from './ask.ts'
import { countWholeCalls, DAY_MS, type DayCall, type DayStream, listDays, planCalls } from './day-calls.ts'
import { PLAY_PACE_MS } from './freshness.ts'
import { type ConnectedAccount, requireCapability, requireFacts } from './provider-registry.ts'
import type { AskedWork, QuestionIdentity } from './question.ts'
import { sideBySide } from './side-by-side.ts'
import type { Answer } from './views.ts'

const CALLS_SIDE_BY_SIDE = 4

/** A day of a stream as one call told it. */
export interface SessionDay {
  /** Sessions filed under this day: those that began on it, and on a call's first day also what began before. */
  readonly sessions: readonly PushSession[]
  /** What the call that told it was asked for: a push that ends or begins exactly at its edge may have been cut there. */
  readonly asked: TimeRange
  /** The provider left the stream's domain out without a word. */
  readonly isDropped: boolean
}

/** What became of one wanted day. */
export type DayOutcome =
  | { readonly day: Instant; readonly answer: Answer<SessionDay> }
  | { readonly day: Instant; readonly error: GatewayError }

/** A day of a stream. */
interface DaySlot {
  readonly key: string
  readonly day: Instant
}

/** Midnight, in the report's calendar, of the day an instant lies in. */
export function toDay(instant: Instant, facts: Pick<DayReportFacts, 'utcOffsetMs'>): Instant {
  return Math.floor((instant + facts.utcOffsetMs) / DAY_MS) * DAY_MS - facts.utcOffsetMs
}

/** What a call is made by. */
interface CallTerms {
  /** What is kept of the wanted days. */
  readonly kept: ReadonlyMap<string, CacheEntry<SessionDay>>
  /** Why it is not made at all. */
  readonly refusal?: GatewayError | undefined
  /** Of the answer that it becomes a part of; left out where nobody waits for it. */
  readonly tally?: AnswerTally
}

/** Reads days of many streams of one account. */
export class SessionDayReader {
  private readonly asker: Asker
  private readonly closedDayAfterMs: number

  /** @param closedDayAfterMs how long after its end a day can still change */
  constructor(asker: Asker, closedDayAfterMs: number) {
    this.asker = asker
    this.closedDayAfterMs = closedDayAfterMs
  }

  /** What became of each wanted day, per stream key, in order of days. */
  async read(
    account: ConnectedAccount,
    streams: readonly DayStream[],
    days: readonly Instant[],
    ask: Ask,
  ): Promise<ReadonlyMap<string, readonly DayOutcome[]>> {
    const facts = requireFacts(account, account.connection.facts.pushSessions)
    const wanted = streams.flatMap(({ key }) => days.map((day) => ({ key, day })))
    const { kept, calls, mustWait } = await ask.meter.planTogether(
      async () => {
        const { lacking, ...found } = await this.lookUp(account, wanted, ask)
        return { ...found, calls: planCalls(streams, lacking, facts) }
      },
      (found) => (found.mustWait ? found.calls.length : 0),
    )
    const tally = new AnswerTally()
    // Days here and there can take more calls than all of them.
    tally.kept = Math.max(0, countWholeCalls(streams, days, facts) - calls.length)
    const asked = new Map<string, DayOutcome>()
    if (mustWait) {
      let refusal: GatewayError | undefined
      await sideBySide(calls, CALLS_SIDE_BY_SIDE, async (call) => {
        for (const outcome of await this.call(account, facts, call, { kept, refusal, tally }, ask)) {
          asked.set(slot(outcome.key, outcome.day), outcome)
          if ('error' in outcome && outcome.error.code === 'UPSTREAM_CREDENTIAL') refusal = outcome.error
        }
      })
    } else
      for (const call of calls)
        this.asker.renew(toFlight(account, call), 1, ask, (own) => this.call(account, facts, call, { kept }, own))
    const outcomes = new Map(
      streams.map(({ key }) => [
        key,
        days.flatMap((day) => {
          const outcome = asked.get(slot(key, day))
          if (outcome) return [outcome]
          const entry = kept.get(slot(key, day))
          if (!entry) return []
          const isStale = !mustWait && !this.asker.isGood(entry)
          return [{ day, answer: isStale ? this.asker.useStale(entry, ask) : this.asker.useKept(entry, ask) }]
        }),
      ]),
    )
    this.tell(account, outcomes, tally, ask)
    return outcomes
  }

  private tell(
    { name }: ConnectedAccount,
    outcomes: ReadonlyMap<string, readonly DayOutcome[]>,
    tally: AnswerTally,
    ask: Ask,
  ): void {
    let oldest: Answer<SessionDay> | undefined
    let stale = false
    for (const days of outcomes.values())
      for (const outcome of days) {
        if ('error' in outcome) continue
        if (!oldest || outcome.answer.fetchedAt < oldest.fetchedAt) oldest = outcome.answer
        stale ||= outcome.answer.stale
      }
    if (oldest)
      this.asker.teller.tell(
        { account: name, operation: 'listPushSessions' },
        ask,
        { fetchedAt: oldest.fetchedAt, stale },
        tally,
      )
  }

  /** What is kept of the wanted days, which of them it does not answer, and whether any of those cannot be given as it is. */
  private async lookUp(account: ConnectedAccount, wanted: readonly DaySlot[], ask: Ask) {
    const kept = new Map<string, CacheEntry<SessionDay>>()
    const lacking = new Map<string, Instant[]>()
    let mustWait = false
    const entries = await this.asker.findMany<SessionDay>(toDayQuestions(account, wanted), ask)
    for (const [index, { key, day }] of wanted.entries()) {
      const entry = entries[index]
      if (entry) kept.set(slot(key, day), entry)
      if (entry && this.asker.isGood(entry)) continue
      // Who waits for one day waits for the others as well: they often come with the same call.
      mustWait ||= !entry || !this.asker.isOverdue(entry)
      const known = lacking.get(key)
      if (known) known.push(day)
      else lacking.set(key, [day])
    }
    return { kept, lacking, mustWait }
  }

  private async call(
    account: ConnectedAccount,
    facts: DayReportFacts,
    call: DayCall,
    { kept, refusal, tally }: CallTerms,
    ask: Ask,
  ): Promise<readonly (DayOutcome & { readonly key: string })[]> {
    const days = listDays(call.firstDay, call.lastDay)
    const told = call.keys.flatMap((key) => days.map((day) => ({ key, day })))
    const inHand = told.map(({ key, day }) => {
      const entry = kept.get(slot(key, day))
      // Some days of a call were not lacking: what is kept of them will do.
      return entry && this.asker.isGood(entry) ? undefined : entry
    })
    const recall = () => this.asker.recall<SessionDay>(toDayQuestions(account, told), inHand)
    const run: AskedWork<readonly CacheEntry<SessionDay>[]>['run'] = async (shared, recalled, leave) => {
      const known = await recalled
      shared.meter.cached += known?.length ?? 0
      return known ?? this.fetch(account, facts, call, told, shared, leave)
    }
    try {
      if (refusal) throw refusal
      const hasFallback = told.every(({ key, day }) => this.asker.isOfUse(kept.get(slot(key, day))))
      const entries = await this.asker.share(toFlight(account, call), { run, recall }, ask, { hasFallback, tally })
      return told.flatMap(({ key, day }, index) => {
        const entry = entries[index]
        return entry ? [{ key, day, answer: { ...entry, stale: false } }] : []
      })
    } catch (error) {
      if (!(error instanceof GatewayError)) throw error
      return told.map(({ key, day }) => {
        const answer = this.asker.fallBack(kept.get(slot(key, day)), error, ask)
        return answer ? { key, day, answer } : { key, day, error }
      })
    }
  }

  /** Makes one call and keeps what it tells by its days, in the order of `told`. */
  private async fetch(
    account: ConnectedAccount,
    facts: DayReportFacts,
    call: DayCall,
    told: readonly DaySlot[],
    ask: Ask,
    leave: (keeping: Promise<unknown>) => void,
  ): Promise<readonly CacheEntry<SessionDay>[]> {
    const listPushSessions = requireCapability(account, 'listPushSessions')
    const begunAtMs = this.asker.clock.monotonicMs()
    const report = await listPushSessions(call, ask)
    const fetchedAt = this.asker.clock.now()
    const filed = new Map(call.keys.map((key) => [key, fileByDay(report, key, call, facts)]))
    const entries = told.map(({ key, day }): CacheEntry<SessionDay> => {
      const byDay = filed.get(key)
      const value: SessionDay = {
        sessions: byDay?.get(day) ?? [],
        asked: { from: call.firstDay, to: report.askedTo },
        isDropped: byDay === undefined,
      }
      return { value, fetchedAt, freshUntil: this.toFreshUntil(value, day, fetchedAt) }
    })
    const usefulMs = facts.retentionDays * DAY_MS
    for (const [index, question] of toDayQuestions(account, told).entries()) {
      const entry = entries[index]
      if (!entry) continue
      const sizeBytes = 200 + entry.value.sessions.length * 120
      leave(this.asker.keep(question, entry, { sizeBytes, begunAtMs, usefulMs }))
    }
    return entries
  }

  /** A day is closed some hours after its end, unless a push that began on it may still have been running then. */
  private toFreshUntil(value: SessionDay, day: Instant, fetchedAt: Instant): Instant {
    const settledUntil = fetchedAt - this.closedDayAfterMs
    const isOver = day + DAY_MS <= settledUntil
    const allEnded = value.sessions.every((session) => session.endedAt !== null && session.endedAt <= settledUntil)
    return isOver && allEnded && !value.isDropped ? FOREVER : fetchedAt + PLAY_PACE_MS
  }
}

/** Sessions of a stream by the day they began on; undefined when its domain was dropped. */
function fileByDay(report: PushSessionReport, key: string, call: DayCall, facts: DayReportFacts) {
  const told = report.streams.find((stream) => stream.key === key)
  if (!told) return undefined
  // What began before the first day was asked about is filed under it: it is part of what that day showed.
  return Map.groupBy(told.sessions, (session) => Math.max(call.firstDay, toDay(session.startedAt, facts)))
}

function toDayQuestions(account: ConnectedAccount, slots: readonly DaySlot[]): readonly QuestionIdentity[] {
  return slots.map(({ key, day }) => ({ account: account.name, operation: 'listPushSessions', parts: [key, day] }))
}

/** The same call is known by the same name in every process. */
function toFlight(account: ConnectedAccount, { firstDay, lastDay, keys }: DayCall): FlightName {
  return { scope: account.name, key: toCacheKey([account.name, 'listPushSessions', firstDay, lastDay, ...keys]) }
}

function slot(key: string, day: Instant): string {
  return `${day} ${key}`
}
