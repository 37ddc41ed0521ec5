// What a sampler tells, as one replica takes it from another.
import { z } from 'zod'
import type { LiveBatch } from '#model/live-event.ts'

const instant = z.number()
const key = z.string()
const rate = z.number().nullable()
const text = z.string().nullable()
const push = { frameRate: rate, bitrateBitsPerSecond: rate, clientIp: text, serverIp: text }

const event = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('pushSample'), key, sample: z.object({ observedAt: instant, ...push }) }),
  z.object({
    kind: z.literal('playSample'),
    key,
    sample: z.object({ observedAt: instant, bandwidthBitsPerSecond: rate, onlineViewers: rate, trafficBytes: rate }),
  }),
  z.object({
    kind: z.literal('liveStat'),
    key,
    reading: z
      .object({ onlineViewers: rate, bandwidthBitsPerSecond: rate, push: z.object(push).nullable() })
      .nullable(),
    fetchedAt: instant,
    stale: z.boolean(),
  }),
  z.object({
    kind: z.literal('streamState'),
    key,
    state: z.enum(['LIVE', 'OFFLINE', 'FORBIDDEN', 'NEVER_SEEN', 'UNKNOWN']),
    since: instant,
    source: z.enum(['LIST', 'STATUS', 'SAMPLES']),
  }),
])

/** A batch of events. */
export const liveBatchSchema: z.ZodType<LiveBatch> = z.object({
  events: z.array(event),
  sampling: z.object({
    watchedStreams: z.int().min(0),
    pushEverySeconds: rate,
    playEverySeconds: rate,
    slowedBecause: text,
  }),
})
