// Collected screenshots.
import { z } from 'zod'
import { toIsoTime } from '#model/time-range.ts'
import type { QuarantinedBatchView, SnapshotView } from '#services/views.ts'
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

const quarantinedBatchSchema = z
  .object({
    id: z.string().meta({ description: 'Names the answer; its bytes: `snapshots quarantine --body <id>`.' }),
    account: z.string().meta({ description: 'Name of the account whose queue it came from.' }),
    receivedAt: timeField('When it was received.'),
    status: z.int().meta({ description: "Status of the provider's answer." }),
    bytes: z.int().min(0).meta({ description: 'How many bytes of it arrived.' }),
    reason: z.string().meta({
      description:
        'Why it could not be read: a code of the error table, or `ROWS` when only some of its rows could not.',
    }),
    rows: countField('Rows that could not be read; null when not even their number is known.'),
  })
  .meta({ id: 'QuarantinedBatch', description: 'An answer of a snapshot queue that could not be read, or not whole.' })

/** What lies in quarantine. */
export const quarantinedBatchListSchema = z
  .object({
    items: z.array(quarantinedBatchSchema).meta({ description: 'Answers that could not be read, newest first.' }),
    ...pagingFields,
  })
  .meta({ id: 'QuarantinedBatchList', description: 'Answers of a snapshot queue that could not be read.' })

/** See `quarantinedBatchSchema`. */
export function toQuarantinedBatch(batch: QuarantinedBatchView): z.output<typeof quarantinedBatchSchema> {
  const { id, account, receivedAt, status, bytes, reason, rows } = batch
  return { id, account, receivedAt: toIsoTime(receivedAt), status, bytes, reason, rows }
}
