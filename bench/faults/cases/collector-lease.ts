import { setTimeout as delay } from 'node:timers/promises'
import type { FaultCase } from '../fault-case.ts'
import { measureOverlap } from '../figures/pops.ts'
import { readPopJournal } from '../rig/pop-journal.ts'
import type { Replica } from '../rig/replica.ts'
import { listSnapshots, readMetric } from '../rig/snapshots.ts'
import { steadyNow } from '../rig/steady-clock.ts'
import { startTcpProxy, type TcpProxy } from '../rig/tcp-proxy.ts'
import type { Upstream } from '../rig/upstream-process.ts'
import { collecting, judgeListing, POP, waitFor } from './collecting.ts'

const MESSAGES = 5000
/** So slow that a fault finds a pop under way. */
const ANSWER_MS = 600
const TAKEOVER_LIMIT_MS = 15_000
/** A lease of 8 s, and 1 s. */
const OVERLAP_LIMIT_MS = 9000
const SETTLED_MS = 5000
const LONG_MS = 120_000

const shots = collecting('shots')

/** R9: the one that collects is frozen, then cut off; another goes on, and never beside it. */
export const collectorLease: FaultCase = {
  name: 'R9',
  title: 'the collecting replica frozen, woken, and cut off from Redis',
  part: 'snapshots',
  isQuick: false,
  needsRedis: true,
  limitSeconds: { quick: 300, long: 450 },
  run: async (stage) => {
    const { judgement } = stage
    const redis = await stage.redis(['appendonly yes'])
    const proxies: TcpProxy[] = []
    for (let replica = 0; replica < stage.replicas; replica += 1) {
      const proxy = await startTcpProxy({ host: '127.0.0.1', port: redis.port })
      stage.onEnd(() => proxy.close())
      proxies.push(proxy)
    }
    const fleet = await stage.startFleet({
      accounts: [shots],
      redisUrl: (replica) => `redis://127.0.0.1:${proxies[replica]?.port}`,
    })
    const { upstream, replicas } = fleet
    await upstream.fault({ kind: 'slow', interface: POP, delayMs: ANSWER_MS })
    await upstream.fillQueue(MESSAGES)

    /** Lets something happen to the holder in the middle of a pop, and judges who goes on. @returns who it was */
    const strike = async (
      name: string,
      ms: number,
      begin: (holder: number) => void,
      end: (holder: number) => void,
    ): Promise<number> => {
      const holder = await waitForPop(upstream, () => true)
      const atMs = steadyNow()
      begin(holder)
      const ended = delay(ms).then(() => end(holder))
      await waitForPop(upstream, (replica) => replica !== holder)
      const takenOverAtMs = steadyNow()
      await ended
      await delay(SETTLED_MS)
      const late = (await upstream.pops()).filter(({ atMs, replica }) => replica === holder && atMs > takenOverAtMs)
      judgement.takesAtMost(`${name}TakeoverMs`, takenOverAtMs - atMs, TAKEOVER_LIMIT_MS)
      judgement.equals(`${name}StalePops`, late.length, 0)
      return holder
    }
    const frozen = await strike(
      'frozen',
      stage.isQuick ? 12_000 : 60_000,
      (holder) => replicas[holder]?.freeze(),
      (holder) => replicas[holder]?.resume(),
    )
    judgement.equals('leasesHeld', await countHolders(replicas), 1)
    const cutOff = await strike(
      'cutOff',
      stage.isQuick ? 12_000 : 30_000,
      (holder) => proxies[holder]?.hold(),
      (holder) => proxies[holder]?.release(),
    )

    await upstream.clearFaults()
    await waitFor('the queue was empty', async () => (await upstream.queue()).size === 0, LONG_MS)
    await delay(SETTLED_MS)
    const pops = await upstream.pops()
    const taken = new Set(pops.flatMap(({ files }) => files))
    const { most, longestMs } = measureOverlap(pops, steadyNow())
    judgement.note('pops', pops.length)
    judgement.note('mostInFlight', most)
    judgement.atMost('overlapMs', longestMs, OVERLAP_LIMIT_MS)
    judgement.note('holders', [frozen, cutOff, pops.at(-1)?.replica ?? -1].join(' then '))
    judgement.equals('taken', taken.size, MESSAGES)
    for (const { index, url, dataDirectory } of replicas) {
      const items = await listSnapshots(url, shots.name)
      if (index === 0) judgeListing(judgement, items, taken)
      const listed = new Set(items.map((item) => item.url))
      judgement.equals(`lost${index}`, [...taken].filter((file) => !listed.has(file)).length, 0)
      judgement.note(`messagesUnknown${index}`, readPopJournal(dataDirectory, shots.name).messagesUnknown)
    }
  },
}

/** How many of them say that they are the one that collects. */
async function countHolders(replicas: readonly Replica[]): Promise<number | string> {
  const held = await Promise.all(replicas.map(({ url }) => readMetric(url, 'weir_snapshot_lease_held', shots.name)))
  return held.includes(undefined) ? 'missing' : held.filter((value) => value === 1).length
}

/** Waits for a pop of such a replica that is under way or later. @returns who sent it */
async function waitForPop(upstream: Upstream, isFrom: (replica: number) => boolean): Promise<number> {
  const sinceMs = steadyNow()
  let found = -1
  await waitFor(
    'somebody had taken messages',
    async () => {
      const pop = (await upstream.pops()).findLast(({ atMs, replica }) => atMs >= sinceMs && isFrom(replica))
      found = pop?.replica ?? -1
      return pop !== undefined
    },
    TAKEOVER_LIMIT_MS * 3,
  )
  return found
}
