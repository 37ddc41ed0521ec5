// The REST face over fake services, as `app.ts` would register it.
import helmet from '@fastify/helmet'
import Fastify, { type FastifyInstance, type FastifyRequest } from 'fastify'
import { onTestFinished } from 'vitest'
import { createConnections } from '#access/connections.ts'
import { type Ask, Meter } from '#contract/ask.ts'
import type { Caller } from '#model/caller.ts'
import type { Instant } from '#model/time-range.ts'
import { buildFrameworkErrorHandler } from '#rest/error-handler.ts'
import { restPlugin } from '#rest/plugin.ts'
import { createRowWriter } from '#rows/row-writer.ts'
import { FakeClock } from '#test/support/fake-clock.ts'
import { type FakeAccount, FakeServices, fetchedAt } from '#test/support/fake-services.ts'

/** What a test gets to work with. */
export interface RestApp {
  readonly app: FastifyInstance
  readonly services: FakeServices
  readonly clock: FakeClock
  /** Unforeseen errors that were logged. */
  readonly logged: object[]
  /** Aborted when a test says that the client has left. */
  readonly leaving: AbortController
}

/** What a test may want otherwise. */
export interface RestAppOptions {
  readonly caller?: Caller
  /** Runs before the ask is made, and may refuse the client. */
  readonly authenticate?: (request: FastifyRequest) => void | Promise<void>
  readonly maxProviderCalls?: number
  /** Aborts when the process is about to stop. */
  readonly draining?: AbortSignal
  /** Whose pages may watch. */
  readonly origins?: readonly string[]
  /** How many event streams may be open; 1000 when left out. */
  readonly maxConnections?: number
}

/** A moment inside the hour that tests ask for. */
export const at = (text: string): Instant => Date.parse(`2026-11-21T${text}Z`)

/** The range that tests ask for, as a query. */
export const RANGE = 'from=2026-11-21T03:00:00Z&to=2026-11-21T04:00:00Z'

/** Builds it; closed when the test is over. */
export async function buildRestApp(
  accounts: Record<string, FakeAccount> = {},
  options: RestAppOptions = {},
): Promise<RestApp> {
  const services = new FakeServices(accounts)
  const clock = new FakeClock(fetchedAt)
  const logged: object[] = []
  const leaving = new AbortController()
  const log = { error: (fields: object) => logged.push(fields) }
  const app = Fastify({
    routerOptions: { maxParamLength: 4096 },
    frameworkErrors: buildFrameworkErrorHandler(log),
  })
  await app.register(helmet, {
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        'default-src': ["'self'"],
        'style-src': ["'self'", "'unsafe-inline'"],
        'img-src': ["'self'", 'data:'],
      },
    },
  })
  const createAsk = async (request: FastifyRequest): Promise<Ask> => {
    await options.authenticate?.(request)
    return {
      caller: options.caller ?? { name: 'anonymous', role: 'ops', accounts: 'all' },
      lane: 'interactive',
      signal: leaving.signal,
      deadlineAtMs: clock.monotonicMs() + 10_000,
      meter: new Meter(options.maxProviderCalls),
    }
  }
  const connections = createConnections({ perProcess: options.maxConnections ?? 1000, perClient: 1000 })
  await app.register(restPlugin, {
    ...{ services, clock, log, version: '1.2.3', createAsk, connections },
    rows: createRowWriter({ maxBytes: 1024 * 1024 }),
    draining: options.draining,
    origins: options.origins ?? [],
  })
  await app.ready()
  onTestFinished(() => app.close())
  return { app, services, clock, logged, leaving }
}
