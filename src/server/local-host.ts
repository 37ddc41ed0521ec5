// Keeps pages of the internet away from a gateway that trusts whoever works on its machine: a page whose name has come
// to stand for 127.0.0.1 is of its own origin there, but its requests still carry the name.
import type { FastifyInstance } from 'fastify'
import { isFromBrowser } from '#access/browser.ts'
import { GatewayError } from '#model/errors.ts'

/** Names of this machine itself; with or without a port. */
const localHost =
  /^(?:localhost|[\w-]+\.localhost|127(?:\.\d{1,3}){3}|\[::1\]|\[::ffff:127(?:\.\d{1,3}){3}\])(?::\d{1,5})?$/i

/**
 * Has `app` answer browsers only where they asked this machine by one of its own names.
 * @param origins origins of pages that may call; their hosts are names too
 */
export function refuseOtherHosts(app: FastifyInstance, origins: readonly string[]): void {
  const hosts = new Set(origins.filter((origin) => origin !== '*').map((origin) => new URL(origin).host))
  app.addHook('onRequest', async ({ headers }) => {
    const { host = '' } = headers
    if (localHost.test(host) || hosts.has(host.toLowerCase()) || !isFromBrowser(headers)) return
    throw new GatewayError(
      'FORBIDDEN',
      'without access settings this gateway answers to names of its own machine only, such as localhost',
    )
  })
}
