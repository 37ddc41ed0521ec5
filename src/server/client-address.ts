// Whose request it is, by address, before there is a request of the framework: the same address that this tells later.
import type { IncomingMessage } from 'node:http'
import proxyAddress from '@fastify/proxy-addr'

/**
 * What tells the address of a request's client.
 * @param trustProxy proxies whose forwarding headers are believed, as the framework takes them
 */
export function createAddressReader(trustProxy: readonly string[]): (request: IncomingMessage) => string {
  if (trustProxy.length === 0) return ({ socket }) => socket.remoteAddress ?? ''
  const isTrusted = proxyAddress.compile([...trustProxy])
  return (request) => proxyAddress.all(request, isTrusted).at(-1) ?? ''
}
