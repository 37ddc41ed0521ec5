// The page for the OpenAPI document, and the page that explains the error codes. Both are served whole from here and
// hold no data; a key typed in stays in the browser's session storage.
import swaggerUi from '@fastify/swagger-ui'
import type { FastifyInstance } from 'fastify'
import { ERROR_PAGE, errorTable } from '#model/errors.ts'
import { errorCodes } from './schemas/fields.ts'

/** Adds `/docs` and `/docs/errors`. */
export async function addDocsPages(app: FastifyInstance): Promise<void> {
  await app.register(swaggerUi, {
    routePrefix: '/docs',
    uiConfig: { layout: 'BaseLayout', docExpansion: 'list', tryItOutEnabled: true, displayRequestDuration: true },
    theme: { title: 'Weir REST API', js: [{ filename: 'session-key.js', content: sessionKeyScript }] },
  })
  app.get(ERROR_PAGE, { schema: { hide: true } }, async (_request, reply) =>
    reply.type('text/html; charset=utf-8').send(errorPage),
  )
}

/**
 * Runs in the browser, between the loading of Swagger UI and its start: adds a plugin that keeps what was typed into
 * "Authorize" for this browser session. Swagger UI's own way keeps it for ever.
 */
const sessionKeyScript = `(() => {
  const start = window.SwaggerUIBundle
  const place = 'weir.docs.authorized'
  const keep = (system) => {
    const authorized = system.authSelectors.authorized()
    sessionStorage.setItem(place, JSON.stringify(authorized.toJS()))
  }
  const keeping = (original, system) => (payload) => {
    const result = original(payload)
    keep(system)
    return result
  }
  const sessionKey = () => ({ statePlugins: { auth: { wrapActions: { authorize: keeping, logout: keeping } } } })
  window.SwaggerUIBundle = Object.assign((options) => {
    const ui = start({
      ...options,
      plugins: [...options.plugins, sessionKey],
      onComplete: () => {
        const kept = sessionStorage.getItem(place)
        if (kept !== null) ui.authActions.authorize(JSON.parse(kept))
      },
    })
    return ui
  }, start)
})()
`

const errorPage = `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>Weir: error codes</title></head>
<body>
<h1>Error codes</h1>
<table>
<tr><th>Code</th><th>Status</th><th>Retry</th><th>Whose move</th><th>When</th></tr>
${errorCodes.map(toRow).join('\n')}
</table>
</body>
</html>
`

function toRow(code: (typeof errorCodes)[number]): string {
  const { status, retryable, fault, when } = errorTable[code]
  return `<tr id="${code}"><td><code>${code}</code></td><td>${status}</td><td>${retryable ? 'later' : 'no'}</td><td>${fault}</td><td>${when}</td></tr>`
}
