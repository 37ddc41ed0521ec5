// A history of a stream as a panel: asked for at the resolution that the chart can show, with what has come live after it.
import type { ComponentChildren } from 'preact'
import { useEffect, useMemo, useRef, useState } from 'preact/hooks'
import { spanMs } from '../app/time-range.ts'
import { HistoryChart } from '../charts/history-chart.tsx'
import type { Lane } from '../charts/lane.tsx'
import { chooseEverySeconds } from '../charts/resolution.ts'
import { joinLive, type SampleColumns, toColumns } from '../charts/sample-columns.ts'
import { type Capability, findCapability } from '../data/fleet.ts'
import type { Operation } from '../data/graphql.ts'
import type { MissingRange, SamplesInRange, Series } from '../data/stream-operations.ts'
import { findTrouble, type Trouble } from '../data/trouble.ts'
import { useQuery } from '../data/use-query.ts'
import { formatDuration } from '../i18n/formats.ts'
import { t } from '../i18n/translate.ts'
import { Panel } from '../parts/panel.tsx'
import { Age, Empty, Loading, StaleMark, TroubleNote, Unsupported } from '../parts/states.tsx'
import { resetZoom, showRange, zoomTo } from './stream-view.ts'

/** What all panels of a stream are told. */
export interface StreamPart {
  readonly account: string
  readonly streamKey: string
  /** What was asked for, in milliseconds since the epoch: moves in steps. */
  readonly fromMs: number
  readonly toMs: number
  /** What is shown: moves with the time where the stream is followed. */
  readonly shownFromMs: number
  readonly shownToMs: number
}

interface HistoryPanelProps<Sample, Data> extends StreamPart {
  readonly title: string
  readonly capability: Capability
  readonly operation: Operation<Data, SamplesInRange>
  readonly read: (data: Data) => Series<Sample> | null | undefined
  /** The last segment of its REST address. */
  readonly restName: string
  readonly figures: readonly ((sample: Sample) => number | null)[]
  readonly lanes: readonly Lane[]
  /** How far apart samples are as measured. */
  readonly tickMs: number
  readonly isEverySample: boolean
  /** What has come since. */
  readonly live: SampleColumns
  readonly empty: { readonly title: string; readonly body: string }
  /** More to say beside the title. */
  readonly note?: (data: Data) => ComponentChildren
}

/** The panel. */
export function HistoryPanel<Sample extends { readonly observedAt: string }, Data>(
  props: HistoryPanelProps<Sample, Data>,
) {
  const { account, streamKey, fromMs, toMs, capability, operation, tickMs, live, lanes } = props
  const body = useRef<HTMLDivElement>(null)
  const widthPx = useWidth(body)
  const support = findCapability(account, capability)
  const everySeconds =
    props.isEverySample || widthPx === undefined ? null : chooseEverySeconds(toMs - fromMs, widthPx, tickMs)
  const variables = {
    account,
    key: streamKey,
    from: new Date(fromMs).toISOString(),
    to: new Date(toMs).toISOString(),
    everySeconds,
  }
  const isAsked = support?.supported !== false && widthPx !== undefined
  const query = useQuery(operation, isAsked ? variables : null, {
    shouldKeep: true,
    readMissing: (data) => props.read(data)?.missing,
  })
  const series = query.data === undefined ? undefined : props.read(query.data)
  const answered = useRef(everySeconds)
  // What is drawn until the next answer is there is still of the question before.
  if (!query.isAsking) answered.current = everySeconds
  const drawnEvery = answered.current
  const asked = useMemo(() => series && toColumns(series.samples, props.figures), [series, props.figures])
  const columns = useMemo(
    () => asked && joinLive(asked, live, drawnEvery === null ? null : drawnEvery * 1000),
    [asked, live, drawnEvery],
  )
  // Not when the answer came: most of a history is kept for good, and is none the worse for it.
  const lastMs = columns?.times.at(-1)
  const newestMs = lastMs === undefined ? undefined : Math.min(lastMs + (drawnEvery ?? 0) * 1000, Date.now())
  const missing = useMemo(() => (series?.missing ?? []).map(toPiece), [series])
  const trouble = query.trouble ?? (series === null ? findTrouble(query.troubles, 'stream') : undefined)

  return (
    <Panel
      title={props.title}
      asked={{ operation, variables, rest: toRest(props, everySeconds) }}
      note={
        series &&
        query.data !== undefined && (
          <>
            {drawnEvery !== null && <span>{t('stream.grouped', { width: formatDuration(drawnEvery * 1000) })}</span>}
            {props.note?.(query.data)}
            {newestMs !== undefined && (
              <span>
                {t('stream.lastSample')} <Age at={newestMs} />
              </span>
            )}
            <StaleMark isStale={series.stale || query.isOutdated} />
          </>
        )
      }
    >
      <div ref={body}>
        {support?.supported === false ? (
          <Unsupported capability={capability} reason={support.reason} />
        ) : columns && (columns.times.length > 0 || missing.length > 0) ? (
          <HistoryChart
            lanes={lanes}
            columns={columns}
            fromMs={props.shownFromMs}
            toMs={props.shownToMs}
            tickMs={Math.max(tickMs, (drawnEvery ?? 0) * 1000)}
            missing={missing}
            syncKey="stream"
            onZoom={zoomTo}
            onReset={resetZoom}
          />
        ) : (
          <NoChart
            trouble={trouble}
            isEmpty={columns !== undefined}
            isLong={toMs - fromMs >= spanMs['24h']}
            empty={props.empty}
            onRetry={query.refresh}
          />
        )}
      </div>
    </Panel>
  )
}

interface NoChartProps {
  readonly trouble: Trouble | undefined
  readonly isEmpty: boolean
  /** Whether the range is a day or longer. */
  readonly isLong: boolean
  readonly empty: { readonly title: string; readonly body: string }
  readonly onRetry: () => void
}

function NoChart({ trouble, isEmpty, isLong, empty, onRetry }: NoChartProps) {
  if (trouble) return <TroubleNote trouble={trouble} onRetry={onRetry} />
  if (isEmpty)
    return (
      <Empty
        title={empty.title}
        body={
          <>
            {empty.body}
            {!isLong && (
              <button type="button" class="button" onClick={() => showRange({ kind: 'last', span: '24h' })}>
                {t('stream.showDay')}
              </button>
            )}
          </>
        }
      />
    )
  return <Loading lines={6} class="chart-place" />
}

/** Of an element's inside, in steps that a change of resolution is worth; undefined until it is shown. */
function useWidth(element: { readonly current: HTMLElement | null }): number | undefined {
  const [widthPx, setWidthPx] = useState<number>()
  useEffect(() => {
    const watched = element.current
    if (!watched) return
    const watcher = new ResizeObserver(() => setWidthPx(Math.round(watched.clientWidth / 60) * 60))
    setWidthPx(Math.round(watched.clientWidth / 60) * 60)
    watcher.observe(watched)
    return () => watcher.disconnect()
  }, [])
  return widthPx
}

/** A piece that could not be had, as charts have it. */
export function toPiece({ from, to, code, message }: MissingRange) {
  return { fromMs: Date.parse(from), toMs: Date.parse(to), code, message }
}

/** The address of a part of a stream on the REST face. */
export function toRestAddress(account: string, key: string, part: string, query: Record<string, string>): string {
  const path = `/v1/accounts/${encodeURIComponent(account)}/streams/${encodeURIComponent(key)}`
  const search = new URLSearchParams(query).toString()
  return `${path}${part === '' ? '' : `/${part}`}${search === '' ? '' : `?${search}`}`
}

function toRest(
  { account, streamKey, restName, fromMs, toMs }: StreamPart & { restName: string },
  every: number | null,
) {
  return toRestAddress(account, streamKey, restName, {
    from: new Date(fromMs).toISOString(),
    to: new Date(toMs).toISOString(),
    ...(every !== null && { everySeconds: String(every) }),
  })
}
