import type { FaultCase } from '../fault-case.ts'
import { useOfSpans } from '../figures/arrivals.ts'
import { startTcpProxy } from '../rig/tcp-proxy.ts'
import {
  during,
  judgeReads,
  judgeSharedAgain,
  judgeWindows,
  listed,
  MixedLoad,
  RELAXED_FLOOR_MS,
  SHARED_AGAIN_LIMIT_MS,
  toCapacity,
  toSpanMs,
  wide,
} from './mixed-load.ts'

const CUT_OFF = 0

/** One replica loses sight of Redis while the others go on: nobody can tell it what they spend. */
export const partition: FaultCase = {
  name: 'partition',
  title: 'one replica of three cut off from Redis for 20 s',
  part: 'quota',
  isQuick: false,
  needsRedis: true,
  run: async (stage) => {
    const { judgement } = stage
    const redis = await stage.redis()
    const proxy = await startTcpProxy({ host: '127.0.0.1', port: redis.port })
    stage.onEnd(() => proxy.close())
    const fleet = await stage.startFleet({
      accounts: [wide, listed],
      redisUrl: (replica) => (replica === CUT_OFF ? `redis://127.0.0.1:${proxy.port}` : redis.url),
      settings: { upstream: { deadlineMs: 2000 } },
    })
    const load = new MixedLoad(fleet, { reads: 120, fresh: { wide: 120 } })
    await load.warm()
    const { usual, fault, after } = await load.run(async () => {
      const usual = await during(5000)
      proxy.hold()
      const fault = await during(stage.isQuick ? 8000 : 20_000)
      proxy.release()
      return { usual, fault, after: await during(7000) }
    })
    const arrivals = await fleet.upstream.arrivals()
    judgeWindows(judgement, wide, arrivals)
    const baseline = load.readsWithin(usual)
    judgeReads(judgement, 'fault', load.readsWithin(fault), { baseline, floorMs: RELAXED_FLOOR_MS })
    judgeReads(judgement, 'after', load.readsWithin(after), { baseline, floorMs: RELAXED_FLOOR_MS })
    const others = arrivals.filter(({ account, replica }) => account === wide.name && replica !== CUT_OFF)
    const use = useOfSpans(
      others.map(({ atMs }) => atMs),
      fault,
      { spanMs: toSpanMs(wide), capacity: toCapacity(wide) },
    )
    judgement.reaches('useByTheOthers', use.mean, 0.9)
    // The one that was cut off is back when it spends more than its reserve.
    const returned = arrivals.filter(({ replica }) => replica === CUT_OFF)
    judgeSharedAgain(judgement, wide, returned, { sinceMs: after.fromMs, limitMs: SHARED_AGAIN_LIMIT_MS + 2000 })
  },
}
