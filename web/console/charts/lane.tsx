// One figure of a history, drawn: its line, what the cursor points at, and the keys that move the cursor.
import { useMemo, useRef, useState } from 'preact/hooks'
import { formatDateTime } from '../i18n/formats.ts'
import { t } from '../i18n/translate.ts'
import type { LineColour, PlotView } from './plot.ts'
import { findMissing, type MissingPiece, toPlotData } from './plot-data.ts'
import type { SampleColumns } from './sample-columns.ts'
import { summarise } from './summary.ts'
import { type PointedWords, usePlot } from './use-plot.ts'

/** A figure and how it is drawn. */
export interface Lane {
  readonly label: string
  readonly colour: LineColour
  readonly format: (value: number) => string
  readonly heightPx: number
}

/** A history, and what becomes of its view. */
export interface ChartedHistory {
  readonly columns: SampleColumns
  readonly fromMs: number
  readonly toMs: number
  /** How far apart samples should be. */
  readonly tickMs: number
  readonly missing: readonly MissingPiece[]
  /** Charts of the same name share the cursor. */
  readonly syncKey: string
  readonly onZoom: (fromMs: number, toMs: number) => void
  readonly onReset: () => void
}

interface HistoryLaneProps extends ChartedHistory {
  readonly lane: Lane
  /** Which of the columns. */
  readonly figure: number
}

/** So many samples are passed over with the shift key. */
const LEAP = 20

/** A line over time. */
export function HistoryLane(props: HistoryLaneProps) {
  const { lane, figure, columns, fromMs, toMs, tickMs, missing } = props
  const area = useRef<HTMLDivElement>(null)
  const [spoken, setSpoken] = useState('')
  const data = useMemo(() => toPlotData(columns, figure, tickMs, missing), [columns, figure, tickMs, missing])
  const view: PlotView = { data, fromMs, toMs, missing }
  const { plot, pointed } = usePlot(area, view, {
    heightPx: lane.heightPx,
    colour: lane.colour,
    syncKey: props.syncKey,
    format: lane.format,
    onZoom: props.onZoom,
    onReset: props.onReset,
    describe: (atMs, index) => describe(lane, view, atMs, index),
  })

  function onKeyDown(event: KeyboardEvent): void {
    const index = findNext(event, data, pointed.current, fromMs, toMs)
    if (event.key === 'Escape' && pointed.current !== null) {
      plot.current?.pointAt(null)
      pointed.current = null
      setSpoken('')
    } else if (event.key === '+' || event.key === '-') {
      const at = data[0][pointed.current ?? -1] ?? (fromMs + toMs) / 2
      const half = ((toMs - fromMs) / 2) * (event.key === '+' ? 0.5 : 2)
      props.onZoom(at - half, at + half)
    } else if (event.key === '0') props.onReset()
    else if (index !== undefined) {
      pointed.current = index
      plot.current?.pointAt(index)
      const { time, value } = describe(lane, view, data[0][index] ?? fromMs, index)
      setSpoken(`${time}: ${value}`)
    } else return
    event.preventDefault()
  }

  const summary = summarise(columns, figure, fromMs, toMs)
  return (
    <div class="lane">
      <p class="lane-words">
        <span class={`lane-name lane${lane.colour}`}>{lane.label}</span>
        {summary ? (
          <>
            <span class="lane-last">{lane.format(summary.last)}</span>
            <span class="muted">
              {t('chart.summary', {
                lowest: lane.format(summary.lowest),
                average: lane.format(summary.average),
                highest: lane.format(summary.highest),
              })}
            </span>
          </>
        ) : (
          <span class="muted">{t('chart.noSamples')}</span>
        )}
      </p>
      {/* Arrow keys are its own, which screen readers leave to an application alone. */}
      <div
        class={`lane-area lane-${lane.heightPx}`}
        ref={area}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: its keys move the cursor
        tabIndex={0}
        role="application"
        aria-roledescription={t('chart.role')}
        aria-label={t('chart.label', { figure: lane.label })}
        onKeyDown={onKeyDown}
      />
      <p class="visually-hidden" role="status">
        {spoken}
      </p>
    </div>
  )
}

/** What the cursor points at, in words. */
function describe(lane: Lane, { data, missing }: PlotView, atMs: number, index: number | null): PointedWords {
  const hole = findMissing(missing, atMs)
  if (hole) return { time: formatDateTime(atMs), value: t('chart.missing', { code: hole.code }) }
  const [times, values] = data
  const value = values[index ?? -1]
  if (value === null || value === undefined) return { time: formatDateTime(atMs), value: t('chart.hole') }
  return { time: formatDateTime(times[index ?? -1]), value: lane.format(value) }
}

/** The sample that a key leads to; undefined where it leads nowhere. */
function findNext(
  { key, shiftKey }: KeyboardEvent,
  [times, values]: PlotView['data'],
  from: number | null,
  fromMs: number,
  toMs: number,
): number | undefined {
  const first = times.findIndex((time) => time >= fromMs)
  const last = times.findLastIndex((time) => time < toMs)
  if (first < 0 || last < first) return undefined
  const steps = shiftKey ? LEAP : 1
  const moves: Readonly<Record<string, readonly [start: number, step: number]>> = {
    ArrowLeft: [from === null ? last : from - steps, -1],
    ArrowRight: [from === null ? first : from + steps, 1],
    Home: [first, 1],
    End: [last, -1],
  }
  const move = moves[key]
  if (!move) return undefined
  const [start, step] = move
  let index = Math.min(last, Math.max(first, start))
  // Holes have no sample to stop at.
  while (index > first && index < last && values[index] === null) index += step
  return index
}
