// When a stream was pushed: by day, and as a table.
import { useMemo } from 'preact/hooks'
import { changeSearch } from '../app/router.ts'
import { describeEnd, describeStart, Timeline } from '../charts/timeline.tsx'
import type { TimelineSession } from '../charts/timeline-days.ts'
import { startOfDay, toTimelineDays } from '../charts/timeline-days.ts'
import { findCapability } from '../data/fleet.ts'
import { type PushSessionRow, pushSessionsOperation } from '../data/stream-operations.ts'
import { findTrouble } from '../data/trouble.ts'
import { useQuery } from '../data/use-query.ts'
import { formatDuration } from '../i18n/formats.ts'
import { t } from '../i18n/translate.ts'
import { Panel } from '../parts/panel.tsx'
import { Age, Empty, Loading, StaleMark, TroubleNote, Unsupported } from '../parts/states.tsx'
import { TableScroll } from '../parts/table-scroll.tsx'
import { type StreamPart, toPiece, toRestAddress } from './stream-history.tsx'

const WEEK_DAYS = 6
const DAY_MS = 86_400_000

/** The panel. @param isWeek whether it shows the last days, and not the range of the page */
export function SessionsPanel({ account, streamKey, fromMs, toMs, isWeek }: StreamPart & { readonly isWeek: boolean }) {
  const support = findCapability(account, 'PUSH_SESSIONS')
  // A report tells days in a call; what is put together from samples costs as many calls as those.
  const isDerived = support?.reason !== null
  const isShownWeek = isWeek || !isDerived
  const nowMs = toMs
  const from = isShownWeek ? Math.min(fromMs, startOfDay(startOfDay(Date.now()) - WEEK_DAYS * DAY_MS)) : fromMs
  const until = isShownWeek ? Math.max(toMs, Math.floor(Date.now() / 60_000) * 60_000) : toMs
  const variables = {
    account,
    key: streamKey,
    from: new Date(from).toISOString(),
    to: new Date(until).toISOString(),
  }
  const query = useQuery(pushSessionsOperation, support?.supported === false ? null : variables, {
    shouldKeep: true,
    readMissing: (data) => data.stream?.pushSessions?.missing,
  })
  const series = query.data?.stream?.pushSessions
  const sessions = useMemo(() => (series?.sessions ?? []).flatMap(toTimelineSession), [series])
  const days = useMemo(
    () => toTimelineDays(sessions, (series?.missing ?? []).map(toPiece), from, until, Math.max(nowMs, Date.now())),
    [sessions, series, from, until, nowMs],
  )
  const trouble = query.trouble ?? (query.data && !series ? findTrouble(query.troubles, 'stream') : undefined)
  const { account: _account, key: _key, ...range } = variables

  return (
    <Panel
      title={t('stream.sessions.title')}
      asked={{
        operation: pushSessionsOperation,
        variables,
        rest: toRestAddress(account, streamKey, 'push-sessions', range),
      }}
      note={
        series && (
          <>
            {isDerived ? <span>{t('stream.sessions.derived')}</span> : <Age at={series.fetchedAt} />}
            <StaleMark isStale={series.stale || query.isOutdated} />
          </>
        )
      }
      actions={
        isDerived &&
        support?.supported === true && (
          <button
            type="button"
            class="button button-quiet"
            aria-pressed={isShownWeek}
            title={t('stream.sessions.weekCosts')}
            onClick={() => changeSearch({ sessions: isWeek ? null : 'week' }, 'push')}
          >
            {t('stream.sessions.week')}
          </button>
        )
      }
    >
      {support?.supported === false ? (
        <Unsupported capability="PUSH_SESSIONS" reason={support.reason} />
      ) : series ? (
        <div class="sessions">
          <Timeline days={days} nowMs={Date.now()} />
          {sessions.length === 0 ? (
            <Empty title={t('stream.sessions.none')} body={t('stream.sessions.noneWhy')} />
          ) : (
            <SessionTable sessions={sessions} />
          )}
        </div>
      ) : trouble ? (
        <TroubleNote trouble={trouble} onRetry={query.refresh} />
      ) : (
        <Loading lines={3} class="timeline-place" />
      )}
    </Panel>
  )
}

function SessionTable({ sessions }: { sessions: readonly TimelineSession[] }) {
  return (
    <details class="as-table">
      <summary>{t('stream.sessions.asTable', { count: sessions.length })}</summary>
      <TableScroll label={t('stream.sessions.asTable', { count: sessions.length })}>
        <table class="table">
          <thead>
            <tr>
              <th scope="col">{t('stream.sessions.start')}</th>
              <th scope="col">{t('stream.sessions.end')}</th>
              <th scope="col" class="number">
                {t('stream.sessions.length')}
              </th>
            </tr>
          </thead>
          <tbody>
            {sessions.toReversed().map((session) => (
              <tr key={session.startMs}>
                <th scope="row">{describeStart(session)}</th>
                <td>{describeEnd(session)}</td>
                <td class="number">{formatDuration((session.endMs ?? Date.now()) - session.startMs)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </TableScroll>
    </details>
  )
}

/** None for one of which not even the beginning is told. */
function toTimelineSession({ startedAt, endedAt, startsBefore, endsAfter }: PushSessionRow): TimelineSession[] {
  if (startedAt === null) return []
  return [
    { startMs: Date.parse(startedAt), endMs: endedAt === null ? null : Date.parse(endedAt), startsBefore, endsAfter },
  ]
}
