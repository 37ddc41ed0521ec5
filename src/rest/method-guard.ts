// A known address asked with the wrong method: 405 with `Allow`, instead of a 404 that denies the address.
import type { FastifyInstance } from 'fastify'
import type { NoteRequest } from '#contract/answered-request.ts'
import { NotFoundError } from '#model/errors.ts'
import { sendProblem } from './error-handler.ts'

/**
 * Watches the routes that are added from here on in this scope.
 * @param note told of what is refused
 * @returns adds, to every address seen, a refusal for each method it does not have; call it after the last route
 */
export function guardMethods(app: FastifyInstance, note?: NoteRequest): () => void {
  const seen = new Map<string, Set<string>>()
  app.addHook('onRoute', ({ routePath, method }) => {
    const methods = seen.get(routePath) ?? new Set()
    seen.set(routePath, new Set([...methods, ...[method].flat()]))
  })
  return () => {
    for (const [url, methods] of [...seen]) {
      const allow = [...methods].sort().join(', ')
      app.route({
        method: app.supportedMethods.filter((method) => !methods.has(method)),
        url,
        schema: { hide: true },
        // Before any body is read.
        onRequest: async (request, reply) => {
          reply.header('allow', allow)
          note?.(request.raw, { code: 'NOT_FOUND' })
          return sendProblem(
            request,
            reply,
            new NotFoundError(`there is no ${request.method} here; allowed are ${allow}`),
            405,
          )
        },
        handler: (_request, reply) => reply,
      })
    }
  }
}
