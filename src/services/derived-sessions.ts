// Push sessions put together from push samples, where a provider has no report of them.
import type { Ask } from '#contract/ask.ts'
import type { PushSession } from '#model/push-session.ts'
import type { PushSample } from '#model/sample.ts'
import { type Instant, intersect, type TimeRange } from '#model/time-range.ts'
import type { HistoryReader } from './history-windows.ts'
import type { ConnectedAccount } from './provider-registry.ts'
import { readPushHistory } from './push-samples.ts'
import { joinGaps, throwWhenAllMissing, toPastRange } from './range.ts'
import type { RangeRequest, Series } from './services.ts'

/** A silence this long ends a session. */
const SESSION_GAP_MS = 30_000

/** Reads samples a little beyond the range on both sides, to see what it cuts, and folds them into sessions. */
export async function listDerivedSessions(
  reader: HistoryReader,
  now: Instant,
  account: ConnectedAccount,
  key: string,
  query: RangeRequest,
  ask: Ask,
): Promise<Series<PushSession>> {
  const range = toPastRange(query, now)
  const looked = { from: range.from - SESSION_GAP_MS, to: Math.min(range.to + SESSION_GAP_MS, now) }
  const { samples, missing, ...freshness } = await readPushHistory(reader, account, key, looked, ask)
  const gaps = missing.flatMap((gap) => {
    const inside = intersect(gap, range)
    return inside ? [{ ...gap, ...inside }] : []
  })
  return {
    from: query.from,
    to: query.to,
    items: deriveSessions(samples, range, now),
    missing: throwWhenAllMissing(joinGaps(gaps), range, account),
    ...freshness,
  }
}

/**
 * Folds samples into sessions, cut to `range`.
 * @param samples in order of time, from `SESSION_GAP_MS` before the range to as long after it
 */
export function deriveSessions(samples: readonly PushSample[], range: TimeRange, now: Instant): readonly PushSession[] {
  const pushes: { first: Instant; last: Instant }[] = []
  for (const { observedAt } of samples) {
    const push = pushes.at(-1)
    if (push && observedAt - push.last < SESSION_GAP_MS) push.last = observedAt
    else pushes.push({ first: observedAt, last: observedAt })
  }
  return pushes.flatMap((push) => {
    // A push whose samples all lie beside the range is another range's business.
    if (push.last < range.from || push.first >= range.to) return []
    const startsBefore = push.first < range.from
    // A range that reaches up to this moment shows a running push as open, whichever sample came last.
    const isOpen = now - push.last < SESSION_GAP_MS && now - range.to < SESSION_GAP_MS
    const endsAfter = !isOpen && push.last >= range.to
    const startedAt = startsBefore ? range.from : push.first
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
