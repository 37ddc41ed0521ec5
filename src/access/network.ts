// What counts as one place that requests come from.
import { isIPv4, isIPv6 } from 'node:net'

/** Of requests whose address is none: all of them are one place, or made-up addresses would be places without end. */
const NOWHERE = 'nowhere'

/**
 * The address itself, and with IPv6 its /64, spelled in one way: one household or host has a whole /64.
 * @param address an IP address, as Node spells it or otherwise, also with a port as some proxies tell it; or whatever
 * text a proxy lets through
 * @returns at most 19 characters
 */
export function toNetwork(address: string): string {
  const [, bracketed, dotted] = /^(?:\[([^\]]*)\](?::\d+)?|([\d.]+):\d+)$/.exec(address) ?? []
  const bare = bracketed ?? dotted ?? address
  if (isIPv4(bare)) return bare
  if (!isIPv6(bare)) return NOWHERE
  const groups = toGroups(bare)
  // An IPv4 address in IPv6, as sockets tell it that take both.
  if (groups.slice(0, 6).join() === '0,0,0,0,0,65535') return groups.slice(6).flatMap(toBytes).join('.')
  return groups
    .slice(0, 4)
    .map((group) => group.toString(16))
    .join(':')
}

/** The eight numbers of an IPv6 address. The zone is about this machine, and left out. */
function toGroups(address: string): readonly number[] {
  const [bare = ''] = address.split('%', 1)
  const [head = '', tail] = bare.split('::')
  const front = parseGroups(head)
  const back = parseGroups(tail ?? '')
  return [...front, ...Array<number>(8 - front.length - back.length).fill(0), ...back]
}

/** The last group may be two, written as IPv4. */
function parseGroups(text: string): readonly number[] {
  if (text === '') return []
  return text.split(':').flatMap((group) => {
    if (!group.includes('.')) return Number.parseInt(group, 16)
    const [a = 0, b = 0, c = 0, d = 0] = group.split('.').map(Number)
    return [a * 256 + b, c * 256 + d]
  })
}

function toBytes(group: number): readonly number[] {
  return [group >> 8, group & 255]
}
