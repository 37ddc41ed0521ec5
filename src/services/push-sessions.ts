// Push sessions of one stream or many: from the provider's report where there is one, else derived from samples.
import type { Ask } from '#contract/ask.ts'
import { isSupported } from '#contract/capability.ts'
import { GatewayError, InvalidInputError, RangeUnavailableError } from '#model/errors.ts'
import type { PushSession } from '#model/push-session.ts'
import { type Instant, intersect, type TimeRange, toIsoTime } from '#model/time-range.ts'
import type { Asker } from './ask.ts'
import { DAY_MS, listDays } from './day-calls.ts'
import { type DayOutcome, type SessionDay, type SessionDayReader, toDay } from './day-sessions.ts'
import { prepareDerivedSessions } from './derived-sessions.ts'
import { combineFreshness } from './freshness.ts'
import type { HistoryReader } from './history-windows.ts'
import { type ConnectedAccount, requireFacts, toStreamView } from './provider-registry.ts'
import { findTotalLoss, joinGaps, toGap, toPastRange } from './range.ts'
import { sideBySide } from './side-by-side.ts'
import type { Answer, Gap, RangeRequest, StreamPushSessionsView, StreamView } from './views.ts'

/** Most streams of one question. */
const MAX_STREAMS = 1000
const STREAMS_SIDE_BY_SIDE = 4

/** What push sessions are read with. */
export interface PushSessionReaders {
  readonly asker: Asker
  readonly history: HistoryReader
  readonly days: SessionDayReader
}

/** See `Services.listManyPushSessions`; one stream is many with one key. */
export async function listManyPushSessions(
  readers: PushSessionReaders,
  account: ConnectedAccount,
  query: RangeRequest & { readonly keys: readonly string[] },
  ask: Ask,
): Promise<readonly StreamPushSessionsView[]> {
  if (query.keys.length === 0 || query.keys.length > MAX_STREAMS)
    throw new InvalidInputError('keys', `holds ${query.keys.length} keys; allowed are 1 to ${MAX_STREAMS}`)
  const streams = [...new Set(query.keys)].map((key) => toStreamView(account, key, `keys[${query.keys.indexOf(key)}]`))
  const now = readers.asker.clock.now()
  const range = toPastRange(query, now)
  return isSupported(account.connection.capabilities.listPushSessions)
    ? readReport(readers, account, streams, query, range, ask)
    : deriveMany(readers, account, streams, query, range, now, ask)
}

async function readReport(
  { asker, days: reader }: PushSessionReaders,
  account: ConnectedAccount,
  streams: readonly StreamView[],
  query: RangeRequest,
  range: TimeRange,
  ask: Ask,
): Promise<readonly StreamPushSessionsView[]> {
  const facts = requireFacts(account, account.connection.facts.pushSessions)
  const now = asker.clock.now()
  const oldestDay = toDay(now, facts) - facts.retentionDays * DAY_MS
  if (range.to <= oldestDay)
    throw new RangeUnavailableError(
      `from ${toIsoTime(query.from)} to ${toIsoTime(query.to)} is not kept: the provider keeps nothing before ${toIsoTime(oldestDay)}`,
      { account: account.name, provider: account.provider.id },
    )
  // A push that began the day before may reach into the range.
  const firstDay = Math.max(oldestDay, toDay(range.from, facts) - DAY_MS)
  const lastDay = toDay(Math.max(range.from, range.to - 1), facts)
  // At midnight another day comes within reach, and the oldest is out of it.
  ask.meter.hold(toDay(now - 1, facts) + DAY_MS)
  const outcomes = await reader.read(
    account,
    streams.map((stream) => ({ key: stream.key, parts: stream })),
    listDays(firstDay, lastDay),
    ask,
  )
  const unkept: Gap[] =
    range.from < oldestDay
      ? [
          {
            from: range.from,
            to: oldestDay,
            code: 'RANGE_UNAVAILABLE',
            message: `the provider keeps nothing before ${toIsoTime(oldestDay)}`,
          },
        ]
      : []
  return streams.map((stream) => {
    const days = outcomes.get(stream.key) ?? []
    const had = days.flatMap((outcome) => ('answer' in outcome ? [outcome.answer] : []))
    const gaps = [...unkept, ...days.flatMap((outcome) => toGaps(outcome, stream, range))]
    const sessions = joinSessions(had)
    const missing = joinGaps([...gaps, ...toLookBackGaps(days, range, gaps)])
    // What the provider's clock puts after this moment comes into a range that ends with it.
    const isAhead = sessions.some(({ startedAt }) => startedAt >= range.to && startedAt < query.to)
    if (missing.length > 0 || isAhead) ask.meter.holdNot()
    return {
      stream,
      from: query.from,
      to: query.to,
      items: sessions.filter((session) => overlaps(session, range)),
      missing,
      loss: findTotalLoss(gaps, range, account.name),
      ...combineFreshness(had, now),
    }
  })
}

async function deriveMany(
  readers: PushSessionReaders,
  account: ConnectedAccount,
  streams: readonly StreamView[],
  query: RangeRequest,
  range: TimeRange,
  now: Instant,
  ask: Ask,
): Promise<readonly StreamPushSessionsView[]> {
  const prepared = await ask.meter.planTogether(
    () =>
      Promise.all(
        streams.map((stream) => prepareDerivedSessions(readers.history, now, account, stream.key, query, ask)),
      ),
    (histories) => histories.reduce((sum, { calls }) => sum + calls, 0),
  )
  return sideBySide(streams, STREAMS_SIDE_BY_SIDE, async (stream, index) => {
    try {
      const series = await prepared[index]?.read()
      if (!series) throw new Error('a stream was not prepared')
      return { stream, loss: undefined, ...series }
    } catch (error) {
      if (!(error instanceof GatewayError)) throw error
      const missing = [toGap(range, error)]
      return { stream, from: query.from, to: query.to, items: [], missing, loss: error, ...combineFreshness([], now) }
    }
  })
}

/** A session with the call that told it. */
interface ToldSession {
  readonly session: PushSession
  readonly asked: TimeRange
  readonly fetchedAt: Instant
}

/** Orders the sessions of several calls, folds those that two calls told, and joins those that a call's edge has cut. */
function joinSessions(days: readonly Answer<SessionDay>[]): readonly PushSession[] {
  const told = days.flatMap(({ value, fetchedAt }) =>
    value.sessions.map((session): ToldSession => ({ session, asked: value.asked, fetchedAt })),
  )
  const joined: ToldSession[] = []
  for (const next of foldRepeats(told)) {
    const mayBeCut = next.session.startedAt === next.asked.from
    const index = mayBeCut ? joined.findLastIndex((earlier) => isCutInTwo(earlier, next)) : -1
    const earlier = joined[index]
    if (earlier) joined[index] = { ...next, session: joinTwo(earlier.session, next.session) }
    else joined.push(next)
  }
  return joined.map(({ session }) => session)
}

/** Sessions in order of their start. What several calls tell of one start is what the latest of them told. */
function foldRepeats(told: readonly ToldSession[]): readonly ToldSession[] {
  const byStart = Map.groupBy(told, ({ session }) => session.startedAt)
  return [...byStart.values()]
    .flatMap((repeats) => {
      const latest = repeats.reduce((one, other) => (other.fetchedAt > one.fetchedAt ? other : one))
      return repeats.filter(
        ({ fetchedAt, asked }) => fetchedAt === latest.fetchedAt && asked.from === latest.asked.from,
      )
    })
    .sort((one, other) => one.session.startedAt - other.session.startedAt)
}

/**
 * Whether two sessions are one push that was cut by the edges of what was asked: the later one begins exactly where its
 * call began, and the earlier one, of another call, reaches that edge: it ends there because its own call did, or goes on.
 */
function isCutInTwo(earlier: ToldSession, later: ToldSession): boolean {
  const edge = later.asked.from
  const end = earlier.session.endedAt
  if (later.session.startedAt !== edge || earlier.session.startedAt >= edge || end === null) return false
  if (earlier.asked.from === edge) return false
  // A push that is shown beyond what its call was asked for shows that this provider cuts nothing.
  return earlier.asked.to === edge ? end === edge : earlier.asked.to > edge && end > edge
}

/** Two halves add up; what both told of is counted once. */
function joinTwo(one: PushSession, other: PushSession): PushSession {
  if (one.endedAt === null) return one
  const endedAt = other.endedAt === null ? null : Math.max(one.endedAt, other.endedAt)
  if (other.endedAt !== null && other.endedAt <= one.endedAt) return one
  const overlapMs = one.endedAt - other.startedAt
  const lengths = [one.durationMs, other.durationMs]
  const isTold = lengths.every((length) => length !== null)
  return { ...one, endedAt, durationMs: isTold ? lengths.reduce((sum, length) => sum + length, -overlapMs) : null }
}

function overlaps(session: PushSession, range: TimeRange): boolean {
  if (session.startedAt >= range.to) return false
  const end = session.endedAt ?? Number.POSITIVE_INFINITY
  // A push of no length counts where it stands.
  return end > range.from || session.startedAt >= range.from
}

/**
 * The day before the range could not be had: a push that began on it and reached into the range may be absent. It could
 * reach no further than the first gap that is there anyway.
 */
function toLookBackGaps(days: readonly DayOutcome[], range: TimeRange, gaps: readonly Gap[]): readonly Gap[] {
  const before = days[0]
  if (!before || !('error' in before) || before.day + DAY_MS > range.from) return []
  const to = Math.min(range.to, before.day + 2 * DAY_MS)
  return gaps.some((gap) => gap.from <= range.from) ? [] : [toGap({ from: range.from, to }, before.error)]
}

function toGaps(outcome: DayOutcome, stream: StreamView, range: TimeRange): readonly Gap[] {
  const inside = intersect({ from: outcome.day, to: outcome.day + DAY_MS }, range)
  if (!inside) return []
  if ('error' in outcome) return [toGap(inside, outcome.error)]
  const { value, fetchedAt, staleBecause } = outcome.answer
  // A day that was open when it was last had knows nothing of what came after.
  if (staleBecause && fetchedAt < inside.to)
    return [toGap({ from: Math.max(inside.from, fetchedAt), to: inside.to }, staleBecause)]
  return value.isDropped
    ? [{ ...inside, code: 'NOT_FOUND', message: `the provider knows no domain "${stream.domain}" in this account` }]
    : []
}
