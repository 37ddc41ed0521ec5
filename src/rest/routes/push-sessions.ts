// Pushes from their start to their end, of one stream or of many.
import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import { throwWhenAllLost } from '#services/range.ts'
import { addRoute, addStreamRoute } from '../route.ts'
import { noArguments, type RestContext } from '../route-definition.ts'
import { accountPath, rangeArguments, readArguments } from '../schemas/arguments.ts'
import { exampleRange, exampleStream } from '../schemas/examples.ts'
import { toSeriesFields } from '../schemas/fields.ts'
import {
  pushSessionSchema,
  pushSessionSeriesSchema,
  pushSessionsBodySchema,
  streamPushSessionsListSchema,
  toPushSession,
} from '../schemas/push-session.ts'
import { toStreamAddress } from '../schemas/stream.ts'
import { toSeriesAnswer } from '../series.ts'

const exampleSession = {
  startedAt: '2026-11-21T03:10:00.000Z',
  endedAt: '2026-11-21T03:40:00.000Z',
  durationMs: 1_800_000,
  source: 'PROVIDER' as const,
  startsBefore: false,
  endsAfter: false,
}

const columns = Object.keys(pushSessionSchema.shape)

/** Adds the routes. */
export function addPushSessionRoutes(app: FastifyInstance, context: RestContext): void {
  const { services, clock } = context

  addStreamRoute(app, context, {
    suffix: '/push-sessions',
    operationId: 'listPushSessions',
    tag: 'History',
    summary: 'Push sessions of a stream',
    description:
      'Every push that overlaps the range, oldest first. Reported ones are uncut; derived ones are cut to the range, and `startsBefore` and `endsAfter` say so.',
    query: z.strictObject(rangeArguments),
    answer: pushSessionSeriesSchema,
    csv: { columns, toRows: ({ items }) => items },
    example: { items: [exampleSession], nextCursor: null, ...exampleRange },
    handle: async (stream, query, ask) => {
      const series = await services.listPushSessions(stream, query, ask)
      const body = { items: series.items.map(toPushSession), nextCursor: null, ...toSeriesFields(series) }
      return toSeriesAnswer(body, series)
    },
  })

  addRoute(app, context, {
    method: 'POST',
    url: '/accounts/:account/push-sessions',
    operationId: 'listManyPushSessions',
    tag: 'History',
    summary: 'Push sessions of many streams',
    description: 'Changes nothing: a question with a body, answered with the fewest provider calls.',
    path: accountPath,
    query: noArguments,
    body: pushSessionsBodySchema,
    answer: streamPushSessionsListSchema,
    csv: {
      columns: ['account', 'key', ...columns],
      toRows: ({ items }) =>
        items.flatMap(({ stream: { account, key }, sessions }) =>
          sessions.map((session) => ({ account, key, ...session })),
        ),
    },
    example: { items: [{ stream: exampleStream, sessions: [exampleSession], ...exampleRange }], nextCursor: null },
    handle: async ({ path, body }, ask) => {
      const query = readArguments(pushSessionsBodySchema, body)
      const batch = throwWhenAllLost(await services.listManyPushSessions(path.account, query, ask))
      const now = clock.now()
      return {
        body: {
          items: batch.map((series) => ({
            stream: toStreamAddress(series.stream),
            sessions: series.items.map(toPushSession),
            ...toSeriesFields(series),
          })),
          nextCursor: null,
        },
        tagged: batch.map(({ stream, from, to, items, missing }) => [stream.id, from, to, items, missing]),
        freshness: {
          fetchedAt: Math.min(now, ...batch.map(({ fetchedAt }) => fetchedAt)),
          freshUntil: batch.length === 0 ? now : Math.min(...batch.map(({ freshUntil }) => freshUntil)),
          stale: batch.some(({ stale }) => stale),
        },
        missingCount: batch.reduce((sum, { missing }) => sum + missing.length, 0),
      }
    },
  })
}
