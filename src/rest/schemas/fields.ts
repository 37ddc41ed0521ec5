// Fields that many answers have.
import { z } from 'zod'
import { type ErrorCode, errorTable } from '#model/errors.ts'
import { toIsoTime } from '#model/time-range.ts'
import type { Freshness, Gap } from '#services/views.ts'

/** An instant as RFC 3339 in UTC with milliseconds. */
export function timeField(description: string) {
  return z.string().meta({ format: 'date-time', description, examples: ['2026-11-21T04:00:00.000Z'] })
}

/** An instant that may be absent. */
export function optionalTimeField(description: string) {
  const time = z.string().meta({ format: 'date-time', examples: ['2026-11-21T04:00:00.000Z'] })
  return time.nullable().meta({ description })
}

/** A rate, a number of bytes or of milliseconds, ≥ 0; null when not measured. Exact to 2^53. */
export function measuredField(description: string) {
  return z.number().min(0).nullable().meta({ description })
}

/** A count, ≥ 0; null when not measured. */
export function countField(description: string) {
  return z.int().min(0).nullable().meta({ description })
}

/** Every code of the error table. */
export const errorCodes = Object.keys(errorTable).filter(isErrorCode)

function isErrorCode(text: string): text is ErrorCode {
  return Object.hasOwn(errorTable, text)
}

/** A code of the error table. */
export function codeField(description: string) {
  return z.enum(errorCodes).meta({ description })
}

/** What every list has beside its items. */
export const pagingFields = {
  nextCursor: z.string().nullable().meta({
    description: 'Pass it as `after` to get the next page; null on the last one, and where a list has no pages.',
  }),
}

/** Length of the whole list. */
export const totalCountField = {
  totalCount: countField('Length of the whole list; null unless the provider tells it with the page.'),
}

/** How old an answer is. */
export const freshnessFields = {
  fetchedAt: timeField('When the oldest part of this was received from the provider.'),
  stale: z
    .boolean()
    .meta({ description: 'Whether a part is past its life and shown because nothing newer could be had.' }),
}

/** See `freshnessFields`. */
export function toFreshnessFields({ fetchedAt, stale }: Pick<Freshness, 'fetchedAt' | 'stale'>) {
  return { fetchedAt: toIsoTime(fetchedAt), stale }
}

/** A piece of a range that could not be had. */
const gapSchema = z
  .object({
    from: timeField('First instant of the piece.'),
    to: timeField('First instant after the piece.'),
    code: codeField('Why it could not be had; `RANGE_UNAVAILABLE` where nobody keeps it any more.'),
    message: z.string().meta({ description: 'The same in words.' }),
  })
  .meta({ id: 'TimeRangeGap', description: 'A piece of a range that could not be had.' })

function toGap({ from, to, code, message }: Gap): z.output<typeof gapSchema> {
  return { from: toIsoTime(from), to: toIsoTime(to), code, message }
}

/** What every history has beside its items. */
export const seriesFields = {
  from: timeField('Start of the range, as asked.'),
  to: timeField('End of the range, as asked.'),
  missing: z.array(gapSchema).meta({ description: 'Pieces of the range that could not be had; empty when whole.' }),
  ...freshnessFields,
}

/** See `seriesFields`. */
export function toSeriesFields(series: Freshness & { from: number; to: number; missing: readonly Gap[] }) {
  return {
    from: toIsoTime(series.from),
    to: toIsoTime(series.to),
    missing: series.missing.map(toGap),
    ...toFreshnessFields(series),
  }
}

/** A part of an answer that could not be had. */
export const fieldFailureSchema = z
  .object({
    field: z.string().meta({ description: 'Name of the field that is null because of it.', examples: ['live'] }),
    code: codeField('What went wrong.'),
    message: z.string().meta({ description: 'The same in words.' }),
  })
  .meta({ id: 'FieldFailure', description: 'A part of this answer that could not be had. The rest is intact.' })

/** An account that could not answer. */
export const accountFailureSchema = z
  .object({
    account: z.string().meta({ description: 'Name of the account.', examples: ['cnc-main'] }),
    code: codeField('What went wrong.'),
    message: z.string().meta({ description: 'The same in words.' }),
  })
  .meta({ id: 'AccountFailure', description: 'An account that could not answer. The others are intact.' })
