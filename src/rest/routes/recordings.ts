// Recorded files of a stream.
import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import { toPageFields } from '../page.ts'
import { addStreamRoute } from '../route.ts'
import type { RestContext } from '../route-definition.ts'
import { openRangeArguments, pageArguments } from '../schemas/arguments.ts'
import { exampleTimes } from '../schemas/examples.ts'
import { recordingListSchema, toRecording } from '../schemas/recording.ts'

/** Adds the routes. */
export function addRecordingRoutes(app: FastifyInstance, context: RestContext): void {
  addStreamRoute(app, context, {
    suffix: '/recordings',
    operationId: 'listRecordings',
    tag: 'Files',
    summary: 'Recordings of a stream',
    description: 'Recorded files, oldest first; in a range, those that overlap it.',
    query: z.strictObject({ ...openRangeArguments, ...pageArguments }),
    answer: recordingListSchema,
    example: {
      items: [
        {
          id: '9031868222807497694',
          startedAt: '2026-11-21T03:00:00.000Z',
          endedAt: '2026-11-21T03:30:00.000Z',
          durationMs: 1_800_000,
          sizeBytes: 337_500_000,
          url: 'http://recordings.example.com/9031868222807497694.mp4',
        },
      ],
      nextCursor: null,
      totalCount: 1,
      ...exampleTimes,
    },
    handle: async (stream, query, ask) => {
      const page = await context.services.listRecordings(stream, query, ask)
      const { fetchedAt, freshUntil, stale, ...tagged } = page
      return { body: toPageFields(page, toRecording), tagged, freshness: { fetchedAt, freshUntil, stale } }
    },
  })
}
