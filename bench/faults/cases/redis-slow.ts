import type { FaultCase } from '../fault-case.ts'
import { startTcpProxy } from '../rig/tcp-proxy.ts'
import { during, judgeReads, judgeWindows, listed, MixedLoad, RELAXED_FLOOR_MS, wide } from './mixed-load.ts'

const LATENCY_MS = 200

/** R6: a Redis that is there but takes no writes, or takes its time, or is full. */
export const redisSlow: FaultCase = {
  name: 'R6',
  title: 'Redis pauses writes, answers 200 ms late, is full',
  part: 'quota',
  isQuick: false,
  needsRedis: true,
  run: async (stage) => {
    const { judgement } = stage
    const redis = await stage.redis()
    let latencyMs = 0
    const proxy = await startTcpProxy({ host: '127.0.0.1', port: redis.port }, { toClientMs: () => latencyMs })
    stage.onEnd(() => proxy.close())
    const fleet = await stage.startFleet({
      accounts: [wide, listed],
      redisUrl: () => `redis://127.0.0.1:${proxy.port}`,
      settings: { upstream: { deadlineMs: 2000 } },
    })
    const load = new MixedLoad(fleet, { reads: 160, fresh: { wide: 100 } })
    await load.warm()
    const heal = stage.isQuick ? 3000 : 5000
    const periods = await load.run(async () => {
      const usual = await during(5000)
      await redis.command('CLIENT', 'PAUSE', 5000, 'WRITE')
      const paused = await during(5000)
      await during(heal)
      latencyMs = LATENCY_MS
      const late = await during(stage.isQuick ? 5000 : 8000)
      latencyMs = 0
      await during(heal)
      await redis.command('CONFIG', 'SET', 'maxmemory', 1)
      const full = await during(stage.isQuick ? 5000 : 8000)
      await redis.command('CONFIG', 'SET', 'maxmemory', 0)
      const healed = await during(heal)
      return { usual, paused, late, full, healed }
    })
    judgeWindows(judgement, wide, await fleet.upstream.arrivals())
    const baseline = load.readsWithin(periods.usual)
    for (const name of ['paused', 'late', 'full'] as const) {
      const { fromMs, toMs } = periods[name]
      judgeReads(judgement, name, load.readsWithin(periods[name]), { baseline, floorMs: 250 })
      // By then nobody asks it any more: reads are as fast as if it were not there.
      const later = load.readsWithin({ fromMs: fromMs + 1000, toMs })
      judgeReads(judgement, `${name}Later`, later, { baseline, floorMs: 50 })
    }
    judgeReads(judgement, 'healed', load.readsWithin(periods.healed), { baseline, floorMs: RELAXED_FLOOR_MS })
  },
}
