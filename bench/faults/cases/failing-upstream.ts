import { setTimeout as delay } from 'node:timers/promises'
import type { FaultCase } from '../fault-case.ts'
import { countAttempts } from '../figures/arrivals.ts'
import { during, judgeReads, judgeWindows, listed, MixedLoad, wide } from './mixed-load.ts'

/** R13: retries help a provider that fails now and then, and do not finish off one that is failing. */
export const failingUpstream: FaultCase = {
  name: 'R13',
  title: 'the provider fails half of its calls for 60 s',
  part: 'quota',
  isQuick: false,
  needsRedis: false,
  run: async (stage) => {
    const { judgement } = stage
    const fleet = await stage.startFleet({ accounts: [wide, listed] })
    const load = new MixedLoad(fleet, { reads: 160, fresh: { wide: 40 } })
    await load.warm()
    const { usual, fault } = await load.run(async () => {
      const usual = await during(4000)
      await fleet.upstream.fault({ kind: 'error', status: 503, probability: 0.5 })
      const fault = await during(stage.isQuick ? 10_000 : 60_000)
      await fleet.upstream.clearFaults()
      await delay(1000)
      return { usual, fault }
    })
    const arrivals = await fleet.upstream.arrivals()
    judgeWindows(judgement, wide, arrivals)
    judgeReads(judgement, 'fault', load.readsWithin(fault), { baseline: load.readsWithin(usual), floorMs: 50 })
    judgement.note('staleReads', load.readsWithin(fault).filter(({ body }) => body.includes('"stale":true')).length)
    // A tenth of few calls would be no retry at all.
    const alwaysAllowed = 3 * Math.floor((fault.toMs - fault.fromMs) / 10_000)
    for (const { index } of fleet.replicas) {
      // Each of these is asked once, so that whatever arrives again is a retry.
      const own = arrivals.filter(({ replica, question }) => replica === index && question.includes('/fresh'))
      const { calls, retries, most } = countAttempts(own.map(({ question }) => question))
      judgement.note(`calls${index}`, calls)
      judgement.atMost(`retries${index}`, retries, Math.max(0.1 * calls, alwaysAllowed) + 3)
      judgement.atMost(`attempts${index}`, most, 3)
    }
    const failed = arrivals.filter(({ atMs, status }) => atMs >= fault.fromMs && atMs < fault.toMs && status === 503)
    judgement.atLeast('failuresSeen', failed.length, 1)
  },
}
