// Push sessions of one stream or many: from the provider's report where there is one, else derived from samples.
import type { Ask } from '#contract/ask.ts'
import { isSupported } from '#contract/capability.ts'
import { GatewayError, InvalidInputError, RangeUnavailableError } from '#model/errors.ts'
import type { PushSession } from '#model/push-session.ts'
import { type Instant, intersect, type TimeRange, toIsoTime } from '#model/time-range.ts'
import type { Asker } from './ask.ts'
import { type DayOutcome, listDays, type SessionDay, type SessionDayReader, toDay } from './day-sessions.ts'
import { prepareDerivedSessions } from './derived-sessions.ts'
import { combineFreshness } from './freshness.ts'
import type { HistoryReader } from './history-windows.ts'
import { type ConnectedAccount, requireCapability, requireFacts, toStreamView } from './provider-registry.ts'
import { findTotalLoss, joinGaps, toGap, toPastRange } from './range.ts'
import type { Answer, Gap, RangeRequest, StreamPushSessionsView, StreamView } from './services.ts'
import { sideBySide } from './side-by-side.ts'

const DAY_MS = 86_400_000
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
  const streams = [...new Set(query.keys)].map((key) => toStreamView(account, key, 'keys'))
  const now = readers.asker.clock.now()
  const range = toPastRange(query, now)
  const views = isSupported(account.connection.capabilities.listPushSessions)
    ? await readReport(readers, account, streams, query, range, ask)
    : await deriveMany(readers, account, streams, query, now, ask)
  const losses = views.map((view) => findTotalLoss(view.missing, range, account.name))
  const [first] = losses
  if (first && losses.every((loss) => loss !== undefined)) throw first
  return views
}

async function readReport(
  { asker, days: reader }: PushSessionReaders,
  account: ConnectedAccount,
  streams: readonly StreamView[],
  query: RangeRequest,
  range: TimeRange,
  ask: Ask,
): Promise<readonly StreamPushSessionsView[]> {
  requireCapability(account, 'listPushSessions')
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
    const had = days.flatMap((outcome) => ('answer' in outcome ? [outcome] : []))
    return {
      stream,
      from: query.from,
      to: query.to,
      items: joinSessions(had.map((outcome) => outcome.answer)).filter((session) => overlaps(session, range)),
      missing: joinGaps([...unkept, ...days.flatMap((outcome) => toGaps(outcome, stream, range))]),
      ...combineFreshness(
        had.map((outcome) => outcome.answer),
        now,
      ),
    }
  })
}

async function deriveMany(
  readers: PushSessionReaders,
  account: ConnectedAccount,
  streams: readonly StreamView[],
  query: RangeRequest,
  now: Instant,
  ask: Ask,
): Promise<readonly StreamPushSessionsView[]> {
  const range = toPastRange(query, now)
  const prepared = await Promise.all(
    streams.map((stream) => prepareDerivedSessions(readers.history, now, account, stream.key, query, ask)),
  )
  ask.meter.plan(prepared.reduce((sum, { calls }) => sum + calls, 0))
  return sideBySide(streams, STREAMS_SIDE_BY_SIDE, async (stream, index) => {
    try {
      const series = await prepared[index]?.read()
      if (!series) throw new Error('a stream was not prepared')
      return { stream, ...series }
    } catch (error) {
      if (!(error instanceof GatewayError)) throw error
      const missing = [toGap(range, error)]
      return { stream, from: query.from, to: query.to, items: [], missing, ...combineFreshness([], now) }
    }
  })
}

/** Orders the sessions of several calls, folds those told twice, and joins those that a call's edge has cut in two. */
function joinSessions(days: readonly Answer<SessionDay>[]): readonly PushSession[] {
  const told = days
    .flatMap(({ value, fetchedAt }) => value.sessions.map((session) => ({ session, toldBy: value.toldBy, fetchedAt })))
    .sort((one, other) => one.session.startedAt - other.session.startedAt || one.fetchedAt - other.fetchedAt)
  const joined: typeof told = []
  for (const next of told) {
    const last = joined.at(-1)
    if (!last || last.toldBy === next.toldBy) {
      joined.push(next)
      continue
    }
    const isSame = last.session.startedAt === next.session.startedAt
    const isCut = last.session.endedAt !== null && next.session.startedAt <= last.session.endedAt
    if (isSame) joined[joined.length - 1] = next
    else if (isCut) joined[joined.length - 1] = { ...next, session: joinTwo(last.session, next.session) }
    else joined.push(next)
  }
  return joined.map(({ session }) => session)
}

function joinTwo(one: PushSession, other: PushSession): PushSession {
  const touches = one.endedAt === other.startedAt
  const lengths = [one.durationMs, other.durationMs].filter((length) => length !== null)
  return {
    ...one,
    endedAt: one.endedAt === null || other.endedAt === null ? null : Math.max(one.endedAt, other.endedAt),
    // Two halves add up; two tellings of the same push do not.
    durationMs:
      lengths.length < 2
        ? (lengths[0] ?? null)
        : touches
          ? (lengths[0] ?? 0) + (lengths[1] ?? 0)
          : Math.max(...lengths),
  }
}

function overlaps(session: PushSession, range: TimeRange): boolean {
  if (session.startedAt >= range.to) return false
  const end = session.endedAt ?? Number.POSITIVE_INFINITY
  // A push of no length counts where it stands.
  return end > range.from || session.startedAt >= range.from
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
