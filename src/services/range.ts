// Ranges as callers give them, checked before anybody is asked.
import { GatewayError, InvalidInputError, NotFoundError, RangeUnavailableError } from '#model/errors.ts'
import { FOREVER, type Instant, type TimeRange, toIsoTime } from '#model/time-range.ts'
import type { Gap, RangeRequest, StreamPushSessionsView } from './views.ts'

/**
 * The part of a range that can hold data: `to` beyond now is cut to now. May be empty when `from` is this moment.
 * @throws InvalidInputError when `from` is not before `to`, or lies in the future
 */
export function toPastRange(range: RangeRequest, now: Instant): TimeRange {
  if (range.from >= range.to)
    throw new InvalidInputError('from', `is ${toIsoTime(range.from)}, which is not before to (${toIsoTime(range.to)})`)
  refuseFuture(range.from, now)
  return { from: range.from, to: Math.min(range.to, now) }
}

function refuseFuture(from: Instant, now: Instant): void {
  if (from > now)
    throw new InvalidInputError(
      'from',
      `is ${toIsoTime(from)}, which lies in the future; allowed is anything up to now`,
    )
}

/** Checks a playback domain used as a filter. @throws InvalidInputError for what can be no host name */
export function checkDomain(domain: string | null): string | null {
  if (
    domain !== null &&
    (domain === '' || domain.length > 253 || /[\s\p{Cc}/]/u.test(domain) || !domain.isWellFormed())
  )
    throw new InvalidInputError('domain', 'is no host name; allowed are 1 to 253 characters without blanks and slashes')
  return domain
}

/** Checks the width of sample groups. @returns milliseconds, or undefined for none. @throws InvalidInputError outside 1..86400 */
export function toGroupWidthMs(everySeconds: number | null | undefined): number | undefined {
  if (everySeconds === null || everySeconds === undefined) return undefined
  if (!Number.isInteger(everySeconds) || everySeconds < 1 || everySeconds > 86_400)
    throw new InvalidInputError('everySeconds', `is ${everySeconds}; allowed are whole seconds from 1 to 86400`)
  return everySeconds * 1000
}

/** Reads an optional range; an absent edge is open. @throws InvalidInputError when `from` is in the future, or not before `to` */
export function toOpenRange(
  query: { readonly from?: Instant | null | undefined; readonly to?: Instant | null | undefined },
  now: Instant,
): TimeRange {
  const range = { from: query.from ?? -FOREVER, to: query.to ?? FOREVER }
  if (range.from >= range.to)
    throw new InvalidInputError('from', `is ${toIsoTime(range.from)}, which is not before to (${toIsoTime(range.to)})`)
  refuseFuture(range.from, now)
  return range
}

/**
 * The error of a range of which no piece could be had: its gaps leave nothing of it. A failure tells more than the end
 * of what is kept, which every older range shares.
 * @param range up to the moment it was asked for
 */
export function findTotalLoss(gaps: readonly Gap[], range: TimeRange, account: string): GatewayError | undefined {
  let missingTo = range.from
  for (const gap of gaps.toSorted((one, other) => one.from - other.from))
    if (gap.from <= missingTo) missingTo = Math.max(missingTo, gap.to)
  const gap = gaps.find(({ code }) => code !== 'RANGE_UNAVAILABLE') ?? gaps[0]
  if (!gap || missingTo < range.to || range.from >= range.to) return undefined
  if (gap.cause) return gap.cause
  const details = { account }
  if (gap.code === 'NOT_FOUND') return new NotFoundError(gap.message, details)
  if (gap.code === 'RANGE_UNAVAILABLE') return new RangeUnavailableError(gap.message, details)
  return new GatewayError(gap.code, gap.message, details)
}

/** Throws the first stream's loss when no stream has anything: then there is nothing to show beside it. */
export function throwWhenAllLost(views: readonly StreamPushSessionsView[]): readonly StreamPushSessionsView[] {
  const [first] = views
  if (first?.loss && views.every((view) => view.loss !== undefined)) throw first.loss
  return views
}

/** A piece that an error has cost. */
export function toGap(range: TimeRange, error: GatewayError): Gap {
  return { from: range.from, to: range.to, code: error.code, message: error.message, cause: error }
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
