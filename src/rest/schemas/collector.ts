// How the collector of an account's snapshot queue is doing.
import { z } from 'zod'
import type { CollectorReading } from '#contract/readings.ts'
import { measuredField } from './fields.ts'

const countedField = (description: string) => z.int().min(0).meta({ description })

/** A collector. Its counts are those of the replica that answers. */
export const collectorSchema = z
  .object({
    collects: z.boolean().meta({ description: 'Whether the settings have the snapshots collected.' }),
    isCollector: z.boolean().meta({ description: 'Whether the replica that answers is the one that collects.' }),
    lagSeconds: measuredField(
      "Seconds since the provider's queue was last known to be empty; null where the replica does not know.",
    ),
    backlog: countedField('Answers received that nobody has read yet.'),
    popped: countedField('Rows of the answers that were received.'),
    stored: countedField('Snapshots of them that were new.'),
    quarantined: countedField('Answers that could not be read, or not whole.'),
    batchesUnknown: countedField('Pops of which nobody knows whether they took messages.'),
  })
  .meta({
    id: 'SnapshotCollector',
    description: "How an account's snapshots are being collected. Counts are those of the replica that answers.",
  })

/** See `collectorSchema`. */
export function toCollector(reading: CollectorReading): z.output<typeof collectorSchema> {
  const { collects, isCollector, lagSeconds, backlog, popped, stored, quarantined, batchesUnknown } = reading
  return { collects, isCollector, lagSeconds, backlog, popped, stored, quarantined, batchesUnknown }
}
