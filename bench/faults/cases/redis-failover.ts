import type { FaultCase } from '../fault-case.ts'
import { sendBurst } from '../rig/load.ts'
import { steadyNow } from '../rig/steady-clock.ts'
import {
  during,
  judgeReads,
  judgeWindows,
  listed,
  MixedLoad,
  noteStarts,
  toCapacity,
  toSpanMs,
  wide,
} from './mixed-load.ts'

/** R5: what Redis has acknowledged and then forgotten is no leave to spend it again. */
export const redisFailover: FaultCase = {
  name: 'R5',
  title: 'failover to a replica that lacks the last second, then FLUSHALL, under saturating load',
  part: 'quota',
  isQuick: false,
  needsRedis: true,
  run: async (stage) => {
    const { judgement } = stage
    const trio = await stage.startSentinelTrio()
    const fleet = await stage.startFleet({
      accounts: [wide, listed],
      redisUrl: () => trio.url,
      jitterMs: 25,
      settings: { upstream: { deadlineMs: 2000 } },
    })
    const spanMs = toSpanMs(wide)
    const load = new MixedLoad(fleet, { reads: 100, fresh: { wide: 110 } })
    await load.warm()
    // A whole quota is free when the replica of Redis loses its primary, so that all of it is spent unseen by the replica.
    await during(spanMs)
    await trio.replica.freeze()
    await trio.primary.command('CLIENT', 'KILL', 'TYPE', 'replica')
    const forgotten = await measure(() =>
      sendBurst(toCapacity(wide), () => load.questions.askFresh(wide.name)).then(() => undefined),
    )
    const { failover, afterFailover, afterFlush, afterAll } = await load.run(async () => {
      await trio.primary.kill()
      await trio.replica.resume()
      const failover = await measure(async () => {
        await trio.waitForFailover()
      })
      const afterFailover = await during(2 * spanMs)
      await trio.replica.flush()
      return { failover, afterFailover, afterFlush: await during(spanMs), afterAll: await during(2 * spanMs) }
    })
    const arrivals = await fleet.upstream.arrivals()
    judgeWindows(judgement, wide, arrivals)
    noteStarts(judgement, 'forgottenStarts', wide, arrivals, forgotten)
    noteStarts(judgement, 'startsDuringFailover', wide, arrivals, failover)
    noteStarts(judgement, 'startsAfterFailover', wide, arrivals, afterFailover)
    noteStarts(judgement, 'startsAfterFlush', wide, arrivals, afterFlush)
    judgement.note('failoverMs', failover.toMs - failover.fromMs)
    const baseline = load.readsWithin(afterAll)
    judgeReads(judgement, 'failover', load.readsWithin(failover), { baseline, floorMs: 250 })
    judgeReads(judgement, 'flush', load.readsWithin(afterFlush), { baseline, floorMs: 250 })
    // Once all has settled the fleet spends its whole part again.
    const settled = arrivals.filter(
      ({ account, atMs }) => account === wide.name && atMs >= afterAll.fromMs && atMs < afterAll.toMs,
    )
    judgement.reaches('useOnceSettled', settled.length / (2 * toCapacity(wide)), 0.9)
  },
}

async function measure(work: () => Promise<void>) {
  const fromMs = steadyNow()
  await work()
  return { fromMs, toMs: steadyNow() }
}
