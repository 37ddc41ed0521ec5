import type { FaultCase } from '../fault-case.ts'
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

/** R3: a Redis that stands still, its connections open, costs no read, and gives nobody a start too many. */
export const redisFrozen: FaultCase = {
  name: 'R3',
  title: 'Redis stopped where it stands for 30 s',
  part: 'quota',
  isQuick: true,
  needsRedis: true,
  tells: ['wideWorstWindow', 'faultFailedReads', 'faultP99Ms', 'faultFirstSecondMaxMs', 'sharedAgainMs'],
  run: async (stage) => {
    const { judgement } = stage
    const wide = toWide(stage)
    const redis = await stage.redis()
    const fleet = await stage.startFleet({ accounts: [wide, listed], settings: { upstream: { deadlineMs: 2000 } } })
    const load = new MixedLoad(fleet, toRates(stage, { reads: 160, fresh: { wide: 80 } }))
    await load.warm(stage.isQuick)
    const { usual, fault, after } = await load.run(async () => {
      const usual = await during(stage.isQuick ? 2000 : 6000)
      await redis.freeze()
      const fault = await during(stage.isQuick ? 4000 : 30_000)
      await redis.resume()
      return { usual, fault, after: await during(stage.isQuick ? 3500 : 6000) }
    })
    const arrivals = await fleet.upstream.arrivals()
    const baseline = load.readsWithin(usual)
    judgeWindows(judgement, wide, arrivals)
    judgeReads(judgement, 'fault', load.readsWithin(fault), { baseline, floorMs: 50 })
    judgeFirstSecond(judgement, 'fault', load, fault, { baseline })
    judgeReads(judgement, 'after', load.readsWithin(after), { baseline, floorMs: RELAXED_FLOOR_MS })
    judgeSharedAgain(judgement, wide, arrivals, { sinceMs: after.fromMs, limitMs: SHARED_AGAIN_LIMIT_MS })
    noteStarts(judgement, 'startsMeanwhile', wide, arrivals, fault)
  },
}
