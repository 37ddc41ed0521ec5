// Playback history of a stream, a domain or an account.
import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import type { RowWriter } from '#rows/row-writer.ts'
import type { PlaySeries } from '#services/views.ts'
import { addRoute, addStreamRoute } from '../route.ts'
import type { RestContext } from '../route-definition.ts'
import { accountPath, domainArgument, sampleArguments } from '../schemas/arguments.ts'
import { exampleRange } from '../schemas/examples.ts'
import { toSeriesFields } from '../schemas/fields.ts'
import { playSampleForm, playSampleSchema, playSampleSeriesSchema, toPlaySample } from '../schemas/play-sample.ts'
import { toSampleAnswer } from '../series.ts'

/** Adds the routes. */
export function addPlaySampleRoutes(app: FastifyInstance, context: RestContext): void {
  const { services, rows } = context
  const shared = {
    tag: 'History',
    answer: playSampleSeriesSchema,
    csv: {
      columns: Object.keys(playSampleSchema.shape),
      toRows: ({ items }: z.output<typeof playSampleSeriesSchema>) => items,
    },
    example: {
      items: [
        {
          observedAt: '2026-11-21T03:00:00.000Z',
          bandwidthBitsPerSecond: 426_000_000,
          onlineViewers: 290,
          trafficBytes: 3_195_000_000,
        },
      ],
      nextCursor: null,
      ...exampleRange,
      totalTrafficBytes: 3_195_000_000,
    },
  }

  addStreamRoute(app, context, {
    ...shared,
    suffix: '/play-samples',
    operationId: 'listPlaySamples',
    summary: 'Playback history of a stream',
    description:
      'Bandwidth, viewers and traffic of the playback, in order of time. What lies outside retention stands in `missing`.',
    query: z.strictObject(sampleArguments),
    handle: async (stream, query, ask) => toAnswer(await services.listPlaySamples(stream, query, ask), rows),
  })

  addRoute(app, context, {
    ...shared,
    url: '/accounts/:account/play-samples',
    operationId: 'listAccountPlaySamples',
    summary: 'Playback history of an account',
    description:
      'Bandwidth, viewers and traffic over all streams of an account, optionally of one of its playback domains, in order of time.',
    path: accountPath,
    query: z.strictObject({ ...sampleArguments, ...domainArgument }),
    handle: async ({ path, query: { domain = null, ...query } }, ask) =>
      toAnswer(await services.listAccountPlaySamples(path.account, { ...query, domain }, ask), rows),
  })
}

function toAnswer(series: PlaySeries, rows: RowWriter) {
  const { totalTrafficBytes } = series
  const beside = { nextCursor: null, ...toSeriesFields(series), totalTrafficBytes }
  return toSampleAnswer(series, beside, { rows, form: playSampleForm, toShown: toPlaySample })
}
