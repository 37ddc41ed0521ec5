// The REST face: asks the use cases by path and answers in the words of HTTP. It knows nothing of providers and
// GraphQL; who may ask is decided by `createAsk`.
import swagger from '@fastify/swagger'
import type { FastifyPluginAsync } from 'fastify'
import { NotFoundError } from '#model/errors.ts'
import { addDocsPages } from './docs-page.ts'
import { buildErrorHandler, type ErrorLog } from './error-handler.ts'
import { guardMethods } from './method-guard.ts'
import { toOpenApiOptions } from './openapi.ts'
import { ASK, type RestContext } from './route-definition.ts'
import { addAccountRoutes } from './routes/accounts.ts'
import { addEventRoutes, type EventOptions } from './routes/events.ts'
import { addLiveStreamRoutes } from './routes/live-streams.ts'
import { addPlaySampleRoutes } from './routes/play-samples.ts'
import { addPushSampleRoutes } from './routes/push-samples.ts'
import { addPushSessionRoutes } from './routes/push-sessions.ts'
import { addRecordingRoutes } from './routes/recordings.ts'
import { addSnapshotRoutes } from './routes/snapshots.ts'
import { addStreamRoutes } from './routes/streams.ts'

/** What the REST face needs. The server's `routerOptions.maxParamLength` must leave room for an encoded key. */
export interface RestOptions extends RestContext, EventOptions {
  readonly log: ErrorLog
  /** Version of the gateway, for the OpenAPI document. */
  readonly version: string
  /** Where clients reach the gateway, when that is not where the document is served. */
  readonly serverUrl?: string | undefined
}

/** Adds `/v1`, `/openapi.json` and `/docs`. */
export const restPlugin: FastifyPluginAsync<RestOptions> = async (app, options) => {
  app.decorateRequest(ASK, null)
  app.setErrorHandler(buildErrorHandler(options.log, options.note))
  await app.register(swagger, toOpenApiOptions(options.version, options.serverUrl))
  await addDocsPages(app)
  // Written once: it costs more than any answer, and nobody has to say who they are for it.
  let text: string | undefined
  app.get('/openapi.json', { schema: { hide: true } }, async (_request, reply) => {
    text ??= JSON.stringify(app.swagger())
    return reply.type('application/json; charset=utf-8').send(text)
  })
  await app.register(versionOne, { ...options, prefix: '/v1' })
}

const versionOne: FastifyPluginAsync<RestOptions> = async (app, options) => {
  // Bodies are JSON and nothing else.
  app.removeContentTypeParser('text/plain')
  app.setNotFoundHandler(() => {
    throw new NotFoundError('there is no such route; /docs lists those there are')
  })
  const refuseOtherMethods = guardMethods(app, options.note)
  addAccountRoutes(app, options)
  addLiveStreamRoutes(app, options)
  addStreamRoutes(app, options)
  addPushSampleRoutes(app, options)
  addPlaySampleRoutes(app, options)
  addPushSessionRoutes(app, options)
  addRecordingRoutes(app, options)
  addSnapshotRoutes(app, options)
  addEventRoutes(app, options)
  refuseOtherMethods()
}
