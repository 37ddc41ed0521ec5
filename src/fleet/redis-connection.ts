// One connection to Redis, from the attempt to its end. It never comes back: whoever wants another one opens another.
import { Cluster, Redis } from 'ioredis'
import { startPatientTimer } from './patient-timer.ts'
import type { RedisAddress, RedisNode } from './redis-address.ts'
import { ConnectionFault, findAnswerCode, toConnectionFault } from './redis-fault.ts'
import { type RedisPatience, toClusterOptions, toServerOptions } from './redis-options.ts'

/** Word of a command. */
export type RedisWord = string | number | Buffer

/** A connection to a server, or to all masters of a cluster. */
export interface RedisConnection {
  /** Connects. @throws ConnectionFault when that fails, takes too long, or the server found is no primary */
  open(): Promise<void>
  /** Sends one command. Texts in the answer are strings. @throws what the client throws; nothing of that may be shown */
  send(command: string, words: RedisWord[]): Promise<unknown>
  /** The same with texts as bytes. */
  sendForBytes(command: string, words: RedisWord[]): Promise<unknown>
  /** Keeps what is sent from now on, for it to leave in one write: that costs more than all else about a command. */
  hold(): void
  /** Lets go what was held. Of an ended connection: nothing happens. */
  release(): void
  /** Whether one command may name any keys: in a cluster only those of one slot. */
  readonly hasOneServer: boolean
  /** Hears from every server it is connected to. */
  ping(): Promise<void>
  /** Where the servers of a cluster are, as far as it says; empty otherwise. */
  listNodes(): readonly RedisNode[]
  /** Ends it at once: what has not been answered never will be. */
  drop(): void
}

/** What a connection is made with. */
export interface RedisConnectionOptions {
  readonly address: RedisAddress
  /** Nodes of the cluster that were met before: those of the address may be gone. */
  readonly otherNodes: readonly RedisNode[]
  readonly patience: RedisPatience
  /** Called once when an open connection ends, whoever ends it. Of a cluster: when that to any of its nodes does. */
  readonly onLost: (fault: ConnectionFault) => void
}

/** What the two kinds of clients need to be told apart for. */
interface ClientForm {
  readonly client: Redis | Cluster
  /** Finds out whether the servers can be used. @throws what the client throws, or ConnectionFault */
  readonly check: () => Promise<void>
  readonly ping: () => Promise<void>
  readonly listNodes: () => readonly RedisNode[]
  /** Those that are written to. */
  readonly listServers: () => readonly Redis[]
}

/** A connection that is yet to be opened. */
export function createRedisConnection(options: RedisConnectionOptions): RedisConnection {
  const { patience, onLost } = options
  let state: 'new' | 'open' | 'ended' = 'new'
  let failOpening: (fault: ConnectionFault) => void = () => undefined

  function end(fault: ConnectionFault): void {
    const before = state
    if (before === 'ended') return
    state = 'ended'
    form.client.disconnect()
    failOpening(fault)
    if (before === 'open') onLost(fault)
  }

  const form =
    options.address.form === 'cluster'
      ? createClusterForm(options.address, options, end, () => state === 'open')
      : createServerForm(options.address, patience)
  const { client } = form
  // Also what a client goes on with regardless, such as a database that does not exist, is none to be used.
  client.on('error', (error: unknown) => end(toConnectionFault(error)))
  client.on('end', () => end(new ConnectionFault('CLOSED')))

  return {
    open: () =>
      new Promise((resolve, reject) => {
        const stopTimer = startPatientTimer(patience.connectTimeoutMs + 2 * patience.commandTimeoutMs, () =>
          end(new ConnectionFault('ETIMEDOUT')),
        )
        failOpening = (fault) => {
          stopTimer()
          reject(fault)
        }
        if (state === 'ended') return failOpening(new ConnectionFault('DROPPED'))
        client
          .connect()
          .then(() => form.check())
          .then(() => {
            if (state === 'ended') return
            state = 'open'
            stopTimer()
            resolve()
          })
          .catch((error: unknown) => end(toConnectionFault(error)))
      }),
    send: (command, words) => client.call(command, words),
    sendForBytes: (command, words) => client.callBuffer(command, words),
    hold: () => {
      for (const { stream } of form.listServers()) stream.cork()
    },
    release: () => {
      for (const { stream } of form.listServers()) stream.uncork()
    },
    hasOneServer: options.address.form !== 'cluster',
    ping: form.ping,
    listNodes: form.listNodes,
    drop: () => end(new ConnectionFault('DROPPED')),
  }
}

function createServerForm(address: Exclude<RedisAddress, { form: 'cluster' }>, patience: RedisPatience): ClientForm {
  const client = new Redis(toServerOptions(address, patience))
  const servers = [client]
  return {
    client,
    check: async () => {
      // Refused by a server that still loads its data.
      await client.ping()
      // A replica would refuse the first write only, and again after every new connection.
      const role = await client.call('ROLE').catch((error: unknown) => {
        if (findAnswerCode(error) === 'NOPERM') return undefined
        throw error
      })
      if (Array.isArray(role) && role[0] !== 'master') throw new ConnectionFault('READONLY')
    },
    ping: async () => {
      await client.ping()
    },
    listNodes: () => [],
    listServers: () => servers,
  }
}

function createClusterForm(
  address: RedisAddress,
  { otherNodes, patience }: RedisConnectionOptions,
  end: (fault: ConnectionFault) => void,
  isOpen: () => boolean,
): ClientForm {
  const places = new Map([...address.nodes, ...otherNodes].map(({ host, port }) => [`${host} ${port}`, { host, port }]))
  const cluster = new Cluster([...places.values()], toClusterOptions(address, patience))
  let masters: readonly Redis[] = []
  cluster.on('+node', (node: Redis) => {
    // Nodes that were never spoken to come and go while the cluster is explored.
    node.once('ready', () => node.once('close', () => end(new ConnectionFault('CLOSED'))))
  })
  cluster.on('node error', (error: unknown) => {
    if (isOpen()) end(toConnectionFault(error))
  })

  async function ping(): Promise<void> {
    await Promise.all(masters.map((master) => master.ping()))
    const now = new Set(cluster.nodes('master'))
    // Where a replica took over, writes may be missing.
    if (now.size !== masters.length || masters.some((master) => !now.has(master)))
      throw new ConnectionFault('MASTERS_CHANGED')
  }

  return {
    client: cluster,
    check: async () => {
      // Nodes are connected by their first command, and refuse a second one until they are.
      masters = cluster.nodes('master')
      if (masters.length === 0) throw new ConnectionFault('NO_MASTERS')
      await ping()
    },
    ping,
    listNodes: () =>
      cluster.nodes('all').flatMap(({ options: { host, port } }) => (host && port ? [{ host, port }] : [])),
    listServers: () => masters,
  }
}
