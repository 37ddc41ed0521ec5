// Whether the process lives, and whether it can answer. Open to everybody, so they name no account.
import type { FastifyInstance } from 'fastify'

/** How one part is doing. `degraded` parts make some answers stale or partial; the gateway still answers. */
export interface PartHealth {
  readonly name: string
  readonly state: 'ok' | 'degraded'
  /** A few words, without names, addresses or errors. */
  readonly detail?: string | undefined
}

/** What readiness is judged by. */
export interface Readiness {
  /** False once the process is shutting down. */
  isOpen(): boolean
  listParts(): readonly PartHealth[]
}

/** Adds `/healthz` (200 while the process lives) and `/readyz` (200 while it can answer, 503 while it drains). */
export function addHealthRoutes(app: FastifyInstance, readiness: Readiness): void {
  const options = { schema: { hide: true }, logLevel: 'warn' } as const
  app.get('/healthz', options, async (_request, reply) => {
    reply.header('cache-control', 'no-store')
    return { status: 'ok' }
  })
  app.get('/readyz', options, async (_request, reply) => {
    reply.header('cache-control', 'no-store')
    const parts = readiness.listParts()
    if (!readiness.isOpen()) return reply.code(503).send({ status: 'draining', parts })
    return { status: parts.every((part) => part.state === 'ok') ? 'ok' : 'degraded', parts }
  })
}
