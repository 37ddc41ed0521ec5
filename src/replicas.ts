// What this process shares with the other replicas, or has to itself where there is no Redis. It builds, like the
// composition root it belongs to.
import { hash, randomUUID } from 'node:crypto'
import { join } from 'node:path'
import type { Answers } from '#answers/answers.ts'
import { createKeptAnswers } from '#answers/kept-answers.ts'
import { createSharedAnswers } from '#answers/shared-answers.ts'
import type { Cache } from '#cache/cache.ts'
import type { CacheObserver } from '#cache/cache-observer.ts'
import { createMemoryCache } from '#cache/memory-cache.ts'
import { createRedisCache, type FleetTime } from '#cache/redis-cache.ts'
import { createTwoTierCache } from '#cache/two-tier-cache.ts'
import { type Bell, createProcessBell } from '#fleet/bell.ts'
import { createProcessDemandBoard, type DemandBoard } from '#fleet/demand-board.ts'
import { createFleetClock } from '#fleet/fleet-clock.ts'
import { createGenerationWatch } from '#fleet/generations.ts'
import { createRedisBell } from '#fleet/redis-bell.ts'
import { createRedisDemandBoard } from '#fleet/redis-demand-board.ts'
import { createRedisLink } from '#fleet/redis-link.ts'
import { createRedisSingleFlight } from '#fleet/redis-single-flight.ts'
import { createProcessSingleFlight, type SingleFlight } from '#fleet/single-flight.ts'
import { createProcessTurn, createRedisTurn, type Turn } from '#fleet/turn.ts'
import type { Clock } from '#model/clock.ts'
import type { Tracer } from '#model/tracer.ts'
import { providers } from '#providers/index.ts'
import { createFleetLedger } from '#upstream/fleet-ledger.ts'
import { openFleetMemory } from '#upstream/fleet-memory.ts'
import { createMemoryLedger } from '#upstream/memory-ledger.ts'
import type { StartJournal } from '#upstream/start-journal.ts'
import type { StartLedger } from '#upstream/start-ledger.ts'
import { readStartsScript } from '#upstream/starts-script.ts'
import { toMemoryShares } from './config/memory-shares.ts'
import type { AccountConfig, Config } from './config.ts'
import type { SharedPlace } from './snapshot-parts.ts'

/**
 * Raised whenever the shape of a kept value changes, or the grid of the history windows: entries of another shape are
 * not found, so that replicas of two versions can share a Redis while one replaces the other.
 */
const ENTRY_SHAPE = 2

/** What is built from. */
export interface ReplicaOptions {
  readonly config: Config
  readonly clock: Clock
  readonly log: Record<'info' | 'warn' | 'error', (details: object, message: string) => void>
  /** Folder of the files that belong to this process. */
  readonly dataDirectory: string
  /** The clock that replicas share, where it is not that of Redis. */
  readonly fleetTime?: FleetTime | undefined
  /** How long an answer of Redis may take, in milliseconds, where it is not the usual time. */
  readonly commandTimeoutMs?: number | undefined
  /** Follows commands to Redis; nobody does when left out. */
  readonly tracer?: Tracer | undefined
  /**
   * What shapes an answer besides the question: replicas with the same words share whole answers. Left out: this
   * process keeps its own.
   */
  readonly answerShape?: string | undefined
  /** Told of reads of the cache; nobody is when left out. */
  readonly cacheObserver?: CacheObserver | undefined
}

/** What is shared, or would be. */
export interface Replicas {
  readonly cache: Cache
  /** Whole answers, forgotten together with what they were put together from. */
  readonly answers: Answers
  readonly flights: SingleFlight
  readonly turn: Turn
  /** Says at once that something has changed. */
  readonly bell: Bell
  /** What is wanted, by whoever watches anything anywhere. */
  readonly demand: DemandBoard
  /** Where the rest that is shared is; undefined where nothing is. */
  readonly shared: SharedPlace | undefined
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
  const shares = toMemoryShares(config.cache.maxBytes)
  const memory = createMemoryCache({ maxBytes: shares.values, maxKeepMs, clock, observer: options.cacheObserver })
  const processFlights = createProcessSingleFlight()
  if (!config.redis) {
    const bell = createProcessBell()
    const demand = createProcessDemandBoard()
    return {
      cache: memory,
      answers: createKeptAnswers({ maxBytes: shares.answers, clock }),
      flights: processFlights,
      turn: createProcessTurn(),
      bell,
      demand,
      shared: undefined,
      openLedger: (account, journal) => createMemoryLedger(account.quota, clock, journal),
      isWell: () => undefined,
      close: async () => {
        await demand.close()
        await bell.close()
      },
    }
  }

  const { url, prefix, maxReplicas } = config.redis
  // Two connections: a long answer on its way to the cache must not hold up a start.
  const { commandTimeoutMs, tracer } = options
  const terms = {
    url,
    prefix,
    clock,
    ...(commandTimeoutMs !== undefined && { commandTimeoutMs }),
    ...(tracer && { tracer }),
  }
  const link = createRedisLink({ ...terms, log: options.log })
  const quotaLink = createRedisLink({ ...terms, log: toNamedLog(options.log) })
  const fleetClock = createFleetClock({ link, clock })
  const fleetTime = options.fleetTime ?? fleetClock
  const names = config.accounts.map(({ name }) => name)
  let stamp: string | undefined
  const answers = createKeptAnswers({
    maxBytes: shares.answers,
    clock,
    shared:
      options.answerShape === undefined
        ? undefined
        : createSharedAnswers({ link, fleetTime, clock, prefix, stamp: () => stamp }),
  })
  const generations = createGenerationWatch({
    link,
    clock,
    prefix,
    scopes: names,
    onChange: (account, before) => {
      memory.clear(account)
      // An answer may be of several accounts.
      answers.clear()
      stamp = toStamp()
      if (before !== undefined) options.log.info({ account }, 'what was kept of the account is forgotten')
    },
  })
  const identities = new Map(config.accounts.map((account) => [account.name, toIdentity(account)]))
  function toStamp(): string | undefined {
    const known = names.map((name) => generations.find(name))
    if (known.includes(undefined)) return undefined
    return hash('sha256', JSON.stringify([options.answerShape, names, [...identities.values()], known]), 'base64url')
  }
  const shared = createRedisCache({
    link,
    fleetTime,
    generations: {
      find: (account) => {
        const generation = generations.find(account)
        return generation === undefined ? undefined : `${generation}.${identities.get(account)}`
      },
    },
    clock,
    prefix,
    maxKeepMs,
  })
  const cache = createTwoTierCache({ memory, shared, clock, observer: options.cacheObserver })
  const bell = createRedisBell({ link, url, prefix, clock, log: options.log })
  const demand = createRedisDemandBoard({ link, bell, clock, prefix, log: options.log })
  const script = readStartsScript()
  /** Accounts whose quota cannot be shared although Redis answers. */
  const troubled = new Set<string>()
  return {
    cache,
    answers,
    flights: createRedisSingleFlight({ link, clock, prefix, processFlights }),
    turn: createRedisTurn({ link, prefix }),
    bell,
    demand,
    shared: { link, prefix, bell },
    openLedger: (account, journal) =>
      createFleetLedger({
        limits: account.quota,
        // Not who logs in there, nor how.
        server: hash('sha256', url.replace(/\/\/.*@/, '//'), 'base64url').slice(0, 16),
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
        onTrouble: (code) => {
          if (code === undefined) troubled.delete(account.name)
          else troubled.add(account.name)
          if (code === undefined)
            options.log.info({ account: account.name }, 'the shared log of starts is of use again')
          else options.log.error({ account: account.name, code }, 'Redis refuses the shared log of starts')
        },
      }),
    isWell: () => troubled.size === 0 && link.state().health === 'up' && quotaLink.state().health === 'up',
    close: async () => {
      // Others wait for it, and would ask again.
      await cache.settle()
      fleetClock.close()
      generations.close()
      // What was wanted here is taken back, and the others are told.
      await demand.close()
      await bell.close()
      await Promise.all([link.close(), quotaLink.close()])
    },
  }
}

/**
 * Whose answers the entries of an account are: a name may come to stand for another account of the provider, and then
 * nothing that is kept under it is of use. Not by which way it is asked: replicas may have different ones.
 */
function toIdentity({ provider: id, settings }: AccountConfig): string {
  const provider = providers.find((each) => each.id === id)
  const parsed = provider?.settings.parse(settings)
  const credential = provider && parsed && provider.toCredential(parsed)
  const text = JSON.stringify([ENTRY_SHAPE, id, credential?.id])
  return hash('sha256', text, 'base64url').slice(0, 8)
}

/** Tells the lines of the second connection from those of the first. */
function toNamedLog(log: ReplicaOptions['log']) {
  const name = { use: 'quota' }
  return {
    info: (details: object, message: string) => log.info({ ...details, ...name }, message),
    warn: (details: object, message: string) => log.warn({ ...details, ...name }, message),
  }
}
