// Numbers and times as people read them, in the language that was chosen and the time zone of the browser.
import { languageTag, t } from './translate.ts'

/** What stands for a value that was not measured. */
export const NONE = '–'

const SECOND_MS = 1_000
const MINUTE_MS = 60_000
const HOUR_MS = 3_600_000
const DAY_MS = 86_400_000

type Maybe = number | null | undefined
type Time = number | string | null | undefined

// Making one takes longer than using it a thousand times.
const numberFormats = new Map<string, Intl.NumberFormat>()
const timeFormats = new Map<string, Intl.DateTimeFormat>()

/** A whole number: `12,345`. */
export function formatCount(count: Maybe): string {
  return isMissing(count) ? NONE : toNumberFormat(0).format(count)
}

/** A rate of bits: `812 kbit/s`, `3.42 Mbit/s`. */
export function formatBitRate(bitsPerSecond: Maybe): string {
  return isMissing(bitsPerSecond) ? NONE : scale(bitsPerSecond, ['bit/s', 'kbit/s', 'Mbit/s', 'Gbit/s', 'Tbit/s'])
}

/** A number of bytes, decimal: `1.2 GB`. */
export function formatBytes(bytes: Maybe): string {
  return isMissing(bytes) ? NONE : scale(bytes, ['B', 'kB', 'MB', 'GB', 'TB', 'PB'])
}

/** Frames per second: `25 fps`. */
export function formatFrameRate(frameRate: Maybe): string {
  return isMissing(frameRate) ? NONE : `${toNumberFormat(frameRate % 1 === 0 ? 0 : 1).format(frameRate)} fps`
}

/** A share from 0 to 1: `42 %`. */
export function formatPercent(share: Maybe): string {
  return isMissing(share) ? NONE : `${toNumberFormat(0).format(share * 100)} %`
}

/** A length of time: `3 s`, `12 min`, `2 h 05 min`, `4 d 3 h`. */
export function formatDuration(ms: Maybe): string {
  if (isMissing(ms)) return NONE
  const whole = Math.max(0, Math.round(ms / SECOND_MS)) * SECOND_MS
  const part = (unitMs: number, of: number) => Math.floor((whole % of) / unitMs)
  if (whole < MINUTE_MS) return t('unit.seconds', { seconds: whole / SECOND_MS })
  // The seconds of many minutes tell nothing, and a round number of minutes has none.
  if (whole < 10 * MINUTE_MS && whole % MINUTE_MS !== 0)
    return t('unit.minutesSeconds', { minutes: part(MINUTE_MS, HOUR_MS), seconds: pad(part(SECOND_MS, MINUTE_MS)) })
  if (whole < HOUR_MS) return t('unit.minutes', { minutes: part(MINUTE_MS, HOUR_MS) })
  if (whole < DAY_MS)
    return t('unit.hoursMinutes', { hours: part(HOUR_MS, DAY_MS), minutes: pad(part(MINUTE_MS, HOUR_MS)) })
  return t('unit.daysHours', { days: Math.floor(whole / DAY_MS), hours: part(HOUR_MS, DAY_MS) })
}

/** How long ago something was, roughly: `3 s`, `12 min`, `2 h`, `4 d`. */
export function formatAge(ms: Maybe): string {
  if (isMissing(ms)) return NONE
  const age = Math.max(0, ms)
  if (age < MINUTE_MS) return t('unit.seconds', { seconds: Math.floor(age / SECOND_MS) })
  if (age < HOUR_MS) return t('unit.minutes', { minutes: Math.floor(age / MINUTE_MS) })
  if (age < DAY_MS) return t('unit.hours', { hours: Math.floor(age / HOUR_MS) })
  return t('unit.days', { days: Math.floor(age / DAY_MS) })
}

/** A time of day: `14:05:09`. */
export function formatTime(time: Time): string {
  return format(time, { hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' })
}

/** A day and a time, in an order that sorts: `2026-11-22 14:05:09`. */
export function formatDateTime(time: Time): string {
  const ms = toMs(time)
  if (ms === undefined) return NONE
  const date = new Date(ms)
  const day = [date.getFullYear(), pad(date.getMonth() + 1), pad(date.getDate())].join('-')
  return `${day} ${[date.getHours(), date.getMinutes(), date.getSeconds()].map(pad).join(':')}`
}

/** A day: `Sun, 22 Nov`. */
export function formatDay(time: Time): string {
  return format(time, { weekday: 'short', day: 'numeric', month: 'short' })
}

/** The time zone that times are told in: `UTC+08:00`. */
export function formatZone(atMs: number = Date.now()): string {
  const minutes = -new Date(atMs).getTimezoneOffset()
  const size = Math.abs(minutes)
  return `UTC${minutes < 0 ? '−' : '+'}${pad(Math.floor(size / 60))}:${pad(size % 60)}`
}

function format(time: Time, options: Intl.DateTimeFormatOptions): string {
  const ms = toMs(time)
  if (ms === undefined) return NONE
  const name = `${languageTag()} ${Object.keys(options).join()}`
  let known = timeFormats.get(name)
  if (!known) {
    known = new Intl.DateTimeFormat(languageTag(), options)
    timeFormats.set(name, known)
  }
  return known.format(ms)
}

function toNumberFormat(digits: number): Intl.NumberFormat {
  const name = `${languageTag()} ${digits}`
  let known = numberFormats.get(name)
  if (!known) {
    known = new Intl.NumberFormat(languageTag(), { maximumFractionDigits: digits })
    numberFormats.set(name, known)
  }
  return known
}

/** Three figures at least, and the unit that makes them few. */
function scale(value: number, units: readonly string[]): string {
  let size = Math.abs(value)
  let step = 0
  // What rounds to a thousand is one of the next.
  while (size >= 999.5 && step < units.length - 1) {
    size /= 1_000
    step += 1
  }
  const digits = step === 0 || size >= 99.95 ? 0 : size >= 9.995 ? 1 : 2
  return `${value < 0 ? '−' : ''}${toNumberFormat(digits).format(size)} ${units[step]}`
}

function isMissing(value: Maybe): value is null | undefined {
  return value === null || value === undefined || Number.isNaN(value)
}

function toMs(time: Time): number | undefined {
  const ms = typeof time === 'string' ? Date.parse(time) : time
  return isMissing(ms) ? undefined : ms
}

function pad(part: number): string {
  return String(part).padStart(2, '0')
}
