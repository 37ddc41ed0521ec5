// GraphiQL, served whole from the bundle that `npm ci` builds. The page holds no data; its examples do, and need a key.
import { access } from 'node:fs/promises'
import fastifyStatic from '@fastify/static'
import type { FastifyPluginAsync, FastifyRequest } from 'fastify'
import type { Ask } from '#contract/ask.ts'
import type { Services } from '#services/services.ts'
import { buildExampleTabs } from './example-queries.ts'

/** What the page is served with. */
export interface GraphiqlOptions {
  /** Folder of the bundle. */
  readonly bundle: string
  readonly services: Services
  readonly createAsk: (request: FastifyRequest) => Promise<Ask>
  readonly now: () => number
}

/** Adds `/graphiql`. */
export const graphiqlPage: FastifyPluginAsync<GraphiqlOptions> = async (app, options) => {
  app.get('/graphiql', { schema: { hide: true } }, (_request, reply) => reply.redirect('/graphiql/', 308))
  app.get('/graphiql/examples.json', { schema: { hide: true } }, async (request, reply) => {
    reply.header('cache-control', 'no-store')
    const ask = await options.createAsk(request)
    return { tabs: buildExampleTabs(options.services.listAccounts(null, ask), options.now()) }
  })
  if (!(await isThere(options.bundle))) {
    app.log.warn('the GraphiQL bundle is missing: run npm ci, or npm run build -w web')
    return
  }
  await app.register(fastifyStatic, {
    root: options.bundle,
    prefix: '/graphiql/',
    decorateReply: false,
    cacheControl: false,
    setHeaders: (reply, path) => {
      // Names of assets hold a digest of what is in them.
      const isAsset = path.includes('/assets/')
      reply.header('cache-control', isAsset ? 'public, max-age=31536000, immutable' : 'no-cache')
    },
  })
}

async function isThere(path: string): Promise<boolean> {
  try {
    await access(path)
    return true
  } catch {
    return false
  }
}
