// Recorded files of a stream in the range of the page.
import { useEffect, useState } from 'preact/hooks'
import { findCapability } from '../data/fleet.ts'
import { ask } from '../data/graphql.ts'
import { type RecordingRow, recordingsOperation } from '../data/stream-operations.ts'
import { findTrouble, type Trouble, toTrouble } from '../data/trouble.ts'
import { useQuery } from '../data/use-query.ts'
import { formatBytes, formatDateTime, formatDuration } from '../i18n/formats.ts'
import { t } from '../i18n/translate.ts'
import { Icon } from '../parts/icon.tsx'
import { Panel } from '../parts/panel.tsx'
import { Age, Empty, Loading, StaleMark, TroubleNote, Unsupported } from '../parts/states.tsx'
import { findAddress } from './outside-address.ts'
import { type StreamPart, toRestAddress } from './stream-history.tsx'

const PAGE_SIZE = 50

/** Pages after the first, which are asked for when somebody wants them. */
interface More {
  readonly of: string
  readonly rows: readonly RecordingRow[]
  readonly after: string | null
  readonly trouble: Trouble | undefined
  readonly isAsking: boolean
}

/** The panel. */
export function RecordingsPanel({ account, streamKey, fromMs, toMs }: StreamPart) {
  const support = findCapability(account, 'RECORDINGS')
  const range = { from: new Date(fromMs).toISOString(), to: new Date(toMs).toISOString() }
  const variables = { account, key: streamKey, ...range, first: PAGE_SIZE, after: null }
  const query = useQuery(recordingsOperation, support?.supported === false ? null : variables, { shouldKeep: true })
  const page = query.data?.stream?.recordings
  const [more, setMore] = useState<More>()
  const question = `${range.from} ${range.to}`
  useEffect(() => setMore(undefined), [question])
  const rows = [...(page?.nodes ?? []), ...(more?.rows ?? [])]
  const after = more ? more.after : page?.pageInfo.hasNextPage ? page.pageInfo.endCursor : null
  const trouble = query.trouble ?? (query.data && !page ? findTrouble(query.troubles, 'stream') : undefined)

  async function showMore(): Promise<void> {
    const before: More = more ?? { of: question, rows: [], after, trouble: undefined, isAsking: false }
    setMore({ ...before, trouble: undefined, isAsking: true })
    const next = await ask(recordingsOperation, { ...variables, after }).then(
      ({ data, troubles }): More => {
        const found = data.stream?.recordings
        if (!found) return { ...before, trouble: findTrouble(troubles, 'stream'), isAsking: false }
        const { hasNextPage, endCursor } = found.pageInfo
        return {
          ...before,
          rows: [...before.rows, ...found.nodes],
          after: hasNextPage ? endCursor : null,
          isAsking: false,
        }
      },
      (error: unknown): More => ({ ...before, trouble: toTrouble(error), isAsking: false }),
    )
    // Of another range by now: it is not shown any more.
    setMore((now) => (now?.of === next.of ? next : now))
  }

  return (
    <Panel
      title={t('stream.recordings.title')}
      asked={{
        operation: recordingsOperation,
        variables,
        rest: toRestAddress(account, streamKey, 'recordings', { ...range, first: String(PAGE_SIZE) }),
      }}
      note={
        page && (
          <>
            <Age at={page.fetchedAt} />
            <StaleMark isStale={page.stale || query.isOutdated} />
          </>
        )
      }
    >
      {support?.supported === false ? (
        <Unsupported capability="RECORDINGS" reason={support.reason} />
      ) : page && rows.length > 0 ? (
        <>
          <RecordingTable rows={rows} />
          {more?.trouble && <TroubleNote trouble={more.trouble} />}
          {after !== null && (
            <button type="button" class="button" disabled={more?.isAsking === true} onClick={() => void showMore()}>
              {t('stream.recordings.more')}
            </button>
          )}
        </>
      ) : page ? (
        <Empty title={t('stream.recordings.none')} body={t('stream.recordings.noneWhy')} />
      ) : trouble ? (
        <TroubleNote trouble={trouble} onRetry={query.refresh} />
      ) : (
        <Loading lines={4} />
      )}
    </Panel>
  )
}

function RecordingTable({ rows }: { rows: readonly RecordingRow[] }) {
  return (
    // What can be scrolled can be reached by the keyboard; its panel is the landmark.
    // biome-ignore lint/a11y/useSemanticElements: it groups no fields
    // biome-ignore lint/a11y/noNoninteractiveTabindex: for that
    <div class="table-scroll recordings-scroll" role="group" tabIndex={0} aria-label={t('stream.recordings.title')}>
      <table class="table">
        <thead>
          <tr>
            <th scope="col">{t('stream.sessions.start')}</th>
            <th scope="col" class="number">
              {t('stream.sessions.length')}
            </th>
            <th scope="col" class="number">
              {t('stream.recordings.size')}
            </th>
            <th scope="col">{t('stream.recordings.file')}</th>
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={row.id}>
              <th scope="row">{formatDateTime(row.startedAt)}</th>
              <td class="number">{formatDuration(row.durationMs)}</td>
              <td class="number">{formatBytes(row.sizeBytes)}</td>
              <td>
                <FileLink row={row} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}

function FileLink({ row: { url, startedAt } }: { row: RecordingRow }) {
  const address = findAddress(url)
  if (!address) return <span class="muted">{t('stream.recordings.noUrl')}</span>
  return (
    <a href={address.href} target="_blank" rel="noopener noreferrer">
      {address.name}
      <span class="visually-hidden"> {t('stream.recordings.play', { time: formatDateTime(startedAt) })}</span>{' '}
      <Icon name="external" />
    </a>
  )
}
