// One stream and what is known of it now.
import type { FastifyInstance } from 'fastify'
import { toIsoTime } from '#model/time-range.ts'
import type { Freshness } from '#services/views.ts'
import { addStreamRoute } from '../route.ts'
import { noArguments, type RestContext } from '../route-definition.ts'
import { exampleLiveStat, exampleStream, exampleTimes } from '../schemas/examples.ts'
import { streamSchema, toIngest, toLiveStat, toStreamAddress } from '../schemas/stream.ts'
import { tryField } from '../try-field.ts'

/** Adds the routes. */
export function addStreamRoutes(app: FastifyInstance, context: RestContext): void {
  const { services, clock } = context

  addStreamRoute(app, context, {
    suffix: '',
    operationId: 'getStream',
    tag: 'Streams',
    summary: 'Get a stream',
    description:
      'State, ingest and live measurements of a stream. A part that is unsupported or failed is null and stands in `failures`.',
    query: noArguments,
    answer: streamSchema,
    example: {
      ...exampleStream,
      state: 'LIVE',
      stateSource: 'STATUS',
      stateSince: null,
      stateFetchedAt: exampleTimes.fetchedAt,
      stateStale: false,
      ingest: { protocols: ['RTMP_FLV'], rendition: 'ORIGINAL' },
      live: exampleLiveStat,
      failures: [],
    },
    handle: async (stream, _query, ask) => {
      const [status, live] = await Promise.all([
        tryField(['state', 'ingest'], services.getStreamStatus(stream, ask)),
        tryField(['live'], services.getLiveReading(stream, ask)),
      ])
      const failures = [...status.failures, ...live.failures]
      const since = status.answer?.value.since ?? null
      return {
        body: {
          ...toStreamAddress(stream),
          state: status.answer?.value.state ?? null,
          stateSource: status.answer ? ('STATUS' as const) : null,
          stateSince: since === null ? null : toIsoTime(since),
          stateFetchedAt: status.answer && toIsoTime(status.answer.fetchedAt),
          stateStale: status.answer?.stale ?? null,
          ingest: status.answer?.value.ingest ? toIngest(status.answer.value.ingest) : null,
          live: live.answer?.value ? toLiveStat(live.answer.value, live.answer) : null,
          failures,
        },
        tagged: [stream.id, status.answer?.value, live.answer?.value, failures],
        freshness: toWhole(status.answer, live.answer, clock.now()),
        failureCount: failures.length,
      }
    },
  })
}

/** As old as the older part, good as long as the shorter-lived. */
function toWhole(one: Freshness | null, other: Freshness | null, now: number): Freshness {
  const parts = [one, other].filter((part) => part !== null)
  if (parts.length === 0) return { fetchedAt: now, freshUntil: now, stale: false }
  return {
    fetchedAt: Math.min(...parts.map((part) => part.fetchedAt)),
    freshUntil: Math.min(...parts.map((part) => part.freshUntil)),
    stale: parts.some((part) => part.stale),
  }
}
