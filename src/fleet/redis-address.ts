// The addresses of Redis as operators write them. What comes of it is data; nothing is connected here.

/** A user of Redis and the password. */
export interface RedisCredentials {
  /** Undefined: the user that Redis calls `default`. */
  readonly username: string | undefined
  readonly password: string
}

/** Where one process of Redis listens. */
export interface RedisNode {
  /** Name or IP address, without brackets. */
  readonly host: string
  readonly port: number
}

/** What every address says. */
interface AddressBasics {
  /** In the order of the address, at least one. */
  readonly nodes: readonly [RedisNode, ...RedisNode[]]
  /** Undefined: none are sent. */
  readonly credentials: RedisCredentials | undefined
  readonly tls: boolean
}

/** Where Redis is to be found: one server, a primary that sentinels know, or a cluster of which some nodes are named. */
export type RedisAddress = AddressBasics &
  (
    | { readonly form: 'server'; readonly database: number }
    | {
        readonly form: 'sentinel'
        readonly database: number
        /** What the sentinels call the primary. */
        readonly primaryName: string
        /** What the sentinels themselves are sent. */
        readonly sentinelCredentials: RedisCredentials | undefined
      }
    | { readonly form: 'cluster' }
  )

/** An address, or what is wrong with it in words that repeat nothing of it: it may hold a password. */
export type ReadAddress =
  | { readonly address: RedisAddress; readonly problem?: never }
  | { readonly address?: never; readonly problem: string }

/** The forms that are read, in words for an operator. */
export const allowedRedisAddress = [
  '"redis://host:port/database"',
  '"redis+sentinel://host:port,host:port/primaryName?db=0" (all sentinels; "sentinelUser" and "sentinelPassword" like "db" if they want them)',
  'or "redis+cluster://host:port,host:port" (all masters)',
  'with "rediss" for TLS, and "user:password@" or ":password@" before the first host if needed, percent-encoded',
].join(', ')

const ADDRESS = /^redis(s?)(?:\+(sentinel|cluster))?:\/\/([^/?#]*)(?:\/([^?#]*))?(?:\?([^#]*))?$/i
const NODE = /^(?:([A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*\.?)|\[([0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*)\])(?::(\d{1,5}))?$/
const SERVER_PORT = 6379
const SENTINEL_PORT = 26_379
const SENTINEL_PARAMETERS = ['db', 'sentinelUser', 'sentinelPassword']

/** Reads an address. A host without a port has the usual one. */
export function readRedisAddress(text: string): ReadAddress {
  const match = ADDRESS.exec(text)
  if (!match) return { problem: 'is no Redis address' }
  const [, secure = '', form, authority = '', path = '', query] = match
  const hosts = authority.slice(authority.lastIndexOf('@') + 1)
  try {
    const basics = {
      nodes: readNodes(hosts, form?.toLowerCase() === 'sentinel' ? SENTINEL_PORT : SERVER_PORT),
      credentials: readCredentials(authority.slice(0, -hosts.length - 1)),
      tls: secure !== '',
    }
    switch (form?.toLowerCase()) {
      case 'sentinel':
        return { address: { ...basics, form: 'sentinel', ...readSentinelParts(path, query ?? '') } }
      case 'cluster':
        refuseIf(path !== '' || query !== undefined, 'says more than hosts: a cluster has one database only')
        return { address: { ...basics, form: 'cluster' } }
      default:
        refuseIf(basics.nodes.length > 1, 'names several hosts without "+sentinel" or "+cluster"')
        refuseIf(query !== undefined, 'has parameters; only the form with "+sentinel" knows any')
        return { address: { ...basics, form: 'server', database: readDatabase(path) } }
    }
  } catch (error) {
    if (error instanceof AddressFault) return { problem: error.message }
    throw error
  }
}

/** What is wrong with an address. Never leaves this file. */
class AddressFault extends Error {}

function refuseIf(isWrong: boolean, problem: string): void {
  if (isWrong) throw new AddressFault(problem)
}

function readNodes(text: string, usualPort: number): readonly [RedisNode, ...RedisNode[]] {
  const [first, ...others] = text.split(',').map((node) => readNode(node, usualPort))
  if (first === undefined) throw new AddressFault('names no host')
  return [first, ...others]
}

function readNode(text: string, usualPort: number): RedisNode {
  const match = NODE.exec(text)
  if (!match) throw new AddressFault('names no host, or one that is none (what stands before "@" is percent-encoded)')
  const port = match[3] === undefined ? usualPort : Number(match[3])
  refuseIf(port < 1 || port > 65_535, 'has a port that is none')
  return { host: match[1] ?? match[2] ?? '', port }
}

function readCredentials(text: string): RedisCredentials | undefined {
  if (text === '') return undefined
  const colon = text.indexOf(':')
  refuseIf(colon < 0 || colon === text.length - 1, 'has a user without a password')
  return { username: decode(text.slice(0, colon)) || undefined, password: decode(text.slice(colon + 1)) }
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    throw new AddressFault('has a "%" that encodes nothing')
  }
}

function readDatabase(text: string): number {
  if (text === '') return 0
  refuseIf(!/^\d{1,5}$/.test(text), 'has a database that is no number')
  return Number(text)
}

function readSentinelParts(path: string, query: string) {
  const parameters = new Map<string, string>()
  for (const part of query === '' ? [] : query.split('&')) {
    const [name = '', ...value] = part.split('=')
    refuseIf(!SENTINEL_PARAMETERS.includes(name), `has a parameter other than ${SENTINEL_PARAMETERS.join(', ')}`)
    refuseIf(parameters.has(name), 'has a parameter twice')
    parameters.set(name, decode(value.join('=')))
  }
  refuseIf(!/^[A-Za-z0-9._-]+$/.test(path), 'does not say what the sentinels call the primary')
  const username = parameters.get('sentinelUser') || undefined
  const password = parameters.get('sentinelPassword') || undefined
  refuseIf(username !== undefined && password === undefined, 'has a "sentinelUser" without a "sentinelPassword"')
  return {
    primaryName: path,
    database: readDatabase(parameters.get('db') ?? ''),
    sentinelCredentials: password === undefined ? undefined : { username, password },
  }
}
