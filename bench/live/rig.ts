// What the live bench is run with: a provider, a Redis and replicas, each a process of its own.
import { startRedis, type TestRedis } from '#test/support/redis-server.ts'
import { type Replica, startReplica } from '../faults/rig/replica.ts'
import { type ProviderProcess, startProvider } from './provider-process.ts'

/** Name of the account that is watched. */
export const ACCOUNT = 'tencent-main'
/** How often the provider measures ingest, and Weir reads it, milliseconds. */
export const TICK_MS = 5000
/** As many as anybody opens: what a connection costs is measured, not how many there may be. */
const MOST_CONNECTIONS = 50_000
/** As `npm start` and the image run it. */
const flags = ['--max-semi-space-size=8', '--min-semi-space-size=8', '--no-memory-reducer']

/** Everything that runs. */
export interface LiveRig {
  readonly provider: ProviderProcess
  readonly redis: TestRedis
  readonly replicas: readonly Replica[]
  close(): Promise<void>
}

/** Names of streams that no other part of the bench knows. */
export function nameStreams(count: number, name: string): readonly string[] {
  return Array.from({ length: count }, (_, index) => `8888_${name}${index + 1}`)
}

/** Starts it, streams and all. @throws Error when something does not start; then nothing is left running */
export async function openRig(setup: {
  readonly replicas: number
  readonly streams: readonly string[]
}): Promise<LiveRig> {
  const closers: (() => Promise<void>)[] = []
  const close = async () => {
    for (const closeOne of closers.splice(0).toReversed()) await closeOne()
  }
  try {
    const provider = await startProvider()
    closers.push(provider.close)
    await provider.start(setup.streams)
    const redis = await startRedis()
    closers.push(redis.close)
    const settings = {
      redis: { url: redis.url },
      limits: { connections: { perProcess: MOST_CONNECTIONS, perClient: MOST_CONNECTIONS } },
      accounts: [{ name: ACCOUNT, ...provider.account }],
    }
    const replicas: Replica[] = []
    for (let index = 0; index < setup.replicas; index += 1) {
      const replica = await startReplica({ index, settings, flags })
      closers.push(replica.stop)
      replicas.push(replica)
    }
    return { provider, redis, replicas, close }
  } catch (error) {
    await close()
    throw error
  }
}
