// Ranges as callers give them, checked before anybody is asked.
import { GatewayError, InvalidInputError } from '#model/errors.ts'
import { type Instant, type TimeRange, toIsoTime } from '#model/time-range.ts'
import type { Gap, RangeRequest } from './services.ts'

/**
 * The part of a range that can hold data: `to` beyond now is cut to now. May be empty when `from` is this moment.
 * @throws InvalidInputError when `from` is not before `to`, or lies in the future
 */
export function toPastRange(range: RangeRequest, now: Instant): TimeRange {
  if (range.from >= range.to)
    throw new InvalidInputError('from', `is ${toIsoTime(range.from)}, which is not before to (${toIsoTime(range.to)})`)
  if (range.from > now)
    throw new InvalidInputError(
      'from',
      `is ${toIsoTime(range.from)}, which lies in the future; allowed is anything up to now`,
    )
  return { from: range.from, to: Math.min(range.to, now) }
}

/** Checks the width of sample groups. @returns milliseconds, or undefined for none. @throws InvalidInputError outside 1..86400 */
export function toGroupWidthMs(everySeconds: number | null | undefined): number | undefined {
  if (everySeconds === null || everySeconds === undefined) return undefined
  if (!Number.isInteger(everySeconds) || everySeconds < 1 || everySeconds > 86_400)
    throw new InvalidInputError('everySeconds', `is ${everySeconds}; allowed are whole seconds from 1 to 86400`)
  return everySeconds * 1000
}

/** Returns the gaps unless one of them is the whole range: then nothing could be had. @throws GatewayError of that gap */
export function throwWhenAllMissing(
  gaps: readonly Gap[],
  range: TimeRange,
  account: { readonly name: string },
): readonly Gap[] {
  const whole = gaps.find((gap) => gap.from <= range.from && gap.to >= range.to)
  if (whole && range.from < range.to) throw new GatewayError(whole.code, whole.message, { account: account.name })
  return gaps
}

/** Joins gaps that touch and have the same reason, in order of time. */
export function joinGaps(gaps: readonly Gap[]): readonly Gap[] {
  const joined: Gap[] = []
  for (const gap of [...gaps].sort((one, other) => one.from - other.from)) {
    const last = joined.at(-1)
    if (last && last.to >= gap.from && last.code === gap.code && last.message === gap.message)
      joined[joined.length - 1] = { ...last, to: Math.max(last.to, gap.to) }
    else joined.push(gap)
  }
  return joined
}
