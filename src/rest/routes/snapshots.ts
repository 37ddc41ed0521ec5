// Collected screenshots of a stream or an account.
import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import type { FreshPage, SnapshotView } from '#services/views.ts'
import { toPageFields } from '../page.ts'
import { addRoute, addStreamRoute } from '../route.ts'
import type { RestContext } from '../route-definition.ts'
import { accountPath, openRangeArguments, pageArguments } from '../schemas/arguments.ts'
import { exampleSnapshot, exampleTimes } from '../schemas/examples.ts'
import { quarantinedBatchListSchema, snapshotListSchema, toQuarantinedBatch, toSnapshot } from '../schemas/snapshot.ts'

/** Adds the routes. */
export function addSnapshotRoutes(app: FastifyInstance, context: RestContext): void {
  const { services } = context
  const shared = {
    tag: 'Files',
    query: z.strictObject({ ...openRangeArguments, ...pageArguments }),
    answer: snapshotListSchema,
    example: {
      items: [exampleSnapshot],
      nextCursor: null,
      totalCount: null,
      ...exampleTimes,
    },
  }

  const toAnswer = (page: FreshPage<SnapshotView>) => {
    const { fetchedAt, freshUntil, stale, ...tagged } = page
    return { body: toPageFields(page, toSnapshot), tagged, freshness: { fetchedAt, freshUntil, stale } }
  }

  addStreamRoute(app, context, {
    ...shared,
    suffix: '/snapshots',
    operationId: 'listSnapshots',
    summary: 'Screenshots of a stream',
    description: 'Collected screenshots, newest first; in a range, those taken in it. Asks no provider.',
    handle: async (stream, query, ask) => toAnswer(await services.listSnapshots(stream, query, ask)),
  })

  addRoute(app, context, {
    ...shared,
    url: '/accounts/:account/snapshots',
    operationId: 'listAccountSnapshots',
    summary: 'Screenshots of an account',
    description: 'Collected screenshots of all streams of an account, newest first. Asks no provider.',
    path: accountPath,
    handle: async ({ path, query }, ask) => toAnswer(await services.listAccountSnapshots(path.account, query, ask)),
  })

  addRoute(app, context, {
    url: '/accounts/:account/snapshots/quarantine',
    operationId: 'listQuarantinedSnapshots',
    tag: 'Files',
    summary: 'Screenshot messages that could not be read',
    description:
      'Answers of the screenshot queue that could not be read, or not whole, newest first. They are kept until somebody has looked at them; their bytes are not shown here. For keys of role ops. Asks no provider.',
    path: accountPath,
    query: z.strictObject({ first: pageArguments.first }),
    answer: quarantinedBatchListSchema,
    example: {
      items: [
        {
          id: '4711',
          account: 'tencent-main',
          receivedAt: exampleTimes.fetchedAt,
          status: 200,
          bytes: 1873,
          reason: 'ROWS',
          rows: 2,
        },
      ],
      nextCursor: null,
    },
    handle: async ({ path, query }, ask) => {
      const { value, ...freshness } = await services.listQuarantinedSnapshots(path.account, query.first, ask)
      return { body: { items: value.map(toQuarantinedBatch), nextCursor: null }, tagged: value, freshness }
    },
  })
}
