// Collected screenshots of a stream or an account.
import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import type { FreshPage, SnapshotView } from '#services/services.ts'
import { toPageFields } from '../page.ts'
import { addRoute, addStreamRoute } from '../route.ts'
import type { RestContext } from '../route-definition.ts'
import { accountPath, openRangeArguments, pageArguments } from '../schemas/arguments.ts'
import { exampleStream, exampleTimes } from '../schemas/examples.ts'
import { snapshotListSchema, toSnapshot } from '../schemas/snapshot.ts'

/** Adds the routes. */
export function addSnapshotRoutes(app: FastifyInstance, context: RestContext): void {
  const { services } = context
  const shared = {
    tag: 'Files',
    query: z.strictObject({ ...openRangeArguments, ...pageArguments }),
    answer: snapshotListSchema,
    example: {
      items: [
        {
          id: 'n1.MTIz',
          stream: exampleStream,
          takenAt: '2026-11-21T03:59:50.000Z',
          width: 1280,
          height: 720,
          url: 'http://shots-1250000000.cos.example.com/8888_test123-1.jpg',
          receivedAt: exampleTimes.fetchedAt,
        },
      ],
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
}
