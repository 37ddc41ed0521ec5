// Ingest history of a stream.
import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import { addStreamRoute } from '../route.ts'
import type { RestContext } from '../route-definition.ts'
import { sampleArguments } from '../schemas/arguments.ts'
import { exampleLiveStat, exampleRange } from '../schemas/examples.ts'
import { toSeriesFields } from '../schemas/fields.ts'
import { pushSampleForm, pushSampleSchema, pushSampleSeriesSchema, toPushSample } from '../schemas/push-sample.ts'
import { toSampleAnswer } from '../series.ts'

/** Adds the routes. */
export function addPushSampleRoutes(app: FastifyInstance, context: RestContext): void {
  const { services, rows } = context
  const shown = { rows, form: pushSampleForm, toShown: toPushSample }
  addStreamRoute(app, context, {
    suffix: '/push-samples',
    operationId: 'listPushSamples',
    tag: 'History',
    summary: 'Ingest history of a stream',
    description:
      'Frame rate, bit rate and addresses of the push, in order of time. What lies outside retention stands in `missing`.',
    query: z.strictObject(sampleArguments),
    answer: pushSampleSeriesSchema,
    csv: { columns: Object.keys(pushSampleSchema.shape), toRows: ({ items }) => items },
    example: { items: [exampleLiveStat.push], nextCursor: null, ...exampleRange },
    handle: async (stream, query, ask) => {
      const series = await services.listPushSamples(stream, query, ask)
      return toSampleAnswer(series, { nextCursor: null, ...toSeriesFields(series) }, shown)
    },
  })
}
