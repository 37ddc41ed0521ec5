// Pushes over days: one line a day, a bar a push.
import { useRef, useState } from 'preact/hooks'
import { formatDateTime, formatDay, formatDuration } from '../i18n/formats.ts'
import { t } from '../i18n/translate.ts'
import './charts.css'
import type { MissingPiece } from './plot-data.ts'
import type { TimelineBar, TimelineDay, TimelineSession } from './timeline-days.ts'

interface TimelineProps {
  readonly days: readonly TimelineDay[]
  readonly nowMs: number
}

/** What is pointed at. */
type Pointed = { readonly session: TimelineSession } | { readonly piece: MissingPiece }

const HOURS = [0, 6, 12, 18, 24] as const
/** A push of a few seconds is seen all the same. */
const NARROWEST = 0.0015

/** The timeline. */
export function Timeline({ days, nowMs }: TimelineProps) {
  const [pointed, setPointed] = useState<Pointed>()
  const frame = useRef<HTMLDivElement>(null)
  const tip = useRef<HTMLDivElement>(null)
  // The newest last, as the arrow keys go.
  const sessions = [...new Set(days.flatMap(({ bars }) => bars.map(({ session }) => session)))].sort(
    (one, other) => one.startMs - other.startMs,
  )
  const pointedSession = pointed && 'session' in pointed ? pointed.session : undefined

  function point(at: Pointed | undefined, event?: MouseEvent): void {
    setPointed(at)
    if (!tip.current || !frame.current || !event) return
    const { left, top, width } = frame.current.getBoundingClientRect()
    const x = event.clientX - left
    const shift = x > width / 2 ? 'calc(-100% - 12px)' : '12px'
    tip.current.style.transform = `translate(${x}px, ${event.clientY - top + 14}px) translateX(${shift})`
  }

  function onKeyDown(event: KeyboardEvent): void {
    const last = sessions.length - 1
    const index = pointedSession ? sessions.indexOf(pointedSession) : -1
    const moves: Readonly<Record<string, number>> = {
      ArrowLeft: index < 0 ? last : Math.max(0, index - 1),
      ArrowRight: index < 0 ? 0 : Math.min(last, index + 1),
      Home: 0,
      End: last,
    }
    const next = sessions[moves[event.key] ?? -1]
    if (event.key === 'Escape' && pointed) point(undefined)
    else if (next) point({ session: next })
    else return
    if (tip.current) tip.current.style.transform = 'translate(92px, 4px)'
    event.preventDefault()
  }

  return (
    <div
      class="timeline"
      ref={frame}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: its keys go from push to push
      tabIndex={0}
      role="application"
      aria-roledescription={t('chart.timelineRole')}
      aria-label={t('chart.timelineLabel', { count: sessions.length })}
      onKeyDown={onKeyDown}
      onMouseLeave={() => point(undefined)}
    >
      <div class="timeline-day" aria-hidden="true">
        <span />
        <span class="timeline-hours">
          {HOURS.map((hour) => (
            <span key={hour}>{String(hour).padStart(2, '0')}</span>
          ))}
        </span>
      </div>
      {days.map((day) => (
        <div key={day.fromMs} class="timeline-day" aria-hidden="true">
          <span>{formatDay(day.fromMs)}</span>
          <DayLine day={day} pointed={pointedSession} onPoint={point} />
        </div>
      ))}
      <div class="lane-tip" ref={tip} hidden={!pointed} role="status">
        {pointed && <TipWords pointed={pointed} nowMs={nowMs} />}
      </div>
    </div>
  )
}

interface DayLineProps {
  readonly day: TimelineDay
  readonly pointed: TimelineSession | undefined
  readonly onPoint: (at: Pointed, event: MouseEvent) => void
}

function DayLine({ day, pointed, onPoint }: DayLineProps) {
  return (
    <svg aria-hidden="true">
      <rect class="timeline-track" width="100%" height="18" rx="2" />
      <rect
        class="timeline-ground"
        x={toPercent(day.asked.start)}
        width={toPercent(day.asked.end - day.asked.start)}
        height="18"
        rx="2"
      />
      {HOURS.map((hour) => (
        <line key={hour} class="timeline-hour" x1={toPercent(hour / 24)} x2={toPercent(hour / 24)} y1="0" y2="18" />
      ))}
      {day.holes.map(({ piece, start, end }) => (
        // biome-ignore lint/a11y/noStaticElementInteractions: the table beside it says the same
        <rect
          key={`${piece.fromMs} ${piece.code}`}
          class="timeline-hole"
          x={toPercent(start)}
          width={toPercent(end - start)}
          y="1"
          height="16"
          onMouseMove={(event: MouseEvent) => onPoint({ piece }, event)}
        />
      ))}
      {day.bars.map((bar) => (
        <Bar key={bar.session.startMs} bar={bar} isPointed={bar.session === pointed} onPoint={onPoint} />
      ))}
      {day.now !== null && (
        <line class="timeline-now" x1={toPercent(day.now)} x2={toPercent(day.now)} y1="-1" y2="19" />
      )}
    </svg>
  )
}

function Bar({ bar, isPointed, onPoint }: { bar: TimelineBar; isPointed: boolean; onPoint: DayLineProps['onPoint'] }) {
  const { session, start, end, isCutBefore, isCutAfter, isOpen } = bar
  const width = Math.max(NARROWEST, end - start)
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: the arrow keys of the timeline do the same
    <g onMouseMove={(event: MouseEvent) => onPoint({ session }, event)}>
      <rect
        class={`timeline-bar ${session.endMs === null ? 'is-open' : ''} ${isPointed ? 'is-pointed' : ''}`}
        x={toPercent(start)}
        width={toPercent(width)}
        y="2"
        height="14"
        rx="2"
      />
      {/* Torn off where it goes on beyond what is known, and an arrow where it is still running. */}
      {isCutBefore && (
        <svg x={toPercent(start)} width="6" height="18" overflow="visible" aria-hidden="true">
          <path class="timeline-edge" d="M-1 2 L4 4.3 L0 6.7 L4 9 L0 11.3 L4 13.7 L-1 16Z" />
        </svg>
      )}
      {isCutAfter && (
        <svg x={toPercent(start + width)} width="6" height="18" overflow="visible" aria-hidden="true">
          <path class="timeline-edge" d="M1 2 L-4 4.3 L0 6.7 L-4 9 L0 11.3 L-4 13.7 L1 16Z" />
        </svg>
      )}
      {isOpen && (
        <svg x={toPercent(start + width)} width="8" height="18" overflow="visible" aria-hidden="true">
          <path class="timeline-bar is-open" d="M0 2 L7 9 L0 16Z" />
        </svg>
      )}
    </g>
  )
}

function TipWords({ pointed, nowMs }: { pointed: Pointed; nowMs: number }) {
  if ('piece' in pointed) {
    const { fromMs, toMs, code, message } = pointed.piece
    return (
      <>
        <strong>{t('chart.missing', { code })}</strong>
        {formatDateTime(fromMs)} – {formatDateTime(toMs)}
        <span lang="en">{message}</span>
      </>
    )
  }
  const { session } = pointed
  return (
    <>
      <strong>
        {session.startsBefore || session.endsAfter
          ? t('chart.atLeast', { duration: formatDuration((session.endMs ?? nowMs) - session.startMs) })
          : formatDuration((session.endMs ?? nowMs) - session.startMs)}
      </strong>
      {describeStart(session)}
      <br />
      {describeEnd(session)}
    </>
  )
}

/** When a push began, in words. */
export function describeStart({ startMs, startsBefore }: TimelineSession): string {
  return startsBefore ? t('chart.startsBefore', { time: formatDateTime(startMs) }) : formatDateTime(startMs)
}

/** When it ended, in words. */
export function describeEnd({ endMs, endsAfter }: TimelineSession): string {
  if (endMs === null) return t('chart.open')
  return endsAfter ? t('chart.endsAfter', { time: formatDateTime(endMs) }) : formatDateTime(endMs)
}

function toPercent(share: number): string {
  return `${(share * 100).toFixed(3)}%`
}
