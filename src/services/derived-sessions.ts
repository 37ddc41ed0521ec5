// Push sessions put together from push samples, where a provider has no report of them.
import type { Ask } from '#contract/ask.ts'
import type { PushSession } from '#model/push-session.ts'
import type { PushSample } from '#model/sample.ts'
import { FOREVER, type Instant, intersect, type TimeRange } from '#model/time-range.ts'
import { joinSlices } from './history-series.ts'
import type { HistoryReader } from './history-windows.ts'
import type { ConnectedAccount } from './provider-registry.ts'
import { toPushHistory } from './push-samples.ts'
import { findTotalLoss, joinGaps, toPastRange } from './range.ts'
import type { RangeRequest, Series } from './views.ts'

/** A silence this long ends a session. */
const SESSION_GAP_MS = 30_000

/** Derived sessions that are looked up and not yet asked for. */
export interface PreparedSessions {
  /** Provider calls they need. Whoever reads them plans them. */
  readonly calls: number
  /** @throws GatewayError when no piece of the range could be had */
  readonly read: () => Promise<Series<PushSession>>
}

/** Reads samples a little beyond the range on both sides, to see what it cuts, and folds them into sessions. */
export async function prepareDerivedSessions(
  reader: HistoryReader,
  now: Instant,
  account: ConnectedAccount,
  key: string,
  query: RangeRequest,
  ask: Ask,
): Promise<PreparedSessions> {
  const range = toPastRange(query, now)
  const looked = { from: range.from - SESSION_GAP_MS, to: Math.min(range.to + SESSION_GAP_MS, now) }
  const prepared = await reader.prepare(toPushHistory(account, key), looked, ask)
  return {
    calls: prepared.calls,
    read: async () => {
      const { slices, missing, ...freshness } = await prepared.read()
      const inside = missing.flatMap((gap) => {
        const part = intersect(gap, range)
        return part ? [{ ...gap, ...part }] : []
      })
      const loss = findTotalLoss(inside, range, account.name)
      if (loss) throw loss
      const items = deriveSessions(joinSlices(slices), range, now, missing)
      if (missing.length > 0) ask.meter.holdNot()
      ask.meter.hold(findChange(items, query.to, now))
      return { from: query.from, to: query.to, items, missing: joinGaps(inside), ...freshness }
    },
  }
}

/** When sessions of which no other sample is learnt are told otherwise all the same: one that is open ends by silence. */
function findChange(sessions: readonly PushSession[], to: Instant, now: Instant): Instant {
  if (now - to >= SESSION_GAP_MS) return FOREVER
  const open = sessions.filter(({ endedAt }) => endedAt === null)
  return Math.min(
    // From then on none is open, whichever sample comes last.
    to + SESSION_GAP_MS,
    ...open.map(({ startedAt, durationMs }) => startedAt + (durationMs ?? 0) + SESSION_GAP_MS),
  )
}

/**
 * Folds samples into sessions, cut to `range`, and to what could be had of it.
 * @param samples in order of time, from `SESSION_GAP_MS` before the range to as long after it
 * @param missing pieces nothing is known of: a push that runs into one goes on, or began, behind it
 */
export function deriveSessions(
  samples: readonly PushSample[],
  range: TimeRange,
  now: Instant,
  missing: readonly TimeRange[] = [],
): readonly PushSession[] {
  const pushes: { first: Instant; last: Instant }[] = []
  for (const { observedAt } of samples) {
    const push = pushes.at(-1)
    if (push && observedAt - push.last < SESSION_GAP_MS) push.last = observedAt
    else pushes.push({ first: observedAt, last: observedAt })
  }
  return pushes.flatMap((push) => {
    // A push whose samples all lie beside the range is another range's business.
    if (push.last < range.from || push.first >= range.to) return []
    const comesOutOfGap = missing.some((gap) => gap.from < push.first && push.first - gap.to < SESSION_GAP_MS)
    const runsIntoGap = missing.some((gap) => gap.to > push.last && gap.from - push.last < SESSION_GAP_MS)
    const startsBefore = push.first < range.from || comesOutOfGap
    // A range that reaches up to this moment shows a running push as open, whichever sample came last.
    const isOpen = !runsIntoGap && now - push.last < SESSION_GAP_MS && now - range.to < SESSION_GAP_MS
    const endsAfter = !isOpen && (push.last >= range.to || runsIntoGap)
    const startedAt = Math.max(push.first, range.from)
    const end = Math.min(push.last, range.to)
    return [
      {
        startedAt,
        endedAt: isOpen ? null : end,
        durationMs: end - startedAt,
        source: 'DERIVED' as const,
        startsBefore,
        endsAfter,
      },
    ]
  })
}
