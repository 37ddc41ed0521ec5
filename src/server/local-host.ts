// Keeps pages of the internet away from a gateway that trusts whoever works on its machine: a page whose name has come
// to stand for 127.0.0.1 is of its own origin there, but its requests still carry the name.
import type { FastifyInstance } from 'fastify'
import { isFromBrowser } from '#access/browser.ts'
import { isLoopback } from '#access/loopback.ts'
import { GatewayError } from '#model/errors.ts'

/** A `Host` in its parts: a name or a bracketed address, and a port or none. Never a URL parser, which forgives too much. */
const hostParts = /^(?:([\w.-]+)|\[([\da-f:.]+)\])(?::\d{1,5})?$/i

/** Whether a `Host` header is one of this machine's own names; with or without a port. */
function isLocal(header: string): boolean {
  const [, name = '', address = name] = hostParts.exec(header) ?? []
  return isLoopback(address.toLowerCase()) || /^[\w-]+\.localhost$/i.test(name)
}

/**
 * Has `app` answer browsers only where they asked this machine by one of its own names.
 * @param origins origins of pages that may call; their hosts are names too
 */
export function refuseOtherHosts(app: FastifyInstance, origins: readonly string[]): void {
  const hosts = new Set(origins.filter((origin) => origin !== '*').map((origin) => new URL(origin).host))
  app.addHook('onRequest', async ({ headers }) => {
    const { host = '' } = headers
    if (isLocal(host) || hosts.has(host.toLowerCase()) || !isFromBrowser(headers)) return
    throw new GatewayError(
      'FORBIDDEN',
      'without access settings this gateway answers to names of its own machine only, such as localhost',
    )
  })
}
