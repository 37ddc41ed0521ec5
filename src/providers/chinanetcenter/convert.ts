// ChinaNetCenter's keys, days and pushes in Weir's words. Pure.
import { fieldOf, isNothing, type PayloadObject, toMeasure } from '#contract/payload.ts'
import type { PushSession } from '#model/push-session.ts'
import type { StreamNameParts } from '#model/stream.ts'
import type { Instant } from '#model/time-range.ts'

/** The calendar of the reports, UTC+8. */
export const UTC_OFFSET_MS = 28_800_000
/** Seconds of the year 10000, beyond which no answer can spell a time. */
const LATEST_SECONDS = 253_402_300_800

/** A key taken apart: none of its parts is null here. */
export interface ReportKey extends StreamNameParts {
  readonly domain: string
  readonly app: string
}

/** `domain/app/name`: up to the first slash, up to the second, the rest. */
export function readKey(key: string): ReportKey | { readonly problem: string } {
  const [domain = '', app = '', ...rest] = key.split('/')
  const name = rest.join('/')
  if (domain !== '' && app !== '' && name !== '') return { domain, app, name }
  return { problem: 'is no "domain/app/name", as keys of this provider are (push.example.com/live/room1)' }
}

/** The date of a day that begins at `day`: `yyyy-MM-dd` in the reports' calendar. */
export function fromDay(day: Instant): string {
  return new Date(day + UTC_OFFSET_MS).toISOString().slice(0, 10)
}

/** The stream as it was asked for, without its domain, if the text begins with that; else the whole text. */
export function toStreamPart(text: string, domain: string): string {
  const prefix = `${domain}/`
  return toDomainIdentity(text.slice(0, prefix.length)) === toDomainIdentity(prefix) ? text.slice(prefix.length) : text
}

/** What two spellings of one domain share. */
export function toDomainIdentity(domain: string): string {
  return domain.toLowerCase()
}

/**
 * One push. Length and span are both kept as told, however they differ: the provider's own total adds up lengths.
 * Undefined when a border cannot be read: a push without an end would pass for one that is still running.
 */
export function toPushSession(row: PayloadObject): PushSession | undefined {
  const startedAt = readSeconds(fieldOf(row, 'startTime'))
  const end = fieldOf(row, 'endTime')
  const isOpen = isNothing(end) || toMeasure(end) === 0 || (typeof end === 'string' && end.trim() === '')
  const endedAt = isOpen ? null : readSeconds(end)
  if (startedAt === null || (endedAt === null && !isOpen)) return undefined
  return {
    startedAt,
    endedAt,
    durationMs: toMeasure(fieldOf(row, 'duration')),
    source: 'PROVIDER',
    startsBefore: false,
    endsAfter: false,
  }
}

function readSeconds(value: unknown): Instant | null {
  const seconds = toMeasure(value)
  return seconds !== null && seconds > 0 && seconds < LATEST_SECONDS ? Math.round(seconds * 1000) : null
}

/** In order of their start, exact repeats folded. */
export function toOrdered(sessions: readonly PushSession[]): readonly PushSession[] {
  const byContent = new Map(
    sessions.map((session) => [`${session.startedAt} ${session.endedAt} ${session.durationMs}`, session]),
  )
  return [...byContent.values()].sort(
    (one, other) => one.startedAt - other.startedAt || (one.endedAt ?? Infinity) - (other.endedAt ?? Infinity),
  )
}
