// What counts as one place that requests come from.
import { isIPv6 } from 'node:net'

/**
 * The address itself, and with IPv6 its /64, spelled in one way: one household or host has a whole /64.
 * @param address an IP address, as Node spells it or otherwise
 */
export function toNetwork(address: string): string {
  if (!isIPv6(address) || address.includes('.')) return address
  const [head = '', tail] = address.split('%', 1).join('').split('::')
  const front = head === '' ? [] : head.split(':')
  const back = tail === undefined || tail === '' ? [] : tail.split(':')
  const zeros = tail === undefined ? [] : Array<string>(8 - front.length - back.length).fill('0')
  return [...front, ...zeros, ...back]
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(':')
}
