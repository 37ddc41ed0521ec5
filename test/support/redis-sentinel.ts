// A primary, its replica and three sentinels that watch them, all real.
import { startRedis, type TestRedis } from './redis-server.ts'
import { waitUntil } from './wait-until.ts'

/** The name that the sentinels give to the pair. */
const GROUP = 'main'

/** How the sentinels are to be. */
export interface SentinelOptions {
  /** After that long without an answer a sentinel takes the primary for dead. Default 500. */
  readonly downAfterMs?: number
}

/** A watched pair of servers. */
export interface SentinelTrio {
  /** `redis+sentinel://127.0.0.1:<port>,127.0.0.1:<port>,127.0.0.1:<port>/main`. */
  readonly url: string
  /** The one that was the primary at first. */
  readonly primary: TestRedis
  /** The one that was the replica at first. */
  readonly replica: TestRedis
  /** The three, to freeze and kill as well. */
  readonly sentinels: readonly TestRedis[]
  /**
   * Waits until another than the last known one is the primary, by its own word and by that of every sentinel that
   * answers, and resolves to its port. @throws Error after 15 s
   */
  readonly waitForFailover: () => Promise<number>
  /** Kills all five and removes their files. */
  readonly close: () => Promise<void>
}

/** Starts all five and waits until each sentinel knows the replica and the other sentinels. */
export async function startSentinelTrio({ downAfterMs = 500 }: SentinelOptions = {}): Promise<SentinelTrio> {
  const started: TestRedis[] = []
  const start = async (...options: Parameters<typeof startRedis>) => {
    const redis = await startRedis(...options)
    started.push(redis)
    return redis
  }
  const close = async () => {
    await Promise.all(started.map((redis) => redis.close()))
  }
  try {
    // A replica is sent its data at once, not after waiting for others that could use the same copy.
    const primary = await start({ settings: ['repl-diskless-sync-delay 0'] })
    const replica = await start({ settings: ['repl-diskless-sync-delay 0', `replicaof 127.0.0.1 ${primary.port}`] })
    await waitUntil('the replica follows the primary', async () => {
      return String(await replica.command('INFO', 'replication')).includes('master_link_status:up')
    })
    const sentinels: TestRedis[] = []
    for (let count = 0; count < 3; count += 1)
      sentinels.push(await start({ sentinel: true, settings: sentinelSettings(primary.port, downAfterMs) }))
    await Promise.all(sentinels.map(hasten))
    await waitUntil('the sentinels know each other', async () => {
      const known = await Promise.all(sentinels.map(knowsAll))
      return known.every((isReady) => isReady)
    })
    const addresses = sentinels.map((sentinel) => `127.0.0.1:${sentinel.port}`)
    return {
      url: `redis+sentinel://${addresses.join(',')}/${GROUP}`,
      primary,
      replica,
      sentinels,
      waitForFailover: failoverWatch(primary, replica, sentinels),
      close,
    }
  } catch (error) {
    await close()
    throw error
  }
}

const sentinelSettings = (primaryPort: number, downAfterMs: number) => [
  `sentinel monitor ${GROUP} 127.0.0.1 ${primaryPort} 2`,
  `sentinel down-after-milliseconds ${GROUP} ${downAfterMs}`,
  // Also how long a sentinel waits before it votes again, when the first vote elected nobody.
  `sentinel failover-timeout ${GROUP} 2000`,
]

/** Sentinels look at their world every ten seconds and tell each other every two: too slow for a test. */
async function hasten(sentinel: TestRedis): Promise<void> {
  const periods = ['info-period', 200, 'publish-period', 200, 'ask-period', 200, 'election-timeout', 2_000]
  // On a busy machine a pause of two seconds is nothing; sentinels would not act for half a minute after one.
  await sentinel.command('SENTINEL', 'DEBUG', ...periods, 'tilt-trigger', 10_000, 'tilt-period', 1_000)
}

async function knowsAll(sentinel: TestRedis): Promise<boolean> {
  const about = String(await sentinel.command('INFO', 'sentinel'))
  return about.includes('status=ok') && about.includes('slaves=1,sentinels=3')
}

function failoverWatch(primary: TestRedis, replica: TestRedis, sentinels: readonly TestRedis[]) {
  let lastKnown = primary
  return async () => {
    const next = lastKnown === primary ? replica : primary
    await waitUntil('the replica becomes the primary', async () => {
      const [named, role] = await Promise.all([Promise.all(sentinels.map(primaryPort)), next.command('ROLE')])
      const answers = named.filter((port) => port !== undefined)
      const isAgreed = answers.length > 1 && answers.every((port) => port === next.port)
      return isAgreed && Array.isArray(role) && role[0] === 'master'
    })
    lastKnown = next
    return next.port
  }
}

/** Where a sentinel says the primary is; undefined when it says nothing. */
async function primaryPort(sentinel: TestRedis): Promise<number | undefined> {
  if (!(await sentinel.answers(500))) return undefined
  const address = await sentinel.command('SENTINEL', 'GET-MASTER-ADDR-BY-NAME', GROUP)
  return Array.isArray(address) ? Number(address[1]) : undefined
}
