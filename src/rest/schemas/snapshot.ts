// Collected screenshots.
import { z } from 'zod'
import { toIsoTime } from '#model/time-range.ts'
import type { SnapshotView } from '#services/services.ts'
import { countField, freshnessFields, optionalTimeField, pagingFields, timeField, totalCountField } from './fields.ts'
import { streamAddressSchema, toStreamAddress } from './stream.ts'

const snapshotSchema = z
  .object({
    id: z.string().meta({ description: 'Opaque; unique over all accounts.' }),
    stream: streamAddressSchema.meta({ description: 'The stream it shows.' }),
    takenAt: optionalTimeField('When the picture was taken; null when not told.'),
    width: countField('Width in pixels; null when not told.'),
    height: countField('Height in pixels; null when not told.'),
    url: z.string().nullable().meta({ description: 'Where the picture is; null when no address can be built.' }),
    receivedAt: timeField('When the gateway learned of it.'),
  })
  .meta({ id: 'Snapshot', description: 'One screenshot of a live stream.' })

/** A page of screenshots. */
export const snapshotListSchema = z
  .object({
    items: z.array(snapshotSchema).meta({ description: 'Screenshots of the page, newest first.' }),
    ...pagingFields,
    ...totalCountField,
    ...freshnessFields,
  })
  .meta({ id: 'SnapshotList', description: 'A page of collected screenshots.' })

/** See `snapshotSchema`. */
export function toSnapshot(snapshot: SnapshotView): z.output<typeof snapshotSchema> {
  return {
    id: snapshot.id,
    stream: toStreamAddress(snapshot.stream),
    takenAt: snapshot.takenAt === null ? null : toIsoTime(snapshot.takenAt),
    width: snapshot.width,
    height: snapshot.height,
    url: snapshot.url,
    receivedAt: toIsoTime(snapshot.receivedAt),
  }
}
