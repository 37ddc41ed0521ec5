// Ingest measurements.
import { z } from 'zod'
import type { PushSample } from '#model/sample.ts'
import { toIsoTime } from '#model/time-range.ts'
import { type RowForm, toRowForm } from '#rows/row-form.ts'
import { pushColumns } from '#rows/sample-columns.ts'
import { measuredField, pagingFields, seriesFields, timeField } from './fields.ts'

/** One ingest measurement. The order of the fields is that of the CSV columns. */
export const pushSampleSchema = z
  .object({
    observedAt: timeField('When it was measured; the start of the bucket where samples are grouped.'),
    frameRate: measuredField('Frames per second; null when not measured.'),
    bitrateBitsPerSecond: measuredField('Bit rate of the push in bit/s; null when not measured.'),
    clientIp: z.string().nullable().meta({ description: 'Address of the pushing client, as the provider reports it.' }),
    serverIp: z.string().nullable().meta({ description: 'Address of the ingest server that takes the push.' }),
  })
  .meta({ id: 'PushSample', description: 'One ingest measurement.' })

/** Ingest history. */
export const pushSampleSeriesSchema = z
  .object({
    items: z.array(pushSampleSchema).meta({ description: 'Samples in order of time, without repeats.' }),
    ...pagingFields,
    ...seriesFields,
  })
  .meta({ id: 'PushSampleSeries', description: 'Ingest history of a stream in a half-open range.' })

/** See `pushSampleSchema`. */
export function toPushSample(sample: PushSample): z.output<typeof pushSampleSchema> {
  return {
    observedAt: toIsoTime(sample.observedAt),
    frameRate: sample.frameRate,
    bitrateBitsPerSecond: sample.bitrateBitsPerSecond,
    clientIp: sample.clientIp,
    serverIp: sample.serverIp,
  }
}

/** The same, of whole rows. */
export const pushSampleForm: RowForm<PushSample> = toRowForm(
  pushSampleSchema.keyof().options.map((name) => ({ name, column: pushColumns[name] })),
)
