// GraphiQL. The page holds no data; its examples do, and need a key.
import type { FastifyPluginAsync, FastifyRequest } from 'fastify'
import type { Ask } from '#contract/ask.ts'
import type { Services } from '#services/services.ts'
import { bundledPage } from './bundled-page.ts'
import { buildExampleTabs } from './example-queries.ts'

/** What the page is served with. */
export interface GraphiqlOptions {
  /** Folder of the bundle; absolute. */
  readonly bundle: string
  readonly services: Services
  readonly createAsk: (request: FastifyRequest) => Promise<Ask>
  readonly now: () => number
}

/** Adds `/graphiql`. */
export const graphiqlPage: FastifyPluginAsync<GraphiqlOptions> = async (app, { bundle, services, createAsk, now }) => {
  app.get('/graphiql/examples.json', { schema: { hide: true } }, async (request, reply) => {
    reply.header('cache-control', 'no-store')
    const ask = await createAsk(request)
    return { tabs: buildExampleTabs(services.listAccounts(null, ask), now()) }
  })
  await app.register(bundledPage, { name: 'GraphiQL', path: '/graphiql', bundle })
}
