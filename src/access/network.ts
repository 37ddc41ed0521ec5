// What counts as one place that requests come from.
import { isIPv4, isIPv6 } from 'node:net'

/** Of requests whose address is none: all of them are one place, or made-up addresses would be places without end. */
const NOWHERE = 'nowhere'
/** What stands before an IPv4 address where a socket takes both. */
const IN_IPV6 = '::ffff:'
/** The /64 of an IPv6 address that says all of it as it is spelled here. The first number keeps out IPv4 in IPv6. */
const spelledPattern = /^[1-9a-f][\da-f]{0,3}(?::(?:0|[1-9a-f][\da-f]{0,3})){3}(?=:)/

/**
 * The address itself, and with IPv6 its /64, spelled in one way: one household or host has a whole /64.
 * @param address an IP address, as Node spells it or otherwise, also with a port as some proxies tell it; or whatever
 * text a proxy lets through; undefined for a client that has left before it was asked for, which no type tells of
 * @returns at most 19 characters
 */
export function toNetwork(address: string | undefined): string {
  if (address === undefined) return NOWHERE
  return findNetwork(address) ?? findNetwork(withoutPort(address)) ?? NOWHERE
}

/** Every request comes past here, so what Node spells most often stands first. */
function findNetwork(address: string): string | undefined {
  if (isIPv4(address)) return address
  if (address.startsWith(IN_IPV6) && isIPv4(address.slice(IN_IPV6.length))) return address.slice(IN_IPV6.length)
  return isIPv6(address) ? toNetwork6(address) : undefined
}

function withoutPort(address: string): string {
  const [, bracketed, dotted] = /^(?:\[([^\]]*)\](?::\d+)?|([\d.]+):\d+)$/.exec(address) ?? []
  return bracketed ?? dotted ?? ''
}

function toNetwork6(address: string): string {
  const [spelled] = spelledPattern.exec(address) ?? []
  if (spelled !== undefined) return spelled
  const [a = 0, b = 0, c = 0, d = 0, e, f, g = 0, h = 0] = toGroups(address)
  if (a === 0 && b === 0 && c === 0 && d === 0 && e === 0 && f === 0xffff)
    return `${g >> 8}.${g & 255}.${h >> 8}.${h & 255}`
  return `${a.toString(16)}:${b.toString(16)}:${c.toString(16)}:${d.toString(16)}`
}

/** The eight numbers of an IPv6 address. The zone is about this machine, and left out. */
function toGroups(address: string): readonly number[] {
  const zoneAt = address.indexOf('%')
  const bare = zoneAt === -1 ? address : address.slice(0, zoneAt)
  const gapAt = bare.indexOf('::')
  if (gapAt === -1) return parseGroups(bare)
  const groups = parseGroups(bare.slice(0, gapAt))
  const back = parseGroups(bare.slice(gapAt + 2))
  while (groups.length + back.length < 8) groups.push(0)
  return groups.concat(back)
}

/** The last group may be two, written as IPv4. */
function parseGroups(text: string): number[] {
  const groups: number[] = []
  if (text === '') return groups
  for (const group of text.split(':')) {
    if (group.includes('.')) {
      const [a = 0, b = 0, c = 0, d = 0] = group.split('.').map(Number)
      groups.push(a * 256 + b, c * 256 + d)
    } else groups.push(Number.parseInt(group, 16))
  }
  return groups
}
