// Pushes from their start to their end.
import { z } from 'zod'
import type { PushSession } from '#model/push-session.ts'
import { toIsoTime } from '#model/time-range.ts'
import { nameArgument, rangeArguments } from './arguments.ts'
import { measuredField, optionalTimeField, pagingFields, seriesFields, timeField } from './fields.ts'
import { streamAddressSchema } from './stream.ts'

/** One push. The order of the fields is that of the CSV columns. */
export const pushSessionSchema = z
  .object({
    startedAt: timeField('When the push began.'),
    endedAt: optionalTimeField('When it ended; null only while it is still open, never because the range cut it.'),
    durationMs: measuredField('Length in milliseconds, as reported; null when not told.'),
    source: z.enum(['PROVIDER', 'DERIVED']).meta({
      description: '`PROVIDER`: reported as a session. `DERIVED`: put together from push samples and cut to the range.',
    }),
    startsBefore: z
      .boolean()
      .meta({ description: 'Derived sessions only: the push was already running when the range began.' }),
    endsAfter: z
      .boolean()
      .meta({ description: 'Derived sessions only: the push was still running when the range ended.' }),
  })
  .meta({ id: 'PushSession', description: 'One uninterrupted push of a stream.' })

/** Sessions of one stream. */
export const pushSessionSeriesSchema = z
  .object({
    items: z.array(pushSessionSchema).meta({ description: 'Sessions, oldest first.' }),
    ...pagingFields,
    ...seriesFields,
  })
  .meta({ id: 'PushSessionSeries', description: 'Push sessions of a stream in a half-open range.' })

const streamPushSessionsSchema = z
  .object({
    stream: streamAddressSchema.meta({ description: 'The stream they are of.' }),
    sessions: z.array(pushSessionSchema).meta({ description: 'Sessions, oldest first.' }),
    ...seriesFields,
  })
  .meta({ id: 'StreamPushSessions', description: 'Push sessions of one stream of a batch.' })

/** Sessions of many streams. */
export const streamPushSessionsListSchema = z
  .object({
    items: z.array(streamPushSessionsSchema).meta({ description: 'One entry per stream, in the order of `keys`.' }),
    ...pagingFields,
  })
  .meta({ id: 'StreamPushSessionsList', description: 'Push sessions of many streams. The list has no pages.' })

/** What a batch asks. */
export const pushSessionsBodySchema = z
  .strictObject({
    keys: z
      .array(nameArgument('Key of a stream.', 'push.example.com/live/room1'), {
        error: 'is no list of texts; allowed is a list of stream keys',
      })
      .meta({ description: 'Keys of the streams; repeats are folded.', examples: [['push.example.com/live/room1']] }),
    ...rangeArguments,
  })
  .meta({
    description: 'The streams and the range.',
    'x-examples': {
      two: {
        summary: 'two streams',
        value: {
          keys: ['push.example.com/live/room1', 'push.example.com/live/room2'],
          from: '2026-11-21T03:00:00Z',
          to: '2026-11-21T04:00:00Z',
        },
      },
    },
  })

/** See `pushSessionSchema`. */
export function toPushSession(session: PushSession): z.output<typeof pushSessionSchema> {
  return {
    startedAt: toIsoTime(session.startedAt),
    endedAt: session.endedAt === null ? null : toIsoTime(session.endedAt),
    durationMs: session.durationMs,
    source: session.source,
    startsBefore: session.startsBefore,
    endsAfter: session.endsAfter,
  }
}
