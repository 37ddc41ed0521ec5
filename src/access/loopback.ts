// What only this machine can reach.
import { isIP } from 'node:net'

/** Whether a host, as written in settings or in an address without its brackets, is this machine itself. */
export function isLoopback(host: string): boolean {
  if (host === 'localhost') return true
  const address = host.toLowerCase().replace(/^::ffff:/, '')
  return address === '::1' || (isIP(address) === 4 && address.startsWith('127.'))
}
