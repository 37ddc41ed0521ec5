// Which stream it is, what it is doing, and what is measured of it right now.
import { hrefTo } from '../app/router.ts'
import { findCapability } from '../data/fleet.ts'
import { now } from '../data/now.ts'
import { type LiveFigures, type StreamHead, streamHeadOperation } from '../data/stream-operations.ts'
import { findTrouble } from '../data/trouble.ts'
import type { Followed } from '../data/use-following.ts'
import type { QueryState } from '../data/use-query.ts'
import { formatBitRate, formatCount, formatDateTime, formatDuration, formatFrameRate, NONE } from '../i18n/formats.ts'
import { t } from '../i18n/translate.ts'
import { type StreamState, StreamStateMark } from '../parts/dot.tsx'
import { Panel } from '../parts/panel.tsx'
import { Age, Empty, Loading, StaleMark, TroubleNote, Unsupported } from '../parts/states.tsx'
import { toRestAddress } from './stream-history.tsx'

interface StreamHeadProps {
  readonly account: string
  readonly streamKey: string
  readonly variables: {
    readonly account: string
    readonly key: string
    readonly hasState: boolean
    readonly hasLive: boolean
  }
  readonly query: QueryState<StreamHead>
  readonly followed: Followed
}

/** A state with where it comes from. */
export interface KnownState {
  readonly state: StreamState
  readonly since: string | null
  readonly source: string | null
}

const sources = {
  LIST: 'stream.source.LIST',
  STATUS: 'stream.source.STATUS',
  SAMPLES: 'stream.source.SAMPLES',
} as const

const states: readonly StreamState[] = ['LIVE', 'OFFLINE', 'FORBIDDEN', 'NEVER_SEEN', 'UNKNOWN']

/** The newer of what was asked and what was told; undefined while neither is there. */
export function findState(head: StreamHead | undefined, followed: Followed): KnownState | undefined {
  if (followed.state) {
    const told = states.find((state) => state === followed.state?.state) ?? 'UNKNOWN'
    return { state: told, since: followed.state.stateSince, source: followed.state.stateSource }
  }
  const stream = head?.stream
  if (!stream?.state) return undefined
  return { state: stream.state, since: stream.stateSince ?? null, source: stream.stateSource ?? null }
}

/** The title of the page, and the state beside it. */
export function StreamTitle({ account, streamKey, query, followed }: Omit<StreamHeadProps, 'variables'>) {
  const known = findState(query.data, followed)
  return (
    <div class="page-head stream-title">
      <h1 tabIndex={-1}>{streamKey}</h1>
      <a class="tag" href={hrefTo('streams', { account })}>
        {account}
      </a>
      {/* Said aloud when it changes, and only then. */}
      <span role="status">{known && <StreamStateMark state={known.state} />}</span>
      {known && <Since known={known} />}
      <a class="stream-back" href={hrefTo('streams')}>
        {t('stream.back')}
      </a>
    </div>
  )
}

function Since({ known: { since, source } }: { known: KnownState }) {
  const words = sources[source as keyof typeof sources]
  return (
    <span class="muted small">
      {since !== null && (
        <time dateTime={since} title={t('stream.sinceWhy', { time: formatDateTime(since) })}>
          {t('stream.since', { duration: formatDuration(now.value - Date.parse(since)) })}
        </time>
      )}
      {since !== null && words && ' · '}
      {words && t(words)}
    </span>
  )
}

/** What is measured now. */
export function StreamFigures({ account, streamKey, variables, query, followed }: StreamHeadProps) {
  const support = findCapability(account, 'LIVE_STAT')
  const stream = query.data?.stream
  const live = followed.live === undefined ? stream?.live : followed.live
  const trouble = query.trouble ?? (stream?.live === null ? findTrouble(query.troubles, 'stream', 'live') : undefined)
  const isLiveUnknown = live === undefined && query.trouble === undefined
  return (
    <Panel
      title={t('stream.figures')}
      class="stream-figures"
      asked={{ operation: streamHeadOperation, variables, rest: toRestAddress(account, streamKey, '', {}) }}
      note={
        live && (
          <>
            <Age at={live.fetchedAt} />
            <StaleMark isStale={(live.stale ?? false) || query.isOutdated} />
          </>
        )
      }
    >
      {support?.supported === false ? (
        <Unsupported capability="LIVE_STAT" reason={support.reason} />
      ) : trouble && !live ? (
        <TroubleNote trouble={trouble} onRetry={query.refresh} />
      ) : isLiveUnknown ? (
        <Loading lines={2} class="now-place" />
      ) : (
        <Figures live={live ?? null} ingest={stream?.ingest} />
      )}
    </Panel>
  )
}

function Figures({ live, ingest }: { live: LiveFigures | null; ingest: NonNullable<StreamHead['stream']>['ingest'] }) {
  const renditions = {
    ORIGINAL: 'stream.rendition.ORIGINAL',
    LOW: 'stream.rendition.LOW',
    HIGH: 'stream.rendition.HIGH',
  } as const
  const rendition = renditions[ingest?.rendition as keyof typeof renditions]
  const details = [
    [
      t('stream.ingest'),
      [...(ingest?.protocols ?? []).map(toProtocol), ...(rendition ? [t(rendition)] : [])].join(' · '),
    ],
    [t('stream.pushedFrom'), live?.push?.clientIp ?? ''],
    [t('stream.takenBy'), live?.push?.serverIp ?? ''],
  ].filter(([, value]) => value !== '')
  return (
    <dl class="now">
      <Figure name={t('common.viewers')} value={formatCount(live?.onlineViewers)} />
      <Figure name={t('common.bandwidth')} value={formatBitRate(live?.bandwidthBitsPerSecond)} />
      <Figure name={t('common.bitrate')} value={formatBitRate(live?.push?.bitrateBitsPerSecond)} />
      <Figure name={t('common.frameRate')} value={formatFrameRate(live?.push?.frameRate)} />
      {details.map(([name = '', value = NONE]) => (
        <div key={name} class="now-detail">
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  )
}

function Figure({ name, value }: { name: string; value: string }) {
  return (
    <div class="now-figure">
      <dt>{name}</dt>
      <dd class="number">{value}</dd>
    </div>
  )
}

function toProtocol(protocol: string): string {
  return protocol === 'RTMP_FLV' ? 'RTMP/FLV' : protocol
}

/** What a stream that is not live shows above its histories. */
export function NotLive({ state, onReadAnyway }: { state: StreamState; onReadAnyway: (() => void) | undefined }) {
  if (state === 'OFFLINE') return <Empty title={t('stream.offline')} body={t('stream.offlineWhy')} />
  if (state === 'FORBIDDEN') return <Empty title={t('stream.forbidden')} body={t('stream.forbiddenWhy')} />
  if (state !== 'NEVER_SEEN') return null
  return (
    <div class="never-seen">
      <Empty
        title={t('stream.neverSeen')}
        body={
          <>
            {t('stream.neverSeenWhy')} <a href={hrefTo('streams')}>{t('stream.back')}</a>
          </>
        }
      />
      {onReadAnyway && (
        <button type="button" class="button" onClick={onReadAnyway}>
          {t('stream.readAnyway')}
        </button>
      )}
    </div>
  )
}
