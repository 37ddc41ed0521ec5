// What Prometheus reads. For role ops, and of the accounts that the key may see.
import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Ask } from '#contract/ask.ts'
import { maySee } from '#model/caller.ts'
import { GatewayError } from '#model/errors.ts'
import type { Metrics } from '#telemetry/metrics.ts'

/** What the route works with. */
export interface MetricsRouteOptions {
  readonly metrics: Metrics
  /** See `addRequestScope`. @throws GatewayError UNAUTHENTICATED, RATE_LIMITED */
  readonly createAsk: (request: FastifyRequest) => Promise<Ask>
}

/** Adds `/metrics`. The server's error handler answers UNAUTHENTICATED (401) and FORBIDDEN (403). */
export function addMetricsRoute(app: FastifyInstance, { metrics, createAsk }: MetricsRouteOptions): void {
  app.get('/metrics', { schema: { hide: true }, logLevel: 'warn' }, async (request, reply) => {
    const { caller } = await createAsk(request)
    if (caller.role !== 'ops') throw new GatewayError('FORBIDDEN', 'the metrics are shown to keys of role ops only')
    const text = await metrics.render((account) => maySee(caller, account))
    return reply.header('cache-control', 'no-store').type(metrics.contentType).send(text)
  })
}
