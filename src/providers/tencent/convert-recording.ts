// Rows of the recording list ("query recorded files") in Weir's words. Pure.
import { createHash } from 'node:crypto'
import { fieldOf, type PayloadObject, toMeasure, toText, toWebAddress } from '#contract/payload.ts'
import type { Recording } from '#model/recording.ts'
import { readTime } from './beijing-time.ts'
import type { TencentSettings } from './settings.ts'

const idFields = ['file_id', 'record_file_id', 'vid', 'id']

/** A row of the recording list. Any row is one: a file without times or address is still a file. */
export function toRecording(row: PayloadObject, { vodBizId }: TencentSettings['recordings']): Recording {
  const startedAt = readTime(fieldOf(row, 'start_time'))
  const endedAt = readTime(fieldOf(row, 'end_time'))
  const isSpan = startedAt !== null && endedAt !== null && endedAt >= startedAt
  const file = {
    startedAt,
    endedAt,
    durationMs: isSpan ? endedAt - startedAt : null,
    sizeBytes: toMeasure(fieldOf(row, 'file_size'), 1),
    url: toWebAddress(fieldOf(row, 'record_file_url')) ?? toVodAddress(fieldOf(row, 'vid'), vodBizId),
  }
  const ids = idFields.flatMap((name) => toText(fieldOf(row, name))?.trim() ?? [])
  return { id: ids[0] ?? toSubstituteId(file), ...file }
}

/** The address of a file by its VOD id, as the vendor's guide to recording and screenshots gives it. */
function toVodAddress(vid: unknown, vodBizId: string | undefined): string | null {
  const file = toText(vid)?.trim().toWellFormed()
  if (file === undefined || vodBizId === undefined) return null
  return `http://${vodBizId}.vod.myqcloud.com/${encodeURIComponent(file)}.f0.flv`
}

/** An id that the same row gets every time. */
function toSubstituteId(file: Omit<Recording, 'id'>): string {
  return `unnamed-${createHash('sha256').update(JSON.stringify(file)).digest('hex').slice(0, 16)}`
}

/** Order of recordings: oldest first, those without a start last. */
export function byStart(one: Recording, other: Recording): number {
  if (one.startedAt === null || other.startedAt === null)
    return Number(one.startedAt === null) - Number(other.startedAt === null)
  return one.startedAt - other.startedAt
}
