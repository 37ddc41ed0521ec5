import type { FaultCase } from '../fault-case.ts'
import type { Period } from '../figures/arrivals.ts'
import type { FleetAccount } from '../rig/fleet.ts'
import { listRooms } from '../rig/questions.ts'
import type { Arrival } from '../rig/upstream-protocol.ts'
import {
  during,
  judgeFirstSecond,
  judgeReads,
  judgeSharedAgain,
  judgeWindows,
  listed,
  MixedLoad,
  noteStarts,
  RELAXED_FLOOR_MS,
  SHARED_AGAIN_LIMIT_MS,
  toRates,
  toWide,
} from './mixed-load.ts'

/**
 * Its window is longer than the outage: nobody may spend more than reserve meanwhile, so that its starts tell when the
 * log is shared again. On the wide account each replica has its own share by then, which looks the same from outside.
 */
const slowLong: FleetAccount = {
  name: 'slow',
  provider: 'chinanetcenter',
  quota: { limit: 300, windowSeconds: 15 },
}
const slowQuick: FleetAccount = { ...slowLong, quota: { limit: 80, windowSeconds: 6, guardMs: 1000 } }
/** How long answers are good, milliseconds: of sessions and of lists. */
const SESSIONS_LIFE_MS = 60_000
const LIST_LIFE_MS = 5_000

/** R4: a Redis that dies and comes back empty. */
export const redisKilled: FaultCase = {
  name: 'R4',
  title: 'Redis killed, back empty after 10 s',
  part: 'quota',
  isQuick: true,
  needsRedis: true,
  tells: ['wideWorstWindow', 'faultFailedReads', 'faultP99Ms', 'sharedAgainMs', 'callsAboveOnePerLife'],
  run: async (stage) => {
    const { judgement } = stage
    const [wide, slow] = [toWide(stage), stage.isQuick ? slowQuick : slowLong]
    const redis = await stage.redis()
    const fleet = await stage.startFleet({
      accounts: [wide, slow, listed],
      settings: { upstream: { deadlineMs: 2000 } },
    })
    const load = new MixedLoad(fleet, toRates(stage, { reads: 160, fresh: { wide: 70, slow: 30 } }))
    await load.warm(stage.isQuick)
    const { usual, fault, after } = await load.run(async () => {
      const usual = await during(stage.isQuick ? 2000 : 6000)
      await redis.kill()
      const fault = await during(stage.isQuick ? 3000 : 10_000)
      await redis.start()
      return { usual, fault, after: await during(stage.isQuick ? 3500 : 8000) }
    })
    const arrivals = await fleet.upstream.arrivals()
    const baseline = load.readsWithin(usual)
    for (const account of [wide, slow]) judgeWindows(judgement, account, arrivals)
    judgeReads(judgement, 'fault', load.readsWithin(fault), { baseline, floorMs: 50 })
    judgeFirstSecond(judgement, 'fault', load, fault, { baseline })
    judgeReads(judgement, 'after', load.readsWithin(after), { baseline, floorMs: RELAXED_FLOOR_MS })
    judgeSharedAgain(judgement, slow, arrivals, { sinceMs: after.fromMs, limitMs: SHARED_AGAIN_LIMIT_MS })
    noteStarts(judgement, 'startsMeanwhile', wide, arrivals, fault)
    const run = { fromMs: usual.fromMs, toMs: after.toMs }
    judgement.atMost('callsAboveOnePerLife', findStampede(arrivals, run), 0)
  },
}

/** Calls of one replica for one kept thing beyond one for each life of an answer, in the worst case of all. */
function findStampede(arrivals: readonly Arrival[], { fromMs, toMs }: Period): number {
  const kept = new Set([...listRooms(), ''])
  const calls = new Map<string, { count: number; lifeMs: number }>()
  for (const { account, replica, question, atMs } of arrivals) {
    if (!kept.has(question) || atMs < fromMs || atMs >= toMs) continue
    const key = `${replica} ${account} ${question}`
    const lifeMs = question === '' ? LIST_LIFE_MS : SESSIONS_LIFE_MS
    calls.set(key, { count: (calls.get(key)?.count ?? 0) + 1, lifeMs })
  }
  const excess = [...calls.values()].map(({ count, lifeMs }) => count - Math.ceil((toMs - fromMs) / lifeMs))
  return Math.max(0, ...excess)
}
