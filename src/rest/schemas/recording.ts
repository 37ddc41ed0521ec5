// Recorded files.
import { z } from 'zod'
import type { Recording } from '#model/recording.ts'
import { toIsoTime } from '#model/time-range.ts'
import { freshnessFields, measuredField, optionalTimeField, pagingFields, totalCountField } from './fields.ts'

const recordingSchema = z
  .object({
    id: z.string().meta({ description: "The provider's file id.", examples: ['9031868222807497694'] }),
    startedAt: optionalTimeField('First frame; null when not told.'),
    endedAt: optionalTimeField('Last frame; null when not told.'),
    durationMs: measuredField('Length in milliseconds; null when an edge is not told.'),
    sizeBytes: measuredField('File size in bytes; null when not told.'),
    url: z
      .string()
      .nullable()
      .meta({ description: 'Where it can be fetched; null when the provider gives no address.' }),
  })
  .meta({ id: 'Recording', description: 'One recorded file of a stream.' })

/** A page of recordings. */
export const recordingListSchema = z
  .object({
    items: z.array(recordingSchema).meta({ description: 'Recordings of the page, oldest first.' }),
    ...pagingFields,
    ...totalCountField,
    ...freshnessFields,
  })
  .meta({ id: 'RecordingList', description: 'A page of the recordings of a stream.' })

/** See `recordingSchema`. */
export function toRecording(recording: Recording): z.output<typeof recordingSchema> {
  return {
    id: recording.id,
    startedAt: recording.startedAt === null ? null : toIsoTime(recording.startedAt),
    endedAt: recording.endedAt === null ? null : toIsoTime(recording.endedAt),
    durationMs: recording.durationMs,
    sizeBytes: recording.sizeBytes,
    url: recording.url,
  }
}
