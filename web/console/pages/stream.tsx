// One stream: what it is doing, what was measured of it, and what was kept of it.
import { useEffect, useState } from 'preact/hooks'
import { changeSearch, route } from '../app/router.ts'
import { resolveRange, type ShownRange } from '../app/time-range.ts'
import { accounts, findCapability } from '../data/fleet.ts'
import { playSamplesOperation, pushSamplesOperation, streamHeadOperation } from '../data/stream-operations.ts'
import { findTrouble } from '../data/trouble.ts'
import { type Followed, findKinds, playFigures, pushFigures, useFollowing } from '../data/use-following.ts'
import { useQuery } from '../data/use-query.ts'
import { formatBitRate, formatBytes, formatCount, formatFrameRate } from '../i18n/formats.ts'
import { t } from '../i18n/translate.ts'
import { Dot } from '../parts/dot.tsx'
import { Icon } from '../parts/icon.tsx'
import { TroubleNote } from '../parts/states.tsx'
import { TimeRangeControl } from '../parts/time-range-control.tsx'
import { findState, NotLive, StreamFigures, StreamTitle } from './stream-head.tsx'
import { HistoryPanel, type StreamPart } from './stream-history.tsx'
import { RecordingsPanel } from './stream-recordings.tsx'
import { SessionsPanel } from './stream-sessions.tsx'
import { SnapshotsPanel } from './stream-snapshots.tsx'
import { readView, resetZoom, type StreamView, showRange } from './stream-view.ts'
import './stream.css'

/** Ingest is measured every 5 s, playback every minute. */
const PUSH_TICK_MS = 5_000
const PLAY_TICK_MS = 60_000
/** A range that ends now is asked for anew so often; while it is followed, only in case that something was missed. */
const ANEW_MS = 60_000
const ANEW_FOLLOWED_MS = 600_000
/** The state, where nobody follows. */
const HEAD_EVERY_MS = 30_000

/** The page. */
export function StreamPage({ account, streamKey }: { account: string; streamKey: string }) {
  const view = readView(route.value.search)
  const isSupported = (name: Parameters<typeof findCapability>[1]) => findCapability(account, name)?.supported === true
  const kinds = findKinds(isSupported)
  const isFollowing = view.isFollowing && kinds.length > 0
  const { followed, watching } = useFollowing(account, streamKey, isFollowing ? kinds : [])
  const shown = isFollowing ? followed : unfollowed(followed)
  const variables = {
    account,
    key: streamKey,
    hasState: isSupported('STREAM_STATE'),
    hasLive: isSupported('LIVE_STAT'),
  }
  const isKnown = accounts.value?.some(({ name }) => name === account) ?? true
  const head = useQuery(streamHeadOperation, variables, {
    everyMs: isFollowing && watching.state === 'open' ? ANEW_FOLLOWED_MS : HEAD_EVERY_MS,
  })
  const times = useTimes(view.range, isFollowing, `${watching.state === 'open'} ${followed.gaps}`)
  const state = findState(head.data, shown)?.state
  const [isReadAnyway, setIsReadAnyway] = useState(false)
  const isNeverSeen = state === 'NEVER_SEEN' && !isReadAnyway
  const refusal = head.data?.stream === null ? findTrouble(head.troubles, 'stream') : undefined

  if (!isKnown || refusal)
    return (
      <div class="page">
        <StreamTitle account={account} streamKey={streamKey} query={head} followed={shown} />
        {refusal && <TroubleNote trouble={refusal} onRetry={head.refresh} />}
      </div>
    )
  const part = { account, streamKey, ...times }
  return (
    <div class="page stream-page">
      <StreamTitle account={account} streamKey={streamKey} query={head} followed={shown} />
      {state && state !== 'LIVE' && (
        <NotLive state={state} onReadAnyway={isNeverSeen ? () => setIsReadAnyway(true) : undefined} />
      )}
      {!isNeverSeen && (
        <>
          <Controls view={view} isFollowable={kinds.length > 0} watching={watching} />
          <StreamFigures account={account} streamKey={streamKey} variables={variables} query={head} followed={shown} />
          <Histories part={part} view={view} followed={shown} />
          <SessionsPanel {...part} isWeek={view.isWeek} />
          <div class="grid-2">
            <RecordingsPanel {...part} />
            <SnapshotsPanel account={account} streamKey={streamKey} arrived={shown.snapshots} />
          </div>
        </>
      )}
    </div>
  )
}

function Histories({ part, view, followed }: { part: StreamPart; view: StreamView; followed: Followed }) {
  return (
    <div class="grid-2">
      <HistoryPanel
        {...part}
        title={t('stream.push.title')}
        capability="PUSH_SAMPLES"
        operation={pushSamplesOperation}
        read={(data) => data.stream?.pushSamples}
        restName="push-samples"
        figures={pushFigures}
        lanes={[
          { label: t('common.bitrate'), colour: '--chart-1', format: formatBitRate, heightPx: 190 },
          { label: t('common.frameRate'), colour: '--chart-4', format: formatFrameRate, heightPx: 140 },
        ]}
        tickMs={PUSH_TICK_MS}
        isEverySample={view.isEverySample}
        live={followed.push}
        empty={{ title: t('stream.noPush'), body: t('stream.noPushWhy') }}
      />
      <HistoryPanel
        {...part}
        title={t('stream.play.title')}
        capability="PLAY_SAMPLES"
        operation={playSamplesOperation}
        read={(data) => data.stream?.playSamples}
        restName="play-samples"
        figures={playFigures}
        lanes={[
          { label: t('common.viewers'), colour: '--chart-3', format: formatCount, heightPx: 190 },
          { label: t('common.bandwidth'), colour: '--chart-2', format: formatBitRate, heightPx: 140 },
        ]}
        tickMs={PLAY_TICK_MS}
        isEverySample={view.isEverySample}
        live={followed.play}
        empty={{ title: t('stream.noPlay'), body: t('stream.noPlayWhy') }}
        note={({ stream }) => {
          const bytes = stream?.playSamples?.totalTrafficBytes
          return !bytes ? null : <span>{t('stream.traffic', { bytes: formatBytes(bytes) })}</span>
        }}
      />
    </div>
  )
}

interface ControlsProps {
  readonly view: StreamView
  readonly isFollowable: boolean
  readonly watching: ReturnType<typeof useFollowing>['watching']
}

function Controls({ view, isFollowable, watching }: ControlsProps) {
  const tone = watching.state === 'open' ? 'good' : watching.state === 'refused' ? 'bad' : 'warn'
  return (
    <div class="row stream-controls">
      <TimeRangeControl range={view.range} onChange={showRange} />
      {view.unzoomed && (
        <button type="button" class="button" onClick={resetZoom}>
          <Icon name="search" />
          {t('stream.resetZoom')}
        </button>
      )}
      <button
        type="button"
        class="button"
        aria-pressed={view.isEverySample}
        title={t('stream.everySampleWhy')}
        onClick={() => changeSearch({ samples: view.isEverySample ? null : 'all' }, 'replace')}
      >
        {t('stream.everySample')}
      </button>
      <button
        type="button"
        class="button"
        aria-pressed={view.isFollowing && isFollowable}
        disabled={!isFollowable}
        title={isFollowable ? t('stream.followWhy') : t('stream.followNothing')}
        onClick={() => follow(view)}
      >
        <Icon name={view.isFollowing ? 'pause' : 'play'} />
        {t('stream.follow')}
      </button>
      <span role="status" class="small">
        {watching.state !== 'off' && <Dot tone={tone} label={t(`stream.follow.${watching.state}`)} />}
      </span>
      {watching.state === 'refused' && watching.trouble && <TroubleNote trouble={watching.trouble} />}
      <span class="muted small stream-hint">{t('stream.zoomHint')}</span>
    </div>
  )
}

/** Only what ends now goes on. */
function follow(view: StreamView): void {
  if (view.isFollowing) changeSearch({ follow: null }, 'replace')
  else if (view.range.kind === 'last') changeSearch({ follow: '1' }, 'replace')
  else changeSearch({ from: null, to: null, last: '15m', unzoomed: null, follow: '1' }, 'push')
}

/** What has come stays on the charts; what it was doing is asked for again. */
function unfollowed(followed: Followed): Followed {
  return { ...followed, live: undefined, state: undefined }
}

/**
 * The range in milliseconds: as it is asked for, which moves in steps, and as it is shown.
 * @param cause asks anew when it changes
 */
function useTimes(range: ShownRange, isFollowing: boolean, cause: string) {
  const [askedAtMs, setAskedAtMs] = useState(() => Date.now())
  const [shownAtMs, setShownAtMs] = useState(askedAtMs)
  const isMoving = range.kind === 'last'
  const rangeText = JSON.stringify(range)
  const [rangeAsked, setRangeAsked] = useState(rangeText)
  // Another range is asked for as it is at once, and not after a question about the one before.
  if (rangeAsked !== rangeText) {
    setRangeAsked(rangeText)
    setAskedAtMs(Date.now())
    setShownAtMs(Date.now())
  }
  useEffect(() => {
    if (!isMoving) return
    const anew = () => {
      if (document.hidden) return
      setAskedAtMs(Date.now())
      setShownAtMs(Date.now())
    }
    if (Date.now() - askedAtMs > PUSH_TICK_MS) anew()
    const asking = setInterval(anew, isFollowing ? ANEW_FOLLOWED_MS : ANEW_MS)
    const moving = isFollowing ? setInterval(() => setShownAtMs(Date.now()), PUSH_TICK_MS) : undefined
    const look = () => {
      if (!document.hidden && Date.now() - askedAtMs > ANEW_MS) anew()
    }
    document.addEventListener('visibilitychange', look)
    return () => {
      clearInterval(asking)
      clearInterval(moving)
      document.removeEventListener('visibilitychange', look)
    }
  }, [isMoving, isFollowing, cause])
  const asked = resolveRange(range, askedAtMs)
  const shown = resolveRange(range, Math.max(askedAtMs, shownAtMs))
  return { ...asked, shownFromMs: shown.fromMs, shownToMs: shown.toMs }
}
