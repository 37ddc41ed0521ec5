// The pages that the gateway brings along: GraphiQL and the console.
import { join } from 'node:path'
import type { FastifyPluginAsync } from 'fastify'
import { bundledPage } from './bundled-page.ts'
import { type GraphiqlOptions, graphiqlPage } from './graphiql-page.ts'
import { narrowPolicy } from './page-headers.ts'

/** What the pages are served with. */
export interface PagesOptions extends Omit<GraphiqlOptions, 'bundle'> {
  /** Holds a folder for each page; absolute. */
  readonly folder: string
}

/** Adds `/graphiql` and `/console`. */
export const pages: FastifyPluginAsync<PagesOptions> = async (app, { folder, services, createAsk, now }) => {
  await app.register(graphiqlPage, { bundle: join(folder, 'graphiql'), services, createAsk, now })
  await app.register(bundledPage, {
    name: 'the console',
    path: '/console',
    bundle: join(folder, 'console'),
    policy: narrowPolicy,
  })
}
