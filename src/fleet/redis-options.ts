// How the Redis client is set up. It is to do nothing by itself: it connects once, keeps nothing for later and sends
// nothing twice. When to try again is decided by the link, which has to know of every connection that was lost.
import type { ClusterOptions, RedisOptions } from 'ioredis'
import type { RedisAddress, RedisCredentials, RedisNode } from './redis-address.ts'
import { toConnector } from './redis-socket.ts'

/** How long things may take, in milliseconds. */
export interface RedisPatience {
  /** One command and its answer. */
  readonly commandTimeoutMs: number
  /** One socket, TLS included. */
  readonly connectTimeoutMs: number
}

/** Options of one server, in the shape that the client's types ask for. */
type ServerOptions = RedisOptions & { readonly replyMapping: 'legacy' }
/** The same of a cluster. */
type NodesOptions = ClusterOptions & {
  readonly redisOptions: NonNullable<ClusterOptions['redisOptions']> & { readonly replyMapping: 'legacy' }
}

/** Name of the connections in Redis' list of clients. */
const CONNECTION_NAME = 'weir'
/** After that long a socket that the other side does not close is torn down. */
const DISCONNECT_TIMEOUT_MS = 10

/** For one server, found by its address or by its sentinels. */
export function toServerOptions(
  address: Exclude<RedisAddress, { form: 'cluster' }>,
  patience: RedisPatience,
): ServerOptions {
  const options: ServerOptions = {
    ...toBasicOptions(address.credentials, address.tls, patience),
    db: address.database,
    enableOfflineQueue: false,
    retryStrategy: null,
  }
  if (address.form === 'server') {
    const [node] = address.nodes
    return { ...options, ...node, ...(!address.tls && { Connector: toConnector(node, DISCONNECT_TIMEOUT_MS) }) }
  }
  const { nodes, primaryName, sentinelCredentials, tls } = address
  return {
    ...options,
    sentinels: nodes.map(({ host, port }) => ({ host, port })),
    name: primaryName,
    sentinelRetryStrategy: () => null,
    sentinelCommandTimeout: patience.commandTimeoutMs,
    updateSentinels: false,
    enableTLSForSentinelMode: tls,
    ...(tls && { sentinelTLS: {} }),
    ...(sentinelCredentials && toSentinelLogin(sentinelCredentials)),
  }
}

/** For a cluster. */
export function toClusterOptions(
  { credentials, tls }: Pick<RedisAddress, 'credentials' | 'tls'>,
  patience: RedisPatience,
): NodesOptions {
  return {
    lazyConnect: true,
    enableOfflineQueue: false,
    clusterRetryStrategy: null,
    clusterNodeRetryStrategy: null,
    // A command whose connection broke may have been done: repeating it would do it twice.
    retryDelayOnFailover: 0,
    retryDelayOnClusterDown: 0,
    retryDelayOnTryAgain: 20,
    maxRedirections: 5,
    slotsRefreshTimeout: patience.commandTimeoutMs,
    scaleReads: 'master',
    // Certificates are made out to names: they are looked up when a socket is opened, not before.
    dnsLookup: (name, callback) => callback(null, name),
    redisOptions: toBasicOptions(credentials, tls, patience),
  }
}

/** For asking one sentinel. */
export function toSentinelOptions(
  address: Extract<RedisAddress, { form: 'sentinel' }>,
  { host, port }: RedisNode,
  patience: RedisPatience,
): ServerOptions {
  return {
    ...toBasicOptions(address.sentinelCredentials, address.tls, patience),
    host,
    port,
    retryStrategy: null,
    commandTimeout: patience.commandTimeoutMs,
  }
}

function toBasicOptions(credentials: RedisCredentials | undefined, tls: boolean, { connectTimeoutMs }: RedisPatience) {
  return {
    lazyConnect: true,
    connectTimeout: connectTimeoutMs,
    disconnectTimeout: DISCONNECT_TIMEOUT_MS,
    maxRetriesPerRequest: 0,
    // The client's own check wants INFO, which not every user may run, and complains on the console.
    enableReadyCheck: false,
    autoResendUnfulfilledCommands: false,
    autoResubscribe: false,
    enableAutoPipelining: false,
    connectionName: CONNECTION_NAME,
    disableClientInfo: true,
    // Everything that is sent here is answered alike by both versions, and this one is known by every proxy.
    protocol: 2,
    replyMapping: 'legacy',
    ...(credentials && {
      password: credentials.password,
      ...(credentials.username !== undefined && { username: credentials.username }),
    }),
    ...(tls && { tls: {} }),
  } satisfies RedisOptions
}

function toSentinelLogin({ username, password }: RedisCredentials) {
  return { sentinelPassword: password, ...(username !== undefined && { sentinelUsername: username }) }
}
