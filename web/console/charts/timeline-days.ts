// Sessions laid out by day, in the zone of who looks: pure arithmetic, drawn elsewhere.
import type { MissingPiece } from './plot-data.ts'

/** A push from start to end, in milliseconds since the epoch. */
export interface TimelineSession {
  readonly startMs: number
  /** Null: still open. */
  readonly endMs: number | null
  /** It was already running when what was asked for began. */
  readonly startsBefore: boolean
  /** It was still running when what was asked for ended. */
  readonly endsAfter: boolean
}

/** A part of a day, as shares of it from 0 to 1. */
interface DayPart {
  readonly start: number
  readonly end: number
}

/** What of a session lies in a day. */
export interface TimelineBar extends DayPart {
  readonly session: TimelineSession
  /** It goes on beyond what is known, on this side of it. */
  readonly isCutBefore: boolean
  readonly isCutAfter: boolean
  /** It is still running, and this is how far it has come. */
  readonly isOpen: boolean
}

/** A day. */
export interface TimelineDay {
  /** Its first instant. */
  readonly fromMs: number
  /** First instant of the next: not always 24 hours later. */
  readonly toMs: number
  readonly bars: readonly TimelineBar[]
  readonly holes: readonly (DayPart & { readonly piece: MissingPiece })[]
  /** What of it was asked for. */
  readonly asked: DayPart
  /** Where now is in it, as a share; null on other days. */
  readonly now: number | null
}

/** The days that a range touches, the newest first. */
export function toTimelineDays(
  sessions: readonly TimelineSession[],
  missing: readonly MissingPiece[],
  fromMs: number,
  toMs: number,
  nowMs: number,
): TimelineDay[] {
  const days: TimelineDay[] = []
  for (let start = startOfDay(fromMs); start < toMs; start = startOfNextDay(start)) {
    days.unshift(toDay(start, startOfNextDay(start), { sessions, missing, fromMs, toMs, nowMs }))
  }
  return days
}

interface Laid {
  readonly sessions: readonly TimelineSession[]
  readonly missing: readonly MissingPiece[]
  readonly fromMs: number
  readonly toMs: number
  readonly nowMs: number
}

function toDay(dayFromMs: number, dayToMs: number, { sessions, missing, fromMs, toMs, nowMs }: Laid): TimelineDay {
  const toShare = (atMs: number) => Math.min(1, Math.max(0, (atMs - dayFromMs) / (dayToMs - dayFromMs)))
  const isInside = (startMs: number, endMs: number) => startMs < dayToMs && endMs > dayFromMs
  const bars = sessions.flatMap((session): TimelineBar[] => {
    const endMs = session.endMs ?? nowMs
    // One that has only just begun is there all the same.
    if (!isInside(session.startMs, Math.max(endMs, session.startMs + 1))) return []
    return [
      {
        session,
        start: toShare(session.startMs),
        end: toShare(endMs),
        isCutBefore: session.startsBefore && session.startMs >= dayFromMs,
        isCutAfter: session.endsAfter && endMs <= dayToMs,
        isOpen: session.endMs === null && endMs < dayToMs,
      },
    ]
  })
  const holes = missing.flatMap((piece) =>
    isInside(piece.fromMs, piece.toMs) ? [{ piece, start: toShare(piece.fromMs), end: toShare(piece.toMs) }] : [],
  )
  return {
    fromMs: dayFromMs,
    toMs: dayToMs,
    bars,
    holes,
    asked: { start: toShare(fromMs), end: toShare(Math.min(toMs, nowMs)) },
    now: nowMs >= dayFromMs && nowMs < dayToMs ? toShare(nowMs) : null,
  }
}

/** The first instant of the day that an instant lies in. */
export function startOfDay(atMs: number): number {
  return new Date(atMs).setHours(0, 0, 0, 0)
}

function startOfNextDay(atMs: number): number {
  const date = new Date(atMs)
  return new Date(date.getFullYear(), date.getMonth(), date.getDate() + 1).getTime()
}
