// Whether Redis is gone for everybody, or only out of reach from here. Who cannot tell says that it is not.
import { connect } from 'node:net'
import { Redis } from 'ioredis'
import type { RedisAddress, RedisNode } from './redis-address.ts'
import { type ConnectionFault, isRefusal } from './redis-fault.ts'
import { type RedisPatience, toSentinelOptions } from './redis-options.ts'

/** What is known after an attempt to connect has failed. */
export interface FailedAttempt {
  readonly address: RedisAddress
  /** Nodes of the cluster that were met before. */
  readonly otherNodes: readonly RedisNode[]
  readonly patience: RedisPatience
  readonly fault: ConnectionFault
}

/**
 * Whether nobody listens wherever others could find Redis: at the address; at every node of the cluster that is known;
 * at every address that a sentinel names for the primary, when no sentinel fails to answer while it may be running.
 */
export async function isGoneForAll({ address, otherNodes, patience, fault }: FailedAttempt): Promise<boolean> {
  switch (address.form) {
    case 'server':
      return fault.isRefused
    case 'cluster':
      return allRefuse([...address.nodes, ...otherNodes], patience)
    case 'sentinel': {
      if (!fault.isRefused) return false
      const answers = await Promise.all(address.nodes.map((node) => askSentinel(address, node, patience)))
      const named = answers.flatMap((answer) => (typeof answer === 'object' ? [answer] : []))
      // When all sentinels are gone, those who have found the primary before may well still have it.
      if (named.length === 0 || answers.includes('silent')) return false
      return allRefuse(named, patience)
    }
  }
}

async function allRefuse(nodes: readonly RedisNode[], patience: RedisPatience): Promise<boolean> {
  const refusals = await Promise.all(nodes.map((node) => isRefusedAt(node, patience)))
  return refusals.every((isRefused) => isRefused)
}

function isRefusedAt({ host, port }: RedisNode, { connectTimeoutMs }: RedisPatience): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: connectTimeoutMs })
    const end = (isRefused: boolean) => {
      socket.destroy()
      resolve(isRefused)
    }
    socket.once('connect', () => end(false))
    socket.once('timeout', () => end(false))
    socket.on('error', (error) => end(isRefusal(error)))
  })
}

/** Where a sentinel says that the primary is. */
async function askSentinel(
  address: Extract<RedisAddress, { form: 'sentinel' }>,
  sentinel: RedisNode,
  patience: RedisPatience,
): Promise<RedisNode | 'refused' | 'silent'> {
  const client = new Redis(toSentinelOptions(address, sentinel, patience))
  let isRefused = false
  client.on('error', (error) => {
    isRefused = isRefusal(error)
  })
  try {
    const answer = await client.call('SENTINEL', ['GET-MASTER-ADDR-BY-NAME', address.primaryName])
    if (!Array.isArray(answer)) return 'silent'
    return { host: String(answer[0]), port: Number(answer[1]) }
  } catch {
    return isRefused ? 'refused' : 'silent'
  } finally {
    client.disconnect()
  }
}
