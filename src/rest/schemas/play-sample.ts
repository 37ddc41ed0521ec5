// Playback measurements.
import { z } from 'zod'
import type { PlaySample } from '#model/sample.ts'
import { toIsoTime } from '#model/time-range.ts'
import { type RowForm, toRowForm } from '#rows/row-form.ts'
import { playColumns } from '#rows/sample-columns.ts'
import { countField, measuredField, pagingFields, seriesFields, timeField } from './fields.ts'

/** One playback measurement. The order of the fields is that of the CSV columns. */
export const playSampleSchema = z
  .object({
    observedAt: timeField('Start of the tick it stands for, or of the bucket where samples are grouped.'),
    bandwidthBitsPerSecond: measuredField('Playback bandwidth in bit/s; null when not measured.'),
    onlineViewers: countField('Viewers; null when not measured.'),
    trafficBytes: measuredField('Bytes delivered during the tick or bucket; null when not measured.'),
  })
  .meta({ id: 'PlaySample', description: 'One playback measurement.' })

/** Playback history. */
export const playSampleSeriesSchema = z
  .object({
    items: z.array(playSampleSchema).meta({ description: 'Samples in order of time, without repeats.' }),
    ...pagingFields,
    ...seriesFields,
    totalTrafficBytes: measuredField('Bytes over all samples of the range; null when none carries traffic.'),
  })
  .meta({ id: 'PlaySampleSeries', description: 'Playback history in a half-open range.' })

/** See `playSampleSchema`. */
export function toPlaySample(sample: PlaySample): z.output<typeof playSampleSchema> {
  return {
    observedAt: toIsoTime(sample.observedAt),
    bandwidthBitsPerSecond: sample.bandwidthBitsPerSecond,
    onlineViewers: sample.onlineViewers,
    trafficBytes: sample.trafficBytes,
  }
}

/** The same, of whole rows. */
export const playSampleForm: RowForm<PlaySample> = toRowForm(
  playSampleSchema.keyof().options.map((name) => ({ name, column: playColumns[name] })),
)
