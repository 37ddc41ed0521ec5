// What this process shares with the other replicas, or has to itself where there is no Redis. It builds, like the
// composition root it belongs to.
import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import type { Cache } from '#cache/cache.ts'
import { createMemoryCache } from '#cache/memory-cache.ts'
import { createRedisCache, type FleetTime } from '#cache/redis-cache.ts'
import { createTwoTierCache } from '#cache/two-tier-cache.ts'
import { createFleetClock } from '#fleet/fleet-clock.ts'
import { createGenerationWatch } from '#fleet/generations.ts'
import { createRedisLink } from '#fleet/redis-link.ts'
import { createRedisSingleFlight } from '#fleet/redis-single-flight.ts'
import { createProcessSingleFlight, type SingleFlight } from '#fleet/single-flight.ts'
import { createProcessTurn, createRedisTurn, type Turn } from '#fleet/turn.ts'
import type { Clock } from '#model/clock.ts'
import { createFleetLedger } from '#upstream/fleet-ledger.ts'
import { openFleetMemory } from '#upstream/fleet-memory.ts'
import { createMemoryLedger } from '#upstream/memory-ledger.ts'
import type { StartJournal } from '#upstream/start-journal.ts'
import type { StartLedger } from '#upstream/start-ledger.ts'
import { readStartsScript } from '#upstream/starts-script.ts'
import type { AccountConfig, Config } from './config.ts'

/** What is built from. */
export interface ReplicaOptions {
  readonly config: Config
  readonly clock: Clock
  readonly log: Record<'info' | 'warn' | 'error', (details: object, message: string) => void>
  /** Folder of the files that belong to this process. */
  readonly dataDirectory: string
  /** The clock that replicas share, where it is not that of Redis. */
  readonly fleetTime?: FleetTime | undefined
}

/** What is shared, or would be. */
export interface Replicas {
  readonly cache: Cache
  readonly flights: SingleFlight
  readonly turn: Turn
  /** Opens the log of starts of an account. */
  openLedger(account: Pick<AccountConfig, 'name' | 'quota'>, journal: StartJournal): StartLedger
  /** Whether what is shared is within reach; undefined where nothing is. */
  isWell(): boolean | undefined
  /** Ends the connection and every timer. After everything that uses them. */
  close(): Promise<void>
}

/** Connects to the others, where the settings name a Redis. */
export function createReplicas(options: ReplicaOptions): Replicas {
  const { config, clock } = options
  const maxKeepMs = config.cache.maxKeepSeconds * 1000
  const memory = createMemoryCache({ maxBytes: config.cache.maxBytes, maxKeepMs, clock })
  const processFlights = createProcessSingleFlight()
  if (!config.redis)
    return {
      cache: memory,
      flights: processFlights,
      turn: createProcessTurn(),
      openLedger: (account, journal) => createMemoryLedger(account.quota, clock, journal),
      isWell: () => undefined,
      close: () => Promise.resolve(),
    }

  const { url, prefix, maxReplicas } = config.redis
  // Two connections: a long answer on its way to the cache must not hold up a start.
  const link = createRedisLink({ url, prefix, clock, log: options.log })
  const quotaLink = createRedisLink({ url, prefix, clock, log: quiet })
  const fleetClock = createFleetClock({ link, clock })
  const generations = createGenerationWatch({
    link,
    clock,
    prefix,
    scopes: config.accounts.map(({ name }) => name),
    onChange: (account, before) => {
      memory.clear(account)
      if (before !== undefined) options.log.info({ account }, 'what was kept of the account is forgotten')
    },
  })
  const fleetTime = options.fleetTime ?? fleetClock
  const shared = createRedisCache({ link, fleetTime, generations, clock, prefix, maxKeepMs })
  const script = readStartsScript()
  return {
    cache: createTwoTierCache({ memory, shared, clock }),
    flights: createRedisSingleFlight({ link, clock, prefix, processFlights }),
    turn: createRedisTurn({ link, prefix }),
    openLedger: (account, journal) =>
      createFleetLedger({
        limits: account.quota,
        maxReplicas,
        link: quotaLink,
        script,
        clock,
        keyPrefix: `${prefix}:{${account.name}}:quota:`,
        memory: openFleetMemory({
          path: join(options.dataDirectory, 'quota', `${account.name}.fleet.json`),
          createName: randomUUID,
          onError: (error) =>
            options.log.error({ account: account.name, err: error }, 'the name of this replica cannot be written down'),
        }),
        journal,
        createId: () => randomUUID().slice(0, 8),
      }),
    isWell: () => link.state().health === 'up' && quotaLink.state().health === 'up',
    close: async () => {
      fleetClock.close()
      generations.close()
      await Promise.all([link.close(), quotaLink.close()])
    },
  }
}

/** Both connections come and go together; one says so. */
const quiet = { info: () => undefined, warn: () => undefined }
