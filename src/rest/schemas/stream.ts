// Streams: their address, their state and what is measured of them now.
import { z } from 'zod'
import type { Ingest, LiveReading } from '#model/stream.ts'
import { toIsoTime } from '#model/time-range.ts'
import type { Freshness, LiveStreamView, StreamNews, StreamView } from '#services/views.ts'
import {
  accountFailureSchema,
  countField,
  fieldFailureSchema,
  freshnessFields,
  measuredField,
  optionalTimeField,
  pagingFields,
  timeField,
  toFreshnessFields,
  totalCountField,
} from './fields.ts'
import { pushSampleSchema } from './push-sample.ts'

const addressFields = {
  id: z.string().meta({
    description: 'Opaque node id; every stream route also stands at `/v1/streams/{id}`.',
    examples: ['s1.WyJ0ZW5jZW50LW1haW4iLCI4ODg4X3Rlc3QxMjMiXQ'],
  }),
  account: z.string().meta({ description: 'Name of its account.', examples: ['tencent-main'] }),
  key: z.string().meta({ description: 'The key its provider knows it by.', examples: ['8888_test123'] }),
  domain: z.string().nullable().meta({ description: "Push domain; null where the provider's keys hold none." }),
  app: z.string().nullable().meta({ description: "Publish point; null where the provider's keys hold none." }),
  name: z.string().meta({ description: "The stream's own name.", examples: ['8888_test123'] }),
}

/** The address of a stream. */
export const streamAddressSchema = z
  .object(addressFields)
  .meta({ id: 'StreamAddress', description: 'The address of a stream.' })

/** See `streamAddressSchema`. */
export function toStreamAddress(stream: StreamView): z.output<typeof streamAddressSchema> {
  const { id, account, key, domain, app, name } = stream
  return { id, account, key, domain, app, name }
}

const ingestSchema = z
  .object({
    protocols: z
      .array(z.enum(['RTMP_FLV', 'HLS']))
      .meta({ description: 'Ways the provider receives it; empty when none is known.' }),
    rendition: z
      .enum(['ORIGINAL', 'LOW', 'HIGH'])
      .nullable()
      .meta({ description: 'The rendition the provider makes of it; null when not told.' }),
  })
  .meta({ id: 'Ingest', description: 'How a stream comes in.' })

/** See `ingestSchema`. */
export function toIngest({ protocols, rendition }: Ingest): z.output<typeof ingestSchema> {
  return { protocols: [...protocols], rendition }
}

const liveStatSchema = z
  .object({
    onlineViewers: countField('Viewers; null when not measured.'),
    bandwidthBitsPerSecond: measuredField('Playback bandwidth in bit/s; null when not measured.'),
    push: pushSampleSchema.nullable().meta({
      description:
        'The ingest half; null when the provider sent none of it. Its `observedAt` is `fetchedAt`, for want of a provider time.',
    }),
    ...freshnessFields,
  })
  .meta({ id: 'LiveStat', description: 'What is measured of a live stream right now.' })

/** See `liveStatSchema`. */
export function toLiveStat(
  reading: LiveReading,
  freshness: Pick<Freshness, 'fetchedAt' | 'stale'>,
): z.output<typeof liveStatSchema> {
  const { onlineViewers, bandwidthBitsPerSecond, push } = reading
  const age = toFreshnessFields(freshness)
  return {
    onlineViewers,
    bandwidthBitsPerSecond,
    push: push && {
      observedAt: age.fetchedAt,
      frameRate: push.frameRate,
      bitrateBitsPerSecond: push.bitrateBitsPerSecond,
      clientIp: push.clientIp,
      serverIp: push.serverIp,
    },
    ...age,
  }
}

const stateField = z.enum(['LIVE', 'OFFLINE', 'FORBIDDEN', 'NEVER_SEEN', 'UNKNOWN'])

const stateSourceField = z.enum(['LIST', 'STATUS', 'SAMPLES'])

/** A change of a state. */
export const stateChangeSchema = z
  .object({
    state: stateField.meta({ description: 'What the stream is doing from `stateSince` on.' }),
    stateSince: timeField('When it was first seen like that by whoever watched.'),
    stateSource: stateSourceField.meta({ description: 'What that was read from.' }),
  })
  .meta({ id: 'StreamStateChange', description: 'What a watched stream is doing.' })

/** See `stateChangeSchema`. */
export function toStateChange(
  change: Extract<StreamNews, { readonly kind: 'streamState' }>,
): z.output<typeof stateChangeSchema> {
  const { state, stateSince, stateSource } = change
  return { state, stateSince: toIsoTime(stateSince), stateSource }
}

/** One stream. */
export const streamSchema = z
  .object({
    ...addressFields,
    state: stateField.nullable().meta({
      description:
        '`LIVE`: being pushed. `OFFLINE`: was pushed before. `FORBIDDEN`: disabled at the provider. `NEVER_SEEN`: the provider has no record of it. `UNKNOWN`: its answer is not understood. Null: could not be had, see `failures`.',
    }),
    stateSource: stateSourceField.nullable().meta({
      description:
        "What `state` was read from. `LIST`: the provider's readings of live streams. `STATUS`: its status call. `SAMPLES`: that the stream was pushed a moment ago. Null: could not be had.",
    }),
    stateSince: optionalTimeField(
      'Since when it has been that, as far as the gateway has watched it; null where it has not.',
    ),
    stateFetchedAt: optionalTimeField('When `state` and `ingest` were received; null when they could not be had.'),
    stateStale: z
      .boolean()
      .nullable()
      .meta({ description: 'Whether `state` and `ingest` are past their life; null when they could not be had.' }),
    ingest: ingestSchema
      .nullable()
      .meta({ description: 'How it comes in; null when the provider tells nothing of it.' }),
    live: liveStatSchema.nullable().meta({
      description: 'What is measured of it now; null when it is not live, or when `failures` names it.',
    }),
    failures: z.array(fieldFailureSchema).meta({ description: 'Parts that could not be had; empty when whole.' }),
  })
  .meta({ id: 'Stream', description: 'A stream and what is known of it now.' })

const liveStreamSchema = z
  .object({
    ...addressFields,
    state: z.literal('LIVE').meta({ description: 'What is on the list is live.' }),
    stateSource: z.literal('LIST').meta({ description: 'It was read from the list.' }),
    stateSince: z.null().meta({ description: 'A list does not tell since when.' }),
    stateFetchedAt: optionalTimeField('When the list was received.'),
    stateStale: z.boolean().meta({ description: 'Whether the list is past its life.' }),
    live: liveStatSchema.meta({ description: 'What is measured of it now.' }),
  })
  .meta({ id: 'LiveStream', description: "A live stream, as its account's list shows it." })

/** See `liveStreamSchema`. */
export function toLiveStream(stream: LiveStreamView): z.output<typeof liveStreamSchema> {
  return {
    ...toStreamAddress(stream),
    state: 'LIVE',
    stateSource: 'LIST',
    stateSince: null,
    stateFetchedAt: toIsoTime(stream.fetchedAt),
    stateStale: stream.stale,
    live: toLiveStat(stream.reading, stream),
  }
}

const liveListFields = {
  items: z.array(liveStreamSchema).meta({ description: 'Live streams of the page.' }),
  ...pagingFields,
  ...totalCountField,
  ...freshnessFields,
}

/** Live streams of one account or many. */
export const liveStreamListSchema = z
  .object({
    ...liveListFields,
    failures: z
      .array(accountFailureSchema)
      .meta({ description: 'Accounts that could not answer; the next page asks them again. Empty when whole.' }),
  })
  .meta({ id: 'LiveStreamList', description: 'A page of live streams.' })
