// Sets the stage for one case, and clears it afterwards: whatever a case started is closed, and the processes are
// looked at before they are, because every case also demands that they are well.
import { startSentinelTrio } from '../../test/support/redis-sentinel.ts'
import { startRedis, type TestRedis } from '../../test/support/redis-server.ts'
import type { Stage } from './fault-case.ts'
import { Judgement } from './judgement.ts'
import { type Fleet, startFleet } from './rig/fleet.ts'

const FLEET_SIZE = 3
/** Of short forms that run side by side: starting processes is most of what they cost. */
const SMALL_FLEET_SIZE = 2
const MIB = 1024 * 1024
const HEAP_LIMIT_MIB = 512
const LOOP_DELAY_LIMIT_MS = 100

/** How a run of the scorecard was asked for. */
export interface StageOptions {
  /** Whether the short form of a case will do. */
  readonly isQuick: boolean
  /** Whether there is one process with embedded stores instead of three over a Redis. */
  readonly isSingle: boolean
  /** Whether times are judged too. */
  readonly isTimed: boolean
}

/** A stage that can be cleared. */
export interface ClearableStage extends Stage {
  /** Judges how the processes are, closes everything, and tells what the replicas complained of. */
  clear(): Promise<readonly string[]>
}

/** Sets an empty one. */
export function setStage({ isQuick, isSingle, isTimed }: StageOptions): ClearableStage {
  const judgement = new Judgement(isTimed)
  const fleetSize = isQuick && !isTimed ? SMALL_FLEET_SIZE : FLEET_SIZE
  const closers: (() => Promise<void>)[] = []
  const fleets: Fleet[] = []
  let redis: Promise<TestRedis> | undefined

  const onEnd = (close: () => Promise<void>) => {
    closers.push(close)
  }
  const getRedis = (settings: readonly string[] = []) => {
    if (isSingle) throw new Error('a single process has no Redis')
    redis ??= startRedis({ settings }).then((started) => {
      onEnd(() => started.close())
      return started
    })
    return redis
  }
  const listReplicas = () => fleets.flatMap((fleet) => fleet.replicas)

  async function judgeProcesses(): Promise<void> {
    const running = listReplicas().filter((replica) => replica.isRunning())
    const reports = await Promise.all(running.map((replica) => replica.inspect()))
    judgement.note('rssMiB', Math.max(0, ...reports.map(({ rssBytes }) => rssBytes / MIB)))
    judgement.atMost('heapMiB', Math.max(0, ...reports.map(({ heapBytes }) => heapBytes / MIB)), HEAP_LIMIT_MIB)
    const delayMs = Math.max(0, ...reports.map(({ loopDelayP99Ms }) => loopDelayP99Ms))
    judgement.takesAtMost('loopDelayP99Ms', delayMs, LOOP_DELAY_LIMIT_MS)
  }

  return {
    isQuick,
    isTimed,
    replicas: isSingle ? 1 : fleetSize,
    hasRedis: !isSingle,
    judgement,
    onEnd,
    redis: getRedis,
    startFleet: async ({ isEmbedded = isSingle, replicas = isEmbedded ? 1 : fleetSize, ...setup }) => {
      const redisUrl = isEmbedded ? undefined : (setup.redisUrl ?? (await toUrl(getRedis())))
      const fleet = await startFleet({ isPatient: !isTimed, ...setup, replicas, redisUrl })
      fleets.push(fleet)
      onEnd(() => fleet.close())
      // Loading the code is no part of any case.
      await Promise.all(fleet.replicas.map((replica) => replica.inspect(true)))
      return fleet
    },
    startSentinelTrio: async () => {
      const trio = await startSentinelTrio()
      onEnd(() => trio.close())
      return trio
    },
    clear: async () => {
      try {
        await judgeProcesses()
      } finally {
        for (const close of closers.toReversed()) await close()
      }
      const ends = listReplicas().flatMap((replica) => replica.unexpectedEnd() ?? [])
      judgement.equals('unexpectedEnds', ends.join(', ') || 'none', 'none')
      return listReplicas().flatMap(({ index, complaints }) => complaints.map((line) => `replica ${index}: ${line}`))
    },
  }
}

async function toUrl(redis: Promise<TestRedis>): Promise<() => string> {
  const { url } = await redis
  return () => url
}
