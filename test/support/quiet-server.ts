import type { FastifyInstance } from 'fastify'
import { pino } from 'pino'
import { buildFrameworkErrorHandler } from '#rest/error-handler.ts'
import { createServer, type ServerOptions } from '../../src/server/create-server.ts'

/** The server of a gateway as a test wants it; by itself it logs nothing and knows no other origin and no proxy. */
export function createQuietServer(options: Partial<ServerOptions> = {}): Promise<FastifyInstance> {
  return createServer({
    log: pino({ level: 'silent' }),
    corsOrigins: [],
    trustProxy: [],
    frameworkErrors: buildFrameworkErrorHandler({ error: () => undefined }),
    ...options,
  })
}
